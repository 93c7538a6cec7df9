//! All that can happen to a chip, and all that it does that can be seen from outside.

use crate::peripherals::ResetKind;

/// What the driver tells the chip.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Input<'a> {
    /// Time passed.
    Tick,
    /// Bytes came in on the console.
    Serial(&'a [u8]),
    /// A frame came in on the wire of the emulated Ethernet, without its checksum.
    Frame(&'a [u8]),
    /// Somebody outside pulls a pin.
    Pin {
        /// Its number, 0 to 21.
        gpio: usize,
        /// To which level.
        is_high: bool,
    },
}

/// What the chip does.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Output {
    /// It sends bytes on the console.
    Serial(Vec<u8>),
    /// It sends a frame on the wire of the emulated Ethernet, without its checksum.
    Frame(Vec<u8>),
    /// It drives a pin to another level.
    Pin {
        /// Its number, 0 to 21.
        gpio: usize,
        /// To which level.
        is_high: bool,
    },
    /// It sleeps, its memory lost but for that of the always-on part, and is to be started again.
    Sleep {
        /// In ticks from now; without a timer only a pin wakes it.
        ticks: Option<u64>,
    },
    /// It is reset, and is to be started again.
    Reset(ResetKind),
    /// A line about something that this chip does not do.
    Note(String),
}
