//! The program as scripts meet it: ready lines, ports, orders, signals.
#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod bench;

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use virtual_board::{Chip, image};

use crate::bench::{Bench, bench, cloud};

/// A file with a flash that has a program in it.
fn flash_file(dir: &std::path::Path, chip: Chip, name: &str) -> String {
    let mut bytes = vec![0xff; 4 * 1024 * 1024];
    for part in image::bundle(chip, name, "1.0") {
        let at = part.offset as usize;
        bytes[at..at + part.bytes.len()].copy_from_slice(&part.bytes);
    }
    let path = dir.join("flash");
    fs::write(&path, bytes).unwrap();
    path.to_string_lossy().into_owned()
}

#[test]
fn it_says_each_way_in_and_leaves_nothing_behind() {
    let mut bench = bench(&["--chip", "esp32c3", "--rfc2217", "127.0.0.1:0"], 3);
    let [pty, rfc2217, control] = &bench.lines[..] else { panic!("{:?}", bench.lines) };
    assert!(pty.starts_with("virtual-board esp32c3 on /dev/pts/"), "{pty}");
    assert!(rfc2217.starts_with("virtual-board esp32c3 on rfc2217://127.0.0.1:"), "{rfc2217}");
    assert!(control.starts_with("virtual-board esp32c3 on unix:"), "{control}");
    let target = fs::read_link(bench.link()).unwrap();
    assert!(pty.ends_with(&*target.to_string_lossy()));
    assert!(bench.terminate().success());
    assert!(fs::symlink_metadata(bench.link()).is_err(), "the link is gone");
    assert!(!bench.control().exists(), "the socket is gone");
}

#[test]
fn an_unknown_chip_is_refused_with_the_known_ones() {
    let output = bench::program().args(["--chip", "esp32c99"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(text.contains("esp32c3") && text.contains("esp8266"), "{text}");
}

#[test]
fn orders_are_answered_line_by_line() {
    let bench = bench(&["--chip", "esp32", "--mac", "24:0a:c4:00:00:01"], 2);
    let status = bench.order(r#"{"order":"status"}"#);
    assert!(status.contains(r#""ok":true,"chip":"esp32","mac":"24:0a:c4:00:00:01""#), "{status}");
    assert!(status.contains(r#""activity":"rom""#), "{status}");
    let reset = bench.order(r#"{"order":"reset"}"#);
    assert!(reset.contains(r#""activity":"stuck""#), "{reset}");
    let refused = bench.order("{}");
    assert!(refused.starts_with(r#"{"ok":false,"error":""#), "{refused}");
}

#[test]
fn a_flash_with_a_program_runs_it_and_one_without_waits() {
    let dir = tempfile::tempdir().unwrap();
    let file = flash_file(dir.path(), Chip::Esp32c3, "blinky");
    let bench_run = bench(&["--chip", "esp32c3", "--flash", &file], 2);
    assert!(bench_run.order(r#"{"order":"status"}"#).contains(r#""activity":"run""#));
    let empty = dir.path().join("empty");
    let bench_empty = bench(&["--chip", "esp32c3", "--flash", &empty.to_string_lossy()], 2);
    assert!(bench_empty.order(r#"{"order":"status"}"#).contains(r#""activity":"rom""#));
    assert_eq!(fs::metadata(&empty).unwrap().len(), 4 * 1024 * 1024);
}

#[test]
fn a_flashed_thing_talks_to_the_cloud_and_sleeps_and_remembers() {
    let dir = tempfile::tempdir().unwrap();
    let file = flash_file(dir.path(), Chip::Esp32c3, "signal-thing");
    let (endpoint, cloud) = cloud(r#"{"state":{"desired":{"signal":1}}}"#);
    let arguments = [
        "--chip",
        "esp32c3",
        "--flash",
        &file,
        "--boot",
        "download",
        "--endpoint",
        &endpoint,
        "--access-key-id",
        "AKIDEXAMPLE",
        "--secret-access-key",
        "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
    ];
    let bench = bench(&arguments, 2);
    let mut port = bench.open();
    bench.order(r#"{"order":"reset"}"#);
    let log = port.read_until("sleep 60 s");
    assert!(log.contains("wake: power-on") && log.contains("signaled 1 time"), "{log}");
    let shadow = cloud.shadow();
    assert_eq!(shadow["state"]["reported"]["signal"], 1, "{shadow}");
    bench.order(r#"{"order":"wake"}"#);
    let log = port.read_until("sleep 60 s");
    assert!(log.contains("rst:0x5 (DSLEEP)") && log.contains("wake: external"), "{log}");
    assert!(!log.contains("state: none"), "{log}");
}

#[test]
fn the_port_comes_back_under_another_name() {
    let bench = bench(&["--chip", "esp32c3"], 2);
    let before = fs::read_link(bench.link()).unwrap();
    // Held, so that the system does not give the same name again.
    let held = fs::File::open(&before).unwrap();
    bench.order(r#"{"order":"fault","fault":"renumerate","away_ms":1}"#);
    bench.order(r#"{"order":"reset","into":"download"}"#);
    let after = bench.wait_for(|| fs::read_link(bench.link()).ok().filter(|name| *name != before));
    drop(held);
    bench.order(r#"{"order":"clear-faults"}"#);
    let mut port = bench.open();
    // The reader takes up the new terminal on its own time, so the order is repeated until it is heard.
    let log = port.read_until_with("waiting for download", || {
        bench.order(r#"{"order":"reset","into":"download"}"#);
    });
    assert!(log.contains("ESP-ROM:esp32c3"), "{log} on {}", after.display());
}

#[test]
fn the_lines_of_the_rfc2217_port_reset_the_board() {
    let bench = bench(&["--chip", "esp32c3", "--rfc2217", "127.0.0.1:0"], 3);
    let address = bench.lines[1].rsplit("rfc2217://").next().unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    // DTR off, RTS on, DTR on, RTS off.
    for value in [9, 11, 8, 12] {
        stream.write_all(&[255, 250, 44, 5, value, 255, 240]).unwrap();
    }
    let acknowledged = [255, 250, 44, 105, 9, 255, 240];
    let mut heard = Vec::new();
    let mut buffer = [0; 256];
    // What the board said when it started may stand before the first acknowledgement.
    let behind = |heard: &[u8]| {
        let at = heard.windows(acknowledged.len()).position(|window| window == acknowledged)?;
        Some(String::from_utf8_lossy(&heard[at..]).into_owned())
    };
    while !behind(&heard).is_some_and(|text| text.contains("waiting for download")) {
        let count = stream.read(&mut buffer).unwrap();
        assert!(count > 0, "{heard:x?}");
        heard.extend(&buffer[..count]);
    }
}

#[test]
fn two_clients_one_after_another_hear_their_own_answers_only() {
    let bench = bench(&["--chip", "esp32c3"], 2);
    let sync = Bench::sync();
    for client in 0..5 {
        let mut port = bench.open();
        port.write(&sync);
        let heard = port.read_frames(8);
        // The first client may hear the boot log, the others nothing but answers.
        assert!(client == 0 || heard.starts_with(&[0xc0, 1, 8]), "{client}: {heard:x?}");
    }
}
