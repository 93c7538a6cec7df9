//! Faults, as a host meets them.

use std::time::Duration;

use virtual_board::{
    Activity, BootMode, Chip, Circuit, Fault, Fidelity, Flash, Input, Order, Setup,
};

use crate::bench::{bench, bench_with, flashed, words};

const SYNC: [u8; 36] = [0x55; 36];

#[test]
fn a_late_answer_comes_late() {
    let mut bench = bench(Chip::Esp32c3);
    bench.fault(Fault::AnswerLate { delay: Duration::from_millis(700) });
    let packet = [&[0, 0x0a, 4, 0, 0, 0, 0, 0][..], &words(&[0])].concat();
    bench.give(Input::Serial(crate::bench::framed(&packet)));
    bench.pass(Duration::from_millis(699));
    assert_eq!(bench.heard, b"");
    bench.pass(Duration::from_millis(1));
    assert!(!bench.heard.is_empty());
}

#[test]
fn a_board_that_falls_silent_speaks_again_after_a_reset() {
    let mut bench = bench(Chip::Esp32c3);
    bench.fault(Fault::SilentInFlashData { after: 1 });
    bench.request(0x02, &words(&[12, 3, 4, 0, 0]));
    assert_eq!(bench.block(0x03, 0, &[0; 4]).len(), 1);
    assert_eq!(bench.block(0x03, 1, &[0; 4]).len(), 0);
    assert_eq!(bench.request(0x08, &SYNC).len(), 0);
    bench.reset(BootMode::Download);
    assert_eq!(bench.request(0x08, &SYNC).len(), 8);
}

#[test]
fn a_rate_beyond_the_limit_garbles_both_ways() {
    let mut bench = bench(Chip::Esp32c3);
    bench.fault(Fault::BaudLimit { baud_max: 460_800 });
    bench.request(0x0f, &words(&[921_600, 0]));
    bench.give(Input::HostBaud(921_600));
    assert_eq!(bench.request(0x08, &SYNC).len(), 0);
    bench.order(Order::ClearFaults);
    assert_eq!(bench.request(0x08, &SYNC).len(), 8);
}

#[test]
fn rates_that_differ_do_not_understand_each_other() {
    let mut bench = bench(Chip::Esp32c3);
    bench.fault(Fault::BaudCheck);
    bench.give(Input::HostBaud(115_200));
    assert_eq!(bench.request(0x08, &SYNC).len(), 8);
    bench.give(Input::HostBaud(460_800));
    assert_eq!(bench.request(0x08, &SYNC).len(), 0);
    // After a reset the ROM finds out the rate by itself.
    bench.reset(BootMode::Download);
    assert_eq!(bench.request(0x08, &SYNC).len(), 8);
}

#[test]
fn brownouts_come_before_the_program_and_end() {
    let mut bench = bench_with(Setup::new(Chip::Esp32c3), flashed(Chip::Esp32c3, "blinky"));
    bench.fault(Fault::Brownouts { count: 2 });
    bench.order(Order::PowerRestore { into: BootMode::Run });
    bench.pass(Duration::from_secs(1));
    let log = bench.log();
    assert_eq!(log.matches("Brownout detector was triggered").count(), 2, "{log}");
    assert_eq!(log.matches("rst:0xf (BROWNOUT_RST)").count(), 2, "{log}");
    assert!(log.contains("booted \"blinky\" 1.0"), "{log}");
}

#[test]
fn the_wrong_boot_mode_is_the_wrong_one_as_often_as_ordered() {
    let mut bench = bench_with(Setup::new(Chip::Esp32c3), flashed(Chip::Esp32c3, "blinky"));
    bench.fault(Fault::WrongBootMode { count: 2 });
    bench.order(Order::PowerRestore { into: BootMode::Run });
    for expected in [Activity::Run, Activity::Run, Activity::Rom] {
        bench.reset(BootMode::Download);
        assert_eq!(bench.board.status().activity, expected);
    }
}

#[test]
fn a_board_stays_in_download_mode_until_the_fault_is_cleared() {
    let mut bench = bench(Chip::Esp32c3);
    bench.fault(Fault::StayInDownload);
    bench.reset(BootMode::Run);
    assert!(bench.log().contains("waiting for download"));
    bench.order(Order::ClearFaults);
    bench.reset(BootMode::Run);
    assert!(!bench.log().contains("waiting for download"));
}

#[test]
fn the_port_vanishes_at_each_reset() {
    let mut bench = bench(Chip::Esp32c3);
    bench.fault(Fault::Renumerate { away: Duration::from_millis(300) });
    bench.reset(BootMode::Run);
    assert_eq!(bench.gone, 1);
}

#[test]
fn the_first_bytes_after_a_reset_are_lost() {
    let mut bench = bench(Chip::Esp32c3);
    bench.fault(Fault::LoseAfterReset { bytes: 8 });
    bench.reset(BootMode::Download);
    assert!(bench.log().starts_with("esp32c3-api1"));
}

#[test]
fn erasing_takes_its_time_on_a_faithful_board_and_longer_with_the_fault() {
    for (fault, expected) in [(None, 90), (Some(Duration::from_secs(2)), 4000)] {
        let setup = Setup { fidelity: Fidelity::Faithful, ..Setup::new(Chip::Esp32c3) };
        let mut bench = bench_with(setup, Flash::new());
        bench.order(Order::PowerRestore { into: BootMode::Download });
        bench.pass(Duration::from_secs(1));
        bench.heard.clear();
        if let Some(sector) = fault {
            bench.fault(Fault::SlowErase { sector });
        }
        let began = bench.now;
        let data = words(&[8192, 8, 0x400, 0, 0]);
        let packet = [&[0, 2, 20, 0, 0, 0, 0, 0][..], &data].concat();
        bench.give(Input::Serial(crate::bench::framed(&packet)));
        while bench.heard.is_empty() {
            assert!(bench.next());
        }
        // The reply itself takes a little over a millisecond.
        assert_eq!(bench.now.since(began).as_millis(), expected + 1);
    }
}

#[test]
fn noise_comes_before_the_first_answer_after_each_reset() {
    let mut bench = bench(Chip::Esp32c3);
    bench.fault(Fault::Noise { bytes: 5 });
    for _ in 0..2 {
        bench.reset(BootMode::Download);
        bench.heard.clear();
        let packet = [&[0, 0x0a, 4, 0, 0, 0, 0, 0][..], &words(&[0])].concat();
        bench.give(Input::Serial(crate::bench::framed(&packet)));
        let noise = bench.heard.iter().position(|byte| *byte == 0xc0);
        assert_eq!(noise, Some(5), "{:x?}", bench.heard);
        bench.heard.clear();
        bench.give(Input::Serial(crate::bench::framed(&packet)));
        assert_eq!(bench.heard.first(), Some(&0xc0));
    }
}

#[test]
fn what_the_boot_pin_brought_into_the_loader_is_left_by_the_watchdog_and_not_over_usb() {
    let setup = Setup { circuit: Circuit::UsbSerialJtag, ..Setup::new(Chip::Esp32c3) };
    let mut bench = bench_with(setup, flashed(Chip::Esp32c3, "blinky"));
    let activity = |bench: &crate::bench::Bench| bench.board.status().activity;
    // Over USB into the loader and out again, the pin is let alone.
    bench.order(Order::PowerRestore { into: BootMode::Run });
    let lines = |bench: &mut crate::bench::Bench, lines: &[(bool, bool)]| {
        for (dtr, rts) in lines {
            bench.give(Input::Lines { dtr: *dtr, rts: *rts });
        }
    };
    lines(
        &mut bench,
        &[(false, false), (true, false), (true, true), (false, true), (false, false)],
    );
    assert_eq!(activity(&bench), Activity::Rom);
    lines(&mut bench, &[(false, false), (false, true), (false, false)]);
    assert_eq!(activity(&bench), Activity::Run);
    // By the pin into the loader: USB does not get it out.
    bench.reset(BootMode::Download);
    lines(&mut bench, &[(false, false), (false, true), (false, false)]);
    assert_eq!(activity(&bench), Activity::Rom);
    for (address, value) in
        [(0x6000_80a8, 0x50d8_3aa1), (0x6000_8094, 2000), (0x6000_8090, 0xd000_0102_u32)]
    {
        bench.request(0x09, &words(&[address, value, u32::MAX, 0]));
    }
    bench.pass(Duration::from_millis(50));
    assert_eq!(activity(&bench), Activity::Run);
}
