//! A call of a function of the ROM: its arguments in `a0` to `a7`, its value in `a0` and `a1`.

use super::{Analog, Md5Contexts};
use crate::bus::ChipBus;
use crate::core::{Bus, Hart, Width};
use crate::peripherals::ResetKind;

/// The register of the first argument and of the value.
const A0: usize = 10;

/// What comes of a call.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Next {
    /// It is over, after so many instructions.
    Return {
        cost: u64,
    },
    /// It is over, after so many ticks.
    ReturnAfter {
        ticks: u64,
    },
    /// It goes on after so many ticks, with the arguments that are in the registers then. Interrupts come in between.
    Again {
        ticks: u64,
    },
    /// It reads or writes where nothing is.
    FaultLoad(u32),
    FaultStore(u32),
    Reset(ResetKind),
}

/// What a function can reach.
pub(crate) struct Call<'a> {
    pub(crate) hart: &'a mut Hart,
    pub(crate) bus: ChipBus<'a>,
    pub(crate) analog: &'a mut Analog,
    pub(crate) md5: &'a mut Md5Contexts,
    pub(crate) cpu_mhz: &'a mut u32,
}

impl Call<'_> {
    /// An argument, counted from 0 to 7.
    pub(super) const fn argument(&self, number: usize) -> u32 {
        self.hart.register(A0 + number)
    }

    pub(super) const fn set_argument(&mut self, number: usize, value: u32) {
        self.hart.set_register(A0 + number, value);
    }

    /// An argument of 64 bits, counted in registers.
    pub(super) fn long(&self, number: usize) -> u64 {
        u64::from(self.argument(number)) | u64::from(self.argument(number + 1)) << 32
    }

    pub(super) const fn value(&mut self, value: u32) {
        self.set_argument(0, value);
    }

    pub(super) const fn value_long(&mut self, value: u64) {
        self.set_argument(0, value as u32);
        self.set_argument(1, (value >> 32) as u32);
    }

    pub(super) const fn now(&self) -> u64 {
        self.hart.time()
    }

    pub(super) fn load_byte(&mut self, address: u32) -> Result<u8, Next> {
        let now = self.now();
        let loaded = self.bus.load(address, Width::Byte, now);
        loaded.map(|byte| byte as u8).map_err(|_| Next::FaultLoad(address))
    }

    pub(super) fn store(&mut self, address: u32, width: Width, value: u32) -> Result<(), Next> {
        let now = self.now();
        self.bus.store(address, width, value, now).map_err(|_| Next::FaultStore(address))
    }

    /// Reads bytes one by one, so that a fault is told with its address.
    pub(super) fn load_bytes(&mut self, address: u32, length: u32) -> Result<Vec<u8>, Next> {
        (0..length).map(|at| self.load_byte(address.wrapping_add(at))).collect()
    }

    pub(super) fn store_bytes(&mut self, address: u32, bytes: &[u8]) -> Result<(), Next> {
        let at = (0..).map(|at| address.wrapping_add(at));
        at.zip(bytes).try_for_each(|(at, byte)| self.store(at, Width::Byte, u32::from(*byte)))
    }
}
