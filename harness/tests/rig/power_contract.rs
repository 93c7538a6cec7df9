//! What every switch must do, whatever it is made of. Each adapter of `Power` brings a way to make one with something behind it that
//! obeys as the real thing does, and this suite runs over it.

use std::fs;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};
use shadowrig::power::{
    CommandSwitch, HeldCommand, Plug, PlugKind, Power, RelaySwitch, Supply, UhubctlSwitch,
    VirtualSwitch,
};
use virtual_board::shell::{Options, Running};
use virtual_board::{Activity, Chip, Flash, Setup};
use wiremock::matchers::{method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

/// The suite. `is_on` looks at what is behind the switch, or says nothing where that cannot be seen; `gone` is the same kind of switch
/// with nothing behind it.
fn contract(power: &mut dyn Power, is_on: &mut dyn FnMut() -> Option<bool>, gone: &mut dyn Power) {
    switches(power, is_on);
    for to in [Supply::Off, Supply::On] {
        names_what_is_gone(gone, to);
    }
}

fn switches(power: &mut dyn Power, is_on: &mut dyn FnMut() -> Option<bool>) {
    let name = power.name();
    let mut check = |to: Supply, expected: bool| {
        let began = Instant::now();
        power.switch(to).unwrap_or_else(|error| panic!("{name} {to:?}: {error}"));
        assert!(began.elapsed() <= power.longest(), "{name} took longer than it says");
        assert_eq!(is_on().unwrap_or(expected), expected, "{name} {to:?}");
    };
    // To ask for what is already so is no error.
    for (to, expected) in [
        (Supply::Off, false),
        (Supply::Off, false),
        (Supply::On, true),
        (Supply::On, true),
        (Supply::Off, false),
        (Supply::On, true),
    ] {
        check(to, expected);
    }
}

fn names_what_is_gone(gone: &mut dyn Power, to: Supply) {
    let error = gone.switch(to).expect_err("nothing is behind it");
    assert!(!error.to_string().is_empty() && !error.help().is_empty());
    let action = error.of_action("cut the supply", gone);
    assert!(action.what.contains(&gone.name()), "{action}");
}

fn script(path: &Path, text: &str) -> String {
    fs::write(path, format!("#!/bin/sh\n{text}")).expect("it can be written");
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("it is ours");
    path.display().to_string()
}

#[test]
fn a_command_keeps_the_contract() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let state = folder.path().join("state");
    let program = script(&folder.path().join("lamp"), &format!("echo $1 > {}\n", state.display()));
    let words = |word: &str| vec![program.clone(), word.to_owned()];
    let within = Duration::from_secs(20);
    let mut power = CommandSwitch::new(words("cut"), words("restore"), within);
    let missing = vec!["/nowhere/lamp".to_owned()];
    let mut gone = CommandSwitch::new(missing.clone(), missing, within);
    let mut is_on = || {
        let state = fs::read_to_string(&state).ok()?;
        Some(state.trim() == "restore")
    };
    contract(&mut power, &mut is_on, &mut gone);
}

#[test]
fn a_command_that_fails_or_hangs_is_no_switched_supply() {
    let words = |text: &str| vec!["sh".to_owned(), "-c".to_owned(), text.to_owned()];
    let within = Duration::from_millis(200);
    let mut power =
        CommandSwitch::new(words("echo no such relay >&2; exit 3"), words("sleep 60"), within);
    let error = power.switch(Supply::Off).expect_err("it failed").to_string();
    assert!(error.contains("exit status: 3") && error.contains("no such relay"), "{error}");
    let error = power.switch(Supply::On).expect_err("it hangs").to_string();
    assert_eq!(error, "the switch did not answer within 200ms");
}

#[test]
fn a_command_that_is_held_keeps_the_contract() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let pid = folder.path().join("pid");
    let text = format!("echo $$ > {0}.new; mv {0}.new {0}; exec sleep 600\n", pid.display());
    let program = script(&folder.path().join("hold"), &text);
    let mut power = HeldCommand::new(vec![program]);
    let mut is_on = || {
        let number = fs::read_to_string(&pid).ok()?;
        Some(Path::new("/proc").join(number.trim()).exists())
    };
    switches(&mut power, &mut is_on);
    // What was never started can always be ended.
    names_what_is_gone(&mut HeldCommand::new(vec!["/nowhere/hold".into()]), Supply::On);
    // One that ends by itself holds nothing, and that is seen when it is asked for again at the latest.
    let refuses = script(&folder.path().join("refuses"), "echo 'line 17 is in use' >&2; exit 1\n");
    let mut power = HeldCommand::new(vec![refuses]);
    let error = loop {
        if let Err(error) = power.switch(Supply::On) {
            break error.to_string();
        }
    };
    assert!(error.ends_with("ended with exit status: 1: line 17 is in use"), "{error}");
}

/// A program that prints what uhubctl prints, and keeps the state of one port.
const UHUBCTL: &str = r#"
while [ $# -gt 0 ]; do
  case "$1" in -l) hub=$2;; -p) port=$2;; -a) action=$2;; esac
  shift 2
done
state=$(cat STATE 2>/dev/null || echo '0103 power enable connect [10c4:ea60 CP2102]')
echo "Current status for hub $hub [05e3:0608 USB2.0 Hub, USB 2.10, 4 ports]"
echo "  Port $port: $state"
case "$action" in off) state='0000 off';; on) state='0100 power';; esac
echo "$state" > STATE
echo "Sent power $action request"
echo "New status for hub $hub [05e3:0608 USB2.0 Hub, USB 2.10, 4 ports]"
echo "  Port $port: $state"
"#;

#[test]
fn uhubctl_keeps_the_contract() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let state = folder.path().join("state");
    let text = UHUBCTL.replace("STATE", &state.display().to_string());
    let program = script(&folder.path().join("uhubctl"), &text);
    let mut power = UhubctlSwitch::new(&program, "1-1", 4);
    let none =
        script(&folder.path().join("none"), "echo 'No compatible devices detected!'\nexit 1\n");
    let mut gone = UhubctlSwitch::new(&none, "1-1", 4);
    let mut is_on = || Some(fs::read_to_string(&state).ok()?.contains("power"));
    contract(&mut power, &mut is_on, &mut gone);
}

/// A pseudo-terminal: the end of the relay, and the name of the other.
pub(crate) fn terminal() -> (fs::File, String) {
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("one can be had");
    grantpt(&master).expect("it is ours");
    unlockpt(&master).expect("it is ours");
    let mut settings = tcgetattr(&master).expect("it is a terminal");
    settings.make_raw();
    tcsetattr(&master, OptionalActions::Now, &settings).expect("it takes settings");
    let name = ptsname(&master, Vec::new()).expect("it has a name");
    (fs::File::from(master), name.into_string().expect("it is text"))
}

#[test]
fn a_relay_on_a_serial_line_keeps_the_contract() {
    let (mut relay, name) = terminal();
    let (cut, restore) = (vec![0xA0, 1, 0, 0xA1], vec![0xA0, 1, 1, 0xA2]);
    let mut power = RelaySwitch::new(&name, 9600, cut.clone(), restore.clone());
    let mut gone = RelaySwitch::new("/nowhere/relay", 9600, cut, restore);
    let mut is_on = || {
        let mut bytes = [0; 4];
        relay.read_exact(&mut bytes).expect("the relay hears its order");
        Some(bytes == [0xA0, 1, 1, 0xA2])
    };
    contract(&mut power, &mut is_on, &mut gone);
}

/// Runs the suite over a plug whose answers are those of a web server; `orders` are path, query and answer for off and on.
fn plug_contract(kind: PlugKind, channel: u8, orders: [(&str, (&str, &str), &str); 2]) {
    let runtime = tokio::runtime::Runtime::new().expect("threads can be had");
    let server = runtime.block_on(MockServer::start());
    for (order, (key, value), answer) in orders {
        let mock = Mock::given(method("GET")).and(path(order)).and(query_param(key, value));
        let answer = ResponseTemplate::new(200).set_body_string(answer);
        runtime.block_on(mock.respond_with(answer).mount(&server));
    }
    let mut power = Plug::new(kind, &server.uri(), channel);
    let mut gone = Plug::new(kind, "http://127.0.0.1:1", channel);
    let mut is_on = || {
        let received = runtime.block_on(server.received_requests()).expect("they are kept");
        let last = received.last()?.url.query()?.to_ascii_lowercase();
        Some(last.ends_with("on"))
    };
    contract(&mut power, &mut is_on, &mut gone);
    let other = Plug::new(kind, &server.uri(), 77).switch(Supply::Off);
    assert!(other.expect_err("it has no such relay").to_string().contains("404"));
}

#[test]
fn a_plug_with_tasmota_keeps_the_contract() {
    plug_contract(
        PlugKind::Tasmota,
        1,
        [
            ("/cm", ("cmnd", "Power1 Off"), r#"{"POWER":"OFF"}"#),
            ("/cm", ("cmnd", "Power1 On"), r#"{"POWER":"ON"}"#),
        ],
    );
}

#[test]
fn a_shelly_keeps_the_contract() {
    plug_contract(
        PlugKind::Shelly,
        0,
        [
            ("/relay/0", ("turn", "off"), r#"{"ison":false,"has_timer":false}"#),
            ("/relay/0", ("turn", "on"), r#"{"ison":true,"has_timer":false}"#),
        ],
    );
}

#[test]
fn a_virtual_board_keeps_the_contract() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let control = folder.path().join("control");
    let options = Options { control: Some(control.clone()), ..Options::default() };
    let board = Running::start(Setup::new(Chip::Esp32c3), Flash::new(), &options);
    let board = board.expect("a socket can be had");
    let mut power = VirtualSwitch::new(&control.display().to_string());
    let mut gone = VirtualSwitch::new("/nowhere/control");
    let mut is_on = || Some(board.status()?.activity != Activity::Off);
    contract(&mut power, &mut is_on, &mut gone);
}
