//! The keys of an inventory, as tables: they check a file and name the nearest key to a misspelled one.

#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

use crate::scenario::field::{Field, Shape, optional, required};
use crate::scenario::top::CHIPS;

/// The keys at the top.
pub const TOP: &[Field] =
    &[optional("board", Shape::List(&Shape::Map(BOARD)), "the boards, each below `[[board]]`")];

/// The keys of a board.
pub const BOARD: &[Field] = &[
    required("name", Shape::Text, "what people call it"),
    required("mac", Shape::Text, "the MAC in its efuses: its identity"),
    optional("chip", Shape::Choice(CHIPS), "its chip"),
    optional("usb", Shape::Map(USB), "where it hung when it was seen last: hints to find it"),
    optional("serial", Shape::Map(SERIAL), "its serial line"),
    optional("labels", Shape::List(&Shape::Text), "words to choose it by"),
    optional("power", Shape::Object, "what switches its supply"),
    optional("meter", Shape::Map(METER), "what measures its current"),
    optional(
        "probe",
        Shape::Map(PROBE),
        "the debug probe by which it is flashed and heard, in place of its serial line",
    ),
    optional("wake", Shape::Map(WAKE), "what wakes it before its time"),
    optional("wifi", Shape::Text, "the name of the secret with its Wi-Fi network"),
    optional(
        "access-point",
        Shape::Text,
        "the command that takes its Wi-Fi away: it gets `drop`, `deauth` or `restore` as its last argument",
    ),
    optional("notes", Shape::Text, "words for people"),
];

const USB: &[Field] = &[
    optional("path", Shape::Text, "the chain of hub ports, as `1-1.4`"),
    optional("serial", Shape::Text, "the serial number of its USB side"),
];

const SERIAL: &[Field] = &[
    optional(
        "kind",
        Shape::Choice(&["uart-bridge", "usb-serial-jtag", "virtual"]),
        "what it is made of; `virtual` is a board that the rig starts itself",
    ),
    optional("port", Shape::Text, "where it was seen last: a path or an rfc2217:// address"),
    optional(
        "control",
        Shape::Text,
        "the control socket of a virtual board that runs on its own: its pseudo-terminal has no reset lines",
    ),
    optional("baud", Shape::Whole, "the highest rate at which its flash is written"),
    optional("reset", Shape::Map(RESET), "what DTR and RTS have to do, where that is not as usual"),
    optional(
        "pins",
        Shape::Map(PINS),
        "what pulls its reset and boot pins, where DTR and RTS do not",
    ),
];

const RESET: &[Field] = &[
    required("download", Shape::Text, "into its loader, as esptool's custom_reset_sequence"),
    required("run", Shape::Text, "into what was flashed"),
];

const PINS: &[Field] = &[
    required("enable", Shape::Object, "what pulls its enable pin low: EN, CHIP_PU or RST"),
    optional("boot", Shape::Object, "what pulls its boot pin low: GPIO0, or GPIO9"),
];

const PROBE: &[Field] = &[
    optional("usb", Shape::Text, "its vendor and product, as `303a:1001`"),
    optional("serial", Shape::Text, "its serial number"),
];

const METER: &[Field] = &[
    required("kind", Shape::Choice(&["ppk2"]), "which meter"),
    optional("serial", Shape::Text, "its USB serial number"),
    optional("port", Shape::Text, "its port"),
    optional("volts", Shape::Text, "the supply that it gives, from 0.8 to 5.0"),
];

const WAKE: &[Field] = &[
    optional("gpio", Shape::Whole, "the pin of the chip that wakes it, for people"),
    optional("by", Shape::Object, "what pulls that pin low"),
];

/// A kind of switch by its word, with its keys.
pub type SwitchKind = (&'static str, &'static [Field]);

/// The switches of supplies that are known.
pub const SWITCHES: &[SwitchKind] = &[
    (
        "command",
        &[
            SWITCH,
            CYCLE,
            required("cut", Shape::Text, "the command that cuts the supply"),
            required("restore", Shape::Text, "the command that restores it"),
            optional("within", Shape::Span, "how long one may take; default 10s"),
        ],
    ),
    (
        "serial-relay",
        &[
            SWITCH,
            CYCLE,
            required("port", Shape::Text, "the port of the relay"),
            optional("baud", Shape::Whole, "its rate; default 9600"),
            optional(
                "cut",
                Shape::Text,
                "the bytes in hex that cut the supply; default A0 01 00 A1",
            ),
            optional("restore", Shape::Text, "the bytes that restore it; default A0 01 01 A2"),
        ],
    ),
    ("shelly", SUPPLY_PLUG),
    ("tasmota", SUPPLY_PLUG),
    (
        "uhubctl",
        &[
            SWITCH,
            CYCLE,
            required("hub", Shape::Text, "the place of the hub, as `1-1`"),
            required("port", Shape::Whole, "the port of the hub, from 1"),
        ],
    ),
    (
        "virtual",
        &[
            SWITCH,
            CYCLE,
            optional("control", Shape::Text, "the control socket of the virtual board"),
        ],
    ),
];

/// What can pull a pin: the same switches, whose contact then lies between the pin and ground.
pub const PIN_SWITCHES: &[SwitchKind] = &[
    (
        "command",
        &[
            SWITCH,
            required("pull", Shape::Text, "the command that pulls the pin low"),
            required("release", Shape::Text, "the command that lets it go"),
            optional("within", Shape::Span, "how long one may take; default 10s"),
        ],
    ),
    (
        "held-command",
        &[SWITCH, required("command", Shape::Text, "the command that pulls the pin while it runs")],
    ),
    (
        "serial-relay",
        &[
            SWITCH,
            required("port", Shape::Text, "the port of the relay"),
            optional("baud", Shape::Whole, "its rate; default 9600"),
            optional(
                "pull",
                Shape::Text,
                "the bytes in hex that close its contact; default A0 01 01 A2",
            ),
            optional("release", Shape::Text, "the bytes that open it; default A0 01 00 A1"),
        ],
    ),
    ("shelly", PLUG),
    ("tasmota", PLUG),
];

const PLUG: &[Field] = &[SWITCH, PLUG_URL, PLUG_CHANNEL];

const SUPPLY_PLUG: &[Field] = &[SWITCH, CYCLE, PLUG_URL, PLUG_CHANNEL];

const PLUG_URL: Field = required("url", Shape::Text, "its address, as `http://192.0.2.7`");

const PLUG_CHANNEL: Field = optional("channel", Shape::Whole, "which of its relays");

const CYCLE: Field =
    optional("cycle", Shape::Span, "cut the supply for so long before the first case of each run");

const SWITCH: Field = required("switch", Shape::Text, "which kind of switch");
