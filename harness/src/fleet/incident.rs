//! What goes wrong in a fleet on purpose, each by its place; a run can be told to let only some of it happen.

use std::collections::BTreeSet;

/// One thing that goes wrong, or one change of the app side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Incident {
    /// In which wake of the device, from 1; for a change, the last wake that had begun.
    pub wake: u32,
    /// What.
    pub what: Mishap,
}

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mishap {
    /// The app side changes what is desired; the number of the change, from 1, and the new value.
    Change(u32, u8),
    /// The power is cut when the wake has done so many things.
    Cut(u16),
    /// A fault of the profile meets a connection or its request: the fault's place in the profile, and the connection of
    /// the wake, from 1.
    Fault(u16, u16),
    /// What is sent is lost and sent again, on a connection of the wake; the number says which of its ways, and try.
    Loss(u16, u16),
    /// A connection of the wake breaks; the number says on which of its ways.
    Reset(u16, u16),
    /// The device is told a date far from the true one.
    WrongDate,
}

/// A part of a run: one device, and what may happen to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subset {
    /// The device; no other takes part.
    pub device: u32,
    /// What may happen; `None` for everything that chance wants.
    pub incidents: Option<BTreeSet<Incident>>,
}
