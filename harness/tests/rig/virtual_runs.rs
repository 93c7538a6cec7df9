//! Scenarios on virtual boards, through the command line, as a user runs them.

use std::fs;
use std::io::Read;

use shadowrig::board::virtual_board::VirtualBoard;
use shadowrig::board::{Board, Sink};
use shadowrig::scenario::plan::Firmware;
use virtual_board::{BootMode, Chip, Order, Provisioning};

use crate::support::{good_bad_good, shadowrig};

/// Runs a scenario on a board, and gives what the program printed when it passed.
fn passes(scenario: &str, board: &str) -> String {
    let folder = tempfile::tempdir().expect("a folder can be made");
    fs::write(folder.path().join("case.yaml"), scenario).expect("it can be written");
    let output = shadowrig(folder.path(), &["run", "case.yaml", "--board", board]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{board}: {text}{errors}");
    text
}

#[test]
fn resets_and_power_are_told_alike_on_every_board() {
    let scenario = "
version: 1
name: what the rig did is told by what it did
steps:
  - expect-wake: { cause: power-on }
  - reset: pin
  - expect-reset: external
  - expect-wake: { cause: reset }
  - power: cut
  - power: restore
  - expect-reset: power-on
  - expect-wake: { cause: power-on }
";
    for board in ["sim", "process", "virtual", "virtual:esp8266"] {
        passes(scenario, board);
    }
}

#[test]
fn sleeps_are_cut_short_only_where_the_scenario_says_so() {
    let scenario = "
version: 1
name: wakes by the timer, ten minutes apart
time: { sleeping: fast-forward }
cloud: { shadow: { desired: { sleep: 600 }, reported: { sleep: 600 } } }
steps:
  - expect-cycles: { count: 3, each: { requests: [GET shadow] } }
    within: 3h
";
    let text = passes(scenario, "virtual:esp32");
    assert!(text.contains("1 passed"), "{text}");
}

#[test]
fn a_virtual_board_checks_its_cloud_and_asks_whom_it_is_told() {
    let faults = [
        "{ tls: unknown-ca }",
        "{ tls: wrong-host }",
        "{ dns: nxdomain }",
        "{ dns: truncated, times: 2 }",
        "{ ntp: kiss-of-death }",
    ];
    let scenario = good_bad_good("what the board is told it uses", &faults, None);
    let text = passes(&scenario, "virtual:esp32");
    assert!(text.contains("5 passed, 0 failed, 0 errors, 0 skipped"), "{text}");
}

#[test]
fn settings_are_taken_off_the_board_at_the_end() {
    for chip in [Chip::Esp32, Chip::Esp32c3, Chip::Esp8266] {
        let settings = Provisioning {
            endpoint: Some("http://127.0.0.1:9".into()),
            access_key_id: Some("AKIDEXAMPLE".into()),
            secret_access_key: Some("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".into()),
            ..Provisioning::default()
        };
        let (sink, _seen) = Sink::new();
        let mut board = VirtualBoard::new(chip, settings, sink).expect("it starts");
        let firmware = Firmware::of_image("signal-thing");
        board.flash(&firmware).expect("it is flashed");
        let running = board.running();
        let mut port = running.memory_port();
        let mut boot_until = |wanted: &str| {
            running.order(Order::Reset { into: BootMode::Run }).expect("it runs");
            let mut log = String::new();
            let mut buffer = [0; 512];
            while !log.contains(wanted) {
                let count = port.read(&mut buffer).unwrap_or_else(|_| panic!("{chip:?}: {log:?}"));
                log.push_str(&String::from_utf8_lossy(&buffer[..count]));
            }
        };
        boot_until("not connected: 127.0.0.1:9: Connection refused");
        board.stop();
        boot_until("access_key_id is empty");
    }
}
