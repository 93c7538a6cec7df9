//! All that can happen to a board, and all that it asks for.
#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

use std::net::SocketAddrV4;
use std::time::Duration;

use thing::Actuator;

use crate::app::Sensors;
use crate::boot::ResetCause;
use crate::chips::{Chip, Mac};
use crate::fault::Fault;
use crate::flash::Wear;
use crate::setup::BootMode;

/// What the driver tells the board.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// Bytes came in on the serial line.
    Serial(Vec<u8>),
    /// The host set the rate of its end of the line.
    HostBaud(u32),
    /// The host set its modem lines.
    Lines {
        /// Whether DTR is asserted.
        dtr: bool,
        /// Whether RTS is asserted.
        rts: bool,
    },
    /// Somebody at the bench does something.
    Order(Order),
    /// A frame comes in over the Ethernet cable of a chip that is executed, without its checksum.
    Frame(Vec<u8>),
    /// Something happened to what [`Output::Network`] asked for.
    Network {
        /// The number in the output that it answers; anything older is ignored.
        life: u64,
        /// What happened.
        heard: Heard,
    },
    /// The time is at or after [`Board::wake_at`](crate::Board::wake_at).
    Tick,
}

/// What somebody at the bench can do.
#[derive(Clone, Debug, PartialEq)]
pub enum Order {
    /// All faults end, and no power cut waits any more.
    ClearFaults,
    /// The power is cut at a write of what our own things keep.
    CutAtWrite(CutAtWrite),
    /// The sleep ends as if its time were over; nothing happens to a board that is awake.
    EndSleep,
    /// A fault begins.
    Fault(Fault),
    /// Joining the network takes so long from the next wake on; it takes no time at first.
    JoinTime(Duration),
    /// A pin is pulled low from outside, or let go. The chip does not start while its enable pin is low, and looks at its boot pin
    /// when the power comes and when the enable pin is let go.
    Pin {
        /// Which.
        pin: Pin,
        /// Whether it is low from here on.
        is_low: bool,
    },
    /// The power is cut.
    PowerCut,
    /// The power is cut, and comes back after a while.
    PowerCycle {
        /// How long it is off.
        off: Duration,
        /// What the boot pin says when it comes back.
        into: BootMode,
    },
    /// The power comes back; nothing happens if it is there.
    PowerRestore {
        /// What the boot pin says.
        into: BootMode,
    },
    /// The enable pin is pulled and let go; nothing happens without power.
    Reset {
        /// What the boot pin says.
        into: BootMode,
    },
    /// The supply sags for a moment; below what the detector lets pass, the chip is reset.
    Sag {
        /// To how many millivolts.
        millivolts: u32,
    },
    /// The sensors read something else from here on.
    Sensors(Sensors),
    /// The wake pin is pulled: the sleep ends before its time; nothing happens to a board that is awake.
    Wake,
}

/// A pin that something beside the reset circuit can pull: a button, a relay, a line of another machine.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Pin {
    /// The boot pin: `GPIO0`, or `GPIO9`.
    Boot,
    /// The enable pin: `EN`, or `CHIP_PU`.
    Enable,
}

/// A power cut at a write of what our own things keep. The power stays away until it is restored.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct CutAtWrite {
    /// When, in that write.
    pub at: WriteCut,
    /// How many writes pass before.
    pub after: u32,
}

/// When the power goes away that is cut at a write of what a program keeps.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum WriteCut {
    /// Before a byte is written; the place is erased.
    Before,
    /// When half of the first page is written: 256 bytes, or all if it is shorter.
    During,
    /// When all is written, before the program does anything else.
    After,
}

/// What came over the network.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Heard {
    /// The date, in milliseconds since 1970.
    Date {
        /// Milliseconds since 1970-01-01 in UTC.
        unix_ms: u64,
    },
    /// The date cannot be had.
    NoDate,
    /// The connection stands.
    Connected,
    /// The connection cannot be had; with the reason in a few words.
    ConnectFailed(String),
    /// Bytes of the answer, cut anywhere.
    Received(Vec<u8>),
    /// The other side ended the connection in good order.
    Closed,
    /// The connection broke.
    Reset,
}

/// What the board asks of its driver.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// Send these bytes on the serial line.
    Serial(Vec<u8>),
    /// Send this frame over the Ethernet cable of a chip that is executed.
    Frame(Vec<u8>),
    /// Nobody is at the end of that cable any more: the chip sleeps, is reset, or has no power.
    Unplugged,
    /// The USB port vanishes; it comes back under another name.
    PortGone {
        /// How long it is away.
        away: Duration,
    },
    /// The program wants something of the network.
    Network {
        /// To be given back with the answer.
        life: u64,
        /// What it wants.
        ask: Ask,
    },
    /// Something that an observer may want to know.
    Event(Event),
}

/// What a program wants of the network.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Ask {
    /// The date; answered by [`Heard::Date`] or [`Heard::NoDate`], or not at all where a time server stays silent.
    Date {
        /// The time server, as it is provisioned; without one the clock of this machine tells the date.
        time_server: Option<String>,
        /// Whom to ask for its name; without one this machine's own way.
        name_server: Option<SocketAddrV4>,
    },
    /// A connection in place of any other; answered by [`Heard::Connected`] or [`Heard::ConnectFailed`].
    Connect(Destination),
    /// Send these bytes on the connection.
    Send(Vec<u8>),
    /// End the connection. Also asked for when a board that had one is reset.
    Disconnect,
}

/// Where a connection of a program goes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Destination {
    /// A name or an address, which is also what a certificate must be for.
    pub name: String,
    /// The port.
    pub port: u16,
    /// Whether TLS is spoken, and whom it trusts.
    pub security: Security,
    /// Whom to ask for the name; without one this machine's own way.
    pub name_server: Option<SocketAddrV4>,
}

/// Whether a connection is over TLS.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Security {
    /// It is in the clear.
    Plain,
    /// Over TLS, for which the public roots are trusted.
    PublicRoots,
    /// Over TLS, for which this certificate of a private CA is trusted alone, in DER.
    PrivateCa(Vec<u8>),
}

/// What can be observed of a board besides its serial line.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Event {
    /// A program sets a part of the hardware.
    Drive(Actuator),
    /// One of our own things keeps its state.
    Keep {
        /// Bytes of the state.
        bytes: usize,
        /// What cut the power, if it was cut.
        cut: Option<CutAtWrite>,
    },
    /// A chip that is executed does something that it would not do in silicon, or that this board does not do.
    Note {
        /// What, in a line.
        text: String,
    },
    /// A chip that is executed drives a pin to another level.
    Pin {
        /// The number of its GPIO.
        gpio: usize,
        /// To which level.
        is_high: bool,
    },
    /// The power was cut.
    PowerCut,
    /// The chip starts.
    Reset {
        /// Why.
        cause: ResetCause,
        /// What the boot pin says.
        into: BootMode,
    },
    /// The chip sleeps.
    Sleep {
        /// How long, unless something wakes it.
        seconds: u32,
    },
}

/// What a board is doing.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Activity {
    /// It has no power, or is held in reset.
    Off,
    /// The ROM waits for a download.
    Rom,
    /// The stub waits for commands.
    Stub,
    /// It booted, or is about to run what it booted.
    Run,
    /// It found nothing to boot, and tries again and again.
    Stuck,
    /// It sleeps.
    Asleep,
}

impl Activity {
    /// The word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Rom => "rom",
            Self::Stub => "stub",
            Self::Run => "run",
            Self::Stuck => "stuck",
            Self::Asleep => "asleep",
        }
    }
}

/// How a board is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Status {
    /// Its chip.
    pub chip: Chip,
    /// Its address.
    pub mac: Mac,
    /// What it is doing.
    pub activity: Activity,
    /// The rate of its serial line.
    pub baud: u32,
    /// Resets since it was made, the first start counted.
    pub resets: u64,
    /// What was done to its flash.
    pub wear: Wear,
}
