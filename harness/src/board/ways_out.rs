//! What is done about a board that is in its loader and should run, one after another: the cheapest first.

/// A way out of a loader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WayOut {
    /// Another reset; some circuits need a second one.
    Reset,
    /// The supply is cut for a moment, where something switches it.
    Supply,
    /// The chip's own watchdog, which looks at the boot pin anew where a reset over USB does not.
    Watchdog,
}

/// All of them, in their order.
pub(super) const WAYS_OUT: [WayOut; 4] =
    [WayOut::Reset, WayOut::Watchdog, WayOut::Reset, WayOut::Supply];

impl WayOut {
    /// What is done, in words.
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::Reset => "it is reset again",
            Self::Supply => "its supply is cut for a moment",
            Self::Watchdog => "its watchdog resets it",
        }
    }
}
