//! The tables that make a kind of thing: what it keeps, what it does, what it measures.
//!
//! A new kind is one file beside `signal.rs` with such a table, and one line in [`KINDS`].

use crate::activity::Activity;
use crate::child;
use crate::io::Sensor;
use crate::json::{Object, Value};
use crate::state::{OWN_PARAMS_MAX, Params, Status};
use crate::text::Text;

pub use child::shade::SHADE;
pub use child::signal::SIGNAL;

/// All kinds.
pub static KINDS: &[&Kind] = &[&SIGNAL, &SHADE];

/// Conditions that a kind can have.
pub(crate) const CONDITIONS_MAX: usize = 4;

/// A kind of thing: what it is called and what it can do.
pub struct Kind {
    /// The name in the first line of a wake, such as `signal-thing`.
    pub name: &'static str,
    /// The kind's own params as a device has them that was never used.
    pub(crate) fresh: [i32; OWN_PARAMS_MAX],
    /// What can be desired and is reported back, besides what all kinds have.
    pub(crate) params: &'static [Param],
    /// What it can do, in the order in which it is done.
    pub(crate) operations: &'static [Operation],
    /// The tests that it knows by name.
    pub(crate) tests: &'static [Test],
    /// What it measures on each wake.
    pub(crate) conditions: &'static [Condition],
}

impl Kind {
    /// The kind of this name, with or without `-thing` at its end.
    #[must_use]
    pub fn by_name(name: &str) -> Option<&'static Self> {
        KINDS
            .iter()
            .copied()
            .find(|kind| kind.name == name || kind.name.strip_suffix("-thing") == Some(name))
    }
}

impl core::fmt::Debug for Kind {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.debug_struct("Kind").field("name", &self.name).finish_non_exhaustive()
    }
}

/// The current value of a param.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Current<'a> {
    Integer(i64),
    Text(&'a str),
}

impl Current<'_> {
    /// Whether a value of a document means the same.
    pub(crate) fn is(self, value: Value<'_>) -> bool {
        match self {
            Self::Integer(number) => value.integer() == Some(number),
            Self::Text(text) => value.string().is_some_and(|string| string.is(text)),
        }
    }
}

/// A value that can be desired and is reported back.
pub(crate) struct Param {
    pub(crate) key: &'static str,
    pub(crate) current: fn(&Params) -> Current<'_>,
    /// Takes over what was reported earlier, if it makes sense: how a device that lost its state
    /// finds out what it had already done.
    pub(crate) adopt: fn(&mut Params, Value<'_>),
}

/// Something that a thing does when it is desired.
pub(crate) struct Operation {
    pub(crate) key: &'static str,
    /// Other keys that it depends on: when one of them changes, that is a new request.
    pub(crate) inputs: &'static [&'static str],
    /// Whether desired and current differ.
    pub(crate) is_due: fn(&Params, Object<'_>) -> bool,
    /// Checks what is desired and begins. Leaves the params alone if it refuses; otherwise sets them
    /// to what holds if the power is cut from here on.
    pub(crate) begin: fn(&mut Request<'_>) -> Begun,
}

/// A test that can be asked for by its name.
pub(crate) struct Test {
    pub(crate) name: &'static str,
    pub(crate) begin: fn(&mut Request<'_>) -> Begun,
}

/// What an operation or a test works on.
pub(crate) struct Request<'a> {
    pub(crate) kind: &'static Kind,
    pub(crate) desired: Object<'a>,
    pub(crate) params: &'a mut Params,
    /// Whether an operation ever ran on this device.
    pub(crate) is_experienced: bool,
}

/// What came of beginning an operation.
pub(crate) enum Begun {
    /// It cannot be done; nothing was done.
    Refused(Status),
    /// It is done already, and moved nothing.
    Done(Status),
    /// It takes its time, or moves something.
    Started(Activity),
}

/// Something that is measured on each wake, and reported when it has changed enough or when its last
/// report has become old.
pub(crate) struct Condition {
    pub(crate) key: &'static str,
    pub(crate) sensor: Sensor,
    /// Reported when it differs by more than this from what was reported.
    pub(crate) threshold: Option<u32>,
    /// Reported when it was reported longer ago than this, in seconds.
    pub(crate) interval_s: Option<u32>,
    /// What is reported for the sensor's value; `None` reports nothing.
    pub(crate) value: fn(Option<i32>) -> Option<i64>,
}

/// The status for a desired value that cannot be obeyed: `sleep: 3 refused: <why>`.
pub(crate) fn refusal(key: &str, value: Option<Value<'_>>, why: &[&str]) -> Status {
    /// Bytes of the value that are shown; the value may be a whole document.
    const SHOWN_BYTES_MAX: usize = 24;
    let shown = Text::<SHOWN_BYTES_MAX>::of(&[value.map_or("nothing", Value::raw)]);
    let cut = if shown.is_cut() { "..." } else { "" };
    let mut status = Status::of(&[key, ": ", shown.as_str(), cut, " refused: "]);
    why.iter().for_each(|part| status.push_str(part));
    status
}
