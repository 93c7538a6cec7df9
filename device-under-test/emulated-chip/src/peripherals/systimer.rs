//! The system timer: two counters of 16 MHz with three comparators.

use super::interrupts::Source;
use crate::clock::TICKS_PER_US;

/// Ticks of one of its counts.
const TICKS: u64 = TICKS_PER_US / 16;

/// Bits of a counter.
const COUNTER: u64 = (1 << 52) - 1;

const COUNTERS: usize = 2;
const COMPARATORS: usize = 3;

/// What `CONF` holds after a reset: the first counter counts.
const CONF_RESET: u32 = 0x4600_0000;
const UNIT_ON: [u32; COUNTERS] = [1 << 30, 1 << 29];
const TARGET_ON: [u32; COMPARATORS] = [1 << 24, 1 << 23, 1 << 22];

const UPDATE_VALID: u32 = 1 << 29;
const IS_PERIODIC: u32 = 1 << 30;
const BY_SECOND_UNIT: u32 = 1 << 31;
const PERIOD: u32 = (1 << 26) - 1;

#[derive(Clone, Copy, Debug, Default)]
struct Counter {
    /// Its count at `since`.
    base: u64,
    since: u64,
    is_on: bool,
    latched: u64,
    load: u64,
}

impl Counter {
    const fn value(&self, now: u64) -> u64 {
        let passed = if self.is_on { now.saturating_sub(self.since) / TICKS } else { 0 };
        self.base.wrapping_add(passed) & COUNTER
    }

    /// When it reaches a value; at once when that is past.
    const fn reaches(&self, value: u64, now: u64) -> Option<u64> {
        if !self.is_on {
            return None;
        }
        let missing = value.saturating_sub(self.base).saturating_mul(TICKS);
        let at = self.since.saturating_add(missing);
        Some(if at > now { at } else { now })
    }

    const fn switch(&mut self, now: u64, is_on: bool) {
        if self.is_on != is_on {
            (self.base, self.since, self.is_on) = (self.value(now), now, is_on);
        }
    }
}

#[derive(Clone, Copy, Debug, Default)]
struct Comparator {
    target: u64,
    conf: u32,
    /// The count at which it asks next, once it is loaded.
    due: Option<u64>,
}

/// The timer.
#[derive(Debug)]
pub(super) struct Systimer {
    conf: u32,
    counters: [Counter; COUNTERS],
    comparators: [Comparator; COMPARATORS],
    enabled: u32,
    raw: u32,
}

impl Systimer {
    pub(super) fn new(now: u64) -> Self {
        let mut counters = [Counter { since: now, ..Counter::default() }; COUNTERS];
        counters[0].is_on = true;
        Self {
            conf: CONF_RESET,
            counters,
            comparators: [Comparator::default(); COMPARATORS],
            enabled: 0,
            raw: 0,
        }
    }

    fn unit(&self, comparator: &Comparator) -> &Counter {
        &self.counters[usize::from(comparator.conf & BY_SECOND_UNIT != 0)]
    }

    fn due_at(&self, number: usize, now: u64) -> Option<u64> {
        let comparator = &self.comparators[number];
        let due = comparator.due.filter(|_| self.conf & TARGET_ON[number] != 0)?;
        self.unit(comparator).reaches(due, now)
    }

    pub(super) fn next(&self, now: u64) -> Option<u64> {
        (0..COMPARATORS).filter_map(|number| self.due_at(number, now)).min()
    }

    /// Lets what is due happen.
    pub(super) fn update(&mut self, now: u64) {
        for number in 0..COMPARATORS {
            if self.due_at(number, now).is_none_or(|at| at > now) {
                continue;
            }
            self.raw |= 1 << number;
            let count = self.unit(&self.comparators[number]).value(now);
            let comparator = &mut self.comparators[number];
            let period = u64::from(comparator.conf & PERIOD);
            let is_periodic = comparator.conf & IS_PERIODIC != 0 && period > 0;
            comparator.due = comparator.due.filter(|_| is_periodic).map(|due| {
                // The first beat that is not past.
                due + (count.saturating_sub(due) / period + 1) * period
            });
        }
    }

    pub(super) fn asking(&self) -> u64 {
        u64::from(self.raw & self.enabled) << Source::Systimer0 as u32
    }

    pub(super) fn read(&self, offset: u32) -> Option<u32> {
        Some(match offset {
            0x00 => self.conf,
            // The value that was asked for is always there.
            0x04 | 0x08 => UPDATE_VALID,
            0x0c | 0x14 => (self.counters[(offset as usize - 0x0c) / 8].load >> 32) as u32,
            0x10 | 0x18 => self.counters[(offset as usize - 0x10) / 8].load as u32,
            0x1c | 0x24 | 0x2c => {
                (self.comparators[(offset as usize - 0x1c) / 8].target >> 32) as u32
            }
            0x20 | 0x28 | 0x30 => self.comparators[(offset as usize - 0x20) / 8].target as u32,
            0x34 | 0x38 | 0x3c => self.comparators[(offset as usize - 0x34) / 4].conf,
            0x40 | 0x48 => (self.counters[(offset as usize - 0x40) / 8].latched >> 32) as u32,
            0x44 | 0x4c => self.counters[(offset as usize - 0x44) / 8].latched as u32,
            0x50..=0x60 | 0x6c => 0,
            0x64 => self.enabled,
            0x68 => self.raw,
            0x70 => self.raw & self.enabled,
            _ => return None,
        })
    }

    pub(super) fn write(&mut self, offset: u32, value: u32, now: u64) -> Option<()> {
        let at = offset as usize;
        match offset {
            0x00 => {
                self.conf = value;
                for (counter, on) in self.counters.iter_mut().zip(UNIT_ON) {
                    counter.switch(now, value & on != 0);
                }
            }
            0x04 | 0x08 => {
                let counter = &mut self.counters[(at - 4) / 4];
                counter.latched = counter.value(now);
            }
            0x0c | 0x14 => high(&mut self.counters[(at - 0x0c) / 8].load, value),
            0x10 | 0x18 => low(&mut self.counters[(at - 0x10) / 8].load, value),
            0x1c | 0x24 | 0x2c => high(&mut self.comparators[(at - 0x1c) / 8].target, value),
            0x20 | 0x28 | 0x30 => low(&mut self.comparators[(at - 0x20) / 8].target, value),
            0x34 | 0x38 | 0x3c => self.comparators[(at - 0x34) / 4].conf = value,
            0x40..=0x4c | 0x68 | 0x70 => {}
            0x50 | 0x54 | 0x58 => self.load_comparator((at - 0x50) / 4, now),
            0x5c | 0x60 => {
                let counter = &mut self.counters[(at - 0x5c) / 4];
                (counter.base, counter.since) = (counter.load & COUNTER, now);
            }
            0x64 => self.enabled = value,
            0x6c => self.raw &= !value,
            _ => return None,
        }
        Some(())
    }

    fn load_comparator(&mut self, number: usize, now: u64) {
        let comparator = self.comparators[number];
        let due = match comparator.conf & IS_PERIODIC {
            0 => comparator.target & COUNTER,
            _ => self.unit(&comparator).value(now) + u64::from(comparator.conf & PERIOD),
        };
        self.comparators[number].due = Some(due);
    }
}

/// Sets the upper 20 bits of a value.
pub(super) const fn high(of: &mut u64, value: u32) {
    *of = *of & 0xffff_ffff | (value as u64 & 0xf_ffff) << 32;
}

/// Sets the lower 32 bits of a value.
pub(super) const fn low(of: &mut u64, value: u32) {
    *of = *of & !0xffff_ffff | value as u64;
}
