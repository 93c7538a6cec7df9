//! The device of this project on the board: it asks, sleeps, and remembers.

use std::time::Duration;

use virtual_board::{
    Activity, Ask, BootMode, Chip, CutAtWrite, Destination, Event, Heard, Input, Order,
    Provisioning, Region, ResetCause, Security, Setup, WriteCut,
};

use crate::bench::{Bench, bench_with, flashed};

fn bench_booted(chip: Chip, provisioning: Provisioning) -> Bench {
    let setup = Setup { provisioning, ..Setup::new(chip) };
    let mut bench = bench_with(setup, flashed(chip, "signal-thing"));
    bench.order(Order::PowerRestore { into: BootMode::Run });
    bench.pass(Duration::from_millis(1));
    bench
}

fn provisioning() -> Provisioning {
    Provisioning {
        endpoint: Some("http://127.0.0.1:8080".into()),
        access_key_id: Some("AKIDEXAMPLE".into()),
        secret_access_key: Some("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".into()),
        ..Provisioning::default()
    }
}

/// Answers the GET of a wake with a shadow.
fn serve(bench: &mut Bench, shadow: &str) {
    bench.answer(Heard::Date { unix_ms: 1_767_225_600_000 });
    assert_eq!(bench.asks.last().map(|(_, ask)| ask), Some(&connect()));
    bench.answer(Heard::Connected);
    let request = sent(bench);
    assert!(request.starts_with("GET /things/thing-1/shadow HTTP/1.1\r\n"), "{request}");
    assert!(request.contains("\r\nhost: 127.0.0.1:8080\r\n"), "{request}");
    let length = shadow.len();
    let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{shadow}");
    bench.answer(Heard::Received(answer.into_bytes()));
}

fn connect() -> Ask {
    let name = "127.0.0.1".into();
    Ask::Connect(Destination { name, port: 8080, security: Security::Plain, name_server: None })
}

fn sent(bench: &Bench) -> String {
    match bench.asks.last() {
        Some((_, Ask::Send(bytes))) => String::from_utf8_lossy(bytes)
            .to_lowercase()
            .replace("get /things", "GET /things")
            .replace("http/1.1", "HTTP/1.1"),
        other => panic!("a request: {other:?}"),
    }
}

#[test]
fn a_thing_wakes_asks_and_sleeps_on_each_chip() {
    for chip in Chip::ALL {
        let mut bench = bench_booted(chip, provisioning());
        let log = bench.log();
        assert!(log.contains("thing signal-thing"), "{log}");
        assert!(log.contains("wake: power-on"), "{log}");
        serve(&mut bench, r#"{"state":{"desired":{}},"version":1}"#);
        assert!(bench.log().contains("GET shadow"));
    }
}

#[test]
fn a_thing_that_cannot_connect_sleeps_and_wakes_by_its_timer() {
    let mut bench = bench_booted(Chip::Esp32c3, provisioning());
    bench.answer(Heard::Date { unix_ms: 1_767_225_600_000 });
    bench.answer(Heard::ConnectFailed("connection refused".into()));
    assert_eq!(bench.board.status().activity, Activity::Asleep);
    assert!(bench.events.contains(&Event::Sleep { seconds: 60 }), "{:?}", bench.events);
    bench.log();
    bench.pass(Duration::from_secs(60));
    let log = bench.log();
    assert!(log.contains("rst:0x5 (DSLEEP),boot:0xc (SPI_FAST_FLASH_BOOT)"), "{log}");
    assert!(log.contains("wake: timer"), "{log}");
}

#[test]
fn a_sleep_ends_early_when_somebody_wakes_the_board() {
    let mut bench = bench_booted(Chip::Esp32c3, Provisioning::default());
    bench.answer(Heard::NoDate);
    assert_eq!(bench.board.status().activity, Activity::Asleep);
    bench.order(Order::Wake);
    let cause = ResetCause::WakePin;
    let woken = Event::Reset { cause, into: BootMode::Run };
    assert!(bench.events.contains(&woken), "{:?}", bench.events);
}

#[test]
fn what_it_remembers_outlives_sleep_and_power() {
    let mut bench = bench_booted(Chip::Esp32c3, provisioning());
    let fresh = bench.log();
    assert!(fresh.contains("state: none, starting fresh"), "{fresh}");
    bench.answer(Heard::NoDate);
    bench.log();
    bench.pass(Duration::from_secs(61));
    let log = bench.log();
    assert!(log.contains("wake: timer") && !log.contains("state: none"), "{log}");
    bench.order(Order::PowerCut);
    bench.order(Order::PowerRestore { into: BootMode::Run });
    bench.pass(Duration::from_millis(1));
    let log = bench.log();
    assert!(log.contains("wake: power-on") && !log.contains("state: none"), "{log}");
    assert_eq!(bench.board.flash().wear().bytes_not_erased, 0);
}

/// Lives until the power is cut at a write of what is kept; gives what the console says of the state in the boot after it.
fn state_after(at: WriteCut, after: u32) -> Option<String> {
    let cut = CutAtWrite { at, after };
    let setup = Setup { provisioning: provisioning(), ..Setup::new(Chip::Esp32c3) };
    let mut bench = bench_with(setup, flashed(Chip::Esp32c3, "signal-thing"));
    bench.order(Order::CutAtWrite(cut));
    bench.order(Order::PowerRestore { into: BootMode::Run });
    bench.pass(Duration::from_millis(1));
    // It is kept before it is done, and when it is done.
    serve(&mut bench, r#"{"state":{"desired":{"signal":1}},"version":1}"#);
    bench.pass(Duration::from_secs(2));
    assert_eq!(bench.board.status().activity, Activity::Off);
    let kept = bench.events.iter().filter_map(|event| match event {
        Event::Keep { bytes, cut } => Some((*bytes > 0, *cut)),
        _ => None,
    });
    let expected = [vec![(true, None); after as usize], vec![(true, Some(cut))]].concat();
    assert_eq!(kept.collect::<Vec<_>>(), expected);
    bench.log();
    bench.order(Order::PowerRestore { into: BootMode::Run });
    bench.pass(Duration::from_millis(1));
    bench.log().lines().find(|line| line.starts_with("state: ")).map(str::to_owned)
}

#[test]
fn a_write_that_loses_its_power_leaves_what_was_there_before() {
    let none = Some("state: none, starting fresh".to_owned());
    assert_eq!(state_after(WriteCut::Before, 0), none);
    assert_eq!(state_after(WriteCut::During, 0), none);
    assert_eq!(state_after(WriteCut::After, 0), None);
    // The second goes beside the first, which is whole.
    for at in [WriteCut::Before, WriteCut::During, WriteCut::After] {
        assert_eq!(state_after(at, 1), None);
    }
}

#[test]
fn the_provisioning_in_the_flash_is_used() {
    let setup = Setup::new(Chip::Esp32c3);
    let mut flash = flashed(Chip::Esp32c3, "shade-thing");
    let region = Region::of(Chip::Esp32c3, &flash);
    flash.program(region.offset, &provisioning().write().unwrap()).unwrap();
    let mut bench = bench_with(setup, flash);
    bench.order(Order::PowerRestore { into: BootMode::Run });
    bench.pass(Duration::from_millis(1));
    bench.answer(Heard::Date { unix_ms: 1_767_225_600_000 });
    assert_eq!(bench.asks.last().map(|(_, ask)| ask), Some(&connect()));
}

#[test]
fn whom_it_trusts_and_asks_is_read_from_its_provisioning() {
    let given = Provisioning {
        endpoint: Some("https://cloud.test:8443".into()),
        ntp_server: Some("192.0.2.3:1123".into()),
        name_server: Some("192.0.2.3:1053".into()),
        ca_certificate: Some("AQID".into()),
        ..provisioning()
    };
    let mut bench = bench_booted(Chip::Esp32c3, given);
    let name_server = Some("192.0.2.3:1053".parse().unwrap());
    let time_server = Some("192.0.2.3:1123".into());
    assert_eq!(bench.asks.last().unwrap().1, Ask::Date { time_server, name_server });
    bench.answer(Heard::Date { unix_ms: 1_767_225_600_000 });
    let (name, security) = ("cloud.test".into(), Security::PrivateCa(vec![1, 2, 3]));
    let destination = Destination { name, port: 8443, security, name_server };
    assert_eq!(bench.asks.last().unwrap().1, Ask::Connect(destination));
    bench.answer(Heard::Connected);
    assert!(sent(&bench).contains("\r\nhost: cloud.test:8443\r\n"), "{}", sent(&bench));
}

#[test]
fn without_an_endpoint_the_console_says_so() {
    let given = Provisioning { endpoint: None, ..provisioning() };
    let mut bench = bench_booted(Chip::Esp32c3, given);
    bench.answer(Heard::Date { unix_ms: 1_767_225_600_000 });
    let log = bench.log();
    assert!(log.contains("no endpoint is provisioned"), "{log}");
    assert_eq!(bench.board.status().activity, Activity::Asleep);
}

#[test]
fn an_answer_to_a_former_life_is_ignored() {
    let mut bench = bench_booted(Chip::Esp32c3, provisioning());
    let (life, _) = bench.asks.pop().unwrap();
    bench.reset(BootMode::Run);
    bench.pass(Duration::from_millis(1));
    bench.asks.clear();
    bench.give(virtual_board::Input::Network {
        life,
        heard: Heard::Date { unix_ms: 1_767_225_600_000 },
    });
    assert_eq!(bench.asks, []);
}

#[test]
fn what_is_typed_is_answered_while_it_is_awake_and_lost_while_it_sleeps() {
    let mut bench = bench_booted(Chip::Esp32c3, provisioning());
    bench.log();
    bench.give(Input::Serial(b"hel".to_vec()));
    bench.give(Input::Serial(b"p\r".to_vec()));
    assert_eq!(bench.log(), "commands: help, status\r\n");
    bench.answer(Heard::NoDate);
    assert_eq!(bench.board.status().activity, Activity::Asleep);
    bench.log();
    bench.give(Input::Serial(b"help\r".to_vec()));
    assert_eq!(bench.log(), "");
}
