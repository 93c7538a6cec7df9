//! What goes wrong in a fleet on purpose, each by its place; a run can be told to let only some of it happen.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

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

impl fmt::Display for Incident {
    /// As the command line takes it: `12:cut7`, `13:change2=3`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.wake)?;
        match self.what {
            Mishap::Change(number, value) => write!(f, "change{number}={value}"),
            Mishap::Cut(edge) => write!(f, "cut{edge}"),
            Mishap::Fault(index, connection) => write!(f, "fault{index}@{connection}"),
            Mishap::Loss(way, attempt) => write!(f, "loss{way}.{attempt}"),
            Mishap::Reset(connection, way) => write!(f, "reset{connection}.{way}"),
            Mishap::WrongDate => write!(f, "wrong-date"),
        }
    }
}

impl FromStr for Incident {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bad = || format!("`{text}` is no incident; they are as 12:cut7 or 13:change2=3");
        let (wake, what) = text.split_once(':').ok_or_else(bad)?;
        let number = |text: &str| text.parse::<u16>().map_err(|_| bad());
        let pair = |text: &str, between: char| {
            let (first, second) = text.split_once(between).ok_or_else(bad)?;
            Ok::<_, String>((number(first)?, number(second)?))
        };
        let what = if what == "wrong-date" {
            Mishap::WrongDate
        } else if let Some(rest) = what.strip_prefix("change") {
            let (change, value) = rest.split_once('=').ok_or_else(bad)?;
            let change = change.parse().map_err(|_| bad())?;
            Mishap::Change(change, value.parse().map_err(|_| bad())?)
        } else if let Some(edge) = what.strip_prefix("cut") {
            Mishap::Cut(number(edge)?)
        } else if let Some(rest) = what.strip_prefix("fault") {
            let (index, connection) = pair(rest, '@')?;
            Mishap::Fault(index, connection)
        } else if let Some(rest) = what.strip_prefix("loss") {
            let (way, attempt) = pair(rest, '.')?;
            Mishap::Loss(way, attempt)
        } else {
            let (connection, way) = pair(what.strip_prefix("reset").ok_or_else(bad)?, '.')?;
            Mishap::Reset(connection, way)
        };
        Ok(Self { wake: wake.parse().map_err(|_| bad())?, what })
    }
}

/// What travels over the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carried {
    /// What the cloud sends on a connection.
    Answer,
    /// The wish for a connection.
    Connect,
    /// A request.
    Request,
}

/// What an incident met: what is needed to make it happen again elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Met {
    /// The app side changed something while the device was asleep, or before its request.
    Change,
    /// The power was cut at that.
    Cut(CutAt),
    /// A connection of the wake, from 1, or its request.
    Fault {
        /// The connection.
        connection: u16,
        /// Whether it was met before a request was read.
        on_connect: bool,
    },
    /// Something was delayed by so long in all, or never came.
    Loss {
        /// The connection.
        connection: u16,
        /// What it was.
        carried: Carried,
        /// How long; `None` for ever.
        delay: Option<Duration>,
    },
    /// A connection broke.
    Reset {
        /// The connection.
        connection: u16,
        /// What was on its way.
        carried: Carried,
    },
    /// The date was off by so many milliseconds.
    WrongDate(i64),
}

/// What a device had done last when its power was cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CutAt {
    /// It asked for a connection, so many of the wake before.
    Connect(usize),
    /// It wrote a line, so long after its wake.
    Console(String, Duration),
    /// It did something that nobody sees, so long after its wake.
    Other(Duration),
    /// It sent the request of that connection.
    Request(u16),
    /// It slept.
    Sleep,
    /// It kept its state, so many writes of the wake before; whether only a part of it was written.
    StateWrite(usize, bool),
}

/// A part of a run: one device, and what may happen to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subset {
    /// The device; no other takes part.
    pub device: u32,
    /// What may happen; `None` for everything that chance wants.
    pub incidents: Option<BTreeSet<Incident>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn incidents_are_read_as_they_are_written() {
        let mishaps = [
            Mishap::Change(70_000, 3),
            Mishap::Cut(7),
            Mishap::Fault(2, 1),
            Mishap::Loss(4, 0),
            Mishap::Reset(1, 3),
            Mishap::WrongDate,
        ];
        for what in mishaps {
            let incident = Incident { wake: 12, what };
            assert_eq!(incident.to_string().parse(), Ok(incident));
        }
        for bad in ["", "cut7", "x:cut7", "1:cut", "1:change2", "1:loss4", "1:toast"] {
            assert!(bad.parse::<Incident>().is_err(), "{bad}");
        }
    }
}
