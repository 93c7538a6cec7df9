//! What peripherals do that can be seen from outside.

use emulated_chip::{Input, Output, ResetKind};

use crate::bench::{A0, Bench, CODE_AT, Program};

const RAM: u32 = 0x3fc9_0000;
const RTC_RAM: u32 = 0x5000_0000;
/// `RTC_CNTL`: the watchdog, the timer of sleeps, the sleep itself, the reset.
const RTC: u32 = 0x6000_8000;
const KEY: u32 = 0x50d8_3aa1;

/// Switches off the watchdog that the boot loader leaves behind.
fn without_watchdog() -> Program {
    Program::default().store(RTC + 0xa8, KEY).store(RTC + 0x90, 0)
}

#[test]
fn the_console_prints_at_its_rate() {
    let program = b"hello\n".iter().fold(without_watchdog(), |program, byte| program.print(*byte));
    let mut bench = Bench::new(program.stay());
    bench.pass(1);
    assert_eq!(bench.console(), "hello\n");
}

#[test]
fn a_watchdog_that_nobody_feeds_resets_the_chip() {
    let mut bench = Bench::new(Program::default().stay());
    bench.pass(8_900);
    assert!(bench.chip.is_running());
    bench.pass(200);
    assert_eq!(bench.seen, [Output::Reset(ResetKind::RtcWatchdogAll)]);
    // Without its key it cannot be switched off.
    let program = Program::default().store(RTC + 0xa8, 1).store(RTC + 0x90, 0).stay();
    let mut bench = Bench::new(program);
    bench.pass(9_100);
    assert_eq!(bench.seen, [Output::Reset(ResetKind::RtcWatchdogAll)]);
}

#[test]
fn a_program_that_hangs_is_bitten_in_time_and_its_turns_are_counted() {
    // j .
    let mut bench = Bench::new(Program::default().word(0x0000_006f));
    bench.pass(1);
    let a_millisecond = bench.chip.instructions();
    bench.pass(8_899);
    assert_eq!(bench.chip.instructions(), 8_900 * a_millisecond);
    bench.pass(200);
    assert_eq!(bench.seen, [Output::Reset(ResetKind::RtcWatchdogAll)]);
}

#[test]
fn a_program_resets_the_chip_and_finds_the_cause() {
    let mut bench = Bench::new(without_watchdog().store(RTC, 1 << 31).stay());
    bench.pass(1);
    assert_eq!(bench.seen, [Output::Reset(ResetKind::Software)]);
    // rtc_get_reset_reason(), stored.
    let program = Program::default()
        .call(0x4000_0018)
        .set(11, RAM)
        .word(A0 << 20 | 11 << 15 | 2 << 12 | 0x23)
        .stay();
    let mut bench = Bench::new(program);
    for (cause, number) in [(ResetKind::PowerOn, 1), (ResetKind::DeepSleep, 5)] {
        bench.start(cause);
        bench.pass(1);
        assert_eq!(bench.word(RAM), number);
    }
}

/// Sleeps for 136,000 cycles of the slow clock: a second.
fn sleeper() -> Program {
    without_watchdog()
        .store(RAM, 0x1234_5678)
        .store(RTC_RAM, 0x1234_5678)
        .store(RTC + 0x04, 136_000)
        .store(RTC + 0x08, 1 << 16)
        .store(RTC + 0x3c, 8 << 15)
        .store(RTC + 0x18, 1 << 31)
        .stay()
}

#[test]
fn a_deep_sleep_ends_by_its_timer_and_keeps_only_the_memory_that_is_always_on() {
    let mut bench = Bench::new(sleeper());
    bench.pass(1);
    let [Output::Sleep { ticks: Some(ticks) }] = bench.seen[..] else {
        panic!("{:?}", bench.seen);
    };
    assert!((159_000_000..=160_000_000).contains(&ticks), "{ticks}");
    assert!(!bench.chip.is_running());
    bench.now += ticks;
    bench.flash.0[32 + 7 * 4] = 0x13;
    // The program is started anew, and what it finds is looked at before it runs.
    bench.start(ResetKind::DeepSleep);
    assert_eq!(bench.word(RTC_RAM), 0x1234_5678);
    assert_ne!(bench.word(RAM), 0x1234_5678);
    bench.start(ResetKind::PowerOn);
    assert_ne!(bench.word(RTC_RAM), 0x1234_5678);
}

#[test]
fn a_pin_is_seen_when_it_is_driven() {
    const GPIO: u32 = 0x6000_4000;
    let program = without_watchdog()
        .store(GPIO + 0x24, 1 << 8)
        .store(GPIO + 0x08, 1 << 8)
        .store(GPIO + 0x0c, 1 << 8)
        .stay();
    let mut bench = Bench::new(program);
    bench.pass(1);
    let pins: Vec<_> =
        bench.seen.iter().filter(|output| matches!(output, Output::Pin { .. })).collect();
    let at = |is_high| Output::Pin { gpio: 8, is_high };
    assert_eq!(pins, [&at(false), &at(true), &at(false)]);
}

#[test]
fn the_system_timer_interrupts() {
    const MATRIX: u32 = 0x600c_2000;
    const SYSTIMER: u32 = 0x6002_3000;
    // mtvec to a table whose entry of line 5 prints; line 5 for the first comparator, 2 ms ahead.
    let table = CODE_AT + 0x400;
    let mut program = without_watchdog()
        .set(A0, table)
        .word(0x3055_1073)
        .store(MATRIX + 37 * 4, 5)
        .store(MATRIX + 0x104, 1 << 5)
        .store(MATRIX + 0x114 + 5 * 4, 3)
        .store(MATRIX + 0x194, 1)
        .store(SYSTIMER + 0x64, 1)
        .store(SYSTIMER + 0x20, 32_000)
        .store(SYSTIMER + 0x50, 1)
        .store(SYSTIMER, 0x4700_0000)
        .stay();
    program.0.resize((0x400 + 5 * 4) / 4, 0x13);
    let program = program.print(b'!').store(SYSTIMER + 0x6c, 1).word(0x3020_0073);
    let mut bench = Bench::new(program);
    bench.pass(1);
    assert_eq!(bench.console(), "");
    bench.pass(3);
    assert_eq!(bench.console(), "!");
    assert_eq!(bench.chip.wake_at(), None, "it waits for what never comes");
}

#[test]
fn frames_go_both_ways() {
    const MAC: u32 = 0x600c_d000;
    let frame = RAM + 0x100;
    let room = RAM + 0x800;
    let program = without_watchdog()
        .store(MAC + 0x20, 1)
        .store(frame, 0xffff_ffff)
        .store(MAC + 0x404, frame)
        .store(MAC + 0x40c, room)
        .store(MAC + 0x408, 1 << 15 | 1 << 13)
        .store(MAC, 3)
        .store(MAC + 0x400, 60 << 16 | 1 << 15 | 1 << 13)
        .stay();
    let mut bench = Bench::new(program);
    bench.pass(1);
    let [Output::Frame(sent)] = &bench.seen[..] else { panic!("{:?}", bench.seen) };
    assert_eq!((sent.len(), &sent[..4]), (60, &[0xff; 4][..]));
    let outputs = bench.chip.handle(bench.now, Input::Frame(&[0xff; 64]), &mut bench.flash);
    assert_eq!(outputs, []);
    bench.pass(1);
    assert_eq!(bench.word(room), u32::MAX);
}

#[test]
fn a_record_is_written_page_by_page_and_a_cut_leaves_its_beginning() {
    // Erases a sector, and writes 600 bytes from the beginning of the RAM across pages.
    let mut program = without_watchdog().store(RAM, 0).set(A0, 0x10).call(0x4000_0128);
    for (register, value) in [(A0, 0x1_0000), (11, RAM), (12, 600)] {
        program = program.set(register, value);
    }
    let mut bench = Bench::new(program.call(0x4000_012c).print(b'.').stay());
    bench.flash.0[0x1_0000..0x1_1000].fill(0);
    bench.pass(20);
    assert_eq!(bench.flash.0[0x1_0000..0x1_1000], [0xff; 0x1000], "the sector is erased at once");
    bench.pass(25);
    // Two of three pages are there when the power is cut.
    let written =
        |bench: &Bench| bench.flash.0[0x1_0000..0x1_1000].iter().rposition(|byte| *byte != 0xff);
    while written(&bench).is_none() {
        bench.pass(1);
    }
    assert!(written(&bench).is_some_and(|last| last < 512), "{:?}", written(&bench));
    assert_eq!(bench.console(), "");
    bench.pass(4);
    assert_eq!(bench.console(), ".");
}

#[test]
fn equal_seeds_give_equal_chips() {
    let program = || without_watchdog().print(b'a').print(b'b').stay();
    let run = || {
        let mut bench = Bench::new(program());
        bench.pass(5);
        (bench.seen, bench.chip.instructions(), bench.chip.time())
    };
    assert_eq!(run(), run());
}

#[test]
fn what_nobody_describes_is_told_once_and_kept() {
    let i2c = 0x6001_3000;
    let program = without_watchdog().store(i2c, 5).store(i2c, 6).stay();
    let mut bench = Bench::new(program);
    bench.pass(1);
    let note = "the program writes I2C0+0x0, which is kept and means nothing";
    assert_eq!(bench.seen, [Output::Note(note.into())]);
}
