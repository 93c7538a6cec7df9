//! The boards of a host: what is said of a bad inventory, and `shadowrig boards`.

use std::fs;
use std::path::Path;

use shadowrig::board::port::{PortName, PortOptions, SerialPort};
use shadowrig::diagnostics::{self, Source, Style};
use shadowrig::inventory::wear::Wear;
use shadowrig::inventory::{Mac, lock, read};
use virtual_board::shell::{Options, Running, Way};
use virtual_board::{Chip, Fault, Flash, Order, Setup};

use crate::support::{root, shadowrig_with};

/// CI runs all scenarios on it.
#[test]
fn the_lab_in_software_has_no_mistakes() {
    let path = root().join("fixtures/inventory/four-virtual.toml");
    let read = read::read(&fs::read_to_string(path).expect("it can be read"));
    assert_eq!((read.problems, read.inventory.boards.len()), (Vec::new(), 4));
}

#[test]
fn every_bad_inventory_is_told_with_places_and_remedies() {
    let folder = root().join("fixtures/inventory/bad");
    let mut names: Vec<_> = fs::read_dir(&folder)
        .expect("the folder is there")
        .map(|entry| entry.expect("it can be read").file_name().into_string().expect("text"))
        .collect();
    names.sort();
    for name in names {
        let text = fs::read_to_string(folder.join(&name)).expect("it can be read");
        let problems = read::read(&text).problems;
        assert!(!problems.is_empty(), "{name} has nothing wrong");
        let source = Source { path: &name, text: &text };
        let drawn: Vec<_> = problems
            .iter()
            .map(|problem| diagnostics::problem(source, problem, Style::Plain))
            .collect();
        insta::assert_snapshot!(format!("inventory_{name}"), drawn.join("\n\n"));
    }
}

const TWO: &str = r#"
[[board]]
name = "shade-3"
mac = "84:f7:03:67:84:6c"
chip = "esp32c3"
serial = { port = "/nowhere/ttyUSB0" }
labels = ["motor", "rig:left"]
power = { switch = "uhubctl", hub = "1-1", port = 4 }

[[board]]
name = "twin"
mac = "7c:df:a1:c2:22:10"
chip = "esp32"
serial = { kind = "virtual" }
"#;

/// Runs `shadowrig boards` with an inventory of that text; returns the exit code, standard output and standard error.
fn check(inventory: &str, arguments: &[&str]) -> (i32, String, String) {
    let folder = tempfile::tempdir().expect("a folder can be made");
    fs::write(folder.path().join("boards.toml"), inventory).expect("it can be written");
    boards_in(folder.path(), arguments)
}

#[test]
fn list_shows_boards_to_people_and_to_scripts() {
    let (code, out, err) = check(TWO, &["list"]);
    assert_eq!((code, err.as_str()), (0, ""));
    insta::assert_snapshot!(out);
    let (_, out, _) = check(TWO, &["list", "--json"]);
    let list: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(
        list["boards"][0]["can"],
        serde_json::json!(["console", "reset-line", "power-switch"])
    );
    assert_eq!(list["boards"][1]["free"], true);
}

#[test]
fn an_inventory_that_is_wrong_lists_nothing_and_learns_nothing() {
    for command in ["list", "learn", "doctor"] {
        let (code, out, err) = check("[[board]]\nname = \"x\"\n", &[command]);
        assert_eq!((code, out.as_str()), (5, ""), "{command}");
        assert!(err.contains("boards.toml:1:1") && err.contains("needs `mac`"), "{err}");
    }
}

#[test]
fn the_doctor_misses_what_is_not_there() {
    let (code, out, _) = check(TWO, &["doctor"]);
    assert_eq!(code, 5, "{out}");
    assert!(out.contains("bad      shade-3: missing"), "{out}");
    assert!(out.contains("ok       twin: virtual"), "{out}");
}

/// A virtual board with an empty flash on a pseudo-terminal of that name, waiting for a download as boards without reset lines must.
fn virtual_board(chip: Chip, mac: &str, pty: &Path) -> Running {
    let mac = virtual_board::Mac::parse(mac).expect("a MAC");
    let setup = Setup { mac, ..Setup::new(chip) };
    let options = Options { has_pty: true, pty_link: Some(pty.to_owned()), ..Options::default() };
    Running::start(setup, Flash::new(), &options).expect("a pseudo-terminal can be had")
}

/// Runs `shadowrig boards` in a folder with an inventory; returns the exit code, standard output and standard error.
fn boards_in(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let environment = [("SHADOWRIG_INVENTORY", "boards.toml"), ("SHADOWRIG_LOCKS", "locks")];
    let output = shadowrig_with(folder, &environment, &[&["boards"], arguments].concat());
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().expect("it ends by itself"), text(&output.stdout), text(&output.stderr))
}

#[test]
fn boards_are_learned_once_and_found_again_when_their_cables_are_swapped() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let (left, right) = (folder.path().join("left"), folder.path().join("right"));
    let path = |path: &Path| path.display().to_string();
    let ports = ["--port", &path(&left), "--port", &path(&right)];
    let boards = [(Chip::Esp32c3, "84:f7:03:67:84:6c"), (Chip::Esp32, "7c:df:a1:c2:22:10")];
    let running = [&left, &right]
        .into_iter()
        .zip(boards)
        .map(|(port, (chip, mac))| virtual_board(chip, mac, port))
        .collect::<Vec<_>>();
    let (code, out, err) = boards_in(folder.path(), &[&["learn"], &ports[..]].concat());
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    assert!(out.contains("esp32c3-67846c: new") && out.contains("esp32-c22210: new"), "{out}");
    let written = fs::read_to_string(folder.path().join("boards.toml")).expect("it was written");
    let (code, out, _) = boards_in(folder.path(), &[&["learn"], &ports[..]].concat());
    assert_eq!(code, 0);
    assert!(out.contains("esp32c3-67846c: as before"), "{out}");
    let again = fs::read_to_string(folder.path().join("boards.toml")).expect("it is there");
    assert_eq!(again, written, "learning the same changes nothing");
    let (code, out, _) = boards_in(folder.path(), &["doctor"]);
    assert_eq!(code, 0, "{out}");
    drop(running);

    // The cables are swapped: each name is still the board with its MAC.
    let _running = [&right, &left]
        .into_iter()
        .zip(boards)
        .map(|(port, (chip, mac))| virtual_board(chip, mac, port))
        .collect::<Vec<_>>();
    let (code, out, _) = boards_in(folder.path(), &["doctor"]);
    assert_eq!(code, 0, "{out}");
    assert!(out.contains(&format!("esp32c3 on {}; its last place was", path(&right))), "{out}");
    let (_, out, _) = boards_in(folder.path(), &[&["learn"], &ports[..]].concat());
    assert!(out.contains("esp32c3-67846c: serial brought up to date"), "{out}");
}

#[test]
fn a_port_that_somebody_else_has_open_is_named_with_its_holder() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let port = folder.path().join("board");
    let _running = virtual_board(Chip::Esp32c3, "84:f7:03:67:84:6c", &port);
    let name = port.display().to_string();
    let _open = SerialPort::open(&PortName::Device(port), &PortOptions::default()).expect("ours");
    let (code, out, err) = boards_in(folder.path(), &["learn", "--port", &name]);
    assert_eq!(code, 5, "{out}");
    let own = std::process::id().to_string();
    assert!(err.contains(&format!("warning: {name} is open in ")) && err.contains(&own), "{err}");
}

/// A board on a pseudo-terminal with its control socket, an image of our thing, a case for it, and an inventory that calls
/// it `desk` and gives it that address.
pub(crate) fn desk(folder: &Path, mac_in_the_file: &str) -> Running {
    let (port, control) = (folder.join("port"), folder.join("control"));
    let mac = virtual_board::Mac::parse("84:f7:03:67:84:6c").expect("a MAC");
    let options = Options {
        has_pty: true,
        pty_link: Some(port.clone()),
        control: Some(control.clone()),
        ..Options::default()
    };
    let setup = Setup { mac, ..Setup::new(Chip::Esp32c3) };
    let board =
        Running::start(setup, Flash::new(), &options).expect("a pseudo-terminal can be had");
    let mut flash = Vec::new();
    for part in virtual_board::image::bundle(Chip::Esp32c3, "signal-thing", "1") {
        flash.resize(part.offset as usize, 0xff);
        flash.extend(part.bytes);
    }
    let (port, control) = (port.display(), control.display());
    let inventory = format!(
        "[[board]]\nname = \"desk\"\nmac = \"{mac_in_the_file}\"\nchip = \"esp32c3\"\n\
         serial = {{ port = \"{port}\", control = \"{control}\" }}\n\
         power = {{ switch = \"virtual\", control = \"{control}\" }}\n"
    );
    let case = "
version: 1
name: the supply is switched by what the inventory names
firmware: { image: thing.bin }
steps:
  - expect-request: GET shadow
    within: 30s
  - power: cut
  - power: restore
  - expect-request: GET shadow
    within: 30s
";
    let write = |name: &str, bytes: &[u8]| {
        fs::write(folder.join(name), bytes).expect("it can be written");
    };
    write("thing.bin", &flash);
    write("boards.toml", inventory.as_bytes());
    write("case.yaml", case.as_bytes());
    board
}

/// Runs the case on a board of that name; returns the exit code and all that was printed.
fn run_on(folder: &Path, name: &str) -> (i32, String) {
    let environment = [("SHADOWRIG_INVENTORY", "boards.toml"), ("SHADOWRIG_LOCKS", "locks")];
    let output = shadowrig_with(folder, &environment, &["run", "case.yaml", "--board", name]);
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    (output.status.code().expect("it ends by itself"), text.into_owned())
}

#[test]
fn a_case_runs_on_a_board_by_the_name_that_the_inventory_gives_it() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let _board = desk(folder.path(), "84:f7:03:67:84:6c");
    let (code, text) = run_on(folder.path(), "desk");
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("desk") && text.contains("1 passed"), "{text}");
    let environment = [("SHADOWRIG_INVENTORY", "boards.toml"), ("SHADOWRIG_LOCKS", "locks")];
    let words = ["flash", "thing.bin", "--board", "desk", "--erase", "all"];
    let output = shadowrig_with(folder.path(), &environment, &words);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("onto esp32c3 84:f7:03:67:84:6c"), "{text}");
    let (code, text) = run_on(folder.path(), "desc");
    assert_eq!(code, 5, "{text}");
    assert!(text.contains("did you mean `desk`?"), "{text}");
}

#[test]
fn a_board_with_another_address_on_the_port_is_never_written() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let board = desk(folder.path(), "84:f7:03:00:00:01");
    let (code, text) = run_on(folder.path(), "desk");
    assert_eq!(code, 5, "{text}");
    assert!(text.contains("84:f7:03:67:84:6c") && text.contains("84:f7:03:00:00:01"), "{text}");
    let wear = board.status().expect("it runs").wear;
    assert_eq!((wear.sectors_erased, wear.bytes_not_erased), (0, 0));
}

#[test]
fn a_board_that_somebody_else_uses_is_told_with_its_holder_and_left_alone() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let board = desk(folder.path(), "84:f7:03:67:84:6c");
    let holder = lock::Holder {
        pid: std::process::id(),
        user: "ann".into(),
        run: "nightly".into(),
        since: "2026-03-01T10:00:00Z".into(),
    };
    let mac = Mac::parse("84:f7:03:67:84:6c").expect("a MAC");
    let ours = lock::take(&folder.path().join("locks"), mac, &holder, std::time::Duration::ZERO);
    let (code, text) = run_on(folder.path(), "desk");
    assert_eq!(code, 5, "{text}");
    assert!(
        text.contains("ann since 2026-03-01T10:00:00Z") && text.contains("--wait-board"),
        "{text}"
    );
    assert_eq!(board.status().expect("it runs").wear.sectors_erased, 0);
    drop(ours.expect("nobody had it"));
}

#[test]
fn a_rate_that_failed_is_remembered_until_it_works_again() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = |name: &str| folder.path().join(name);
    let board = desk(folder.path(), "84:f7:03:67:84:6c");
    let inventory = fs::read_to_string(path("boards.toml")).expect("it is there");
    let inventory = inventory.replace("serial = { ", "serial = { baud = 460800, ");
    fs::write(path("boards.toml"), inventory).expect("it can be written");
    let environment = [("SHADOWRIG_INVENTORY", "boards.toml"), ("SHADOWRIG_LOCKS", "locks")];
    let say = |args: &[&str]| {
        let output = shadowrig_with(folder.path(), &environment, args);
        let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
        text.push_str(&String::from_utf8_lossy(&output.stderr));
        (output.status.success(), text)
    };
    let flash = |more: &[&str]| {
        let args = [&["flash", "thing.bin", "--board", "desk", "--always"], more].concat();
        let (is_good, text) = say(&args);
        assert!(is_good, "{args:?}: {text}");
        text
    };
    let known = "flashed at 115200 baud, since 460800 failed: ";
    board.order(Order::Fault(Fault::BaudLimit { baud_max: 115_200 })).expect("it runs");
    let first = flash(&[]);
    assert!(first.contains("trying again at 115200 baud") && !first.contains(known), "{first}");
    // The next run begins with what works, and people are told.
    let second = flash(&[]);
    assert!(second.contains(known) && !second.contains("trying again"), "{second}");
    for command in ["list", "doctor"] {
        // The doctor cannot reset a board on a terminal, so to it this one is silent.
        let (_, text) = say(&["boards", command]);
        assert!(text.contains(known), "{text}");
    }
    // Another cable, as it were: who says the rate has it tried, and where it works it is the highest again.
    board.order(Order::ClearFaults).expect("it runs");
    let third = flash(&["--baud", "460800"]);
    assert!(!third.contains(known) && !third.contains("trying again"), "{third}");
    let fourth = flash(&[]);
    assert!(!fourth.contains(known) && !fourth.contains("trying again"), "{fourth}");
}

#[test]
fn a_device_finds_its_cloud_at_the_address_that_is_named() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = |name: &str| folder.path().join(name);
    let _board = desk(folder.path(), "84:f7:03:67:84:6c");
    let environment = [("SHADOWRIG_INVENTORY", "boards.toml"), ("SHADOWRIG_LOCKS", "locks")];
    let case =
        "version: 1\nname: found\nCLOUD\nsteps:\n  - expect-request: GET shadow\n    within: 60s\n";
    // The program checks that the certificate is for this address.
    let places = [
        ("desk", "firmware: { image: thing.bin }"),
        ("process", "cloud: { tls: false }"),
        ("process", "cloud: { tls: true }"),
    ];
    for (board, cloud) in places {
        fs::write(path("case.yaml"), case.replace("CLOUD", cloud)).expect("it can be written");
        let args =
            ["run", "case.yaml", "--board", board, "--cloud-address", "127.0.0.2", "--out", "out"];
        let output = shadowrig_with(folder.path(), &environment, &args);
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success(),
            "{board}: {text}{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let log = fs::read_to_string(path("out/001-found/events.jsonl")).expect("there is a log");
        assert!(log.contains("127.0.0.2:"), "{board}: {log}");
    }
}

/// The certificate is for the address that is named, and what the board is told to trust is taken: over the lines of a port, and on a
/// board of the inventory.
#[test]
fn a_board_on_a_serial_port_checks_its_cloud_over_tls() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = |name: &str| folder.path().join(name);
    let _desk = desk(folder.path(), "84:f7:03:67:84:6c");
    let options =
        Options { rfc2217: Some("127.0.0.1:0".parse().expect("it is one")), ..Options::default() };
    let other = Running::start(Setup::new(Chip::Esp32c3), Flash::new(), &options);
    let other = other.expect("it starts");
    let [Way::Rfc2217(address)] = other.ways() else { panic!("it has one way in") };
    let port = format!("rfc2217://{address}");
    let case = "
version: 1
name: trust
firmware: { image: thing.bin }
cloud: { tls: true, shadow: { desired: { sleep: 5 }, reported: { sleep: 5 } } }
steps:
  - expect-request: GET shadow
    within: 60s
  - fault: { tls: unknown-ca }
  - expect-fault: applied
    within: 60s
  - expect-request: GET shadow
    within: 60s
";
    fs::write(path("case.yaml"), case).expect("it can be written");
    let environment = [("SHADOWRIG_INVENTORY", "boards.toml"), ("SHADOWRIG_LOCKS", "locks")];
    for board in ["desk", port.as_str()] {
        let args =
            ["run", "case.yaml", "--board", board, "--cloud-address", "127.0.0.2", "--out", "out"];
        let output = shadowrig_with(folder.path(), &environment, &args);
        let text = String::from_utf8_lossy(&output.stdout);
        let err = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{board}: {text}{err}");
    }
}

/// Firmware that was told nothing, or is on no network, never comes: the failure says where it was to come.
#[test]
fn a_board_that_never_comes_is_told_apart_from_one_that_does_something_else() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = |name: &str| folder.path().join(name);
    let _board = desk(folder.path(), "84:f7:03:67:84:6c");
    let mut flash = Vec::new();
    for part in virtual_board::image::bundle(Chip::Esp32c3, "blink", "1") {
        flash.resize(part.offset as usize, 0xff);
        flash.extend(part.bytes);
    }
    fs::write(path("blink.bin"), flash).expect("it can be written");
    let case = "version: 1\nname: it never comes\nfirmware: { image: blink.bin }\nsteps:\n  - expect-request: GET shadow\n    within: 1s\n";
    fs::write(path("case.yaml"), case).expect("it can be written");
    let environment = [("SHADOWRIG_INVENTORY", "boards.toml"), ("SHADOWRIG_LOCKS", "locks")];
    let run = |address: &str| {
        let args =
            ["run", "case.yaml", "--board", "desk", "--cloud-address", address, "--out", "out"];
        let output = shadowrig_with(folder.path(), &environment, &args);
        let text =
            String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        (output.status.code(), text.into_owned())
    };
    let (code, text) = run("127.0.0.1");
    assert_eq!(code, Some(100), "{text}");
    assert!(
        text.contains("help: nobody has connected to the cloud at http://127.0.0.1:"),
        "{text}"
    );
    assert!(text.contains("by --cloud-address"), "{text}");
    let (code, text) = run("0.0.0.0");
    assert_eq!(code, Some(2), "{text}");
    assert!(text.contains("0.0.0.0 is nobody's"), "{text}");
    // An address of the range for documentation, which no machine has.
    let (code, text) = run("192.0.2.7");
    assert_eq!(code, Some(5), "{text}");
    assert!(text.contains("192.0.2.7") && text.contains("as `ip address` shows them"), "{text}");
}

#[test]
fn writes_are_counted_and_a_flash_that_fades_is_found_by_reading_it_back_once_a_week() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = |name: &str| folder.path().join(name);
    let board = desk(folder.path(), "84:f7:03:67:84:6c");
    let environment = [("SHADOWRIG_INVENTORY", "boards.toml"), ("SHADOWRIG_LOCKS", "locks")];
    let flash = |more: &[&str]| {
        let args = [&["flash", "thing.bin", "--board", "desk"], more].concat();
        let output = shadowrig_with(folder.path(), &environment, &args);
        let text =
            String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        (output.status.code(), text.into_owned())
    };
    let wear = || {
        let file = path("state/shadowrig/flash/84f70367846c.wear");
        serde_json::from_str::<Wear>(&fs::read_to_string(file).expect("it is kept"))
            .expect("it is one")
    };
    let read_back = "the flash was read back and compared, as once a week";
    let (code, text) = flash(&[]);
    assert!(code == Some(0) && text.contains(read_back), "{text}");
    let first = wear();
    assert!(first.writes == 1 && first.bytes > 0 && first.read_back.is_some(), "{first:?}");
    // What is there already is no write, and this week it was read.
    let (code, text) = flash(&[]);
    assert!(code == Some(0) && !text.contains(read_back), "{text}");
    let (code, text) = flash(&["--always"]);
    assert!(code == Some(0) && !text.contains(read_back), "{text}");
    assert_eq!(wear().writes, 2);
    // A week later: its checksum is right, and what is read is not.
    let before = Wear { read_back: Some(0), ..wear() };
    let text = serde_json::to_string(&before).expect("it is one");
    fs::write(path("state/shadowrig/flash/84f70367846c.wear"), text).expect("it can be written");
    board.order(Order::Fault(Fault::FadingSector { sector: 16 })).expect("it runs");
    let (code, text) = flash(&["--always"]);
    assert_eq!(code, Some(5), "{text}");
    assert!(
        text.contains("the flash does not hold what was written: ")
            && text.contains("sector 0x10000"),
        "{text}"
    );
}

/// What resets a chip over the serial side of its USB leaves its debug module dead, so nothing does that to a board on a probe.
#[test]
fn a_board_on_a_probe_is_reset_by_it_and_has_no_port_opened() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let board = desk(folder.path(), "84:f7:03:67:84:6c");
    let file = folder.path().join("boards.toml");
    let text =
        fs::read_to_string(&file).expect("it is there") + "probe = { usb = \"303a:1001\" }\n";
    fs::write(&file, text).expect("it can be written");
    let before = board.status().expect("it runs").resets;
    let environment = [("SHADOWRIG_INVENTORY", "boards.toml"), ("SHADOWRIG_LOCKS", "locks")];
    let say = |args: &[&str]| {
        let output = shadowrig_with(folder.path(), &environment, args);
        let text =
            String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        text.into_owned()
    };
    let port = folder.path().join("port");
    let port = port.to_str().expect("its name is text");
    let text = say(&["boards", "learn", "--port", port]);
    assert!(text.contains("is the port of desk, which is used by its debug probe"), "{text}");
    assert!(
        text.contains("it is left alone: a reset over it may end what the probe does"),
        "{text}"
    );
    // A case that needs a cloud would be refused, since a chip on a probe does not find it at a loopback address.
    let console = "version: 1\nname: console\nfirmware: { image: thing.bin }\nsteps: [expect-console: boot]\n";
    fs::write(folder.path().join("console.yaml"), console).expect("it can be written");
    for args in [
        &["boards", "doctor"][..],
        &["flash", "thing.bin", "--board", "desk"],
        &["monitor", "--board", "desk", "--for", "100ms"],
        &["run", "console.yaml", "--board", "desk"],
    ] {
        let text = say(args);
        assert!(text.contains("probe"), "{args:?}: {text}");
    }
    assert_eq!(board.status().expect("it runs").resets, before);
}

#[test]
fn a_port_that_somebody_names_to_the_doctor_is_told_of_when_nobody_answers() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let args = ["boards", "doctor", "--inventory", "none.toml", "--port", "./nowhere"];
    let output = shadowrig_with(folder.path(), &[], &args);
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(
        text.contains("./nowhere is not there") && text.contains("plug the board in"),
        "{text}"
    );
}
