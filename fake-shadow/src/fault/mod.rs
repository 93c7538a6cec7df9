//! Faults on purpose: a seeded plan around an unchanged [`FakeShadow`](crate::FakeShadow).
//!
//! A fault acts at one of three places, and it matters which: on a connection before any request is known; on a request,
//! which the service then **never sees**; or on an answer, after the service has **done and kept** what was asked.
//!
//! Each kind is one file here and one line of the table in `kind.rs`.
#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

mod act;
mod armed;
mod error;
mod kind;
mod params;
mod pass;
mod plan;
mod target;

mod aws_error;
mod bandwidth;
mod chunked;
mod close;
mod conflict;
mod dns;
mod drip;
mod empty;
mod garbage;
mod hang;
mod html_error;
mod http_version;
mod interim;
mod keep_open;
mod latency;
mod link;
mod lost_answer;
mod malformed;
mod no_reason_phrase;
mod ntp;
mod profile;
mod refuse;
mod reset;
mod shadow_deep;
mod shadow_large;
mod shadow_missing;
mod shadow_version;
mod skew;
mod status;
mod throttle;
mod tls;
mod truncate;
mod wifi;

pub use act::{Moment, OnHandshake, Place};
pub use armed::{Armed, Fault, FaultId, FaultRef};
pub use aws_error::AwsError;
pub use bandwidth::Bandwidth;
pub use chunked::Chunked;
pub use close::Close;
pub use conflict::Conflict;
pub use dns::{Dns, DnsFlaw};
pub use drip::Drip;
pub use empty::{Empty, EmptyPart};
pub use error::FaultError;
pub use garbage::Garbage;
pub use hang::{Hang, HangAt};
pub use html_error::HtmlError;
pub use http_version::WrongVersion;
pub use interim::Interim;
pub use keep_open::KeepOpen;
pub use kind::Kind;
pub use latency::{Latency, LatencyBefore};
pub use link::{Carried, Carries};
pub use lost_answer::{LostAnswer, LostBy};
pub use malformed::Malformed;
pub use no_reason_phrase::NoReasonPhrase;
pub use ntp::{Kiss, Ntp, NtpFlaw};
pub(crate) use pass::Begun;
pub use plan::{Channel, ConnectFate, Delivery, Faulty};
pub use profile::Profile;
pub use refuse::Refuse;
pub use reset::Reset;
pub use shadow_deep::ShadowDeep;
pub use shadow_large::ShadowLarge;
pub use shadow_missing::ShadowMissing;
pub use shadow_version::ShadowVersion;
pub use skew::Skew;
pub use status::Status;
pub use target::{RequestPattern, ShadowPattern, Target};
pub use throttle::Throttle;
pub use tls::{Tls, TlsFlaw};
pub use truncate::{LengthHeader, Truncate, TruncateTo};
pub use wifi::{Wifi, WifiFlaw};
