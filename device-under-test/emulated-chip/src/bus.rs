//! What the core sees: memories and peripherals by their addresses.

use crate::core::{Bus, Fault, Width};
use crate::flash::FlashMemory;
use crate::memory::{
    CODE_ABOVE_DATA, CODE_RAM, CODE_WINDOW, DATA_RAM, DATA_WINDOW, PERIPHERALS, ROM, ROM_DATA,
    RTC_RAM, Ram, Windows,
};
use crate::peripherals::Peripherals;

/// Everything in the chip but the core.
#[derive(Debug)]
pub(crate) struct Parts {
    pub(crate) sram: Ram,
    pub(crate) rtc_ram: Ram,
    pub(crate) windows: Windows,
    pub(crate) peripherals: Peripherals,
    /// Something happened that the core has to be stopped for.
    pub(crate) wants_attention: bool,
    /// Whether a line of the core asks, so that it is looked at when interrupts are let in.
    pub(crate) has_interrupt: bool,
    /// Addresses of code that was written over.
    pub(crate) overwritten: Vec<u32>,
}

impl Parts {
    pub(crate) fn new(peripherals: Peripherals) -> Self {
        Self {
            sram: Ram::new((CODE_RAM.end - CODE_RAM.start) as usize),
            rtc_ram: Ram::new((RTC_RAM.end - RTC_RAM.start) as usize),
            windows: Windows::new(),
            peripherals,
            wants_attention: false,
            has_interrupt: false,
            overwritten: Vec::new(),
        }
    }

    /// The bytes from this address on, as far as they are RAM.
    pub(crate) fn ram_mut(&mut self, address: u32) -> Option<&mut [u8]> {
        if let Some(at) = sram_place(address) {
            return self.sram.bytes_mut().get_mut(at..);
        }
        let at = RTC_RAM.contains(&address).then(|| (address - RTC_RAM.start) as usize)?;
        self.rtc_ram.bytes_mut().get_mut(at..)
    }
}

/// Where in the SRAM an address is.
#[inline]
fn sram_place(address: u32) -> Option<usize> {
    if DATA_RAM.contains(&address) {
        return Some((address + CODE_ABOVE_DATA - CODE_RAM.start) as usize);
    }
    CODE_RAM.contains(&address).then(|| (address - CODE_RAM.start) as usize)
}

/// The parts with the flash, for as long as the core runs.
pub(crate) struct ChipBus<'a> {
    pub(crate) parts: &'a mut Parts,
    pub(crate) flash: &'a mut dyn FlashMemory,
}

impl ChipBus<'_> {
    /// A register is a word; of a narrower access the rest is read and written back.
    #[cold]
    fn register(&mut self, address: u32, width: Width, now: u64) -> u32 {
        let Parts { peripherals, windows, .. } = &mut *self.parts;
        let word = peripherals.read(address & !3, now, windows);
        let shifted = word >> (8 * (address & 3));
        match width {
            Width::Byte => shifted & 0xff,
            Width::Half => shifted & 0xffff,
            Width::Word => shifted,
        }
    }

    #[cold]
    fn set_register(&mut self, address: u32, width: Width, value: u32, now: u64) {
        let Parts { peripherals, windows, .. } = &mut *self.parts;
        let shift = 8 * (address & 3);
        let word = match width {
            Width::Word => value,
            Width::Byte | Width::Half => {
                let mask = if width == Width::Byte { 0xff } else { 0xffff } << shift;
                peripherals.read(address & !3, now, windows) & !mask | value << shift & mask
            }
        };
        peripherals.write(address & !3, word, now, windows);
        self.parts.wants_attention = true;
    }

    #[cold]
    fn slow_load(&mut self, address: u32, width: Width, now: u64) -> Result<u32, Fault> {
        let loaded = if RTC_RAM.contains(&address) {
            self.parts.rtc_ram.load((address - RTC_RAM.start) as usize, width)
        } else if CODE_WINDOW.contains(&address) {
            self.parts.windows.load(address - CODE_WINDOW.start, width, self.flash)
        } else if PERIPHERALS.contains(&address) {
            Some(self.register(address, width, now))
        } else if ROM_DATA.contains(&address) || ROM.contains(&address) {
            // What the ROM holds is not here; programs read nothing of it that matters.
            Some(0)
        } else {
            None
        };
        loaded.ok_or(Fault::Access)
    }
}

impl Bus for ChipBus<'_> {
    #[inline]
    fn load(&mut self, address: u32, width: Width, now: u64) -> Result<u32, Fault> {
        if let Some(at) = sram_place(address) {
            return self.parts.sram.load(at, width).ok_or(Fault::Access);
        }
        if DATA_WINDOW.contains(&address) {
            let offset = address - DATA_WINDOW.start;
            return self.parts.windows.load(offset, width, self.flash).ok_or(Fault::Access);
        }
        self.slow_load(address, width, now)
    }

    #[inline]
    fn store(&mut self, address: u32, width: Width, value: u32, now: u64) -> Result<(), Fault> {
        let was_code = if let Some(at) = sram_place(address) {
            self.parts.sram.store(at, width, value)
        } else if RTC_RAM.contains(&address) {
            self.parts.rtc_ram.store((address - RTC_RAM.start) as usize, width, value)
        } else if PERIPHERALS.contains(&address) {
            self.set_register(address, width, value, now);
            return Ok(());
        } else {
            None
        };
        if was_code.ok_or(Fault::Access)? {
            self.parts.overwritten.push(address);
            self.parts.wants_attention = true;
        }
        Ok(())
    }

    fn fetch(&mut self, address: u32) -> Result<u16, Fault> {
        let half = if ROM.contains(&address) {
            return Err(Fault::Native);
        } else if CODE_RAM.contains(&address) {
            let at = (address - CODE_RAM.start) as usize;
            self.parts.sram.decoded(at);
            self.parts.sram.load(at, Width::Half)
        } else if CODE_WINDOW.contains(&address) {
            self.parts.windows.load(address - CODE_WINDOW.start, Width::Half, self.flash)
        } else if RTC_RAM.contains(&address) {
            let at = (address - RTC_RAM.start) as usize;
            self.parts.rtc_ram.decoded(at);
            self.parts.rtc_ram.load(at, Width::Half)
        } else {
            None
        };
        half.map(|half| half as u16).ok_or(Fault::Access)
    }

    #[inline]
    fn wants_attention(&self) -> bool {
        self.parts.wants_attention
    }

    #[inline]
    fn has_interrupt(&self) -> bool {
        self.parts.has_interrupt
    }
}
