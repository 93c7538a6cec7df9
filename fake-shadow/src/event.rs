//! All that an observer may learn about one request, and about a shadow.
#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

use std::sync::Arc;

use serde_json::Value;

use crate::clock::UnixMillis;
use crate::fault::{Delivery, FaultId, FaultRef};
use crate::message::{Request, Response};
use crate::operation::{Invalid, Operation};
use crate::route::{Route, Unrouted};
use crate::service::Refused;
use crate::shadow::{Applied, ShadowId};
use crate::sigv4::{Identity, Refusal};

/// A request that the service has seen: its answer, and what is to be known about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Exchange {
    /// The answer.
    pub response: Response,
    /// What happened.
    pub record: RequestRecord,
}

/// What the service made of a request.
#[derive(Debug, Clone, PartialEq)]
pub struct RequestRecord {
    /// The request id: a UUID, also in the answer's header and in the body of an error.
    pub id: String,
    /// When the request came in, by the cloud's clock, its offset included.
    pub cloud_time: UnixMillis,
    /// What was asked for, or why that is nothing, whether or not the signature is right.
    pub operation: Result<Operation, NoOperation>,
    /// Who signed, or why the signature is refused.
    pub verdict: Result<Identity, Refusal>,
    /// Why the request was refused, if it was.
    pub refused: Option<Refused>,
    /// The messages about the shadow, as the service would publish them over MQTT.
    pub events: Vec<ShadowEvent>,
    /// The version of the shadow after the request, or of the deleted one; none if it is not about one that is there.
    pub version: Option<u64>,
}

/// Something that happened on a connection of the cloud.
#[derive(Debug, Clone)]
pub struct CloudEvent {
    /// When, by the caller's clock.
    pub at: UnixMillis,
    /// On which connection: 1 for the first one, never given twice.
    pub connection: ConnectionId,
    /// What.
    pub kind: CloudEventKind,
}

/// The number of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(pub u64);

/// What can happen on a connection.
#[derive(Debug, Clone)]
pub enum CloudEventKind {
    /// It was made.
    Opened {
        /// The address of the client.
        peer: String,
    },
    /// The client and the cloud did not agree on TLS; the connection ends.
    HandshakeFailed {
        /// What went wrong; an alert of the client says why it does not trust the cloud.
        reason: String,
    },
    /// A client asked the name server.
    NameAsked {
        /// The address of the client.
        peer: String,
        /// The name.
        name: String,
        /// What is answered, in a word or an address.
        says: String,
    },
    /// A client asked the time server.
    TimeAsked {
        /// The address of the client.
        peer: String,
        /// What the server's clock shows; none if nothing is answered.
        shown: Option<UnixMillis>,
    },
    /// Somebody acted on the cloud by the control interface or the live page.
    Controlled(Controlled),
    /// A request was read, and the service has dealt with it; nothing has been answered yet.
    Request(Arc<Served>),
    /// What the request before has done could not be written to the file of the cloud; it was answered with 500.
    NotKept {
        /// What is wrong with the file, and what to do.
        reason: String,
    },
    /// A fault acts, on the connection or on the request before.
    Fault(FaultRef),
    /// An answer has been written, or what a fault made of it.
    Answered {
        /// The status that went out, if one did.
        status: Option<u16>,
        /// How many bytes went out.
        bytes: u64,
    },
    /// What came is no request of HTTP; it was answered with 400 and the connection ends.
    Unreadable {
        /// What the parser said.
        reason: String,
    },
    /// It ended in order.
    Closed {
        /// Who ended it.
        by: Side,
    },
    /// It was reset, or broke.
    Reset {
        /// Who reset it.
        by: Side,
    },
}

/// What somebody has done by the control interface or the live page.
#[derive(Debug, Clone, PartialEq)]
pub enum Controlled {
    /// The cloud's clock was set.
    Clock {
        /// How far it is off now, in milliseconds.
        offset_ms: i64,
    },
    /// A fault was armed.
    FaultArmed {
        /// Which.
        fault: FaultRef,
        /// The fault as it was described, an object.
        described: Value,
    },
    /// A fault was taken away.
    FaultTaken {
        /// Its number.
        id: FaultId,
        /// Whether other faults are there still.
        others: bool,
    },
    /// All faults were taken away.
    FaultsCleared,
    /// The cloud forgot everything.
    Reset,
    /// A shadow was changed or deleted from the app side.
    Shadow {
        /// Which.
        shadow: ShadowId,
        /// The document as a GET answers it now; none if it was deleted.
        document: Option<Value>,
        /// The messages about it.
        events: Vec<ShadowEvent>,
    },
}

impl Controlled {
    /// What was done, in a word, as it stands in the stream of events.
    #[must_use]
    pub const fn act(&self) -> &'static str {
        match self {
            Self::Clock { .. } => "clock",
            Self::FaultArmed { .. } => "fault-armed",
            Self::FaultTaken { .. } => "fault-taken",
            Self::FaultsCleared => "faults-cleared",
            Self::Reset => "reset",
            Self::Shadow { .. } => "shadow",
        }
    }
}

/// The two ends of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The client.
    Client,
    /// The cloud.
    Cloud,
}

/// A request and what became of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Served {
    /// The request as it was received.
    pub request: Request,
    /// What became of it.
    pub delivery: Delivery,
}

/// Why a request asks for nothing that there is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoOperation {
    /// A name or parameter breaks its rule.
    Invalid(Invalid),
    /// There is no such path or method.
    Unrouted(Unrouted),
}

impl NoOperation {
    /// What a route asks for.
    pub(crate) fn or_operation(routed: &Result<Route, Unrouted>) -> Result<Operation, Self> {
        routed
            .as_ref()
            .map_err(|unrouted| Self::Unrouted(*unrouted))?
            .operation()
            .map_err(Self::Invalid)
    }
}

/// One message that the shadow service publishes about a shadow.
#[derive(Debug, Clone, PartialEq)]
pub struct ShadowEvent {
    /// The shadow.
    pub shadow: ShadowId,
    /// Which of its topics.
    pub topic: ShadowTopic,
    about: About,
}

/// What a message is made from when somebody asks for it; most are published to nobody.
#[derive(Debug, Clone, PartialEq)]
enum About {
    /// All that the message says.
    Said(Value),
    Updated(Arc<Applied>),
}

/// The topics of a shadow, behind `$aws/things/{thing}/shadow` and, for a named one, `/name/{shadow}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ShadowTopic {
    /// `/update/accepted`
    UpdateAccepted,
    /// `/update/delta`
    UpdateDelta,
    /// `/update/documents`
    UpdateDocuments,
    /// `/delete/accepted`
    DeleteAccepted,
    /// `/delete/rejected`
    DeleteRejected,
    /// `/get/accepted`
    GetAccepted,
    /// `/get/rejected`
    GetRejected,
    /// `/update/rejected`
    UpdateRejected,
}

impl ShadowTopic {
    /// The end of the topic, as `update/delta`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UpdateAccepted => "update/accepted",
            Self::UpdateDelta => "update/delta",
            Self::UpdateDocuments => "update/documents",
            Self::DeleteAccepted => "delete/accepted",
            Self::DeleteRejected => "delete/rejected",
            Self::GetAccepted => "get/accepted",
            Self::GetRejected => "get/rejected",
            Self::UpdateRejected => "update/rejected",
        }
    }
}

impl ShadowEvent {
    /// A message about an update.
    pub(crate) const fn updated(
        shadow: ShadowId,
        topic: ShadowTopic,
        applied: Arc<Applied>,
    ) -> Self {
        Self { shadow, topic, about: About::Updated(applied) }
    }

    /// Any other message.
    pub(crate) const fn said(shadow: ShadowId, topic: ShadowTopic, payload: Value) -> Self {
        Self { shadow, topic, about: About::Said(payload) }
    }

    /// The message itself. It is put together at each call.
    #[must_use]
    pub fn payload(&self) -> Value {
        match (&self.about, self.topic) {
            (About::Said(payload), _) => payload.clone(),
            (About::Updated(applied), ShadowTopic::UpdateDelta) => {
                applied.delta().unwrap_or_default()
            }
            (About::Updated(applied), ShadowTopic::UpdateDocuments) => applied.documents(),
            (About::Updated(applied), _) => applied.accepted(),
        }
    }

    /// The whole topic, as `$aws/things/lamp/shadow/name/config/update/delta`.
    #[must_use]
    pub fn full_topic(&self) -> String {
        let ShadowId { thing, name } = &self.shadow;
        let end = self.topic.as_str();
        match name {
            None => format!("$aws/things/{thing}/shadow/{end}"),
            Some(name) => format!("$aws/things/{thing}/shadow/name/{name}/{end}"),
        }
    }
}
