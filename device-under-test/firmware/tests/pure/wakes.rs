//! Whole wakes over a network that does as it is told, above all when it fails.

use std::future::pending;

use firmware::{Connection, Identity, Mac, Network, Reason};
use thing::WakeCause;

use crate::bench::{Bench, UNIX_MS};

const ANSWER: &[u8] =
    b"HTTP/1.1 200 OK\r\nContent-Length: 37\r\n\r\n{\"state\":{\"desired\":{\"signal\":2}}}    ";

/// Where the network stops to do anything.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Hangs {
    Nowhere,
    ComingUp,
    Time,
    Connecting,
    Sending,
    Receiving,
    Closing,
}

/// A network with one answer to everything.
struct Scripted {
    hangs: Hangs,
    fails: Option<Reason>,
    /// Bytes that are received at once.
    piece_bytes: usize,
}

fn scripted(hangs: Hangs) -> Scripted {
    Scripted { hangs, fails: None, piece_bytes: 7 }
}

impl Network for Scripted {
    type Connection<'n> = Talk;

    async fn bring_up(&mut self) -> Result<(), Reason> {
        hang(self.hangs == Hangs::ComingUp).await;
        self.fails.map_or(Ok(()), Err)
    }

    async fn unix_ms(&mut self) -> Option<u64> {
        hang(self.hangs == Hangs::Time).await;
        Some(UNIX_MS)
    }

    async fn connect(&mut self, unix_ms: u64) -> Result<Talk, Reason> {
        assert!((UNIX_MS..UNIX_MS + 60_000).contains(&unix_ms));
        hang(self.hangs == Hangs::Connecting).await;
        Ok(Talk { hangs: self.hangs, piece_bytes: self.piece_bytes, rest: ANSWER })
    }
}

struct Talk {
    hangs: Hangs,
    piece_bytes: usize,
    rest: &'static [u8],
}

impl Connection for Talk {
    async fn send(&mut self, bytes: &[u8]) -> Result<(), Reason> {
        assert!(bytes.windows(14).any(|window| window == b"Authorization:"));
        hang(self.hangs == Hangs::Sending).await;
        Ok(())
    }

    async fn receive(&mut self, buffer: &mut [u8]) -> Result<usize, Reason> {
        hang(self.hangs == Hangs::Receiving).await;
        let count = self.piece_bytes.min(self.rest.len()).min(buffer.len());
        let (piece, rest) = self.rest.split_at(count);
        buffer[..count].copy_from_slice(piece);
        self.rest = rest;
        Ok(count)
    }

    async fn close(&mut self) {
        hang(self.hangs == Hangs::Closing).await;
    }
}

async fn hang(does: bool) {
    if does {
        pending().await
    }
}

fn console_of(network: &mut Scripted) -> String {
    let mut bench = Bench::default();
    let seconds = bench.wake(WakeCause::PowerOn, network);
    assert_eq!(bench.console.last().unwrap(), &format!("sleep {seconds} s"));
    bench.console.join("\n")
}

#[test]
fn a_wake_reads_well_on_the_console() {
    insta::assert_snapshot!(console_of(&mut scripted(Hangs::Nowhere)));
}

#[test]
fn a_network_that_hangs_anywhere_ends_the_wake_in_time() {
    let check = |hangs: Hangs, expected: &str| {
        let console = console_of(&mut scripted(hangs));
        assert!(console.contains(expected), "{hangs:?}: {console}");
    };
    check(
        Hangs::ComingUp,
        "error: network not up in time\nawake 15120 ms: boot 120, network 15000, ",
    );
    check(
        Hangs::Time,
        "error: time not told in time\nawake 10120 ms: boot 120, network 0, time 10000, ",
    );
    check(Hangs::Connecting, "error: GET not connected in time\nawake 10120 ms: ");
    check(Hangs::Sending, "error: GET not answered in time\nawake 10120 ms: ");
    check(Hangs::Receiving, "error: GET not answered in time\nawake 10120 ms: ");
    check(Hangs::Closing, "status: done: signaled 2 times");
}

#[test]
fn a_reason_of_the_network_stands_in_the_error() {
    let mut network = Scripted { fails: Some("no access point"), ..scripted(Hangs::Nowhere) };
    let console = console_of(&mut network);
    assert!(console.contains("error: network down: no access point\n"), "{console}");
}

#[test]
fn what_was_kept_is_known_after_the_sleep() {
    let mut bench = Bench::default();
    let mut network = scripted(Hangs::Nowhere);
    bench.wake(WakeCause::PowerOn, &mut network);
    bench.console.clear();
    bench.wake(WakeCause::Timer, &mut network);
    let console = bench.console.join("\n");
    assert!(!console.contains("beep") && !console.contains("starting fresh"), "{console}");
}

#[test]
fn the_lines_of_the_firmware_stand_in_its_documentation() {
    let identity = Identity {
        name: "signal-thing",
        version: "0.1.0",
        chip: "esp32c3",
        mac: Mac([0x60, 0x55, 0xf9, 0, 0, 1]),
        reset: "POWERON",
        endpoint: Some("http://10.0.2.2:8080"),
    };
    let table = include_str!("../../console.md");
    assert!(table.contains(&format!("| `{identity}` |")), "{identity}");
    let line = Identity { endpoint: None, ..identity }.to_string();
    assert!(line.ends_with(" endpoint: none"), "{line}");
    let console = console_of(&mut scripted(Hangs::Nowhere));
    let shape = |line: &str| line.replace(|c: char| c.is_ascii_digit(), "");
    let awake = console.lines().find(|line| line.starts_with("awake ")).unwrap();
    let row = table.lines().find_map(|row| row.strip_prefix("| `awake ")).unwrap();
    let row = row.split('`').next().unwrap();
    assert_eq!(shape(awake), shape(&format!("awake {row}")));
}

#[test]
fn what_is_typed_is_answered_while_the_network_hangs_and_nothing_of_it_is_lost() {
    for hangs in [Hangs::ComingUp, Hangs::Time, Hangs::Connecting, Hangs::Sending, Hangs::Receiving]
    {
        let mut bench = Bench::default();
        // Longer than what is taken at once, and cut anywhere.
        bench
            .typed
            .borrow_mut()
            .extend(b"status\r\nhelp\nwhatever this is, it is longer than a piece\nhelp\n");
        bench.wake(WakeCause::PowerOn, &mut scripted(hangs));
        let answers = bench.console.iter().filter(|line| line.starts_with("commands: help"));
        assert_eq!(answers.count(), 2, "{hangs:?}: {:#?}", bench.console);
        assert!(bench.console.iter().any(|line| line == "status: none"), "{:#?}", bench.console);
    }
}
