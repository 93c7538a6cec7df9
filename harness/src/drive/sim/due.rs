//! What is still to happen on the simulated bench.

use thing::WakeCause;

use super::device::Told;
use super::wire::Wire;
use crate::engine::Event;

/// Something that is to happen.
#[derive(Debug)]
pub(super) enum Due {
    /// The chip has started its program.
    Booted { life: u64, cause: WakeCause },
    /// The cloud's side of a connection does something.
    Cloud { connection: u64, act: CloudAct },
    /// The supply comes back.
    PowerOn,
    /// The sleep is over.
    SleepOver { life: u64 },
    /// The thing hears something.
    Told { life: u64, what: Told },
    /// The device hears something on a connection.
    Wire { connection: u64, what: Wire },
}

#[derive(Debug)]
pub(super) enum CloudAct {
    /// The connection is accepted, or what a fault does instead.
    Accept,
    /// A request has come in.
    Request(Vec<u8>),
    /// The answer begins to go out; it is an event for observers.
    Answer(Box<Event>),
}
