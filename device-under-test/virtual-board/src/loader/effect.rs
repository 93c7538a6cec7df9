//! What the loader asks of the board.

use std::time::Duration;

use crate::flash::SECTOR_BYTES;

/// Something that follows from a frame, in order.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Effect {
    /// The UART goes on at this rate.
    Baud(u32),
    /// The flash is busy; what is sent next is sent later.
    Busy(Duration),
    /// The reply to a command, as it goes over the line.
    Reply { op: u8, bytes: Vec<u8> },
    /// Other bytes as they go over the line.
    Raw(Vec<u8>),
    /// The loader ends.
    Restart(Restart),
    /// The stub runs from here on.
    StubStarted,
    /// A program in RAM was started that is no stub.
    UserProgram { entry: u32 },
}

/// How the loader ends.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Restart {
    /// The ROM goes on to boot, without a reset.
    Continue,
    /// A software reset.
    Software,
    /// The watchdog will bite.
    Watchdog,
}

/// How long the flash takes; all zero in fast mode.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct FlashTiming {
    /// One sector on its own.
    pub(crate) sector_erase: Duration,
    /// 16 sectors together.
    pub(crate) block_erase: Duration,
    /// 256 bytes.
    pub(crate) page_program: Duration,
}

impl FlashTiming {
    /// Typical values from data sheets of the chips on common modules.
    pub(crate) const TYPICAL: Self = Self {
        sector_erase: Duration::from_millis(45),
        block_erase: Duration::from_millis(150),
        page_program: Duration::from_micros(700),
    };

    pub(crate) fn erase(&self, sectors: u32) -> Duration {
        const SECTORS_OF_BLOCK: u32 = 0x1_0000 / SECTOR_BYTES;
        self.block_erase * (sectors / SECTORS_OF_BLOCK)
            + self.sector_erase * (sectors % SECTORS_OF_BLOCK)
    }

    pub(crate) fn program(&self, bytes: usize) -> Duration {
        let pages = u32::try_from(bytes.div_ceil(256)).unwrap_or(u32::MAX);
        self.page_program.saturating_mul(pages)
    }
}
