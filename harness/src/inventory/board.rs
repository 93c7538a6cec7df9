//! A board of this host as its inventory tells of it.

#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

use std::time::Duration;

use super::Mac;
use crate::board::port::{PortOptions, Wiring};
use crate::board::probe::Selector;
use crate::board::serial::NO_TABLE;
use crate::drive::Facts;
use crate::scenario::node::Span;
use crate::scenario::plan::CloudKind;

/// The chip of a board that the rig starts itself, where the inventory names none.
pub const CHIP_OF_VIRTUAL: &str = "esp32c3";

/// All boards of a host, in the order of the file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Inventory {
    /// The boards; names and MACs are unique.
    pub boards: Vec<KnownBoard>,
}

impl Inventory {
    /// The board of that name.
    #[must_use]
    pub fn by_name(&self, name: &str) -> Option<&KnownBoard> {
        self.boards.iter().find(|board| board.name == name)
    }

    /// The board with that MAC.
    #[must_use]
    pub fn by_mac(&self, mac: Mac) -> Option<&KnownBoard> {
        self.boards.iter().find(|board| board.mac == mac)
    }
}

/// One board.
#[derive(Debug, Clone, PartialEq)]
pub struct KnownBoard {
    /// What people call it.
    pub name: String,
    /// The MAC in its efuses: who it is.
    pub mac: Mac,
    /// Its chip, as `esp32c3`; `None` until it was learned.
    pub chip: Option<String>,
    /// Where it hung when it was seen last.
    pub usb: UsbHints,
    /// Its serial line.
    pub serial: Serial,
    /// The debug probe that it hangs on, where it is used by it.
    pub probe: Option<Selector>,
    /// Words to choose it by, as `motor` or `rig:window-2`.
    pub labels: Vec<String>,
    /// What switches its supply.
    pub power: Option<Switch>,
    /// How long its supply is cut before the first case of each run, for a board that hangs over days; `None` to leave it there.
    pub cycle: Option<Duration>,
    /// What measures its current.
    pub meter: Option<MeterSetting>,
    /// What pulls the pin that wakes it.
    pub wake: Option<Switch>,
    /// The name of the secret on this host that has its Wi-Fi network.
    pub wifi: Option<String>,
    /// The command that takes its Wi-Fi away.
    pub access_point: Option<String>,
    /// Words for people.
    pub notes: Option<String>,
    /// Where it stands in the file.
    pub span: Span,
}

/// Where a board hung when it was seen last: hints to find it, never its identity.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UsbHints {
    /// The chain of hub ports, as `1-1.4`.
    pub path: Option<String>,
    /// The serial number that its USB side tells.
    pub serial: Option<String>,
}

/// The serial line of a board.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Serial {
    /// What it is made of, which decides what sleep does to the port.
    pub kind: SerialKind,
    /// The port where it was seen last: a path or an `rfc2217://` address.
    pub port: Option<String>,
    /// The control socket of a virtual board that runs on its own: its pseudo-terminal has no reset lines.
    pub control: Option<String>,
    /// The highest rate at which its flash is written, for a cable or a bridge that takes no more.
    pub baud: Option<u32>,
    /// How its lines act on the chip, where that is not as usual.
    pub reset: Option<Wiring>,
    /// What pulls its reset and boot pins, where that is none of its lines.
    pub pins: Option<PinSwitches>,
}

impl Serial {
    /// How its port is opened.
    #[must_use]
    pub fn options(&self) -> PortOptions {
        PortOptions {
            wiring: self.reset.clone(),
            flash_baud_max: self.baud,
            ..PortOptions::default()
        }
    }
}

/// What a serial line is made of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SerialKind {
    /// A bridge chip between USB and the board's UART; it stays when the board sleeps. The default.
    #[default]
    UartBridge,
    /// The unit in the chip; the port goes away when the board sleeps.
    UsbSerialJtag,
    /// None: a virtual board that the rig starts itself.
    Virtual,
}

impl SerialKind {
    /// All kinds with their words.
    pub const WORDS: [(&'static str, Self); 3] = [
        ("uart-bridge", Self::UartBridge),
        ("usb-serial-jtag", Self::UsbSerialJtag),
        ("virtual", Self::Virtual),
    ];

    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::UartBridge => "uart-bridge",
            Self::UsbSerialJtag => "usb-serial-jtag",
            Self::Virtual => "virtual",
        }
    }
}

/// What pulls the reset and boot pins of a board whose serial port does not: each switched on is its pin pulled low.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PinSwitches {
    /// The enable pin: `EN`, `CHIP_PU` or `RST`.
    pub enable: Switch,
    /// The boot pin, `GPIO0` or `GPIO9`; `None` where DTR reaches it, or a person does.
    pub boot: Option<Switch>,
}

/// What switches a supply, or pulls a pin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Switch {
    /// Two commands of the host.
    Command {
        /// Cuts the supply.
        cut: Vec<String>,
        /// Restores it.
        restore: Vec<String>,
        /// How long one may take.
        within: Duration,
    },
    /// A command that pulls a pin for as long as it runs. It switches no supply.
    HeldCommand {
        /// The program with its arguments.
        command: Vec<String>,
    },
    /// A relay on a serial line that obeys fixed bytes.
    SerialRelay {
        /// Its port.
        port: String,
        /// Its rate in bits a second.
        baud: u32,
        /// The bytes that cut the supply.
        cut: Vec<u8>,
        /// The bytes that restore it.
        restore: Vec<u8>,
    },
    /// A Shelly plug or relay.
    Shelly {
        /// Its address, as `http://192.0.2.7`.
        url: String,
        /// Which of its relays, from 0.
        channel: u8,
    },
    /// A plug with Tasmota on it.
    Tasmota {
        /// Its address.
        url: String,
        /// Which of its relays, from 1.
        channel: u8,
    },
    /// A USB hub with switched ports, by the program `uhubctl`.
    Uhubctl {
        /// The place of the hub, as `1-1`.
        hub: String,
        /// The port of the hub, from 1.
        port: u8,
    },
    /// The control socket of a virtual board.
    Virtual {
        /// The path of the socket; `None` for a board that the rig starts itself.
        control: Option<String>,
    },
}

impl Switch {
    /// The word for its kind.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Command { .. } => "command",
            Self::HeldCommand { .. } => "held-command",
            Self::SerialRelay { .. } => "serial-relay",
            Self::Shelly { .. } => "shelly",
            Self::Tasmota { .. } => "tasmota",
            Self::Uhubctl { .. } => "uhubctl",
            Self::Virtual { .. } => "virtual",
        }
    }
}

/// What measures a board's current.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MeterSetting {
    /// Where it is found.
    pub found: MeterPlace,
    /// The supply that it gives in millivolts; `None` to measure a board with a supply of its own.
    pub source_mv: Option<u16>,
}

/// Where a meter is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MeterPlace {
    /// On this port.
    Port(String),
    /// Wherever its USB serial number is.
    Serial(String),
}

impl KnownBoard {
    /// What it is and what it can do, known without touching it: the same as its adapter says.
    #[must_use]
    pub fn facts(&self) -> Facts {
        let is_virtual = self.serial.kind == SerialKind::Virtual;
        let chip = || is_virtual.then(|| CHIP_OF_VIRTUAL.to_owned());
        Facts {
            board: self.name.clone(),
            chip: self.chip.clone().or_else(chip),
            can: self.can(),
            cloud: CloudKind::Fake,
            cannot: (self.chip.as_deref() == Some("esp8266"))
                .then_some(NO_TABLE)
                .into_iter()
                .collect(),
        }
    }

    /// Whether a port is the serial side of a board that is used by its debug probe. A chip with both in its USB tells its MAC as the
    /// serial number of both.
    #[must_use]
    pub fn is_on_probe_at(&self, port: &str, usb: &UsbHints) -> bool {
        let Some(selector) = &self.probe else { return false };
        let is_its_number = |number: &str| {
            Mac::parse(number) == Some(self.mac)
                || selector
                    .serial
                    .as_deref()
                    .is_some_and(|serial| serial.eq_ignore_ascii_case(number))
        };
        self.serial.port.as_deref() == Some(port)
            || usb.serial.as_deref().is_some_and(is_its_number)
    }

    /// What it can do, in the words of `board: { needs: [...] }`.
    #[must_use]
    pub fn can(&self) -> Vec<&'static str> {
        let is_virtual = self.serial.kind == SerialKind::Virtual;
        let mut can = vec!["console"];
        if self.probe.is_some() {
            can.push("debug-probe");
        } else if !is_virtual && self.serial.control.is_none() && self.serial.pins.is_none() {
            can.push("reset-line");
        }
        if self.power.is_some() || is_virtual {
            can.push("power-switch");
        }
        if is_virtual {
            can.push("state-writes");
        }
        if is_virtual || matches!(self.power, Some(Switch::Virtual { .. })) {
            can.push("programmable-supply");
        }
        if self.meter.is_some() || is_virtual {
            can.push("current-meter");
        }
        if self.wake.is_some() || is_virtual {
            can.push("wake-pin");
        }
        if is_virtual {
            can.push("motor");
        }
        can
    }
}
