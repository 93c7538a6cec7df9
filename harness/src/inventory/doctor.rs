//! What is wrong with the boards of a host, and what to do about it: a pure function of the inventory and of what was seen.

#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

use std::collections::BTreeMap;

use super::Mac;
use super::aside::Aside;
use super::board::{Inventory, KnownBoard, SerialKind};
pub use super::port_seen::{PortSeen, PortState, words};
use super::rate::Rate;
use super::wear::{WRITES_TOLD, Wear};
use crate::board::probe::Selector;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Badness {
    /// All is well.
    Good,
    /// It works, and may not tomorrow.
    Warning,
    /// A board cannot be used.
    Bad,
}

/// One thing that a person should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub badness: Badness,
    /// The board or port that it is about.
    pub about: String,
    /// What is so, a fragment.
    pub what: String,
    /// What to do next.
    pub help: Option<String>,
}

/// A debug probe of the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProbeSeen {
    /// What it calls itself.
    pub name: String,
    /// What names it and no other.
    pub selector: Selector,
    /// Whether this user may use it.
    pub may_be_used: bool,
}

/// What was seen on the host.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// Its serial ports.
    pub ports: Vec<PortSeen>,
    /// Programs that run and grab serial ports, as `ModemManager`.
    pub grabbers: Vec<String>,
    /// Its debug probes; `None` where nobody looks for them.
    pub probes: Option<Vec<ProbeSeen>>,
    /// Boards that a run has set aside.
    pub asides: Vec<(Mac, Aside)>,
    /// Boards whose flash could not be written at a rate.
    pub rates: Vec<(Mac, Rate)>,
    /// How often the flashes of boards were written.
    pub wears: Vec<(Mac, Wear)>,
}

/// Whether a board that was set aside can be used again: it answers, or a run starts it itself.
#[must_use]
pub fn is_back(board: &KnownBoard, seen: &Seen) -> bool {
    let answers =
        |port: &PortSeen| matches!(port.state, PortState::Board { mac, .. } if mac == board.mac);
    board.serial.kind == SerialKind::Virtual || seen.ports.iter().any(answers)
}

/// All findings: the boards in the order of the inventory, then ports, then the host.
#[must_use]
pub fn examine(inventory: &Inventory, seen: &Seen) -> Vec<Finding> {
    let mut findings: Vec<_> = Vec::new();
    for board in &inventory.boards {
        findings.push(examine_board(board, inventory, seen));
        findings.extend(set_aside(board, seen));
        findings.extend(slow(board, seen));
        findings.extend(worn(board, seen));
    }
    findings.extend(strangers(inventory, seen));
    findings.extend(same_serial_numbers(seen));
    findings.extend(seen.probes.iter().flatten().map(probe));
    findings.extend(seen.grabbers.iter().map(|name| grabber(name)));
    findings
}

/// A board that is used by its probe: whether that is there, the only one that is meant, and may be used.
fn on_probe(board: &KnownBoard, selector: &Selector, seen: &Seen) -> Finding {
    let is_meant = |probe: &&ProbeSeen| {
        probe.selector.usb.is_some_and(|usb| selector.takes(usb, probe.selector.serial.as_deref()))
    };
    let meant: Vec<_> = seen.probes.iter().flatten().filter(is_meant).collect();
    let (badness, what, help) = match (&seen.probes, meant.as_slice()) {
        (None, _) => (
            Badness::Bad,
            format!("on {selector}, and this shadowrig was built without debug probes"),
            Some("install it with them: `cargo install --path harness --features board-probe`"),
        ),
        (_, []) => (
            Badness::Bad,
            format!("on {selector}, which is not there"),
            Some("attach it; a chip that sleeps may have taken its own one along"),
        ),
        (_, [probe]) if probe.may_be_used => {
            (Badness::Good, format!("on {}, {}", probe.selector, probe.name), None)
        }
        (_, [probe]) => (
            Badness::Bad,
            format!("on {}, which this user may not use", probe.selector),
            Some("copy the udev rules of docs/boards.md, reload them, and attach it again"),
        ),
        (_, several) => (
            Badness::Bad,
            format!("on {selector}, and {} probes are that", several.len()),
            Some("give its `probe` in the inventory a `serial`"),
        ),
    };
    let help = help.map(str::to_owned);
    Finding { badness, about: board.name.clone(), what, help }
}

/// A probe that is there, and whether it can be used.
fn probe(probe: &ProbeSeen) -> Finding {
    let (badness, what, help) = match probe.may_be_used {
        true => (Badness::Good, format!("{}, a debug probe", probe.name), None),
        false => {
            let help = "copy the udev rules of docs/boards.md, reload them, and attach it again";
            let what = format!("{}, a debug probe that this user may not use", probe.name);
            (Badness::Bad, what, Some(help.to_owned()))
        }
    };
    Finding { badness, about: probe.selector.to_string(), what, help }
}

fn examine_board(board: &KnownBoard, inventory: &Inventory, seen: &Seen) -> Finding {
    let finding = |badness, what: String, help: Option<String>| Finding {
        badness,
        about: board.name.clone(),
        what,
        help,
    };
    if board.serial.kind == SerialKind::Virtual {
        return finding(Badness::Good, "virtual; a run starts it".into(), None);
    }
    if let Some(selector) = &board.probe {
        return on_probe(board, selector, seen);
    }
    let here = seen.ports.iter().find_map(|port| match &port.state {
        PortState::Board { mac, chip } if *mac == board.mac => Some((port, chip)),
        _ => None,
    });
    if let Some((port, chip)) = here {
        return found(board, port, chip);
    }
    let is_hinted = |port: &&PortSeen| {
        let by_port = board.serial.port.as_ref() == Some(&port.port);
        let by_serial = board.usb.serial.is_some() && board.usb.serial == port.usb.serial;
        let by_path = board.usb.path.is_some() && board.usb.path == port.usb.path;
        by_port || by_serial || by_path
    };
    let hinted = seen.ports.iter().find(is_hinted);
    let Some(port) = hinted.filter(|port| port.state != PortState::Gone) else {
        let hung =
            board.usb.path.as_ref().map(|path| format!(" at USB {path}")).unwrap_or_default();
        let last = board.serial.port.as_deref().unwrap_or("no port");
        let what = format!("missing: its last place was {last}{hung}, and nothing is there");
        let help = "plug it in, or run `shadowrig boards learn` if it hangs elsewhere now";
        return finding(Badness::Bad, what, Some(help.into()));
    };
    let (what, help) = trouble(port, board, inventory);
    finding(Badness::Bad, what, Some(help))
}

/// A board whose line failed at a rate that it should bear.
fn slow(board: &KnownBoard, seen: &Seen) -> Option<Finding> {
    let (_, rate) = seen.rates.iter().find(|(mac, _)| *mac == board.mac)?;
    Some(Finding {
        badness: Badness::Warning,
        about: board.name.clone(),
        what: format!("it is {rate}"),
        help: Some(format!(
            "with another cable, try `shadowrig flash --board {} --baud {}` with what is to be on it",
            board.name, rate.failed
        )),
    })
}

/// A board whose flash was written so often that it may lose what it holds.
fn worn(board: &KnownBoard, seen: &Seen) -> Option<Finding> {
    let (_, wear) = seen.wears.iter().find(|(mac, _)| *mac == board.mac)?;
    (wear.writes >= WRITES_TOLD).then(|| Finding {
        badness: Badness::Warning,
        about: board.name.clone(),
        what: format!("{wear}, and a sector bears about 100000 erasures"),
        help: Some("replace its module before it loses what it holds".into()),
    })
}

fn set_aside(board: &KnownBoard, seen: &Seen) -> Option<Finding> {
    let (_, aside) = seen.asides.iter().find(|(mac, _)| *mac == board.mac)?;
    let finding = |badness, what: String, help: &str| Finding {
        badness,
        about: board.name.clone(),
        what,
        help: Some(help.into()),
    };
    Some(match is_back(board, seen) {
        true => finding(
            Badness::Warning,
            format!("it answers and is back; it was {aside}"),
            "if that happens again, look at its supply, its cable and its flash",
        ),
        false => finding(
            Badness::Bad,
            format!("it was {aside}"),
            "runs leave it alone while another board fits; it is back when it answers here",
        ),
    })
}

fn found(board: &KnownBoard, port: &PortSeen, chip: &str) -> Finding {
    let about = board.name.clone();
    if let Some(written) = board.chip.as_deref().filter(|written| *written != chip) {
        let what = format!("it has {chip}, and the inventory says {written}");
        let help = Some(format!("write chip = \"{chip}\" in the inventory"));
        return Finding { badness: Badness::Bad, about, what, help };
    }
    if board.serial.port.as_ref() == Some(&port.port) {
        let what = format!("{chip} on {}", port.port);
        return Finding { badness: Badness::Good, about, what, help: None };
    }
    let last = board.serial.port.as_deref().unwrap_or("no port yet");
    let what = format!("{chip} on {}; its last place was {last}", port.port);
    let help = Some("run `shadowrig boards learn` to write its new place down".into());
    Finding { badness: Badness::Warning, about, what, help }
}

/// Why a board that should be on a port cannot be used, and what to do.
fn trouble(port: &PortSeen, board: &KnownBoard, inventory: &Inventory) -> (String, String) {
    let PortState::Board { mac, chip } = &port.state else { return words(&port.port, &port.state) };
    let who = inventory.by_mac(*mac).map_or_else(
        || format!("an unknown board ({chip}, {mac})"),
        |other| format!("{} ({mac})", other.name),
    );
    let what = format!("{who} is on {}, where {} is expected", port.port, board.mac);
    let help = "nothing is ever flashed there under this name; swap the cables back, or run \
                `shadowrig boards learn`";
    (what, help.to_owned())
}

fn strangers<'a>(inventory: &'a Inventory, seen: &'a Seen) -> impl Iterator<Item = Finding> + 'a {
    seen.ports.iter().filter_map(|port| {
        let PortState::Board { mac, chip } = &port.state else { return None };
        inventory.by_mac(*mac).is_none().then(|| Finding {
            badness: Badness::Warning,
            about: port.port.clone(),
            what: format!("{chip} with {mac} is in no inventory"),
            help: Some("run `shadowrig boards learn` to add it".into()),
        })
    })
}

/// Ports on which no board answers and none is expected: worth a word where somebody has named them.
#[must_use]
pub fn unknown_ports(inventory: &Inventory, seen: &Seen) -> Vec<Finding> {
    let is_expected = |port: &PortSeen| {
        inventory.boards.iter().any(|board| board.serial.port.as_ref() == Some(&port.port))
    };
    let is_silent =
        |port: &&PortSeen| !matches!(port.state, PortState::Board { .. }) && !is_expected(port);
    let told = |port: &PortSeen| {
        let (what, help) = words(&port.port, &port.state);
        Finding { badness: Badness::Bad, about: port.port.clone(), what, help: Some(help) }
    };
    seen.ports.iter().filter(is_silent).map(told).collect()
}

/// Bridges are sold with one serial number for all, as `0001`: names made of it move from board to board.
fn same_serial_numbers(seen: &Seen) -> Vec<Finding> {
    let mut ports: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for port in &seen.ports {
        if let Some(serial) = &port.usb.serial {
            ports.entry(serial).or_default().push(&port.port);
        }
    }
    let several = ports.into_iter().filter(|(_, ports)| ports.len() > 1);
    several
        .map(|(serial, ports)| Finding {
            badness: Badness::Warning,
            about: ports.join(", "),
            what: format!("all tell the USB serial number `{serial}`"),
            help: Some(
                "use the USB path in rules and scripts, or give each bridge a number of its own, by cp210x-cfg \
                 for a CP2102"
                    .into(),
            ),
        })
        .collect()
}

fn grabber(name: &str) -> Finding {
    let (what, help) = match name {
        "brltty" => (
            "runs, and takes CH340 and CP210x bridges for braille displays",
            "remove it by `sudo apt remove brltty`, or mask its udev rules",
        ),
        _ => (
            "runs, and talks to each new serial port as if it were a modem",
            "let it leave boards alone: ENV{ID_MM_DEVICE_IGNORE}=\"1\" in the udev rules of docs/boards.md",
        ),
    };
    Finding {
        badness: Badness::Warning,
        about: name.to_owned(),
        what: what.to_owned(),
        help: Some(help.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::board::UsbHints;
    use crate::inventory::read::read;

    const HOST: &str = r#"
[[board]]
name = "shade-3"
mac = "84:f7:03:67:84:6c"
chip = "esp32c3"
serial = { port = "/dev/ttyUSB0" }

[[board]]
name = "signal-1"
mac = "7c:df:a1:c2:22:10"
chip = "esp32"
usb = { path = "1-1.2" }
serial = { port = "/dev/ttyUSB1" }
"#;

    fn port(name: &str, state: PortState) -> PortSeen {
        PortSeen { port: name.into(), usb: UsbHints::default(), state }
    }

    fn board(mac: &str, chip: &str) -> PortState {
        PortState::Board { mac: Mac::parse(mac).expect("a MAC"), chip: chip.into() }
    }

    /// The findings as lines.
    fn check(seen: &Seen) -> String {
        let read = read(HOST);
        assert_eq!(read.problems, []);
        let lines = examine(&read.inventory, seen).into_iter().map(|finding| {
            let help = finding.help.map(|help| format!("\n    help: {help}")).unwrap_or_default();
            format!("{:?}  {}: {}{help}\n", finding.badness, finding.about, finding.what)
        });
        lines.collect()
    }

    #[test]
    fn a_healthy_host_has_nothing_to_say() {
        let ports = vec![
            port("/dev/ttyUSB0", board("84:f7:03:67:84:6c", "esp32c3")),
            port("/dev/ttyUSB1", board("7c:df:a1:c2:22:10", "esp32")),
        ];
        let read = read(HOST);
        let findings = examine(&read.inventory, &Seen { ports, ..Seen::default() });
        assert!(findings.iter().all(|finding| finding.badness == Badness::Good), "{findings:?}");
    }

    #[test]
    fn each_trouble_is_named_with_its_remedy() {
        let troubles = [
            ("missing", PortState::Gone),
            ("wrong board", board("7c:df:a1:c2:22:10", "esp32")),
            ("a stranger", board("01:02:03:04:05:06", "esp32s3")),
            ("another chip", board("84:f7:03:67:84:6c", "esp32c6")),
            ("denied", PortState::Denied { group: Some("uucp".into()) }),
            ("busy", PortState::Busy { holders: vec!["picocom (process 1234)".into()] }),
            ("busy, by whom is not seen", PortState::Busy { holders: Vec::new() }),
            ("locked", PortState::Locked { holder: "ann since 10:00".into() }),
            ("silent", PortState::Silent { why: "no answer to sync".into(), help: None }),
        ];
        let text: String = troubles
            .into_iter()
            .map(|(name, state)| {
                let ports = vec![port("/dev/ttyUSB0", state)];
                format!("# {name}\n{}\n", check(&Seen { ports, ..Seen::default() }))
            })
            .collect();
        insta::assert_snapshot!(text);
    }

    #[test]
    fn a_board_whose_flash_was_written_very_often_is_warned_of() {
        let mac = read(HOST).inventory.boards[0].mac;
        let of = |writes| {
            let wears = vec![(mac, Wear { writes, ..Wear::default() })];
            check(&Seen { wears, ..Seen::default() })
        };
        assert!(!of(WRITES_TOLD - 1).contains("written"));
        let text = of(WRITES_TOLD);
        let words = "its flash was written 50000 times, and a sector bears about 100000 erasures";
        assert!(text.contains(words), "{text}");
    }

    #[test]
    fn a_board_that_was_set_aside_is_back_when_it_answers() {
        let aside = Aside {
            reason: "failed to flash app.elf: the chip is silent (7 attempts)".into(),
            run: "target/shadowrig/nightly".into(),
            since: "2026-03-01T10:00:00Z".into(),
        };
        let both = ["84:f7:03:67:84:6c", "7c:df:a1:c2:22:10"]
            .map(|mac| (Mac::parse(mac).expect("a MAC"), aside.clone()));
        let ports = vec![port("/dev/ttyUSB0", board("84:f7:03:67:84:6c", "esp32c3"))];
        insta::assert_snapshot!(check(&Seen { ports, asides: both.into(), ..Seen::default() }));
        let rates = vec![(
            read(HOST).inventory.boards[0].mac,
            Rate { failed: 460_800, worked: 115_200, reason: "the chip is silent".into() },
        )];
        insta::assert_snapshot!(check(&Seen { rates, ..Seen::default() }));
    }

    #[test]
    fn a_board_that_moved_and_bridges_with_one_number_and_grabbers_are_warned_of() {
        let usb = UsbHints { path: None, serial: Some("0001".into()) };
        let mut ports = vec![
            port("/dev/ttyUSB5", board("84:f7:03:67:84:6c", "esp32c3")),
            port("/dev/ttyUSB1", board("7c:df:a1:c2:22:10", "esp32")),
        ];
        ports.iter_mut().for_each(|port| port.usb = usb.clone());
        let grabbers = vec!["ModemManager".into(), "brltty".into()];
        insta::assert_snapshot!(check(&Seen { ports, grabbers, ..Seen::default() }));
    }
}
