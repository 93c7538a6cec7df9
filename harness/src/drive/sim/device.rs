//! The device's own logic as a simulation drives it, and what it asks for.

use std::fmt::Debug;
use std::time::Duration;

use thing::{Input, Instant, Kind, Lent, Output, Sensor, Thing};

use super::timing::{NETWORK_UP, SAMPLE, TIME_TOLD};

/// What runs on a simulated chip. [`Thing`] is the device that users get; tests put devices with planted bugs in its place.
///
/// It keeps nothing across a sleep but what it persists: whoever drives it may wake another one in its place.
pub trait Device: Debug + Send {
    /// When [`Input::Tick`] is due, if nothing else comes before.
    fn wake_at(&self) -> Option<Instant>;

    /// Takes one input and gives all that follows from it to `sink`, in order.
    fn handle(
        &mut self,
        lent: Lent<'_>,
        now: Instant,
        input: Input<'_>,
        sink: &mut dyn FnMut(Output<'_>),
    );

    /// What is found of a state after the power was cut while it was written in place of an older one. A store that is always
    /// whole, as [`Output::Persist`] demands, still has the older one.
    fn torn(&self, old: &[u8], _new: &[u8]) -> Vec<u8> {
        old.to_vec()
    }

    /// Whether its program crashed in the last call, so that the chip is reset. Ours never does.
    fn has_crashed(&self) -> bool {
        false
    }
}

impl Device for Thing {
    fn wake_at(&self) -> Option<Instant> {
        Self::wake_at(self)
    }

    fn handle(
        &mut self,
        lent: Lent<'_>,
        now: Instant,
        input: Input<'_>,
        sink: &mut dyn FnMut(Output<'_>),
    ) {
        Self::handle(self, lent, now, input, sink);
    }
}

/// Makes the device of a kind, asleep.
pub type MakeDevice = fn(&'static Kind) -> Box<dyn Device>;

/// The thing as it is.
#[must_use]
pub fn thing(kind: &'static Kind) -> Box<dyn Device> {
    Box::new(Thing::new(kind))
}

/// What a device is told a while after it asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// The network is up.
    NetworkUp,
    /// A sensor's value.
    Sample(Sensor),
    /// The date.
    Time,
}

/// What a device wants, owned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Want {
    /// A connection.
    Connect,
    /// A line on the console.
    Console(String),
    /// The end of the connection.
    Disconnect,
    /// A part of the hardware is set; nothing comes back.
    Drive,
    /// These bytes kept across sleep and power loss.
    Persist(Vec<u8>),
    /// These bytes sent.
    Send(Vec<u8>),
    /// Sleep.
    Sleep(Duration),
    /// To be told something, after this span.
    Tell(Told, Duration),
}

impl From<Output<'_>> for Want {
    fn from(output: Output<'_>) -> Self {
        match output {
            Output::Console(line) => Self::Console(line.to_owned()),
            Output::BringUpNetwork => Self::Tell(Told::NetworkUp, NETWORK_UP),
            Output::AskTime => Self::Tell(Told::Time, TIME_TOLD),
            Output::Connect => Self::Connect,
            Output::Send(bytes) => Self::Send(bytes.to_vec()),
            Output::Disconnect => Self::Disconnect,
            Output::Drive(_) => Self::Drive,
            Output::Sample(sensor) => Self::Tell(Told::Sample(sensor), SAMPLE),
            Output::Persist(bytes) => Self::Persist(bytes.to_vec()),
            Output::Sleep { seconds } => Self::Sleep(Duration::from_secs(seconds.into())),
        }
    }
}

/// What the sensors of the simulated board say.
#[must_use]
pub const fn reading(sensor: Sensor) -> i32 {
    match sensor {
        Sensor::BatteryVoltage | Sensor::BusVoltage => 3900,
        Sensor::MotorCurrent => 120,
        Sensor::Temperature => 21_000,
    }
}
