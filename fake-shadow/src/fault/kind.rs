//! The table of all kinds of fault.

use std::collections::VecDeque;

use super::act::{Act, Behavior, Elsewhere, Met, Place};
use super::error::FaultError;
use super::params::Params;
use super::*;
use crate::clock::UnixMillis;

macro_rules! kinds {
    ($($name:literal $kind:ident($behavior:ty) $sentence:literal)*) => {
        /// A kind of fault with its parameters.
        #[derive(Debug, Clone, PartialEq)]
        pub enum Kind {
            $(#[doc = $sentence] $kind($behavior),)*
        }

        impl Kind {
            /// The names of all kinds, in order.
            pub const NAMES: &'static [&'static str] = &[$($name),*];

            /// All kinds with a sentence about each, for references.
            pub const SENTENCES: &'static [(&'static str, &'static str)] = &[$(($name, $sentence)),*];

            /// The name of the kind, as `lost-answer`.
            #[must_use]
            pub const fn name(&self) -> &'static str {
                match self { $(Self::$kind(_) => $name,)* }
            }

            /// How often it acts unless the fault says otherwise; none for no end.
            #[must_use]
            pub const fn default_times(&self) -> Option<u32> {
                match self { $(Self::$kind(_) => <$behavior as Behavior>::TIMES,)* }
            }

            /// How likely it acts on one that fits unless the fault says otherwise, 0 to 1.
            #[must_use]
            pub fn default_chance(&self) -> f64 {
                match self { $(Self::$kind(behavior) => behavior.chance(),)* }
            }

            /// Why a kind of this name cannot be done to the answers of a service elsewhere, so that it needs the fake one; none if it
            /// can, or if there is no such kind.
            #[must_use]
            pub fn needs_fake(name: &str) -> Option<&'static str> {
                match name {
                    $($name => <$behavior as Behavior>::NEEDS_FAKE,)*
                    _ => None,
                }
            }

            pub(super) fn read(name: &str, params: &mut Params<'_>) -> Result<Self, FaultError> {
                match name {
                    $($name => <$behavior as Behavior>::read(params).map(Self::$kind),)*
                    _ => Err(FaultError::UnknownKind { kind: name.to_owned() }),
                }
            }

            /// What it acts on.
            #[must_use]
            pub fn place(&self) -> Place {
                self.elsewhere().map_or(Place::Request, |elsewhere| elsewhere.place())
            }

            /// Whether what it does, beyond whether it acts, is decided by chance.
            #[must_use]
            pub fn rolls(&self) -> bool {
                match self { $(Self::$kind(behavior) => behavior.rolls(),)* }
            }

            pub(super) fn elsewhere(&self) -> Option<Elsewhere> {
                match self { $(Self::$kind(behavior) => behavior.elsewhere(),)* }
            }

            pub(super) fn spares(&self, passed: &mut VecDeque<UnixMillis>, now: UnixMillis) -> bool {
                match self { $(Self::$kind(behavior) => behavior.spares(passed, now),)* }
            }

            pub(super) fn act(&self, met: &mut Met<'_>) -> Act {
                match self { $(Self::$kind(behavior) => behavior.act(met),)* }
            }
        }
    };
}

kinds! {
    "aws-error" AwsError(AwsError) "Answers with one of the service's own errors; the service never sees the request."
    "bandwidth" Bandwidth(Bandwidth) "Sends the answer at a rate."
    "chunked" Chunked(Chunked) "Sends the answer in chunks, without its length."
    "close" Close(Close) "Ends the connection in order, too early."
    "conflict" Conflict(Conflict) "Answers that the version is not the current one; the service never sees the request."
    "dns" Dns(Dns) "The name server of the rig answers wrongly, or late."
    "drip" Drip(Drip) "Sends the answer a few bytes at a time."
    "empty" Empty(Empty) "Answers nothing at all, or 200 without a body; the service never sees the request."
    "garbage" Garbage(Garbage) "Sends random bytes and ends the connection; the service never sees the request."
    "hang" Hang(Hang) "Keeps the connection open and silent."
    "html-error" HtmlError(HtmlError) "Answers with a page of a proxy; the service never sees the request."
    "http-version" WrongVersion(WrongVersion) "Answers in another version of HTTP."
    "interim" Interim(Interim) "Sends an interim answer before the answer."
    "keep-open" KeepOpen(KeepOpen) "Leaves the connection open behind the answer, though the client wants its end."
    "latency" Latency(Latency) "Answers late."
    "lost-answer" LostAnswer(LostAnswer) "The service does what was asked, and the client never hears of it."
    "malformed" Malformed(Malformed) "Breaks the answer's JSON, its headers or its chunks."
    "no-reason-phrase" NoReasonPhrase(NoReasonPhrase) "Ends the status line behind the status."
    "ntp" Ntp(Ntp) "The time server of the rig answers wrongly, or not at all."
    "profile" Profile(Profile) "Many faults by chance, as a bad network or a busy service has them: flaky-wifi, busy-region."
    "refuse" Refuse(Refuse) "Refuses the connection, as if nobody listened."
    "reset" Reset(Reset) "Resets the connection."
    "shadow-deep" ShadowDeep(ShadowDeep) "A document that is nested too deep: in the answer to a GET, refused otherwise."
    "shadow-large" ShadowLarge(ShadowLarge) "A document that is as large as may be: in the answer to a GET, refused otherwise."
    "shadow-missing" ShadowMissing(ShadowMissing) "Answers that there is no such shadow; the service never sees the request."
    "shadow-version" ShadowVersion(ShadowVersion) "Moves the version in the answer, as if the document were stale."
    "skew" Skew(Skew) "The cloud's clock is off for one request."
    "status" Status(Status) "Answers with a status; the service never sees the request."
    "throttle" Throttle(Throttle) "Answers 429 to all requests beyond a rate; the service never sees them."
    "tls" Tls(Tls) "Shows another certificate, or speaks TLS otherwise, than a client may accept."
    "truncate" Truncate(Truncate) "Sends a part of the answer's body."
    "wifi" Wifi(Wifi) "The device's radio link drops, where somebody has it in hand: the bench, or the commands of an access point."
}
