//! The command of an access point, and what a board meets whose network it takes away.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Output;

use shadowrig::access_point::{AccessPoint, Order, Station};

use crate::support::{root, shadowrig};

fn script(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    fs::write(&path, format!("#!/bin/bash\n{text}")).expect("it can be written");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("it is ours");
    path.display().to_string()
}

fn text(output: &Output) -> String {
    let (out, err) = (&output.stdout, &output.stderr);
    format!("{}{}", String::from_utf8_lossy(out), String::from_utf8_lossy(err))
}

#[test]
fn the_command_gets_the_order_and_whose_link_it_is() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let log = folder.path().join("log").display().to_string();
    let line = format!("echo $* $SHADOWRIG_BOARD $SHADOWRIG_MAC $SHADOWRIG_WIFI_SSID >>{log}\n");
    let command = format!("{} lab", script(folder.path(), "ap", &line));
    let station = Station {
        board: "shade-1".into(),
        mac: Some("84:f7:03:67:84:6c".into()),
        ssid: Some("lab-2g".into()),
    };
    let point = AccessPoint::new(&command, station).expect("it is a command");
    for order in [Order::Restore, Order::Drop, Order::Deauth] {
        point.obey(order).expect("it obeys");
    }
    let told = fs::read_to_string(&log).expect("it was called");
    let of = |word: &str| format!("lab {word} shade-1 84:f7:03:67:84:6c lab-2g\n");
    assert_eq!(told, ["restore", "drop", "deauth"].map(of).concat());

    let failing = script(folder.path(), "failing", "echo no such station >&2\nexit 3\n");
    for (command, reason) in
        [(failing.as_str(), "no such station"), ("/nowhere/ap", "is not there")]
    {
        let point = AccessPoint::new(command, Station::default()).expect("it is a command");
        let error = point.obey(Order::Drop).expect_err("it does not obey");
        assert!(error.to_string().contains(reason) && error.what.contains("drop"), "{error}");
        assert!(error.help.is_some());
    }
    assert_eq!(AccessPoint::new("  ", Station::default()), None);
}

/// A device that has a network while there is no file `down`, as if that file were its access point.
const DEVICE: &str = "
trap '' PIPE
while true; do
    echo 'wake: timer'
    address=${SHADOWRIG_ENDPOINT#http://}
    if [ -e down ]; then
        echo 'no network'
    elif exec 3<>/dev/tcp/${address%:*}/${address#*:}; then
        printf 'GET /things/thing-1/shadow HTTP/1.1\\r\\nhost: x\\r\\nconnection: close\\r\\n\\r\\n' >&3
        read -r status <&3
        echo \"answer: $status\"
        exec 3>&-
    fi
    echo 'sleep 1 s'
    sleep 1
done
";

const CASE: &str = "version: 1
name: a network that goes away
steps:
  - expect-request: GET shadow
    within: 30s
  - fault: { wifi: drop }
  - expect-fault: applied
    within: 30s
  - expect-console: 'no network'
    within: 30s
  - expect-request: GET shadow
    within: 30s
  - fault: { wifi: deauth }
  - expect-fault: applied
    within: 30s
  - expect-request: GET shadow
    within: 30s
";

/// Runs the case on a device and an access point that are scripts; gives what was printed, the exit code, and the orders.
fn run(device: &str, access_point: &str) -> (Option<i32>, String, Vec<String>) {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = folder.path();
    fs::write(path.join("case.yaml"), CASE).expect("it can be written");
    let device = script(path, "device", device);
    let point = script(path, "ap", &format!("echo $1 >>orders\n{access_point}"));
    let words =
        ["run", "case.yaml", "--board", "process", "--command", &device, "--access-point", &point];
    let output = shadowrig(path, &words);
    let orders = fs::read_to_string(path.join("orders")).unwrap_or_default();
    (output.status.code(), text(&output), orders.lines().map(str::to_owned).collect())
}

#[test]
fn an_access_point_takes_the_network_away_from_one_sleep_to_the_next() {
    let (code, text, orders) =
        run(DEVICE, "case $1 in drop) touch down ;; restore) rm -f down ;; esac\n");
    assert_eq!(code, Some(0), "{text}{orders:?}");
    // In the beginning, as a killed run may have left it gone; and when the device that missed it sleeps.
    assert_eq!(orders, ["restore", "drop", "restore", "deauth"], "{text}");
}

#[test]
fn an_access_point_that_does_not_obey_is_the_rig_s_error() {
    let (code, text, _) = run(DEVICE, "");
    assert_eq!(code, Some(5), "{text}");
    assert!(text.contains("the board reached its cloud all the same"), "{text}");
    let (code, text, orders) = run(DEVICE, "exit 1\n");
    // An error of the rig is tried once more.
    assert_eq!((code, orders), (Some(5), vec!["restore".to_owned(); 2]), "{text}");
    assert!(text.contains("bring the network back"), "{text}");
}

#[test]
fn a_board_whose_link_nobody_has_in_hand_is_skipped_with_the_reason() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = folder.path();
    let inventory = "[[board]]\nname = 'real'\nmac = '02:00:00:00:00:01'\nserial = { port = '/dev/nobody' }\n\
        [[board]]\nname = 'held'\nmac = '02:00:00:00:00:02'\nserial = { port = '/dev/nobody' }\naccess-point = 'ap'\n";
    fs::write(path.join("boards.toml"), inventory).expect("it can be written");
    let radio = root().join("scenarios/faults/radio.yaml").display().to_string();
    let list = |board: &str| {
        text(&shadowrig(path, &["list", &radio, "--board", board, "--inventory", "boards.toml"]))
    };
    let nobody = "nobody takes the radio link of this board away";
    assert!(list("real").contains(nobody), "{}", list("real"));
    assert!(!list("held").contains(nobody), "{}", list("held"));
    assert!(list("lab").contains("held") && !list("lab").contains(nobody), "{}", list("lab"));
    let short =
        "version: 1\nname: short\nsteps:\n  - fault: { wifi: drop }\n  - expect-fault: applied\n";
    fs::write(path.join("short.yaml"), short).expect("it can be written");
    let external = text(&shadowrig(path, &["list", "short.yaml", "--board", "external"]));
    assert!(external.contains("does not hear when this device sleeps"), "{external}");
}
