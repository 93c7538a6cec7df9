//! Whether a board can reach a cloud on the loopback of this machine: boards in software can, and for a chip that address is the chip itself.

use std::fs;
use std::net::IpAddr;

use super::board_name::BoardName;
use super::known::Known;
use crate::board::port::PortName;
use crate::engine::ActionError;
use crate::scenario::plan::{Plan, PlannedStep};

/// Where the terminals of pseudo-terminals are: there is no chip on them.
const PTS: &str = "/dev/pts/";

/// Steps that pass or fail by the board alone, whatever its firmware finds in place of a cloud.
const OF_THE_BOARD: [&str; 15] = [
    "brownout",
    "expect-console",
    "expect-current",
    "expect-pin",
    "expect-reset",
    "expect-sleep",
    "expect-wake",
    "flash",
    "power",
    "reset",
    "run",
    "set-pin",
    "wait",
    "wake",
    "write-console",
];

/// Refuses a case that needs its cloud, and whose board cannot reach that: before anything is touched.
///
/// # Errors
///
/// The cloud's address is on the loopback, the board is not on this machine, and a step of the case looks at the cloud.
pub(super) fn check(
    address: IpAddr,
    (board, known): (&BoardName, Option<&Known>),
    plan: &Plan,
) -> Result<(), ActionError> {
    let needs_cloud = || plan.steps.iter().chain(&plan.finally).any(looks_at_the_cloud);
    if !address.is_loopback() || is_here(board, known) || !needs_cloud() {
        return Ok(());
    }
    let name = known.map_or_else(|| board.to_string(), |known| known.board.name.clone());
    let why = format!("the cloud of this run is at {address}, which for a chip is the chip itself");
    Err(ActionError::new(format!("tell {name} its cloud"), why).help(
        "name the address of this machine on the board's network, as --cloud-address 192.168.1.20 (`ip -brief address` shows them)",
    ))
}

fn looks_at_the_cloud(step: &PlannedStep) -> bool {
    match step.step.inner() {
        [] => !OF_THE_BOARD.contains(&step.verb),
        inner => inner.iter().any(looks_at_the_cloud),
    }
}

/// Whether the loopback of this machine is that of the board. Where nobody can see that, it counts as here: what somebody else started,
/// and what is behind a server of this machine.
fn is_here(board: &BoardName, known: Option<&Known>) -> bool {
    match board {
        BoardName::Emulated
        | BoardName::External(_)
        | BoardName::Process
        | BoardName::Sim
        | BoardName::Virtual(_) => true,
        BoardName::MicroPython(port) | BoardName::Port(port) => is_port_here(port),
        BoardName::Probe(_) => false,
        BoardName::Inventory(_) => known.is_none_or(|known| {
            let is_in_software = known.board.serial.control.is_some();
            known.board.probe.is_none()
                && (is_in_software || known.port.as_ref().is_none_or(is_port_here))
        }),
    }
}

fn is_port_here(port: &PortName) -> bool {
    match port {
        // One that is not there is told as that.
        PortName::Device(path) => fs::canonicalize(path).map_or(true, |path| path.starts_with(PTS)),
        PortName::Rfc2217(address) => {
            let host = address.rsplit_once(':').map_or("", |(host, _)| host);
            let host = host.trim_start_matches('[').trim_end_matches(']');
            host == "localhost" || host.parse().is_ok_and(|host: IpAddr| host.is_loopback())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario;

    const LOOPBACK: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    fn verdict(board: &str, address: IpAddr, steps: &str) -> Result<(), ActionError> {
        let text = format!("version: 1\nname: x\nsteps:\n{steps}");
        let parsed = scenario::parse(&text, "x.yaml");
        assert!(parsed.is_good(), "{:?}", parsed.problems);
        let board = BoardName::parse(board).expect("it is one");
        check(address, (&board, None), &parsed.plans[0])
    }

    #[test]
    fn a_chip_is_not_told_the_loopback_of_this_machine() {
        let steps = "  - expect-console: boot\n  - repeat: { times: 2, steps: [expect-request: GET shadow] }\n";
        // A terminal that is no pseudo-terminal is there on every Linux.
        for board in ["/dev/null", "micropython:/dev/null", "probe:", "rfc2217://192.0.2.7:4000"] {
            let error = verdict(board, LOOPBACK, steps).expect_err(board);
            assert!(error.help.expect("it has one").contains("--cloud-address"), "{board}");
            let reached = "192.0.2.1".parse().expect("an address");
            assert_eq!(verdict(board, reached, steps), Ok(()), "{board}");
            assert_eq!(verdict(board, LOOPBACK, "  - expect-console: boot\n"), Ok(()), "{board}");
        }
        let here = [
            "emulated",
            "external",
            "process",
            "sim",
            "virtual",
            "/nowhere/port",
            "rfc2217://127.0.0.1:4000",
            "rfc2217://localhost:4000",
            "rfc2217://[::1]:4000",
        ];
        for board in here {
            assert_eq!(verdict(board, LOOPBACK, steps), Ok(()), "{board}");
        }
    }
}
