//! Patterns for single events, as `never`, `expect-count` and `expect-gap` take them.

use super::amount::Quantity;
use super::field::{Field, Shape, optional, required};
use super::line::LinePattern;
use super::message_want::{self, MessageWant};
use super::node::{Data, Node};
use super::request_want::{self, RequestWant};
use super::template::Variables;

/// The shape of a pattern for an event.
pub const SHAPE: Shape = Shape::OneOf(&[Shape::Request, Shape::Map(FIELDS)]);

/// The keys of a pattern that is a map.
pub const FIELDS: &[Field] = &[
    optional("console", Shape::Line, "a line on the device's console"),
    optional(
        "message",
        Shape::Map(message_want::FIELDS),
        "a message on a topic, as with `expect-message`",
    ),
    optional("pin", Shape::Map(PIN), "a change of an output of the board"),
    optional("request", request_want::SHAPE, "a request of the device"),
    optional("reset", Shape::Map(RESET), "a reset of the chip"),
    optional("wake", Shape::Map(CAUSE), "a wake of the device"),
];

const RESET: &[Field] = &[optional(
    "cause",
    Shape::List(&Shape::Choice(CAUSES)),
    "only resets with one of these causes",
)];

const PIN: &[Field] = &[
    required("pin", Shape::Text, "the pin, or what hangs on it, by the board's name for it"),
    optional("value", Shape::Integer, "only changes to this value"),
];

const CAUSE: &[Field] =
    &[optional("cause", Shape::List(&Shape::Text), "only wakes with one of these causes")];

/// The causes of a reset.
pub const CAUSES: &[&str] =
    &["power-on", "brownout", "watchdog", "panic", "software", "external", "deep-sleep"];

/// A pattern for an event. Those that no scenario can write are asked for by steps alone.
#[derive(Debug, Clone)]
pub enum Watch {
    /// A connection to the cloud is opened; only steps ask for it.
    Connect,
    /// A line on the console.
    Console(LinePattern),
    /// The current rises above a limit or falls below one, in nanoamperes.
    Current {
        /// The one that it rises above.
        above_na: Option<u64>,
        /// The one that it falls below.
        below_na: Option<u64>,
    },
    /// The fault of that number is met; only steps ask for it.
    FaultMet(u64),
    /// A message.
    Message(Box<MessageWant>),
    /// A pin changes; to this value, where one is named.
    Pin {
        /// Its name.
        pin: String,
        /// The value.
        value: Option<i64>,
    },
    /// A request.
    Request(Box<RequestWant>),
    /// A reset with one of these causes; any where none is named.
    Reset(Vec<String>),
    /// The device goes to sleep; only steps ask for it.
    Sleep,
    /// The power was cut at a write of the device's state; only steps ask for it.
    StateCut,
    /// A wake with one of these causes; any where none is named.
    Wake(Vec<String>),
}

impl Watch {
    /// Reads a checked node; `None` for a map without a key.
    #[must_use]
    pub fn read(node: &Node) -> Option<Self> {
        if !matches!(node.data, Data::Map(_)) {
            return RequestWant::read(node).map(|want| Self::Request(Box::new(want)));
        }
        let causes = |node: &Node| {
            let items = node.get("cause").map_or(&[][..], Node::items);
            items.iter().filter_map(Node::text).map(str::to_owned).collect()
        };
        let (key, value) = node.entries().first()?;
        match key.name.as_str() {
            "console" => LinePattern::read(value).map(Self::Console),
            "message" => MessageWant::read(value).map(|want| Self::Message(Box::new(want))),
            "pin" => Some(Self::Pin {
                pin: value.get("pin").and_then(Node::text)?.to_owned(),
                value: match value.get("value").map(|node| &node.data) {
                    Some(Data::Number(number)) => number.as_i64(),
                    _ => None,
                },
            }),
            "request" => RequestWant::read(value).map(|want| Self::Request(Box::new(want))),
            "reset" => Some(Self::Reset(causes(value))),
            "wake" => Some(Self::Wake(causes(value))),
            _ => None,
        }
    }

    /// Whether it may be a message that the shadow service publishes.
    #[must_use]
    pub fn hears_shadow(&self) -> bool {
        matches!(self, Self::Message(want) if want.topic.may_be_reserved())
    }

    /// The same with the variables of now in what it wants of a line or of a topic.
    #[must_use]
    pub fn filled(&self, known: &Variables) -> Self {
        match self {
            Self::Console(line) => Self::Console(line.filled(known)),
            Self::Message(want) => Self::Message(Box::new(MessageWant {
                topic: want.topic.filled(known),
                ..want.as_ref().clone()
            })),
            other => other.clone(),
        }
    }

    /// The pattern in words: `POST shadow`, `a reset by panic or watchdog`.
    #[must_use]
    pub fn words(&self) -> String {
        let by = |what: &str, causes: &[String]| match causes {
            [] => what.to_owned(),
            causes => format!("{what} by {}", causes.join(" or ")),
        };
        match self {
            Self::Console(line) => format!("a console line {}", line.words()),
            Self::Current { above_na, below_na } => {
                let limit = |word: &str, limit: &Option<u64>| {
                    let limit = Quantity::Current.write((*limit)? as f64);
                    Some(format!("{word} {limit}"))
                };
                let limits = [limit("above", above_na), limit("below", below_na)];
                let limits: Vec<_> = limits.into_iter().flatten().collect();
                format!("a current {}", limits.join(" or "))
            }
            Self::Connect => "a connection".to_owned(),
            Self::Sleep => "a sleep".to_owned(),
            Self::StateCut => "a write of the device's state".to_owned(),
            Self::FaultMet(_) => "the request that it waits for".to_owned(),
            Self::Message(want) => format!("a {}", want.words(&Variables::new())),
            Self::Pin { pin, value: Some(value) } => format!("a change of {pin} to {value}"),
            Self::Pin { pin, value: None } => format!("a change of {pin}"),
            Self::Request(want) => want.pattern.to_string(),
            Self::Reset(causes) => by("a reset", causes),
            Self::Wake(causes) => by("a wake", causes),
        }
    }
}
