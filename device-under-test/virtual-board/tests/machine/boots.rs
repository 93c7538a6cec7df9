//! Boot logs, reset causes and reset lines.

use std::time::Duration;

use virtual_board::{Activity, BootMode, Chip, Event, Flash, Input, Order, Pin, Setup, image};

use crate::bench::{Bench, bench_with, flashed, words};

fn booted(chip: Chip, flash: Flash) -> Bench {
    let mut bench = bench_with(Setup::new(chip), flash);
    bench.order(Order::PowerRestore { into: BootMode::Run });
    bench.pass(Duration::from_millis(10));
    bench
}

#[test]
fn each_chip_boots_an_unknown_program_with_an_honest_line() {
    let mut logs = String::new();
    for chip in Chip::ALL {
        let log = booted(chip, flashed(chip, "blinky")).log();
        logs.push_str(&format!("--- {}\n{}", chip.name(), log.replace("\r\n", "\n")));
    }
    insta::assert_snapshot!(logs);
}

#[test]
fn each_chip_waits_for_a_download() {
    let mut logs = String::new();
    for chip in Chip::ALL {
        let mut bench = bench_with(Setup::new(chip), Flash::new());
        bench.order(Order::PowerRestore { into: BootMode::Download });
        logs.push_str(&format!("--- {}\n{}", chip.name(), bench.log().replace("\r\n", "\n")));
    }
    insta::assert_snapshot!(logs);
}

#[test]
fn what_cannot_be_booted_is_complained_about() {
    let mut logs = String::new();
    let mut boot = |what: &str, chip: Chip, change: &dyn Fn(&mut Vec<u8>)| {
        let mut parts = image::bundle(chip, "signal-thing", "1");
        let mut flash = Flash::new();
        let last = parts.last_mut().unwrap();
        change(&mut last.bytes);
        for part in &parts {
            flash.program(part.offset, &part.bytes).unwrap();
        }
        let log = booted(chip, flash).log().replace("\r\n", "\n");
        logs.push_str(&format!("--- {what}\n{log}"));
    };
    boot("checksum", Chip::Esp32c3, &|bytes| bytes[100] ^= 4);
    boot("other chip", Chip::Esp32c3, &|bytes| bytes[12] = 9);
    boot("no program", Chip::Esp32c3, &|bytes| bytes.fill(0xff));
    boot("checksum on the esp8266", Chip::Esp8266, &|bytes| bytes[100] ^= 4);
    logs.push_str("--- empty flash\n");
    logs.push_str(&booted(Chip::Esp32, Flash::new()).log().replace("\r\n", "\n"));
    logs.push_str("--- no partition table\n");
    let mut flash = Flash::new();
    let first = &image::bundle(Chip::Esp32s3, "x", "1")[0];
    flash.program(first.offset, &first.bytes).unwrap();
    logs.push_str(&booted(Chip::Esp32s3, flash).log().replace("\r\n", "\n"));
    insta::assert_snapshot!(logs);
}

#[test]
fn a_board_without_a_program_is_reset_by_its_watchdog_again_and_again() {
    let mut bench = booted(Chip::Esp32c3, Flash::new());
    bench.pass(Duration::from_millis(3500));
    let log = bench.log();
    assert_eq!(log.matches("rst:0x7 (TG0WDT_SYS_RST)").count(), 3, "{log}");
    assert_eq!(bench.board.status().activity, Activity::Stuck);
}

#[test]
fn the_lines_of_the_reset_circuit_lead_into_the_loader_and_back() {
    let mut bench = booted(Chip::Esp32c3, flashed(Chip::Esp32c3, "blinky"));
    bench.log();
    let mut set = |dtr, rts| {
        bench.give(Input::Lines { dtr, rts });
        bench.pass(Duration::from_millis(100));
        bench.board.status().activity
    };
    assert_eq!(set(false, true), Activity::Off);
    assert_eq!(set(true, false), Activity::Rom);
    assert_eq!(set(false, false), Activity::Rom);
    assert_eq!(set(false, true), Activity::Off);
    assert_eq!(set(false, false), Activity::Run);
}

#[test]
fn pins_that_something_else_pulls_hold_the_chip_and_choose_what_it_starts_into() {
    let mut bench = booted(Chip::Esp32c3, flashed(Chip::Esp32c3, "blinky"));
    bench.log();
    let mut pull = |pin, is_low| {
        bench.order(Order::Pin { pin, is_low });
        bench.pass(Duration::from_millis(100));
        bench.board.status().activity
    };
    // The boot pin alone does nothing to a chip that runs.
    assert_eq!(pull(Pin::Boot, true), Activity::Run);
    assert_eq!(pull(Pin::Enable, true), Activity::Off);
    assert_eq!(pull(Pin::Enable, false), Activity::Rom);
    assert_eq!(pull(Pin::Boot, false), Activity::Rom);
    assert_eq!(pull(Pin::Enable, true), Activity::Off);
    // Nothing else starts it while its enable pin is low, and the power that comes back does not either.
    for (dtr, rts) in [(false, true), (false, false)] {
        bench.give(Input::Lines { dtr, rts });
    }
    bench.reset(BootMode::Run);
    bench.order(Order::PowerCut);
    bench.order(Order::PowerRestore { into: BootMode::Run });
    assert_eq!(bench.board.status().activity, Activity::Off);
    bench.order(Order::Pin { pin: Pin::Enable, is_low: false });
    bench.pass(Duration::from_millis(100));
    assert_eq!(bench.board.status().activity, Activity::Run);
    // A wake does not look at the pin, a power-on does.
    bench.order(Order::Pin { pin: Pin::Boot, is_low: true });
    bench.order(Order::PowerCycle { off: Duration::ZERO, into: BootMode::Run });
    bench.pass(Duration::from_millis(100));
    assert_eq!(bench.board.status().activity, Activity::Rom);
}

#[test]
fn the_watchdog_of_the_tools_leaves_the_loader() {
    let mut bench = bench_with(Setup::new(Chip::Esp32c3), flashed(Chip::Esp32c3, "blinky"));
    bench.order(Order::PowerRestore { into: BootMode::Download });
    let mut write = |address, value| {
        bench.request(0x09, &words(&[address, value, u32::MAX, 0]));
    };
    write(0x6000_80a8, 0x50d8_3aa1);
    write(0x6000_8094, 2000);
    write(0x6000_8090, 0xd000_0102);
    bench.pass(Duration::from_millis(100));
    assert_eq!(bench.board.status().activity, Activity::Run);
    let is_watchdog = |event: &Event| {
        matches!(event, Event::Reset { cause: virtual_board::ResetCause::Watchdog, .. })
    };
    assert!(bench.events.iter().any(is_watchdog), "{:?}", bench.events);
}

#[test]
fn a_board_without_power_does_nothing() {
    let mut bench = booted(Chip::Esp32c3, flashed(Chip::Esp32c3, "blinky"));
    bench.order(Order::PowerCut);
    bench.log();
    bench.reset(BootMode::Download);
    bench.give(Input::Serial(b"\xc0\x00\x08\x00\x00\x00\x00\x00\x00\xc0".to_vec()));
    bench.pass(Duration::from_secs(5));
    assert_eq!((bench.log().as_str(), bench.board.status().activity), ("", Activity::Off));
    bench.order(Order::PowerCycle { off: Duration::from_secs(1), into: BootMode::Run });
    bench.pass(Duration::from_millis(999));
    assert_eq!(bench.log(), "");
    bench.pass(Duration::from_millis(2));
    assert!(bench.log().contains("rst:0x1 (POWERON)"));
}
