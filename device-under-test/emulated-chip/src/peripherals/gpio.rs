//! The pins.

use super::interrupts::Source;
use super::plain::Plain;

/// Pins of the chip.
pub(crate) const PINS: usize = 22;
const ALL: u32 = (1 << PINS) - 1;

const OUT: u32 = 0x04;
const OUT_W1TS: u32 = 0x08;
const OUT_W1TC: u32 = 0x0c;
const ENABLE: u32 = 0x20;
const ENABLE_W1TS: u32 = 0x24;
const ENABLE_W1TC: u32 = 0x28;
const STRAP: u32 = 0x38;
const IN: u32 = 0x3c;
const STATUS: u32 = 0x44;
const STATUS_W1TS: u32 = 0x48;
const STATUS_W1TC: u32 = 0x4c;
const PCPU_INT: u32 = 0x5c;
const PIN0: u32 = 0x74;
const PIN_END: u32 = PIN0 + 4 * PINS as u32;

/// The strapping of a boot from the flash: GPIO 8 and 9 are high.
const STRAPPING: u32 = 0xc;

/// `PINn`: the interrupt of the core is on.
const CORE_ON: u32 = 1 << 13;

/// The pins.
#[derive(Debug)]
pub(super) struct Gpio {
    out: u32,
    enabled: u32,
    /// What stands on the pins from outside; pulled up where nothing does.
    outside: u32,
    status: u32,
    pins: [u32; PINS],
    others: Plain,
}

impl Gpio {
    pub(super) fn new(outside: u32) -> Self {
        Self { out: 0, enabled: 0, outside, status: 0, pins: [0; PINS], others: Plain::default() }
    }

    /// The pins that are driven, and their levels.
    pub(super) const fn driven(&self) -> (u32, u32) {
        (self.enabled, self.out & self.enabled)
    }

    pub(super) const fn outside(&self) -> u32 {
        self.outside
    }

    const fn levels(&self) -> u32 {
        self.out & self.enabled | self.outside & !self.enabled
    }

    /// Sets the level of a pin from outside; a pin that the chip drives keeps its level.
    pub(super) fn set(&mut self, pin: usize, is_high: bool) {
        let before = self.levels();
        let bit = 1 << (pin % PINS);
        self.outside = if is_high { self.outside | bit } else { self.outside & !bit };
        self.sense(before);
    }

    /// Notes the interrupts that the change of a level makes, and those that a level makes.
    fn sense(&mut self, before: u32) {
        let now = self.levels();
        for (number, pin) in self.pins.iter().enumerate() {
            let bit = 1_u32 << number;
            let (was, is) = (before & bit != 0, now & bit != 0);
            let asks = match pin >> 7 & 7 {
                1 => !was && is,
                2 => was && !is,
                3 => was != is,
                4 => !is,
                5 => is,
                _ => false,
            };
            if asks {
                self.status |= bit;
            }
        }
    }

    fn interrupting(&self) -> u32 {
        let on = self.pins.iter().enumerate().filter(|(_, pin)| *pin & CORE_ON != 0);
        self.status & on.fold(0, |bits, (number, _)| bits | 1 << number)
    }

    pub(super) fn asking(&self) -> u64 {
        u64::from(self.interrupting() != 0) << Source::Gpio as u32
    }

    pub(super) fn read(&self, offset: u32) -> u32 {
        match offset {
            OUT => self.out,
            ENABLE => self.enabled,
            STRAP => STRAPPING,
            IN => self.levels(),
            STATUS => self.status,
            PCPU_INT => self.interrupting(),
            OUT_W1TS | OUT_W1TC | ENABLE_W1TS | ENABLE_W1TC | STATUS_W1TS | STATUS_W1TC => 0,
            PIN0..PIN_END => self.pins[((offset - PIN0) / 4) as usize],
            _ => self.others.read(offset),
        }
    }

    pub(super) fn write(&mut self, offset: u32, value: u32) {
        let before = self.levels();
        match offset {
            OUT => self.out = value & ALL,
            OUT_W1TS => self.out |= value & ALL,
            OUT_W1TC => self.out &= !value,
            ENABLE => self.enabled = value & ALL,
            ENABLE_W1TS => self.enabled |= value & ALL,
            ENABLE_W1TC => self.enabled &= !value,
            STATUS => self.status = value,
            STATUS_W1TS => self.status |= value,
            STATUS_W1TC => self.status &= !value,
            STRAP | IN | PCPU_INT => {}
            PIN0..PIN_END => self.pins[((offset - PIN0) / 4) as usize] = value,
            _ => self.others.write(offset, value),
        }
        self.sense(before);
    }
}
