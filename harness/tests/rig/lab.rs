//! Runs on several boards of an inventory at once: who runs what, what is set aside, and who waits for whom.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use serde_json::Value;
use shadowrig::board::virtual_board::VirtualBoard;
use shadowrig::board::{Board, Sink};
use shadowrig::drive::Facts;
use shadowrig::inventory::{Mac, aside, lock, read};
use tempfile::TempDir;

use virtual_board::shell::{Options, Running};
use virtual_board::{Activity, BootMode, Chip, Fault, Flash, Order, Provisioning, Setup};

use crate::support::{root, shadowrig_with};

/// Long enough for a loaded machine; reached only where something is wrong.
const PATIENCE: Duration = Duration::from_secs(120);

const ENVIRONMENT: [(&str, &str); 2] =
    [("SHADOWRIG_INVENTORY", "boards.toml"), ("SHADOWRIG_LOCKS", "locks")];

/// A case that passes on any board, and needs what it is given.
fn case(name: &str, board: &str) -> String {
    format!(
        "version: 1\nname: {name}\nboard: {board}\nsteps:\n  - expect-request: GET shadow\n    within: 60s\n"
    )
}

/// The folder of a lab: virtual boards on pseudo-terminals, their inventory, and scenarios.
struct Lab {
    folder: TempDir,
    boards: Vec<Running>,
}

impl Lab {
    /// Boards named `a`, `b` and so on, each with a chip and more of its TOML.
    fn new(boards: &[(Chip, &str)]) -> Self {
        let mut lab = Self { folder: tempfile::tempdir().expect("a folder"), boards: Vec::new() };
        let mut inventory = String::new();
        for (index, (chip, more)) in boards.iter().enumerate() {
            let name = char::from(b'a' + u8::try_from(index).expect("a few boards"));
            let (port, control) =
                (lab.path(&format!("{name}.port")), lab.path(&format!("{name}.socket")));
            let mac = lab.mac(index);
            let setup = Setup { mac: virtual_board::Mac(mac.0), ..Setup::new(*chip) };
            let options = Options {
                has_pty: true,
                pty_link: Some(port.as_str().into()),
                control: Some(control.as_str().into()),
                ..Options::default()
            };
            lab.boards.push(Running::start(setup, Flash::new(), &options).expect("it starts"));
            inventory += &format!(
                "[[board]]\nname = \"{name}\"\nmac = \"{mac}\"\nchip = \"{}\"\n\
                 serial = {{ port = \"{port}\", control = \"{control}\" }}\n\
                 power = {{ switch = \"virtual\", control = \"{control}\" }}\n{more}\n",
                chip.name()
            );
        }
        lab.write("boards.toml", &inventory);
        lab
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    #[expect(clippy::unused_self, reason = "the boards of a lab are numbered")]
    fn mac(&self, board: usize) -> Mac {
        Mac([0x84, 0xf7, 0x03, 0, 0, u8::try_from(board + 1).expect("a few boards")])
    }

    fn locks(&self) -> std::path::PathBuf {
        self.folder.path().join("locks")
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.folder.path().join(name);
        fs::create_dir_all(path.parent().expect("it has one")).expect("a folder");
        fs::write(path, text).expect("it can be written");
    }

    /// Replaces a text in the inventory.
    fn edit(&self, from: &str, to: &str) {
        let text = fs::read_to_string(self.path("boards.toml")).expect("it is there");
        assert!(text.contains(from), "{from} is not in {text}");
        self.write("boards.toml", &text.replacen(from, to, 1));
    }

    /// Runs the program; gives exit code, and standard output with standard error behind it.
    fn shadowrig(&self, words: &[&str]) -> (i32, String) {
        let output = shadowrig_with(self.folder.path(), &ENVIRONMENT, words);
        let text =
            String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        (output.status.code().expect("it ends by itself"), text.into_owned())
    }

    fn run(&self, words: &[&str]) -> (i32, String) {
        self.shadowrig(&[&["run", "cases", "--out", "out"], words].concat())
    }

    /// What the last run says about itself.
    fn report(&self) -> Value {
        let text = fs::read_to_string(self.path("out/run.json")).expect("it is there");
        serde_json::from_str(&text).expect("it is JSON")
    }

    /// The name of each case with the board that it ran on.
    fn boards_of_cases(&self) -> Vec<(String, String)> {
        let report = self.report();
        let cases = report["cases"].as_array().expect("a list").iter();
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        cases.map(|case| (text(&case["name"]), text(&case["board"]))).collect()
    }

    /// Begins a run and waits until it holds a board.
    fn begin(&self, words: &[&str], board: usize) -> Child {
        let child = Command::new(env!("CARGO_BIN_EXE_shadowrig"))
            .current_dir(self.folder.path())
            .envs(ENVIRONMENT)
            .env("USER", "ann")
            .args(words)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        until(|| lock::holder(&self.locks(), self.mac(board)).flatten().is_some());
        child
    }
}

/// Waits for a condition.
fn until(mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < PATIENCE, "it never came to be");
        std::thread::yield_now();
    }
}

fn kill(signal: &str, child: &Child) {
    // The shell's own `kill`: a small system has no program of that name.
    let order = format!("kill -{signal} {}", child.id());
    assert!(Command::new("sh").args(["-c", &order]).status().expect("a shell").success());
}

#[test]
fn four_boards_run_cases_at_once() {
    let mut boards = vec![(Chip::Esp32c3, ""); 3];
    boards.push((Chip::Esp32, ""));
    let lab = Lab::new(&boards);
    let scenario = |name: &str| root().join("scenarios").join(name).display().to_string();
    let [changes, named] = ["report-only-changes.yaml", "named-shadow.yaml"].map(scenario);
    let words = ["run", &changes, &named, "--stress", "6", "--board", "lab", "--out", "out"];
    let (code, text) = lab.shadowrig(&words);
    assert_eq!(code, 0, "{text}");
    let report = lab.report();
    let cases = report["cases"].as_array().expect("a list");
    assert_eq!(cases.len(), 12);
    for name in ["a", "b", "c", "d"] {
        let count = cases.iter().filter(|case| case["board"] == name).count();
        assert!(count > 1, "{name} ran {count} cases: {text}");
    }
    // More than two at a time on the average, so more than two at once at some time.
    let took: u64 = cases.iter().filter_map(|case| case["wall_us"].as_u64()).sum();
    let wall = report["wall_us"].as_u64().expect("a number");
    assert!(took > 2 * wall, "{took} of cases in {wall}: {text}");
}

/// What is decided before a board is touched must be what the board then says of itself.
#[test]
fn the_inventory_knows_what_a_board_that_the_rig_starts_can_do() {
    let text = "[[board]]\nname = \"twin\"\nmac = \"84:f7:03:00:00:01\"\nserial = { kind = \"virtual\" }\n";
    let known = read::read(text).inventory.boards.remove(0);
    let (sink, _seen) = Sink::new();
    let board = VirtualBoard::new(Chip::Esp32c3, Provisioning::default(), sink).expect("it starts");
    let facts = |facts: Facts| Facts { board: String::new(), ..facts };
    assert_eq!(facts(known.facts()), facts(board.facts()));
}

#[test]
fn cases_go_to_boards_that_have_what_they_need_and_list_says_where() {
    let lab = Lab::new(&[(Chip::Esp32c3, "labels = [\"motor\", \"rig:left\"]"), (Chip::Esp32, "")]);
    lab.write("cases/1.yaml", &case("motor", "{ labels: [motor] }"));
    lab.write("cases/2.yaml", &case("old", "{ chip: esp32 }"));
    lab.write("cases/3.yaml", &case("pair", "{ same: rig }"));
    lab.write("cases/4.yaml", &case("lamp", "{ labels: [lamp] }"));
    lab.write("cases/5.yaml", &case("meter", "{ needs: [current-meter] }"));
    let (code, listed) = lab.shadowrig(&["list", "cases", "--board", "lab"]);
    assert_eq!(code, 0, "{listed}");
    insta::assert_snapshot!("lab_list", listed);
    let (code, text) = lab.run(&["--board", "lab"]);
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("3 passed, 0 failed, 0 errors, 2 skipped"), "{text}");
    let ran = lab.boards_of_cases();
    let board = |name: &str| ran.iter().find(|(case, _)| case == name).expect("it ran").1.clone();
    assert_eq!([board("motor"), board("old"), board("pair")], ["a", "b", "a"]);
    assert!(text.contains("no board will do: the case wants the label `lamp`"), "{text}");
    let (_, json) = lab.shadowrig(&["list", "cases", "--board", "!a", "--json"]);
    let json: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json["cases"][1]["boards"], serde_json::json!(["b"]));
    let skip = json["cases"][0]["skip"].as_str().expect("a reason");
    assert_eq!(skip, "the case wants the label `motor`, which b does not have");
    // Each way to name boards leads to the same.
    for words in ["label:motor", "chip:esp32c3", "a", "label:motor+chip:esp32c3", "lab,!b"] {
        let (code, text) = lab.run(&["--filter", "motor", "--board", words]);
        assert_eq!((code, &lab.boards_of_cases()[0].1[..]), (0, "a"), "{words}: {text}");
    }
}

#[test]
fn what_cannot_be_chosen_is_told_before_anything_is_touched() {
    let lab = Lab::new(&[(Chip::Esp32c3, "labels = [\"motor\"]")]);
    lab.write("cases/1.yaml", &case("any", "{}"));
    let check = |board: &str, code: i32, expected: &str| {
        let (got, text) = lab.run(&["--board", board]);
        assert_eq!(got, code, "{text}");
        assert!(text.contains(expected), "{text}");
    };
    check(
        "label:motr",
        5,
        "error: no board has the label `motr` (boards.toml)\nhelp: did you mean `label:motor`?",
    );
    check("b", 5, "no board of the name `b` (boards.toml)\nhelp: did you mean `a`?");
    check("sim,a", 2, "sim stands alone");
    check("my board", 2, "label:WORD");
    lab.edit("port = ", "control_ = ");
    check("lab", 5, "`serial` has no key `control_`");
    lab.write("boards.toml", "[[board]]\nname = \"a\"\nmac = \"84:f7:03:00:00:01\"\n");
    check("lab", 5, "help: attach it and run `shadowrig boards learn`");
    check("label:motor", 5, "help: no board has a label yet");
    fs::remove_file(lab.path("boards.toml")).expect("it is there");
    check("lab", 5, "error: there is no inventory boards.toml");
    assert!(!Path::new(&lab.path("out")).exists(), "nothing was begun");
}

#[test]
fn a_board_that_cannot_be_used_is_set_aside_and_its_case_moves() {
    let lab = Lab::new(&[(Chip::Esp32c3, ""), (Chip::Esp32c3, "")]);
    // On the port of `a` is another board than the inventory says.
    lab.edit(&lab.mac(0).to_string(), "84:f7:03:00:00:99");
    lab.write("cases/1.yaml", &case("moves", "{}"));
    let (code, text) = lab.run(&["--board", "lab", "--flaky", "fail"]);
    assert_eq!(code, 0, "a bad board makes no case flaky: {text}");
    assert_eq!(lab.boards_of_cases(), [("moves".into(), "b".into())]);
    let reason = "the board on the port is 84:f7:03:00:00:01, and 84:f7:03:00:00:99 is meant";
    assert!(text.contains("(attempt 2; before: failed to flash signal-thing on a)"), "{text}");
    assert!(
        text.contains(&format!("set aside a: failed to flash signal-thing: {reason}")),
        "{text}"
    );
    let case = &lab.report()["cases"][0]["earlier"][0];
    assert_eq!((&case["board"], &case["blame"]), (&"a".into(), &"rig".into()));
    assert!(case["board_set_aside"].as_str().is_some_and(|why| why.contains(reason)), "{case}");
    for (file, expected) in [
        ("out/junit.xml", "name=\"board-set-aside\" value=\"a: failed to flash signal-thing"),
        ("out/junit.xml", "name=\"board\" value=\"b\""),
        ("out/index.html", "<strong>Set aside: a</strong>"),
        ("out/README.txt", "set aside a: failed to flash"),
    ] {
        let text = fs::read_to_string(lab.path(file)).expect("it is there");
        assert!(text.contains(expected), "{file}: {text}");
    }
    assert_eq!(lab.boards[0].status().expect("it runs").wear.sectors_erased, 0, "never written");

    // A later run is told, leaves the board alone, and takes it where nothing else fits.
    let (_, text) = lab.run(&["--board", "lab"]);
    assert!(text.contains("note: a was set aside since ") && !text.contains("attempt 2"), "{text}");
    let (_, listed) = lab.shadowrig(&["boards", "list"]);
    assert!(listed.contains("free, set aside since "), "{listed}");
    lab.edit("84:f7:03:00:00:99", &lab.mac(0).to_string());
    aside::remember(&lab.locks(), lab.mac(0), &aside_of("another day")).expect("written");
    let (code, text) = lab.run(&["--board", "a"]);
    assert_eq!(code, 0, "{text}");
    assert_eq!(aside::recall(&lab.locks(), lab.mac(0)), None, "it worked, so it is back");
}

fn aside_of(run: &str) -> aside::Aside {
    aside::Aside { reason: "silent".into(), run: run.into(), since: "2026-03-01T10:00:00Z".into() }
}

#[test]
fn a_board_whose_flash_fails_twice_is_set_aside() {
    let lab = Lab::new(&[(Chip::Esp32c3, ""), (Chip::Esp32c3, "")]);
    lab.boards[0].order(Order::Fault(Fault::BadSector { sector: 0x10 })).expect("it runs");
    lab.write("cases/1.yaml", &case("worn", "{}"));
    let (code, text) = lab.run(&["--board", "lab"]);
    assert_eq!(code, 0, "{text}");
    assert_eq!(lab.boards_of_cases(), [("worn".into(), "b".into())]);
    let earlier = lab.report()["cases"][0]["earlier"].clone();
    let asides: Vec<_> =
        earlier.as_array().expect("a list").iter().map(|at| &at["board_set_aside"]).collect();
    assert!(matches!(asides[..], [Value::Null, Value::String(_)]), "{earlier}");
}

#[test]
fn a_board_that_no_reset_reaches_gets_its_supply_cut_once() {
    let lab = Lab::new(&[(Chip::Esp32c3, "")]);
    lab.write("cases/1.yaml", &case("dark", "{}"));
    // Somebody else has cut it off, so that it answers to nothing.
    lab.boards[0].order(Order::PowerCut).expect("it runs");
    let (code, text) = lab.run(&["--board", "a"]);
    assert_eq!(code, 0, "{text}");
    assert!(!text.contains("attempt"), "{text}");
    let log = fs::read_to_string(lab.path("out/001-dark/events.jsonl")).expect("it is there");
    assert!(log.contains("its supply is cut for 1s, and it is tried once more"), "{log}");
}

/// The power events of a case, as `cut` and `restored`.
fn power_events(lab: &Lab, folder: &str) -> Vec<String> {
    let log = fs::read_to_string(lab.path(&format!("out/{folder}/events.jsonl"))).expect("a log");
    let events = log.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let power = events.filter(|event| event["kind"] == "power");
    power.map(|event| event["change"].as_str().unwrap_or("?").to_owned()).collect()
}

#[test]
fn the_supply_of_a_board_that_hangs_over_days_is_cycled_before_each_run_and_once() {
    let lab = Lab::new(&[(Chip::Esp32c3, "")]);
    lab.edit(
        "power = { switch = \"virtual\",",
        "power = { switch = \"virtual\", cycle = \"100ms\",",
    );
    lab.write("cases/1.yaml", &case("first", "{}"));
    lab.write("cases/2.yaml", &case("second", "{}"));
    for _ in 0..2 {
        let (code, text) = lab.run(&["--board", "a"]);
        assert_eq!(code, 0, "{text}");
        assert_eq!(power_events(&lab, "001-first"), ["cut", "restored"]);
        assert_eq!(power_events(&lab, "002-second"), [""; 0]);
    }
}

#[test]
fn a_switch_that_does_not_switch_is_found_out_by_the_board_that_answers() {
    let lab = Lab::new(&[(Chip::Esp32c3, "")]);
    let control = lab.path("a.socket");
    lab.edit(
        &format!("power = {{ switch = \"virtual\", control = \"{control}\" }}"),
        "power = { switch = \"command\", cut = \"true\", restore = \"true\", cycle = \"10ms\" }",
    );
    lab.write("cases/1.yaml", &case("first", "{}"));
    let (code, text) = lab.run(&["--board", "a"]);
    assert_eq!(code, 5, "{text}");
    let said = text.split("run directory").next().unwrap_or_default().to_owned();
    let said = said.lines().filter(|line| !line.contains("ERROR")).collect::<Vec<_>>().join("\n");
    insta::assert_snapshot!(said);
}

#[test]
fn a_board_with_lines_of_its_own_kind_is_reset_by_its_own_sequence() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let options = Options {
        rfc2217: Some("127.0.0.1:0".parse().expect("an address")),
        boot: Some(BootMode::Run),
        ..Options::default()
    };
    let board =
        Running::start(Setup::new(Chip::Esp32c3), Flash::new(), &options).expect("it starts");
    let port = board.ways()[0].to_string();
    let mac = virtual_board::Mac::DEFAULT;
    let doctor = |reset: &str| {
        let text = format!(
            "[[board]]\nname = \"odd\"\nmac = \"{mac}\"\nchip = \"esp32c3\"\n\
             serial = {{ port = \"{port}\", baud = 115200, reset = {reset} }}\n"
        );
        fs::write(folder.path().join("boards.toml"), text).expect("it can be written");
        let output = shadowrig_with(folder.path(), &ENVIRONMENT, &["boards", "doctor"]);
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let nothing = doctor("{ download = \"W0.01\", run = \"W0.01\" }");
    assert!(nothing.contains("bad      odd: "), "{nothing}");
    let own = doctor("{ download = \"D0|R1|W0.1|D1|R0|W0.05|D0\", run = \"D0|R1|W0.1|R0\" }");
    assert!(own.contains("ok       odd: esp32c3"), "{own}");
}

#[test]
fn a_board_whose_supply_is_too_weak_is_no_fault_of_the_firmware() {
    let lab = Lab::new(&[(Chip::Esp32c3, "")]);
    lab.boards[0].order(Order::Fault(Fault::Brownouts { count: 1000 })).expect("it runs");
    // The wake is told by what the rig did, once something runs.
    let wakes =
        case("weak", "{}").replace("steps:", "steps:\n  - expect-wake: { cause: power-on }");
    lab.write("cases/1.yaml", &wakes);
    let (code, text) = lab.run(&["--board", "a"]);
    assert_eq!(code, 5, "{text}");
    assert!(text.contains("its supply broke down 3 times before anything ran"), "{text}");
    assert!(text.contains("(attempt 2; before: failed to start the board)"), "{text}");
    assert!(text.contains("set aside a: failed to start the board"), "{text}");
    // One or two are a bad contact when the supply comes up, and no reason to give up.
    lab.boards[0].order(Order::ClearFaults).expect("it runs");
    until(|| lab.boards[0].status().expect("it runs").activity != Activity::Stuck);
    lab.boards[0].order(Order::Fault(Fault::Brownouts { count: 2 })).expect("it runs");
    let (code, text) = lab.run(&["--board", "a"]);
    assert_eq!(code, 0, "{text}");
    let log = fs::read_to_string(lab.path("out/001-weak/events.jsonl")).expect("it is there");
    assert!(log.contains("broke down while the board was starting, 2 in a row"), "{log}");
}

#[test]
fn a_board_whose_port_is_gone_is_missed_and_the_doctor_brings_it_back() {
    let mut lab = Lab::new(&[(Chip::Esp32c3, ""), (Chip::Esp32c3, "")]);
    lab.write("cases/1.yaml", &case("moves", "{}"));
    lab.boards.remove(0);
    let (code, text) = lab.run(&["--board", "lab"]);
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("set aside a: failed to flash signal-thing: there is no port"), "{text}");
    let (code, text) = lab.shadowrig(&["boards", "doctor"]);
    assert_eq!(code, 5, "{text}");
    assert!(text.contains("a: missing") && text.contains("a: it was set aside since"), "{text}");
    assert!(text.contains("2 boards, 1 of them cannot be used"), "{text}");
    let port = lab.path("a.port");
    let setup = Setup { mac: virtual_board::Mac(lab.mac(0).0), ..Setup::new(Chip::Esp32c3) };
    let options = Options {
        has_pty: true,
        pty_link: Some(port.into()),
        control: Some(lab.path("a.socket").into()),
        ..Options::default()
    };
    let _plugged_in = Running::start(setup, Flash::new(), &options).expect("it starts");
    let (code, text) = lab.shadowrig(&["boards", "doctor", "--json"]);
    assert_eq!(code, 0, "{text}");
    let found: Value = serde_json::from_str(&text).expect("JSON");
    let back = found["findings"].as_array().expect("a list").iter().any(|finding| {
        finding["about"] == "a"
            && finding["what"].as_str().is_some_and(|what| what.contains("is back"))
    });
    assert!(back, "{text}");
    assert_eq!(aside::recall(&lab.locks(), lab.mac(0)), None);
}

/// A case that holds its board until somebody ends it.
const LONG: &str =
    "version: 1\nname: long\nsteps:\n  - expect-request: DELETE shadow\n    within: 10m\n";

#[test]
fn a_board_is_waited_for_with_a_word_about_who_has_it_and_free_when_its_holder_is_killed() {
    let lab = Lab::new(&[(Chip::Esp32c3, "")]);
    lab.write("long.yaml", LONG);
    lab.write("cases/1.yaml", &case("waits", "{}"));
    let mut first = lab.begin(&["run", "long.yaml", "--board", "a", "--out", "first"], 0);
    let holder = lock::holder(&lab.locks(), lab.mac(0)).flatten().expect("it is held");
    assert_eq!((holder.pid, &holder.user[..], &holder.run[..]), (first.id(), "ann", "first"));

    // Who does not wait long enough is told so by exit code 5.
    let began = Instant::now();
    let (code, text) = lab.run(&["--board", "a", "--wait-board", "1s"]);
    assert_eq!(code, 5, "{text}");
    assert!(began.elapsed() >= Duration::from_secs(1), "it did not wait");
    let who = format!("a is used by ann since {}, process {}, run first", holder.since, first.id());
    assert!(text.contains(&format!("note: waiting: {who}")), "{text}");
    assert!(text.contains("failed to take a board for the case") && text.contains(&who), "{text}");
    assert!(text.contains("help: wait for it by --wait-board 10m"), "{text}");

    // The other one waits, and goes on when the first is killed, which cannot tidy up.
    let mut second = Command::new(env!("CARGO_BIN_EXE_shadowrig"))
        .current_dir(lab.folder.path())
        .envs(ENVIRONMENT)
        .args(["run", "cases", "--board", "a", "--wait-board", "10m", "--out", "second"])
        .stderr(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("the program starts");
    let (sender, waits) = mpsc::channel();
    let lines = BufReader::new(second.stderr.take().expect("it is piped")).lines();
    let reader = std::thread::spawn(move || {
        lines.map_while(Result::ok).for_each(|line| drop(sender.send(line)))
    });
    let line = waits.recv_timeout(PATIENCE).expect("it says what it waits for");
    assert_eq!(line, format!("note: waiting: {who}"));
    kill("KILL", &first);
    first.wait().expect("it ends");
    let status = second.wait().expect("it ends");
    reader.join().expect("it reads to the end");
    assert!(status.success(), "{status}: {:?}", waits.try_iter().collect::<Vec<_>>());
    assert_eq!(lock::holder(&lab.locks(), lab.mac(0)), None);
}

#[test]
fn a_run_that_is_cancelled_frees_its_boards_and_gives_them_their_supply_back() {
    let lab = Lab::new(&[(Chip::Esp32c3, ""), (Chip::Esp32c3, "")]);
    lab.write(
        "1.yaml",
        "version: 1\nname: dark\nsteps:\n  - expect-request: GET shadow\n    within: 60s\n  - power: cut\n  - wait: 10m\n    within: 11m\n",
    );
    for (signal, board) in [("TERM", 0), ("INT", 1)] {
        let name = ["a", "b"][board];
        let mut run = lab.begin(&["run", "1.yaml", "--board", name], board);
        let status = || lab.boards[board].status().expect("it runs");
        let activity = || status().activity;
        // It is flashed, and then cut from its supply.
        until(|| status().wear.sectors_erased > 0 && activity() == Activity::Off);
        kill(signal, &run);
        assert_eq!(run.wait().expect("it ends").code(), Some(130), "{signal}");
        assert_ne!(activity(), Activity::Off, "{signal}: it has its supply again");
        assert_eq!(lock::holder(&lab.locks(), lab.mac(board)), None, "{signal}");
    }
}

#[test]
fn boards_are_held_only_as_long_as_a_case_can_use_them() {
    let lab = Lab::new(&[(Chip::Esp32c3, ""), (Chip::Esp32, "")]);
    lab.write("cases/1.yaml", &case("first", "{ chip: esp32c3 }"));
    lab.write("cases/2.yaml", &LONG.replace("name: long", "name: long\nboard: { chip: esp32 }"));
    let mut run = lab.begin(&["run", "cases", "--board", "lab"], 1);
    until(|| lock::holder(&lab.locks(), lab.mac(0)).is_some());
    until(|| lock::holder(&lab.locks(), lab.mac(0)).is_none());
    assert!(lock::holder(&lab.locks(), lab.mac(1)).is_some(), "the long case is under way");
    kill("TERM", &run);
    assert_eq!(run.wait().expect("it ends").code(), Some(130));
}
