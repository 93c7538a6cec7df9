//! Boards whose reset and boot pins are pulled by a relay or a command, against virtual boards without reset lines.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use virtual_board::shell::{Options, Running};
use virtual_board::{BootMode, Chip, Fault, Flash, Order, Pin, Setup, image};

use crate::power_contract::terminal;
use crate::support::shadowrig_with;

const ENVIRONMENT: [(&str, &str); 2] =
    [("SHADOWRIG_INVENTORY", "boards.toml"), ("SHADOWRIG_LOCKS", "locks")];

/// A case that resets the board in the middle.
const CASE: &str = "\
version: 1
name: reset
steps:
  - expect-wake: { cause: power-on }
    within: 60s
  - expect-request: GET shadow
    within: 60s
  - reset: pin
    within: 60s
  - expect-request: GET shadow
    within: 60s
";

/// A board on a pseudo-terminal, whose port has no reset lines.
fn board(folder: &Path) -> Arc<Running> {
    let options = Options {
        has_pty: true,
        pty_link: Some(folder.join("port")),
        boot: Some(BootMode::Run),
        ..Options::default()
    };
    let board = Running::start(Setup::new(Chip::Esp32c3), Flash::new(), &options);
    let mut merged = Vec::new();
    for part in image::bundle(Chip::Esp32c3, "signal-thing", "1") {
        merged.resize(part.offset as usize, 0xff);
        merged.extend(part.bytes);
    }
    fs::write(folder.join("thing.bin"), merged).expect("it can be written");
    Arc::new(board.expect("it starts"))
}

/// An inventory with that board, whose pins are pulled by what is named.
fn inventory(folder: &Path, pins: &str) {
    let mac = virtual_board::Mac::DEFAULT;
    let text = format!(
        "[[board]]\nname = \"odd\"\nmac = \"{mac}\"\nchip = \"esp32c3\"\n\
         [board.serial]\nport = \"port\"\npins = {pins}\n"
    )
    .replace("\"port\"", &format!("\"{}\"", folder.join("port").display()));
    fs::write(folder.join("boards.toml"), text).expect("it can be written");
}

fn shadowrig(folder: &Path, words: &[&str]) -> (Option<i32>, String) {
    let output = shadowrig_with(folder, &ENVIRONMENT, words);
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    (output.status.code(), text.into_owned())
}

/// A relay whose contact lies across a button of the board.
fn relay(board: &Arc<Running>, pin: Pin) -> String {
    relay_for(board, move |is_low| Some(Order::Pin { pin, is_low }))
}

/// A relay that does something to the board when its contact closes and opens.
fn relay_for(
    board: &Arc<Running>,
    order: impl Fn(bool) -> Option<Order> + Send + 'static,
) -> String {
    let (mut relay, name) = terminal();
    let board = Arc::clone(board);
    // Held open, so that nothing hangs up when the rig has given its order.
    let held = File::options().read(true).write(true).open(&name).expect("it is there");
    std::thread::spawn(move || {
        let mut bytes = [0; 4];
        while relay.read_exact(&mut bytes).is_ok() {
            // Whoever wrote that had the terminal to itself, and the kernel keeps that up while it is open.
            rustix::termios::ioctl_tiocnxcl(&held).expect("it is a terminal");
            if let Some(order) = order(bytes == [0xA0, 1, 1, 0xA2]) {
                let _ended = board.order(order);
            }
        }
    });
    name
}

/// A program that pulls a pin while it runs, as `gpioset` does; gives its command.
fn holder(folder: &Path, board: &Arc<Running>, pin: Pin) -> String {
    let (fifo, program) = (folder.join("line"), folder.join("hold"));
    let mode = rustix::fs::Mode::from_bits_truncate(0o600);
    rustix::fs::mknodat(rustix::fs::CWD, &fifo, rustix::fs::FileType::Fifo, mode, 0)
        .expect("it can be made");
    let text = format!("#!/bin/sh\nexec 3>{}\necho low >&3\nexec sleep 600\n", fifo.display());
    fs::write(&program, text).expect("it can be written");
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("it is ours");
    let board = Arc::clone(board);
    std::thread::spawn(move || {
        // Opens when the program does, and ends when the kernel has closed what the program held.
        while let Ok(line) = File::open(&fifo) {
            let mut line = BufReader::new(line);
            let mut said = String::new();
            if line.read_line(&mut said).is_ok_and(|count| count > 0) {
                let _ended = board.order(Order::Pin { pin, is_low: true });
            }
            let _held = line.read_to_string(&mut said);
            let _ended = board.order(Order::Pin { pin, is_low: false });
        }
    });
    program.display().to_string()
}

#[test]
fn a_board_whose_pins_are_pulled_by_relays_is_flashed_and_reset_by_them() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let board = board(folder.path());
    let (enable, boot) = (relay(&board, Pin::Enable), relay(&board, Pin::Boot));
    let pins = format!(
        "{{ enable = {{ switch = \"serial-relay\", port = \"{enable}\" }}, \
         boot = {{ switch = \"serial-relay\", port = \"{boot}\" }} }}"
    );
    inventory(folder.path(), &pins);
    let (code, text) = shadowrig(folder.path(), &["boards", "doctor"]);
    assert!(text.contains("ok       odd: esp32c3"), "{code:?} {text}");
    let (code, text) = shadowrig(folder.path(), &["flash", "thing.bin", "--board", "odd"]);
    assert_eq!(code, Some(0), "{text}");
    assert!(!text.contains("stays in its loader"), "{text}");
    let firmware = "firmware: { image: thing.bin }\nsteps:";
    fs::write(folder.path().join("case.yaml"), CASE.replace("steps:", firmware))
        .expect("it can be written");
    let (code, text) = shadowrig(folder.path(), &["run", "case.yaml", "--board", "odd"]);
    assert_eq!(code, Some(0), "{text}");
}

#[test]
fn a_command_that_pulls_a_pin_while_it_runs_leads_into_the_loader_and_lets_go() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let board = board(folder.path());
    let enable = relay(&board, Pin::Enable);
    let hold = holder(folder.path(), &board, Pin::Boot);
    let pins = format!(
        "{{ enable = {{ switch = \"serial-relay\", port = \"{enable}\" }}, \
         boot = {{ switch = \"held-command\", command = \"{hold}\" }} }}"
    );
    inventory(folder.path(), &pins);
    let (code, text) = shadowrig(folder.path(), &["flash", "thing.bin", "--board", "odd"]);
    assert_eq!(code, Some(0), "{text}");
    // A boot pin that stayed low would have led into the loader again.
    assert!(!text.contains("in its loader"), "{text}");
}

#[test]
fn a_pin_that_cannot_be_pulled_is_named_with_its_switch() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let board = board(folder.path());
    let relay = relay(&board, Pin::Boot);
    let pins = |enable: &str, boot: &str| {
        format!("{{ enable = {{ switch = \"{enable} }}, boot = {{ switch = \"{boot} }} }}")
    };
    let relay = format!("serial-relay\", port = \"{relay}\"");
    let mut said = String::new();
    for (enable, boot) in [
        ("command\", pull = \"/nowhere/reset 1\", release = \"/nowhere/reset 0\"", relay.as_str()),
        ("tasmota\", url = \"http://127.0.0.1:1\"", &relay),
        ("held-command\", command = \"/nowhere/gpioset 17=0\"", &relay),
        (&relay, "serial-relay\", port = \"/nowhere/relay\""),
    ] {
        inventory(folder.path(), &pins(enable, boot));
        let (code, text) = shadowrig(folder.path(), &["flash", "thing.bin", "--board", "odd"]);
        assert_eq!(code, Some(5), "{text}");
        said += &text;
    }
    let said = said.replace(&folder.path().display().to_string(), "FOLDER");
    insta::assert_snapshot!(said);
}

#[test]
fn a_switch_of_pins_is_tried_again_where_the_chip_started_otherwise() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let board = board(folder.path());
    board.order(Order::Fault(Fault::WrongBootMode { count: 1 })).expect("it runs");
    let (enable, boot) = (relay(&board, Pin::Enable), relay(&board, Pin::Boot));
    let pins = format!(
        "{{ enable = {{ switch = \"serial-relay\", port = \"{enable}\" }}, \
         boot = {{ switch = \"serial-relay\", port = \"{boot}\" }} }}"
    );
    inventory(folder.path(), &pins);
    let (code, text) = shadowrig(folder.path(), &["flash", "thing.bin", "--board", "odd"]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("attempt 1 of 7: the chip started what was flashed"), "{text}");
}

#[test]
fn a_board_whose_wake_pin_is_pulled_by_a_relay_wakes_by_it() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let board = board(folder.path());
    let enable = relay(&board, Pin::Enable);
    let wake = relay_for(&board, |is_low| is_low.then_some(Order::Wake));
    let boot = relay(&board, Pin::Boot);
    let by = |port: &str| format!("{{ switch = \"serial-relay\", port = \"{port}\" }}");
    inventory(folder.path(), &format!("{{ enable = {}, boot = {} }}", by(&enable), by(&boot)));
    let path = folder.path().join("boards.toml");
    let text = fs::read_to_string(&path).expect("it was written");
    let case = "version: 1\nname: wake\nfirmware: { image: thing.bin }\n\
        cloud: { shadow: { desired: { sleep: 600 }, reported: { sleep: 600 } } }\nsteps:\n\
        \x20 - expect-sleep: {}\n    within: 60s\n\
        \x20 - wake: pin\n\
        \x20 - expect-wake: external\n    within: 60s\n\
        \x20 - expect-request: GET shadow\n    within: 60s\n";
    fs::write(folder.path().join("case.yaml"), case).expect("it can be written");
    let (code, out) = shadowrig(folder.path(), &["run", "case.yaml", "--board", "odd"]);
    assert!(code == Some(0) && out.contains("wake-pin"), "it is skipped: {out}");
    let with_wake =
        text.replace("[board.serial]", &format!("wake = {{ by = {} }}\n[board.serial]", by(&wake)));
    fs::write(&path, with_wake).expect("it can be written");
    let (code, out) = shadowrig(folder.path(), &["run", "case.yaml", "--board", "odd"]);
    assert!(code == Some(0) && out.contains("1 passed"), "{out}");
}
