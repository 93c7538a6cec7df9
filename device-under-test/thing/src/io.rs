//! All that can happen to a thing, and all that it can ask for.

/// What the driver tells the thing.
///
/// After [`Output::Disconnect`] the driver tells nothing more about the old connection.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Input<'a> {
    /// The device starts: its power came, its sleep ended, or it was reset. Whatever it was doing is
    /// over.
    Wake {
        /// Why it starts.
        cause: WakeCause,
        /// The bytes of the last [`Output::Persist`]; empty when there are none.
        state: &'a [u8],
    },
    /// The network is up.
    NetworkUp,
    /// The network cannot be had, or is lost; with the reason in a few words.
    NetworkDown(&'a str),
    /// The date, in milliseconds since 1970.
    Time {
        /// Milliseconds since 1970-01-01 in UTC.
        unix_ms: u64,
    },
    /// The date cannot be had.
    NoTime,
    /// The connection stands, TLS included.
    Connected,
    /// The connection cannot be had; with the reason in a few words.
    ConnectFailed(&'a str),
    /// Bytes of the answer, cut anywhere.
    Received(&'a [u8]),
    /// The server ended the connection in good order.
    Closed,
    /// The connection broke.
    Reset,
    /// A sensor's value, after [`Output::Sample`]; `None` when the sensor does not answer.
    Sample {
        /// The sensor that was asked.
        sensor: Sensor,
        /// Its value in the unit of the sensor.
        value: Option<i32>,
    },
    /// Somebody types on the console; bytes, cut anywhere. Each line that they end is a command.
    Typed(&'a [u8]),
    /// The time is at or after [`Thing::wake_at`](crate::Thing::wake_at).
    Tick,
}

/// What the thing asks of its driver. None of these is answered at once: the driver returns first.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Output<'a> {
    /// One line for the console, without its end.
    Console(&'a str),
    /// Bring the network up; answered by [`Input::NetworkUp`] or [`Input::NetworkDown`].
    BringUpNetwork,
    /// Find out the date; answered by [`Input::Time`] or [`Input::NoTime`].
    AskTime,
    /// Open a connection; answered by [`Input::Connected`] or [`Input::ConnectFailed`].
    Connect,
    /// Send these bytes. One request comes in one piece.
    Send(&'a [u8]),
    /// End the connection, or stop trying to open it.
    Disconnect,
    /// Set a part of the hardware.
    Drive(Actuator),
    /// Read a sensor; answered by [`Input::Sample`].
    Sample(Sensor),
    /// Keep these bytes, at most [`STATE_BYTES_MAX`](crate::STATE_BYTES_MAX), in place of the former
    /// ones. They must be safe before the next output is obeyed: what follows may be an action that
    /// must not happen twice.
    Persist(&'a [u8]),
    /// Sleep, and wake by [`Input::Wake`]. Always the last output of a wake.
    Sleep {
        /// Seconds to sleep, from 5 to 600.
        seconds: u32,
    },
}

/// Why a device started.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum WakeCause {
    /// The supply voltage dipped and came back.
    Brownout,
    /// A pin, or a person.
    External,
    /// The power came; kept state may be lost.
    PowerOn,
    /// A reset by pin or by command.
    Reset,
    /// The sleep ended as planned.
    Timer,
    /// The watchdog bit.
    Watchdog,
}

impl WakeCause {
    /// The word for it in the first line of a wake.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Brownout => "brownout",
            Self::External => "external",
            Self::PowerOn => "power-on",
            Self::Reset => "reset",
            Self::Timer => "timer",
            Self::Watchdog => "watchdog",
        }
    }
}

/// A part of the hardware that can be set.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Actuator {
    /// The light that signals.
    Led(Switch),
    /// The motor of a shade.
    Motor(Motor),
}

/// On or off.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Switch {
    /// Off.
    Off,
    /// On.
    On,
}

/// What a motor is to do.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Motor {
    /// Turn, until it is told otherwise.
    Run {
        /// Which way.
        direction: Direction,
        /// How hard, in percent of full power, from 0 to 100.
        duty_percent: u8,
    },
    /// Stand still.
    Stop,
}

/// The way that a motor turns.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Direction {
    /// The way that raises, unless the shade is wired the other way round.
    Forward,
    /// The other way.
    Backward,
}

/// A sensor that can be read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Sensor {
    /// The battery's voltage in millivolts.
    BatteryVoltage,
    /// The voltage that the motor is fed with, in millivolts.
    BusVoltage,
    /// The motor's current in milliamperes.
    MotorCurrent,
    /// The temperature in thousandths of a degree Celsius.
    Temperature,
}
