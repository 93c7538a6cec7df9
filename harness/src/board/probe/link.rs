//! What is needed of a probe and the chip on it.

use std::ops::Range;

use super::error::ProbeError;
use crate::flash::Chip;
use crate::flash::image::Part;

/// The memory of a chip, while it runs.
pub trait Memory {
    /// Reads so many bytes, without stopping the chip. Takes as long as the wire does; a chip that does not answer is an error
    /// within a second.
    ///
    /// # Errors
    ///
    /// The chip does not answer: it sleeps, has no power, or the probe is gone.
    fn read(&mut self, address: u64, bytes: &mut [u8]) -> Result<(), ProbeError>;

    /// Writes bytes. As [`Memory::read`].
    ///
    /// # Errors
    ///
    /// As [`Memory::read`].
    fn write(&mut self, address: u64, bytes: &[u8]) -> Result<(), ProbeError>;
}

/// A way to a chip through a probe. It holds the probe while it is attached.
pub trait Link: Memory + std::fmt::Debug + Send {
    /// Attaches, if it is not attached, and says which chip is there. The chip runs on. Takes two seconds at most.
    ///
    /// # Errors
    ///
    /// No probe or several, no rights, no chip, another chip, or a locked one.
    fn attach(&mut self) -> Result<Chip, ProbeError>;

    /// Where the chip has memory that firmware writes; empty while it is not attached.
    fn ram(&self) -> Vec<Range<u64>>;

    /// Lets the chip and the probe go.
    fn detach(&mut self);

    /// Whether the flash holds a part already. Takes as long as reading it does.
    ///
    /// # Errors
    ///
    /// The flash cannot be read, or the chip is lost.
    fn holds(&mut self, part: &Part) -> Result<bool, ProbeError>;

    /// Erases the sectors of a part, writes and verifies it. `progress` is told the bytes
    /// that are written so far. May take minutes.
    ///
    /// # Errors
    ///
    /// The flash does not hold it afterwards, or the chip is lost.
    fn program(&mut self, part: &Part, progress: &mut dyn FnMut(u64)) -> Result<(), ProbeError>;

    /// Erases the whole flash. May take minutes.
    ///
    /// # Errors
    ///
    /// As [`Link::program`].
    fn erase_all(&mut self) -> Result<(), ProbeError>;

    /// Resets the chip; it runs what is in its flash. One that is not attached, as it sleeps, is reset by the wire to its reset pin,
    /// where the probe has one. Takes a second at most.
    ///
    /// # Errors
    ///
    /// The chip is lost, and there is no such wire.
    fn reset(&mut self) -> Result<(), ProbeError>;
}
