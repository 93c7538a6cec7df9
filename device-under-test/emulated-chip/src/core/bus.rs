//! What a core needs of the chip around it.

/// How wide an access is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Width {
    /// 8 bits.
    Byte,
    /// 16 bits.
    Half,
    /// 32 bits.
    Word,
}

impl Width {
    /// Its bytes.
    #[must_use]
    pub const fn bytes(self) -> u32 {
        match self {
            Self::Byte => 1,
            Self::Half => 2,
            Self::Word => 4,
        }
    }
}

/// Why an access did not happen.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Fault {
    /// Nothing is there, or nothing that can be accessed so.
    Access,
    /// There is code that is done by the chip itself, outside of the core: a function of the ROM. Only for fetches.
    Native,
}

/// The memories and registers that a core sees.
///
/// `now` is the time in ticks of the core's clock at the access.
pub trait Bus {
    /// Reads; the bits above the width are zero. Misaligned accesses are allowed where the chip allows them.
    ///
    /// # Errors
    ///
    /// [`Fault::Access`] becomes an exception of the core.
    fn load(&mut self, address: u32, width: Width, now: u64) -> Result<u32, Fault>;

    /// Writes the low bits of the value.
    ///
    /// # Errors
    ///
    /// [`Fault::Access`] becomes an exception of the core.
    fn store(&mut self, address: u32, width: Width, value: u32, now: u64) -> Result<(), Fault>;

    /// Reads 16 bits of code.
    ///
    /// # Errors
    ///
    /// [`Fault::Access`] becomes an exception of the core, [`Fault::Native`] ends its run.
    fn fetch(&mut self, address: u32) -> Result<u16, Fault>;

    /// Whether an access changed something that whoever runs the core has to see before it goes on: interrupts, timers, code.
    fn wants_attention(&self) -> bool;

    /// Whether an interrupt waits that only [`mstatus.MIE`](crate::core) may hold back.
    fn has_interrupt(&self) -> bool;
}
