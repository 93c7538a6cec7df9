//! The always-on part: its clock, the watchdog that outlives hangs, the cause of the last reset, sleep.

use super::interrupts::Source;
use super::plain::Plain;
use super::timer_group::{STAGES, WATCHDOG_KEY};
use crate::clock::{slow_cycles, ticks_of_slow};

/// Why the chip was reset, by the number that its ROM prints.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ResetKind {
    /// The power came, or the enable pin was pulled.
    PowerOn = 0x01,
    /// A program asked for it.
    Software = 0x03,
    /// A deep sleep ended.
    DeepSleep = 0x05,
    /// The watchdog of the first timer group.
    TimerWatchdog0 = 0x07,
    /// The watchdog of the second timer group.
    TimerWatchdog1 = 0x08,
    /// The watchdog of the always-on part, which resets all but that part.
    RtcWatchdog = 0x09,
    /// The watchdog of the first timer group, which resets the core only.
    TimerWatchdog0Cpu = 0x0b,
    /// A program asked for a reset of the core only.
    SoftwareCpu = 0x0c,
    /// The watchdog of the always-on part, which resets the core only.
    RtcWatchdogCpu = 0x0d,
    /// The supply sagged.
    Brownout = 0x0f,
    /// The watchdog of the always-on part, which resets that part as well.
    RtcWatchdogAll = 0x10,
    /// The watchdog of the second timer group, which resets the core only.
    TimerWatchdog1Cpu = 0x11,
    /// The USB-Serial-JTAG unit, asked by its host.
    Usb = 0x15,
}

/// A sleep that a program began.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Asleep {
    /// When the timer ends it; without a timer nothing but a pin does.
    pub(crate) until: Option<u64>,
}

/// What an update leads to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Happens {
    Reset(ResetKind),
    Sleep(Asleep),
}

const OPTIONS0: u32 = 0x00;
const SLP_TIMER0: u32 = 0x04;
const SLP_TIMER1: u32 = 0x08;
const TIME_UPDATE: u32 = 0x0c;
const STATE0: u32 = 0x18;
const RESET_STATE: u32 = 0x38;
const WAKEUP_STATE: u32 = 0x3c;
const INT_ENA: u32 = 0x40;
const INT_RAW: u32 = 0x44;
const INT_ST: u32 = 0x48;
const INT_CLR: u32 = 0x4c;
const STORES: [u32; 8] = [0x50, 0x54, 0x58, 0x5c, 0xb8, 0xbc, 0xc0, 0xc4];
const WDT_CONFIG0: u32 = 0x90;
const WDT_HOLD0: u32 = 0x94;
const WDT_FEED: u32 = 0xa4;
const WDT_PROTECT: u32 = 0xa8;
const SLP_WAKEUP_CAUSE: u32 = 0xf8;

const SW_SYS_RESET: u32 = 1 << 31;
const SW_CPU_RESET: u32 = 1 << 5;
const UPDATE: u32 = 1 << 31;
const SLEEP_ON: u32 = 1 << 31;
const ALARM_ON: u32 = 1 << 16;
const WDT_ON: u32 = 1 << 31;
/// The timer as what ends a sleep.
const WAKE_BY_TIMER: u32 = 1 << 3;
const INT_WATCHDOG: u32 = 1 << 3;
const INT_ALARM: u32 = 1 << 10;

/// What the boot loader leaves behind: the watchdog runs, its first stage resets everything after 9 seconds.
const BOOT_WDT_CONFIG: u32 = WDT_ON | 4 << 28;
const BOOT_WDT_SECONDS: u64 = 9;

/// The always-on part.
#[derive(Debug)]
pub(super) struct Rtc {
    /// Where the clock of the always-on part began.
    began: u64,
    latched: u64,
    alarm: u64,
    is_alarm_on: bool,
    cause: ResetKind,
    woken_by: u32,
    enabled: u32,
    raw: u32,
    stores: [u32; STORES.len()],
    config: u32,
    holds: [u32; STAGES],
    key: u32,
    fed_at: u64,
    stage: usize,
    happens: Option<Happens>,
    others: Plain,
}

impl Rtc {
    pub(super) fn new(now: u64) -> Self {
        Self {
            began: now,
            latched: 0,
            alarm: 0,
            is_alarm_on: false,
            cause: ResetKind::PowerOn,
            woken_by: 0,
            enabled: 0,
            raw: 0,
            stores: [0; STORES.len()],
            config: 0,
            holds: [0; STAGES],
            key: WATCHDOG_KEY,
            fed_at: now,
            stage: 0,
            happens: None,
            others: Plain::default(),
        }
    }

    /// The chip starts again; the clock goes on, and the words that are for programs stay, unless this part was reset as well.
    pub(super) fn restart(&mut self, now: u64, cause: ResetKind) {
        let is_all = matches!(cause, ResetKind::PowerOn | ResetKind::RtcWatchdogAll);
        let (began, stores) =
            if is_all { (now, [0; STORES.len()]) } else { (self.began, self.stores) };
        *self = Self { began, stores, cause, ..Self::new(now) };
        self.woken_by = if cause == ResetKind::DeepSleep { WAKE_BY_TIMER } else { 0 };
        self.config = BOOT_WDT_CONFIG;
        self.holds[0] = (BOOT_WDT_SECONDS * crate::clock::SLOW_HZ / 2) as u32;
    }

    pub(super) const fn cause(&self) -> ResetKind {
        self.cause
    }

    fn bites_at(&self) -> Option<u64> {
        // The first stage counts twice as long as it is told (its multiplier is in the efuses, and 2 where nothing is burned).
        let factor = if self.stage == 0 { 2 } else { 1 };
        let hold = u64::from(self.holds[self.stage]) * factor;
        (self.config & WDT_ON != 0).then(|| self.fed_at.saturating_add(ticks_of_slow(hold)))
    }

    fn alarm_at(&self) -> Option<u64> {
        self.is_alarm_on.then(|| self.began.saturating_add(ticks_of_slow(self.alarm)))
    }

    pub(super) fn next(&self, now: u64) -> Option<u64> {
        let at = [self.bites_at(), self.alarm_at()].into_iter().flatten().min();
        at.map(|at| at.max(now))
    }

    /// Lets what is due happen.
    pub(super) fn update(&mut self, now: u64) -> Option<Happens> {
        if self.alarm_at().is_some_and(|at| at <= now) {
            self.raw |= INT_ALARM;
            self.is_alarm_on = false;
        }
        if self.bites_at().is_some_and(|at| at <= now) {
            let action = self.config >> (28 - 3 * self.stage) & 7;
            self.fed_at = now;
            self.stage = (self.stage + 1) % STAGES;
            match action {
                1 => self.raw |= INT_WATCHDOG,
                2 => self.happens = Some(Happens::Reset(ResetKind::RtcWatchdogCpu)),
                3 => self.happens = Some(Happens::Reset(ResetKind::RtcWatchdog)),
                4 => self.happens = Some(Happens::Reset(ResetKind::RtcWatchdogAll)),
                _ => {}
            }
        }
        self.happens.take()
    }

    pub(super) fn asking(&self) -> u64 {
        u64::from(self.raw & self.enabled != 0) << Source::RtcCore as u32
    }

    pub(super) fn read(&self, offset: u32) -> u32 {
        match offset {
            SLP_TIMER0 => self.alarm as u32,
            SLP_TIMER1 => (self.alarm >> 32) as u32,
            TIME_UPDATE | INT_CLR | WDT_FEED => 0,
            0x10 => self.latched as u32,
            0x14 => (self.latched >> 32) as u32,
            RESET_STATE => self.others.read(offset) & !0x3f | self.cause as u32,
            INT_ENA => self.enabled,
            INT_RAW => self.raw,
            INT_ST => self.raw & self.enabled,
            WDT_CONFIG0 => self.config,
            WDT_HOLD0..WDT_FEED => self.holds[((offset - WDT_HOLD0) / 4) as usize],
            WDT_PROTECT => self.key,
            SLP_WAKEUP_CAUSE => self.woken_by,
            _ => match STORES.iter().position(|store| *store == offset) {
                Some(place) => self.stores[place],
                None => self.others.read(offset),
            },
        }
    }

    pub(super) fn write(&mut self, offset: u32, value: u32, now: u64) {
        match offset {
            OPTIONS0 => {
                if value & SW_SYS_RESET != 0 {
                    self.happens = Some(Happens::Reset(ResetKind::Software));
                } else if value & SW_CPU_RESET != 0 {
                    self.happens = Some(Happens::Reset(ResetKind::SoftwareCpu));
                }
                self.others.write(offset, value & !(SW_SYS_RESET | SW_CPU_RESET));
            }
            SLP_TIMER0 => self.alarm = self.alarm & !0xffff_ffff | u64::from(value),
            SLP_TIMER1 => {
                self.alarm = self.alarm & 0xffff_ffff | u64::from(value & 0xffff) << 32;
                self.is_alarm_on = value & ALARM_ON != 0;
            }
            TIME_UPDATE if value & UPDATE != 0 => {
                self.latched = slow_cycles(now.saturating_sub(self.began));
            }
            STATE0 => self.state(value),
            INT_ENA => self.enabled = value,
            INT_CLR => self.raw &= !value,
            WDT_CONFIG0..WDT_PROTECT => self.write_watchdog(offset, value, now),
            WDT_PROTECT => self.key = value,
            0x10 | 0x14 | TIME_UPDATE | INT_RAW | INT_ST | SLP_WAKEUP_CAUSE => {}
            _ => match STORES.iter().position(|store| *store == offset) {
                Some(place) => self.stores[place] = value,
                None => self.others.write(offset, value),
            },
        }
    }

    /// Begins a sleep. Every sleep is a deep one: the memory is lost, and the chip starts again.
    fn state(&mut self, value: u32) {
        if value & SLEEP_ON != 0 {
            let by_timer = self.others.read(WAKEUP_STATE) >> 15 & WAKE_BY_TIMER != 0;
            let until = self.alarm_at().filter(|_| by_timer);
            self.happens = Some(Happens::Sleep(Asleep { until }));
        }
        self.others.write(STATE0, value & !SLEEP_ON);
    }

    fn write_watchdog(&mut self, offset: u32, value: u32, now: u64) {
        match offset {
            _ if self.key != WATCHDOG_KEY => {}
            WDT_CONFIG0 => {
                if self.config & WDT_ON == 0 {
                    (self.fed_at, self.stage) = (now, 0);
                }
                self.config = value;
            }
            WDT_FEED => (self.fed_at, self.stage) = (now, 0),
            _ => self.holds[((offset - WDT_HOLD0) / 4) as usize] = value,
        }
    }
}
