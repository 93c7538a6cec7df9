//! The trait of what measures a board's current.

use std::fmt::Debug;

use crate::board::Sink;
use crate::engine::ActionError;

/// A current meter on the supply of one board. It tells its [`Sink`] from a thread of its own, by readings that follow each other
/// without a gap; what it lost it says.
pub trait Meter: Debug + Send {
    /// Begins to measure; readings follow in the sink. Takes three seconds at most.
    ///
    /// # Errors
    ///
    /// The meter is not there, is none, or does not tell its calibration.
    fn start(&mut self, sink: &Sink) -> Result<(), ActionError>;

    /// Ends the measurement and tells the rest; nothing is told afterwards. The supply that it gives, if it gives one, stays. Takes a
    /// second at most.
    fn stop(&mut self);
}
