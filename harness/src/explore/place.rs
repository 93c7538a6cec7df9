//! Moments of a run at which something can be made to go wrong.

use serde_json::{Value, json};

use super::edges::WAKE;
use crate::engine::event::StateCut;
use crate::time::Moment;

/// How long the power stays off.
const OFF: &str = "3s";

/// When the power is cut. All but the first hold at any speed, since they wait for what they name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// At a point of the run.
    At(Moment),
    /// When a line like this is on the console, after so many of them.
    Console {
        /// The whole line.
        line: String,
        /// How many pass before.
        after: usize,
    },
    /// When a connection is opened, the device sleeps, or it wakes up, after so many of them.
    Event {
        /// `connect`, `sleep` or `wake`.
        name: &'static str,
        /// How many pass before.
        after: usize,
    },
    /// In a request, after so many like it.
    Request {
        /// The request, as `GET shadow`.
        to: String,
        /// When in it, in the words of `cut-power`.
        at: &'static str,
        /// How many pass before.
        after: usize,
    },
    /// At a write of the device's state, after so many.
    StateWrite {
        /// When in it.
        at: StateCut,
        /// How many pass before.
        after: usize,
    },
}

/// Something that goes wrong in a script.
#[derive(Debug, Clone, PartialEq)]
pub enum Mishap {
    /// The power is cut, and comes back after a while.
    Cut(Place),
    /// A fault meets what it is meant for, after so many that it lets pass.
    Fault {
        /// In the words of a scenario.
        fault: Value,
        /// What it is meant for, as `GET shadow`, `connect` or [`WAKE`].
        to: String,
        /// How many it lets pass first.
        after: usize,
    },
    /// The chip is reset by its pin.
    Reset(Moment),
    /// The supply sags for a moment, far enough to reset the chip.
    Sag(Moment),
}

impl Mishap {
    /// The step that makes it happen, and when it is to stand.
    #[must_use]
    pub fn step(&self) -> (Moment, Value) {
        let armed = |when: Value, after: usize| {
            let mut when = when;
            if let (Value::Object(when), 1..) = (&mut when, after) {
                when.insert("after".to_owned(), after.into());
            }
            (Moment::START, json!({ "cut-power": { "when": when, "off-for": OFF } }))
        };
        match self {
            Self::Cut(Place::At(at)) => (*at, json!({ "power": "cycle", "off-for": OFF })),
            Self::Cut(Place::Console { line, after }) => {
                let pattern = format!("^{}$", regex::escape(line));
                armed(json!({ "console": { "$matches": pattern } }), *after)
            }
            Self::Cut(Place::Event { name, after }) => armed(json!({ "event": name }), *after),
            Self::Cut(Place::Request { to, at, after }) => {
                armed(json!({ "request": to, "at": at }), *after)
            }
            Self::Cut(Place::StateWrite { at, after }) => {
                armed(json!({ "state-write": at.word() }), *after)
            }
            Self::Fault { fault, to, after } => {
                let mut step = json!({ "fault": fault, "to": to, "after": after });
                if let (WAKE, Some(step)) = (to.as_str(), step.as_object_mut()) {
                    step.shift_remove("to");
                }
                (Moment::START, step)
            }
            Self::Reset(at) => (*at, json!({ "reset": "pin" })),
            Self::Sag(at) => (*at, json!({ "brownout": { "to": "2.5V", "for": "30ms" } })),
        }
    }

    /// The same among others that are armed before it: what one of them takes, this one does not count.
    #[must_use]
    pub fn among(&self, earlier: &[Self]) -> Self {
        let mut mishap = self.clone();
        if let Some((to, after)) = self.target() {
            let takes = |other: &&Self| {
                other.target().is_some_and(|(other_to, before)| other_to == to && before < after)
            };
            let left = after - earlier.iter().filter(takes).count().min(after);
            match &mut mishap {
                Self::Cut(Place::Request { after, .. }) | Self::Fault { after, .. } => {
                    *after = left
                }
                Self::Cut(_) | Self::Reset(_) | Self::Sag(_) => {}
            }
        }
        mishap
    }

    /// What the cloud is to do something to, and how many like it come before.
    fn target(&self) -> Option<(&str, usize)> {
        match self {
            Self::Cut(Place::Request { to, after, .. }) | Self::Fault { to, after, .. } => {
                Some((to, *after))
            }
            Self::Cut(_) | Self::Reset(_) | Self::Sag(_) => None,
        }
    }

    /// The point of the run that it stands at; the beginning for what waits for something.
    #[must_use]
    pub fn at(&self) -> Moment {
        self.step().0
    }

    /// What a bench must be able to do for it, beside a console.
    #[must_use]
    pub const fn needs(&self) -> Option<&'static str> {
        match self {
            Self::Cut(Place::StateWrite { .. }) => {
                Some("a power switch, and a bench that sees writes of the state")
            }
            Self::Cut(_) => Some("a power switch"),
            Self::Fault { .. } | Self::Reset(_) => None,
            Self::Sag(_) => Some("a programmable supply"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(to: &str, after: usize) -> Mishap {
        Mishap::Fault { fault: json!({ "kind": "empty" }), to: to.to_owned(), after }
    }

    #[test]
    fn a_fault_does_not_count_what_an_earlier_one_takes() {
        let (get, post) = ("GET shadow", "POST shadow");
        let cut = Mishap::Cut(Place::Request { to: get.to_owned(), at: "body", after: 1 });
        let earlier = [fault(get, 0), cut, fault(post, 0), fault(get, 7)];
        assert_eq!(fault(get, 5).among(&earlier), fault(get, 3));
        assert_eq!(fault(get, 1).among(&earlier), fault(get, 0));
        assert_eq!(fault(post, 2).among(&earlier), fault(post, 1));
        assert_eq!(Mishap::Reset(Moment::START).among(&earlier), Mishap::Reset(Moment::START));
    }
}
