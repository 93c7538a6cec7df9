//! A timer group: one timer, a watchdog, and in the first group the measurement of slow clocks.

use super::interrupts::Source;
use super::rtc::ResetKind;
use super::systimer::{high, low};
use crate::clock::{SLOW_HZ, TICKS_PER_US, TICKS_PER_XTAL, ticks_of_slow};

/// Ticks of a cycle of the bus clock, 80 MHz.
const TICKS_PER_APB: u64 = TICKS_PER_US / 80;

/// `T0CONFIG`.
const ON: u32 = 1 << 31;
const COUNTS_UP: u32 = 1 << 30;
const RELOADS: u32 = 1 << 29;
const ALARM_ON: u32 = 1 << 10;
const BY_XTAL: u32 = 1 << 9;
const CONFIG_RESET: u32 = 0x6000_2000;

/// Bits of the timer's counter.
const COUNTER: u64 = (1 << 54) - 1;

/// `WDTCONFIG0`.
const WATCHDOG_ON: u32 = 1 << 31;
/// What the watchdog's registers are opened by.
pub(super) const WATCHDOG_KEY: u32 = 0x50d8_3aa1;
/// Stages of a watchdog.
pub(super) const STAGES: usize = 4;

/// `RTCCALICFG`.
const MEASURE: u32 = 1 << 31;
const MEASURED: u32 = 1 << 15;
/// It measures again and again, from the reset on.
const KEEPS_MEASURING: u32 = 1 << 12;
/// The fast oscillator divided by 256.
const FAST_DIV_256_HZ: u64 = 68_359;
const XTAL_32K_HZ: u64 = 32_768;

const INT_TIMER: u32 = 1;
const INT_WATCHDOG: u32 = 2;

/// One of the two groups.
#[derive(Debug)]
pub(super) struct TimerGroup {
    number: u32,
    config: u32,
    base: u64,
    since: u64,
    latched: u64,
    alarm: u64,
    load: u64,
    watchdog: Watchdog,
    enabled: u32,
    raw: u32,
    calibration: u32,
    calibrated: (u64, u32),
}

#[derive(Debug, Default)]
struct Watchdog {
    config: u32,
    prescaler: u32,
    holds: [u32; STAGES],
    key: u32,
    fed_at: u64,
    stage: usize,
}

impl Watchdog {
    const fn action(&self) -> u32 {
        self.config >> (29 - 2 * self.stage) & 3
    }

    fn bites_at(&self) -> Option<u64> {
        if self.config & WATCHDOG_ON == 0 {
            return None;
        }
        let count = u64::from((self.prescaler >> 16).max(1)) * TICKS_PER_APB;
        Some(self.fed_at.saturating_add(u64::from(self.holds[self.stage]).saturating_mul(count)))
    }
}

impl TimerGroup {
    pub(super) fn new(number: u32, now: u64) -> Self {
        Self {
            number,
            config: CONFIG_RESET,
            base: 0,
            since: now,
            latched: 0,
            alarm: 0,
            load: 0,
            watchdog: Watchdog { key: WATCHDOG_KEY, ..Watchdog::default() },
            enabled: 0,
            raw: 0,
            calibration: 0x0001_3000,
            calibrated: (0, 0),
        }
    }

    /// Ticks of a count.
    const fn ticks(&self) -> u64 {
        let divider = match self.config >> 13 & 0xffff {
            0 => 65_536,
            1 => 2,
            other => other as u64,
        };
        divider * if self.config & BY_XTAL == 0 { TICKS_PER_APB } else { TICKS_PER_XTAL }
    }

    const fn value(&self, now: u64) -> u64 {
        if self.config & ON == 0 {
            return self.base;
        }
        let passed = now.saturating_sub(self.since) / self.ticks();
        let counted = match self.config & COUNTS_UP {
            0 => self.base.wrapping_sub(passed),
            _ => self.base.wrapping_add(passed),
        };
        counted & COUNTER
    }

    fn alarm_at(&self, now: u64) -> Option<u64> {
        let is_set = self.config & (ON | ALARM_ON) == ON | ALARM_ON;
        let missing = match self.config & COUNTS_UP {
            0 => self.base.saturating_sub(self.alarm),
            _ => self.alarm.saturating_sub(self.base),
        };
        let at = self.since.saturating_add(missing.saturating_mul(self.ticks()));
        is_set.then_some(at.max(now))
    }

    pub(super) fn next(&self, now: u64) -> Option<u64> {
        let bite = self.watchdog.bites_at().map(|at| at.max(now));
        [self.alarm_at(now), bite].into_iter().flatten().min()
    }

    /// Lets what is due happen; gives the reset that a watchdog makes.
    pub(super) fn update(&mut self, now: u64) -> Option<ResetKind> {
        if self.alarm_at(now).is_some_and(|at| at <= now) {
            self.raw |= INT_TIMER;
            self.config &= !ALARM_ON;
            if self.config & RELOADS != 0 {
                (self.base, self.since) = (self.load, now);
            }
        }
        if self.watchdog.bites_at().is_none_or(|at| at > now) {
            return None;
        }
        let action = self.watchdog.action();
        self.watchdog.fed_at = now;
        self.watchdog.stage = (self.watchdog.stage + 1) % STAGES;
        match (action, self.number) {
            (1, _) => self.raw |= INT_WATCHDOG,
            (2, 0) => return Some(ResetKind::TimerWatchdog0Cpu),
            (2, _) => return Some(ResetKind::TimerWatchdog1Cpu),
            (3, 0) => return Some(ResetKind::TimerWatchdog0),
            (3, _) => return Some(ResetKind::TimerWatchdog1),
            _ => {}
        }
        None
    }

    pub(super) fn asking(&self) -> u64 {
        let asking = u64::from(self.raw & self.enabled & (INT_TIMER | INT_WATCHDOG));
        // Timer and watchdog are neighbours, as their bits are.
        let first = [Source::TimerGroup0, Source::TimerGroup1][self.number as usize % 2];
        asking << first as u32
    }

    pub(super) fn read(&self, offset: u32, now: u64) -> Option<u32> {
        let watchdog = &self.watchdog;
        Some(match offset {
            0x00 => self.config,
            0x04 => self.latched as u32,
            0x08 => (self.latched >> 32) as u32,
            // A value that was asked for is there at once.
            0x0c | 0x20 | 0x60 | 0x7c => 0,
            0x10 => self.alarm as u32,
            0x14 => (self.alarm >> 32) as u32,
            0x18 => self.load as u32,
            0x1c => (self.load >> 32) as u32,
            0x48 => watchdog.config,
            0x4c => watchdog.prescaler,
            0x50..=0x5c => watchdog.holds[(offset as usize - 0x50) / 4],
            0x64 => watchdog.key,
            0x68 => {
                let (ready_at, _) = self.calibrated;
                let is_ready =
                    self.calibration & (MEASURE | KEEPS_MEASURING) != 0 && now >= ready_at;
                self.calibration | if is_ready { MEASURED } else { 0 }
            }
            0x6c => self.calibrated.1 << 7 | 1,
            0x70 => self.enabled,
            0x74 => self.raw,
            0x78 => self.raw & self.enabled,
            0x80 => 0,
            _ => return None,
        })
    }

    pub(super) fn write(&mut self, offset: u32, value: u32, now: u64) -> Option<()> {
        match offset {
            0x00 => {
                (self.base, self.since) = (self.value(now), now);
                self.config = value;
            }
            0x0c => self.latched = self.value(now),
            0x10 => low(&mut self.alarm, value),
            0x14 => high(&mut self.alarm, value),
            0x18 => low(&mut self.load, value),
            0x1c => high(&mut self.load, value),
            0x20 => (self.base, self.since) = (self.load, now),
            0x48..=0x64 => self.write_watchdog(offset, value, now),
            0x68 => self.measure(value, now),
            0x70 => self.enabled = value,
            0x7c => self.raw &= !value,
            0x04 | 0x08 | 0x6c | 0x74 | 0x78 | 0x80 => {}
            _ => return None,
        }
        Some(())
    }

    fn write_watchdog(&mut self, offset: u32, value: u32, now: u64) {
        let watchdog = &mut self.watchdog;
        match offset {
            0x64 => watchdog.key = value,
            _ if watchdog.key != WATCHDOG_KEY => {}
            0x48 => {
                if watchdog.config & WATCHDOG_ON == 0 {
                    (watchdog.fed_at, watchdog.stage) = (now, 0);
                }
                watchdog.config = value;
            }
            0x4c => watchdog.prescaler = value,
            0x60 => (watchdog.fed_at, watchdog.stage) = (now, 0),
            _ => watchdog.holds[(offset as usize - 0x50) / 4] = value,
        }
    }

    /// Counts cycles of the crystal during so many cycles of a slow clock.
    fn measure(&mut self, value: u32, now: u64) {
        let is_start = value & MEASURE != 0 && self.calibration & MEASURE == 0;
        self.calibration = value & !MEASURED;
        if !is_start {
            return;
        }
        let cycles = u64::from(value >> 16 & 0x7fff);
        let hz = match value >> 13 & 3 {
            0 => SLOW_HZ,
            1 => FAST_DIV_256_HZ,
            _ => XTAL_32K_HZ,
        };
        let ticks = ticks_of_slow(cycles * SLOW_HZ / hz.max(1));
        let counted = cycles * (TICKS_PER_US * 1_000_000 / TICKS_PER_XTAL) / hz;
        self.calibrated = (now + ticks, counted as u32);
    }
}
