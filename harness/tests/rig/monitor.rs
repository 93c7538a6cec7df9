//! `shadowrig monitor` as a person or a script uses it, on a terminal that vanishes and comes back.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Lines, Write};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use object::Architecture;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};

use crate::elf::{XTENSA, elf};
use crate::support::{root, shadowrig};

/// A board that is nothing but a terminal, with a link to it.
struct Board(File);

impl Board {
    fn plug_in(link: &Path) -> Self {
        let terminal: OwnedFd =
            openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)
                .expect("there are terminals");
        grantpt(&terminal).expect("it is ours");
        unlockpt(&terminal).expect("it is ours");
        let mut raw = tcgetattr(&terminal).expect("it is one");
        raw.make_raw();
        tcsetattr(&terminal, OptionalActions::Now, &raw).expect("it is one");
        let name = ptsname(&terminal, Vec::new()).expect("it has a name");
        // A link of this name may be there from before.
        let _none = fs::remove_file(link);
        std::os::unix::fs::symlink(name.to_str().expect("it is ASCII"), link)
            .expect("a link can be made");
        Self(File::from(terminal))
    }

    fn print(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).expect("it takes it");
    }
}

/// A monitor that runs, and what it prints.
struct Monitor {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Monitor {
    fn start(link: &Path, more: &[&str]) -> Self {
        let folder = link.parent().expect("it is in a folder");
        Self::start_in(folder, &[&["--board", &link.display().to_string()], more].concat())
    }

    fn start_in(folder: &Path, words: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_shadowrig"))
            .current_dir(folder)
            .env("SHADOWRIG_INVENTORY", "boards.toml")
            .arg("monitor")
            .args(words)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        Self { child, lines }
    }

    /// What it prints up to and with the line that has this text, without the time stamps.
    fn until(&mut self, text: &str) -> Vec<String> {
        let mut seen = Vec::new();
        loop {
            let Some(line) = self.lines.next() else { panic!("it ended before {text}: {seen:#?}") };
            let line = line.expect("it is text");
            let rest = line.split_once("  ").map_or(line.as_str(), |(_, rest)| rest).to_owned();
            seen.push(rest);
            if line.contains(text) {
                return seen;
            }
        }
    }
}

/// Runs until the port was gone and is back; what was seen goes into a snapshot.
#[test]
fn a_monitor_shows_crashes_decoded_survives_a_gap_and_ends_with_130() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let link = folder.path().join("port");
    let firmware = folder.path().join("shade.elf");
    fs::write(&firmware, elf(Architecture::Xtensa, XTENSA)).expect("it can be written");
    let mut board = Board::plug_in(&link);
    let mut monitor = Monitor::start(&link, &["--elf", &firmware.display().to_string()]);
    monitor.until("watching");

    let transcript = root().join("fixtures/console/idf-xtensa-panic.transcript");
    let transcript = fs::read_to_string(transcript).expect("it can be read");
    board.print(&transcript.replace("@1s\n", "").replace('\n', "\r\n"));
    let mut seen = monitor.until("awake: reset");

    drop(board);
    seen.extend(monitor.until("the port is gone"));
    let mut board = Board::plug_in(&link);
    seen.extend(monitor.until("the port is back").into_iter().map(|line| {
        let (before, _) = line.split_once("after").expect("it says how long");
        let (_, behind) = line.split_once(';').expect("it says what is lost");
        format!("{before}after a while;{behind}")
    }));
    board.print("sleeping for 1.5s\r\n");
    seen.extend(monitor.until("asleep"));
    insta::assert_snapshot!("monitor", seen.join("\n"));

    // What is typed goes to the board.
    monitor.child.stdin.as_mut().expect("it is piped").write_all(b"wake\n").expect("it is taken");
    let mut typed = String::new();
    let mut reader = BufReader::new(board.0.try_clone().expect("it can be shared"));
    reader.read_line(&mut typed).expect("the terminal is open");
    assert_eq!(typed, "wake\n");

    // The shell's own `kill`: a small system has no program of that name.
    let kill = format!("kill -INT {}", monitor.child.id());
    assert!(Command::new("sh").args(["-c", &kill]).status().expect("there is a shell").success());
    assert_eq!(monitor.child.wait().expect("it ends").code(), Some(130));
}

#[test]
fn for_scripts_there_are_json_and_an_end() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let link = folder.path().join("port");
    let mut board = Board::plug_in(&link);
    let mut monitor =
        Monitor::start(&link, &["--json", "--for", "1h", "--sleep-line", r"^zzz (?<millis>\d+)"]);
    monitor.until("watching");
    board.print("zzz 1500\r\n");
    let line = monitor.until("sleep").pop().expect("there is one");
    let event: serde_json::Value = serde_json::from_str(&line).expect("it is JSON");
    assert_eq!((&event["kind"], &event["announced_ms"]), (&"sleep".into(), &1500.into()));
    let kill = format!("kill {}", monitor.child.id());
    assert!(Command::new("sh").args(["-c", &kill]).status().expect("there is a shell").success());
    assert_eq!(monitor.child.wait().expect("it ends").code(), Some(130));

    let mut monitor = Monitor::start(&link, &["--for", "0s"]);
    assert_eq!(monitor.child.wait().expect("it ends").code(), Some(0));
}

#[test]
fn a_board_is_watched_by_its_name_with_the_lines_of_its_firmware() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let link = folder.path().join("port");
    let mut board = Board::plug_in(&link);
    let inventory = format!(
        "[[board]]\nname = \"desk\"\nmac = \"84:f7:03:00:00:01\"\nserial = {{ port = \"{}\" }}\n",
        link.display()
    );
    let descriptions = folder.path().join("device-under-test/boards");
    fs::create_dir_all(&descriptions).expect("a folder can be made");
    fs::write(folder.path().join("boards.toml"), inventory).expect("it can be written");
    let description = |sleep: &str| {
        let text = format!(
            "name = \"a meter\"\nchip = \"esp32c3\"\nimages = {{ meter = \"meter.elf\" }}\n\
             console = {{ sleep = ['{sleep}'], wake = ['^up: (?<cause>\\w+)'] }}\n"
        );
        fs::write(descriptions.join("meter.toml"), text).expect("it can be written");
    };
    description(r"^nap (?<millis>\d+)");
    let words = ["--board", "desk", "--image", "meter", "--for", "1h", "--json"];
    let mut monitor = Monitor::start_in(folder.path(), &words);
    monitor.until("watching");
    board.print("nap 2500\r\nup: button\r\n");
    let seen = monitor.until("\"wake\"");
    let events: Vec<serde_json::Value> =
        seen.iter().map(|line| serde_json::from_str(line).expect("it is JSON")).collect();
    let sleep = events.iter().find(|event| event["kind"] == "sleep").expect("it slept");
    assert_eq!(sleep["announced_ms"], 2500);
    assert_eq!(events.last().expect("there is one")["cause"], "button");
    monitor.child.kill().expect("it runs");
    monitor.child.wait().expect("it ends");

    let check = |words: &[&str], code: i32, expected: &str| {
        let output = crate::support::shadowrig_with(
            folder.path(),
            &[("SHADOWRIG_INVENTORY", "boards.toml")],
            &[&["monitor"], words].concat(),
        );
        let err = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{err}");
        assert!(err.contains(expected), "{err}");
    };
    check(&["--board", "desc"], 5, "help: did you mean `desk`?");
    check(&["--board", "desk", "--image", "clock"], 2, "help: there are meter");
    description("nap (");
    check(&["--board", "desk", "--image", "meter"], 2, "`nap (` is no regular expression");
}

#[test]
fn what_cannot_be_watched_is_said_with_what_to_do() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    fs::write(folder.path().join("image.bin"), [0xe9, 3, 2, 0x10]).expect("it can be written");
    let check = |arguments: &[&str], code: i32, words: &str| {
        let output = shadowrig(folder.path(), &[&["monitor"], arguments].concat());
        let err = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{err}");
        assert!(err.contains(words) && err.contains("help: "), "{err}");
    };
    check(&["--board", "sim"], 2, "sim has no port to watch");
    check(&["--board", "./none"], 5, "there is no port ./none");
    check(&["--board", "./none", "--elf", "image.bin"], 2, "it is no ELF");
    check(&["--board", "./none", "--elf", "none.elf"], 2, "failed to read none.elf");
    check(&["--board", "./none", "--sleep-line", "("], 2, "`(` is no regular expression");
}
