//! What a fault does when it is met.

use std::collections::VecDeque;
use std::time::Duration;

use rand_chacha::ChaCha8Rng;

use super::dns::DnsFlaw;
use super::error::FaultError;
use super::ntp::NtpFlaw;
use super::params::Params;
use super::tls::TlsFlaw;
use super::wifi::WifiFlaw;
use crate::clock::UnixMillis;
use crate::message::{Response, WireStep};
use crate::operation::Operation;
use crate::shadow::{Limits, ShadowId};
use crate::wire::WireAnswer;

/// How long a connection rests between the last byte sent and a reset, so that the client can take the bytes: a reset
/// may throw away what the other side has not read.
pub(super) const SETTLE: Duration = Duration::from_millis(50);

/// What every kind of fault has.
pub(super) trait Behavior: Sized {
    /// How often it acts unless the fault says otherwise; none for no end.
    const TIMES: Option<u32> = Some(1);

    /// Why it cannot be done to the answers of a service elsewhere; none if it can.
    const NEEDS_FAKE: Option<&'static str> = None;

    /// Reads its parameters.
    fn read(params: &mut Params<'_>) -> Result<Self, FaultError>;

    /// What it does where no request is known yet, if it acts there and not on requests.
    fn elsewhere(&self) -> Option<Elsewhere> {
        None
    }

    /// Whether it lets this request pass although everything else fits; `passed` remembers the ones it let pass.
    fn spares(&self, _passed: &mut VecDeque<UnixMillis>, _now: UnixMillis) -> bool {
        false
    }

    /// How likely it acts on one that fits unless the fault says otherwise, 0 to 1.
    fn chance(&self) -> f64 {
        1.0
    }

    /// Whether what it does, beyond whether it acts, is decided by chance.
    fn rolls(&self) -> bool {
        false
    }

    /// What it does to a request.
    fn act(&self, met: &mut Met<'_>) -> Act;
}

/// What a fault knows about the request that met it.
pub(super) struct Met<'a> {
    /// What is asked for, if that is something.
    pub(super) operation: Option<&'a Operation>,
    /// The id for an answer that the service does not make.
    pub(super) request_id: &'a str,
    pub(super) limits: &'a Limits,
    pub(super) chance: &'a mut ChaCha8Rng,
}

/// What a fault does that acts on something else than requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Elsewhere {
    /// To a new connection.
    Connect(OnConnect),
    /// To the TLS handshake of a new connection; one without TLS does not meet it.
    Handshake(OnHandshake),
    /// To a question for a name.
    Name(DnsFlaw),
    /// To the device's radio link.
    Radio(WifiFlaw),
    /// To a question for the time.
    Time(NtpFlaw),
}

/// What a fault acts on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// A connection, before any request.
    Connection,
    /// The TLS handshake of a connection; one without TLS does not meet it.
    Handshake,
    /// A question for a name.
    Name,
    /// The device's radio link.
    Radio,
    /// A request, or the answer to it.
    Request,
    /// A question for the time.
    Time,
}

impl Elsewhere {
    pub(super) const fn place(&self) -> Place {
        match self {
            Self::Connect(_) => Place::Connection,
            Self::Handshake(_) => Place::Handshake,
            Self::Name(_) => Place::Name,
            Self::Radio(_) => Place::Radio,
            Self::Time(_) => Place::Time,
        }
    }
}

/// What is done to a new connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum OnConnect {
    /// As if nobody listened.
    Refuse,
    /// It is accepted, and this is done to it.
    Perform(Vec<WireStep>),
}

/// What is done to a TLS handshake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OnHandshake {
    /// When the client has said its first words, this is done instead of answering them.
    Perform(Vec<WireStep>),
    /// It is answered with this wrong.
    Flaw(TlsFlaw),
}

/// What is done to a request.
pub(super) enum Act {
    /// The service never sees it; this is the answer.
    Answer(Response),
    /// The service sees it at another time than it is: that much later, or earlier, in milliseconds.
    Shift(i64),
    /// The service never sees it; this is done to the connection.
    Sever(Vec<WireStep>),
    /// The service does what was asked; this becomes of its answer.
    Spoil(Spoil),
}

/// Turns an answer into what is done to the connection.
pub(super) type Spoil = Box<dyn FnOnce(WireAnswer) -> Vec<WireStep> + Send>;

impl Act {
    pub(super) fn spoil(spoil: impl FnOnce(WireAnswer) -> Vec<WireStep> + Send + 'static) -> Self {
        Self::Spoil(Box::new(spoil))
    }

    /// The answer is sent whole, changed.
    pub(super) fn change(change: impl FnOnce(&mut WireAnswer) + Send + 'static) -> Self {
        Self::spoil(|mut answer| {
            change(&mut answer);
            vec![WireStep::Send(answer.bytes())]
        })
    }
}

impl Met<'_> {
    /// The shadow that the request is about.
    pub(super) fn shadow(&self) -> Option<&ShadowId> {
        self.operation.and_then(Operation::shadow)
    }
}

/// The moments at which a connection can be ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Moment {
    /// When it was made, before any request.
    Accept,
    /// When the client has begun the TLS handshake; a connection without TLS does not meet it.
    Tls,
    /// When the request has been read; the service never sees it.
    #[default]
    Request,
    /// When the service has done what was asked and the head of the answer is sent.
    AfterHeaders,
    /// When the service has done what was asked and half of the answer's body is sent.
    MidBody,
}

impl Moment {
    pub(super) const NAMES: [(&'static str, Self); 5] = [
        ("accept", Self::Accept),
        ("tls", Self::Tls),
        ("request", Self::Request),
        ("after-headers", Self::AfterHeaders),
        ("mid-body", Self::MidBody),
    ];

    /// Ends the connection at this moment.
    pub(super) fn end_with(self, end: WireStep) -> Act {
        match self {
            Self::Accept | Self::Tls | Self::Request => Act::Sever(vec![end]),
            Self::AfterHeaders => Act::spoil(|answer| send_and_end(answer.head(), end)),
            Self::MidBody => Act::spoil(|answer| {
                let mut bytes = answer.head();
                bytes.extend_from_slice(&answer.body[..answer.body.len() / 2]);
                send_and_end(bytes, end)
            }),
        }
    }

    /// The same before any request.
    pub(super) fn end_early_with(self, end: WireStep) -> Option<Elsewhere> {
        match self {
            Self::Accept => Some(Elsewhere::Connect(OnConnect::Perform(vec![end]))),
            Self::Tls => Some(Elsewhere::Handshake(OnHandshake::Perform(vec![end]))),
            Self::Request | Self::AfterHeaders | Self::MidBody => None,
        }
    }
}

fn send_and_end(bytes: Vec<u8>, end: WireStep) -> Vec<WireStep> {
    vec![WireStep::Send(bytes), WireStep::Wait(SETTLE), end]
}
