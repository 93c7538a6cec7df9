//! All peripherals together: which address is whose, what is due when, who asks for an interrupt.

use std::collections::BTreeSet;

use super::blocks;
use super::efuse::Efuse;
use super::ethernet::Ethernet;
use super::gpio::Gpio;
use super::interrupts::{Interrupts, Source};
use super::plain::Plain;
use super::random::Random;
use super::rtc::{Happens, ResetKind, Rtc};
use super::spi_flash::SpiFlash;
use super::systimer::Systimer;
use super::timer_group::TimerGroup;
use super::uart::Uart;
use super::usb_serial::UsbSerial;
use crate::memory::Windows;

/// `APB_CTRL`: the next random number.
const RANDOM: u32 = 0x6002_60b0;

/// `SYSTEM`: the four requests from one program to another, and what the core's clock is made of.
const FROM_CPU: u32 = 0x28;
const FROM_CPU_END: u32 = 0x38;
const CPU_PER_CONF: u32 = 0x08;
const SYSCLK_CONF: u32 = 0x58;

/// What stands in registers after a reset and after the boot loader, where that is not zero and programs look at it.
const PRESET: [(u32, u32); 4] = [
    // The core runs from the PLL of 480 MHz, at 80 MHz, as the boot loader leaves it.
    (0x600c_0008, 0xc),
    (0x600c_0058, 0x400),
    // The analog converter is always done.
    (0x6004_0044, 0xffff_ffff),
    // Caches are always done with what they were asked for.
    (0x600c_4028, 0x2),
];

/// The blocks that are kept and read back without a note: clocks, gates and settings that change nothing here, the radio's parts, the
/// analog converter with its thermometer, and the cache's switches.
const KEPT: [u32; 19] = [
    0x6000_3000,
    0x6000_5000,
    0x6000_6000,
    0x6000_9000,
    0x6000_e000,
    0x6001_c000,
    0x6001_d000,
    0x6002_6000,
    0x6003_f000,
    0x6004_0000,
    0x600c_0000,
    0x600c_1000,
    0x600c_4000,
    0x600c_e000,
    0x6000_4000,
    0x6001_f000,
    0x6002_0000,
    0x6002_3000,
    0x600c_2000,
];

/// What a program did that somebody outside has to see to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Seen {
    /// The chip is to be reset, or to sleep.
    Reset(ResetKind),
    Sleep(super::Asleep),
}

/// All peripherals.
#[derive(Debug)]
pub(crate) struct Peripherals {
    interrupts: Interrupts,
    systimer: Systimer,
    timer_groups: [TimerGroup; 2],
    rtc: Rtc,
    uart: Uart,
    usb: UsbSerial,
    gpio: Gpio,
    efuse: Efuse,
    random: Random,
    spi_flash: SpiFlash,
    pub(crate) ethernet: Ethernet,
    others: Plain,
    from_cpu: u64,
    jedec_id: [u8; 3],
    /// Registers that nobody describes and that were told already.
    told: BTreeSet<u32>,
    notes: Vec<String>,
}

impl Peripherals {
    pub(crate) fn new(mac: [u8; 6], seed: u64, now: u64) -> Self {
        Self {
            interrupts: Interrupts::new(),
            systimer: Systimer::new(now),
            timer_groups: [0, 1].map(|number| TimerGroup::new(number, now)),
            rtc: Rtc::new(now),
            uart: Uart::new(),
            usb: UsbSerial::new(),
            gpio: Gpio::new(u32::MAX),
            efuse: Efuse::new(mac),
            random: Random::new(seed),
            spi_flash: SpiFlash::default(),
            ethernet: Ethernet::new(),
            others: Plain::with(&PRESET),
            from_cpu: 0,
            jedec_id: [0; 3],
            told: BTreeSet::new(),
            notes: Vec::new(),
        }
    }

    /// The chip starts again. What is always on stays, and what stands on the pins from outside.
    pub(crate) fn restart(&mut self, now: u64, cause: ResetKind, jedec_id: [u8; 3]) {
        self.rtc.restart(now, cause);
        self.interrupts = Interrupts::new();
        self.systimer = Systimer::new(now);
        self.timer_groups = [0, 1].map(|number| TimerGroup::new(number, now));
        self.uart = Uart::new();
        self.usb = UsbSerial::new();
        self.gpio = Gpio::new(self.gpio.outside());
        self.spi_flash = SpiFlash::default();
        self.ethernet = Ethernet::new();
        self.others = Plain::with(&PRESET);
        self.from_cpu = 0;
        self.jedec_id = jedec_id;
    }

    pub(crate) const fn reset_cause(&self) -> ResetKind {
        self.rtc.cause()
    }

    /// When something happens by itself, at the earliest.
    pub(crate) fn next(&self, now: u64) -> Option<u64> {
        let [first, second] = &self.timer_groups;
        let all = [self.systimer.next(now), first.next(now), second.next(now), self.rtc.next(now)];
        all.into_iter().flatten().min()
    }

    /// Lets what is due happen, and finds out who asks for an interrupt.
    pub(crate) fn update(&mut self, now: u64) -> Option<Seen> {
        self.systimer.update(now);
        let mut seen = None;
        for group in &mut self.timer_groups {
            seen = group.update(now).map(Seen::Reset).or(seen);
        }
        seen = match self.rtc.update(now) {
            Some(Happens::Reset(kind)) => Some(Seen::Reset(kind)),
            Some(Happens::Sleep(asleep)) => Some(Seen::Sleep(asleep)),
            None => seen,
        };
        let [first, second] = &self.timer_groups;
        let asking = self.systimer.asking()
            | first.asking()
            | second.asking()
            | self.rtc.asking()
            | self.uart.asking()
            | self.usb.asking()
            | self.gpio.asking()
            | self.ethernet.asking()
            | self.from_cpu << Source::FromCpu0 as u32;
        self.interrupts.set_asking(asking);
        seen
    }

    /// The line of the core that would be taken.
    pub(crate) fn line(&self) -> Option<u32> {
        self.interrupts.line()
    }

    /// Ticks of an instruction, by what the core's clock is made of.
    pub(crate) fn core_cost(&self) -> u64 {
        let sysclk = self.others.read(0x600c_0000 + SYSCLK_CONF);
        let divider = u64::from(sysclk & 0x3ff) + 1;
        match (sysclk >> 10 & 3, self.others.read(0x600c_0000 + CPU_PER_CONF) & 3) {
            // From the PLL: 80 or 160 MHz.
            (1, 0) => 2,
            (1, _) => 1,
            // From the crystal or the fast oscillator.
            (0, _) => 4 * divider,
            (_, _) => 9 * divider,
        }
    }

    pub(crate) const fn uart(&mut self) -> &mut Uart {
        &mut self.uart
    }

    /// The pins that are driven, and their levels.
    pub(crate) const fn driven(&self) -> (u32, u32) {
        self.gpio.driven()
    }

    pub(crate) fn set_pin(&mut self, pin: usize, is_high: bool) {
        self.gpio.set(pin, is_high);
    }

    /// Registers that nobody describes and that were touched since the last call.
    pub(crate) fn take_notes(&mut self) -> Vec<String> {
        std::mem::take(&mut self.notes)
    }

    /// Reads the word at this address, a multiple of four.
    pub(crate) fn read(&mut self, address: u32, now: u64, windows: &Windows) -> u32 {
        let offset = address & 0xfff;
        let known = match address & !0xfff {
            0x6000_0000 => Some(self.uart.read(offset, now)),
            0x6000_2000 => Some(self.spi_flash.read(offset)),
            0x6000_4000 if offset < 0xf00 => Some(self.gpio.read(offset)),
            0x6000_8000 if offset < 0x800 => Some(self.rtc.read(offset)),
            0x6000_8000 => Some(self.efuse.read(offset - 0x800)),
            0x6001_f000 => self.timer_groups[0].read(offset, now),
            0x6002_0000 => self.timer_groups[1].read(offset, now),
            0x6002_3000 => self.systimer.read(offset),
            0x6002_6000 if address == RANDOM => Some(self.random.word()),
            0x6004_3000 => Some(self.usb.read(offset)),
            0x600c_0000 if (FROM_CPU..FROM_CPU_END).contains(&offset) => {
                Some((self.from_cpu >> ((offset - FROM_CPU) / 4)) as u32 & 1)
            }
            0x600c_2000 => self.interrupts.read(offset),
            0x600c_5000 => Some(windows.entry(offset as usize / 4)),
            0x600c_d000 => Some(self.ethernet.read(offset)),
            _ => None,
        };
        known.unwrap_or_else(|| {
            self.note(address, "reads");
            self.others.read(address)
        })
    }

    /// Writes the word at this address, a multiple of four.
    pub(crate) fn write(&mut self, address: u32, value: u32, now: u64, windows: &mut Windows) {
        let offset = address & 0xfff;
        let is_known = match address & !0xfff {
            0x6000_0000 => {
                self.uart.write(offset, value, now);
                true
            }
            0x6000_2000 => self.spi_flash.write(offset, value, self.jedec_id).is_some(),
            0x6000_4000 if offset < 0xf00 => {
                self.gpio.write(offset, value);
                true
            }
            0x6000_8000 if offset < 0x800 => {
                self.rtc.write(offset, value, now);
                true
            }
            // Nothing can be burned.
            0x6000_8000 => true,
            0x6001_f000 => self.timer_groups[0].write(offset, value, now).is_some(),
            0x6002_0000 => self.timer_groups[1].write(offset, value, now).is_some(),
            0x6002_3000 => self.systimer.write(offset, value, now).is_some(),
            0x6004_3000 => {
                self.usb.write(offset, value);
                true
            }
            0x600c_0000 if (FROM_CPU..FROM_CPU_END).contains(&offset) => {
                let bit = 1 << ((offset - FROM_CPU) / 4);
                self.from_cpu =
                    if value & 1 == 1 { self.from_cpu | bit } else { self.from_cpu & !bit };
                true
            }
            0x600c_2000 => self.interrupts.write(offset, value).is_some(),
            0x600c_5000 => {
                windows.set_entry(offset as usize / 4, value);
                true
            }
            0x600c_d000 => {
                self.ethernet.write(offset, value);
                true
            }
            _ => false,
        };
        if !is_known {
            self.note(address, "writes");
            self.others.write(address, value);
        }
    }

    fn note(&mut self, address: u32, does: &str) {
        if !KEPT.contains(&(address & !0xfff)) && self.told.insert(address) {
            let name = blocks::name(address);
            self.notes.push(format!("the program {does} {name}, which is kept and means nothing"));
        }
    }
}
