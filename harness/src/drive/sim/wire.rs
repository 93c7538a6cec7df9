//! What the device hears on a connection, and when the cloud's steps make it heard.

use fake_shadow::message::{Request, WireStep};
use thing::Input;

use crate::time::Moment;

/// Something that the device hears on a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wire {
    /// It stands.
    Connected,
    /// It cannot be had, and why.
    Failed(&'static str),
    /// Bytes.
    Bytes(Vec<u8>),
    /// It ended in order.
    Closed,
    /// It broke.
    Reset,
}

impl Wire {
    /// How the device is told.
    #[must_use]
    pub fn input(&self) -> Input<'_> {
        match self {
            Self::Connected => Input::Connected,
            Self::Failed(reason) => Input::ConnectFailed(reason),
            Self::Bytes(bytes) => Input::Received(bytes),
            Self::Closed => Input::Closed,
            Self::Reset => Input::Reset,
        }
    }
}

/// What goes out when the cloud takes steps from a point in time on, in order.
#[must_use]
pub fn sendings(from: Moment, steps: Vec<WireStep>) -> Vec<(Moment, Wire)> {
    let mut at = from;
    let mut sendings = Vec::with_capacity(steps.len());
    for step in steps {
        let what = match step {
            WireStep::Wait(span) => {
                at = at.after(span);
                continue;
            }
            WireStep::Hold(span) => {
                at = at.after(span);
                Wire::Closed
            }
            WireStep::Send(bytes) => Wire::Bytes(bytes),
            WireStep::Close => Wire::Closed,
            WireStep::Reset => Wire::Reset,
        };
        sendings.push((at, what));
    }
    sendings
}

/// The steps with what ends a connection behind an answer that does not end it by itself.
#[must_use]
pub fn with_end(mut steps: Vec<WireStep>, request: &Request) -> Vec<WireStep> {
    let ends = matches!(steps.last(), Some(WireStep::Close | WireStep::Reset | WireStep::Hold(_)));
    if !ends && !request.keeps_alive() {
        steps.push(WireStep::Close);
    }
    steps
}
