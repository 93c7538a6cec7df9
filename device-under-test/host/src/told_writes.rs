//! Writes of the state that a rig is told of on the console, and may have end in the middle.
//!
//! The device says `shadowrig: keeps N bytes` before it writes, waits for a line that says how much of it, and where it is to stop then,
//! says `shadowrig: kept` and does nothing more: its power is cut.

use std::sync::mpsc::{Receiver, Sender};
use std::time::Duration;

/// The value of `SHADOWRIG_STATE_WRITES` with which a rig asks for it.
pub const TOLD: &str = "told";

/// How the line begins that tells of a write; its bytes follow.
pub const KEEPS: &str = "shadowrig: keeps ";

/// The line that tells of one that ended where it was to end.
pub const KEPT: &str = "shadowrig: kept";

/// How a reply begins.
pub const REPLY: &str = "keep ";

/// How long the reply is waited for; without one all is written.
pub(crate) const REPLY_TIME_MAX: Duration = Duration::from_secs(10);

/// How much of a write is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// All of it.
    All,
    /// A part, which our store never takes for the whole.
    Half,
    /// Nothing.
    Nothing,
}

/// What a rig wants of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reply {
    /// How much of it is done.
    pub extent: Extent,
    /// Whether the device does nothing more then.
    pub stops: bool,
}

impl Reply {
    /// All, and the device goes on.
    pub const GO_ON: Self = Self { extent: Extent::All, stops: false };

    const WORDS: [(&'static str, Self); 4] = [
        ("all", Self::GO_ON),
        ("all, stop", Self { extent: Extent::All, stops: true }),
        ("half, stop", Self { extent: Extent::Half, stops: true }),
        ("nothing, stop", Self { extent: Extent::Nothing, stops: true }),
    ];

    /// Reads a line; none if it is no reply.
    #[must_use]
    pub fn read(line: &str) -> Option<Self> {
        let words = line.strip_prefix(REPLY)?.trim_end();
        Self::WORDS.iter().find(|(known, _)| *known == words).map(|(_, reply)| *reply)
    }

    /// The line that says so, without its end.
    #[must_use]
    pub fn line(self) -> String {
        let found = Self::WORDS.iter().find(|(_, reply)| *reply == self);
        format!("{REPLY}{}", found.map_or("all", |(words, _)| words))
    }
}

/// Where replies come in.
pub(crate) type Replies = Receiver<Reply>;

/// Passes a line on, if it is a reply to somebody who waits for one.
pub(crate) fn pass_on(line: &str, replies: Option<&Sender<Reply>>) -> bool {
    let (Some(replies), Some(reply)) = (replies, Reply::read(line)) else { return false };
    // A driver that has ended waits for nothing.
    let _ = replies.send(reply);
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replies_are_read_as_they_are_written() {
        for (_, reply) in Reply::WORDS {
            assert_eq!(Reply::read(&reply.line()), Some(reply));
        }
        assert_eq!(Reply::read("keep calm"), None);
        assert_eq!(Reply::read("wake"), None);
    }
}
