//! The kinds of things there are.

/// A kind of thing: what it is called and what it can do.
#[derive(Debug)]
pub struct Kind {
    /// The name in the first line of a wake, such as `signal-thing`.
    pub name: &'static str,
}

/// Signals with a light as often as it is told.
pub static SIGNAL: Kind = Kind { name: "signal-thing" };

/// Opens and closes a shade with a motor.
pub static SHADE: Kind = Kind { name: "shade-thing" };

/// All kinds.
pub static KINDS: &[&Kind] = &[&SIGNAL, &SHADE];

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
