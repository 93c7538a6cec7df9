//! Why a request was refused, as data, and the words in which AWS says so.

use std::fmt;
use std::time::Duration;

use super::parse::{ALGORITHM, Place};
use super::timestamp::basic;
use crate::clock::UnixMillis;

/// What AWS says about every signature that is not the right one, whatever the cause.
const MISMATCH: &str = "The request signature we calculated does not match the signature you \
    provided. \
    Check your AWS Secret Access Key and signing method. Consult the service documentation for \
    details.";

/// Why a request was refused. [`Refusal::message`] has AWS's words, which say less.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The algorithm is not `AWS4-HMAC-SHA256`.
    Algorithm {
        /// What was sent in its place.
        sent: String,
    },
    /// The request is signed in its header and in its query at once.
    BothPlaces,
    /// `x-amz-content-sha256` does not name the hash of the body.
    BodyHash {
        /// What the header says.
        sent: String,
        /// The hash of the body that came.
        computed: String,
    },
    /// The credential has not five parts.
    CredentialForm {
        /// The credential as sent.
        sent: String,
    },
    /// The date is not in ISO 8601 basic format.
    DateForm {
        /// The date as sent.
        sent: String,
    },
    /// The query has a `%` without two hexadecimal digits.
    Escape(EscapeFault),
    /// The signature is older than the window allows.
    Expired(Clock),
    /// `X-Amz-Expires` is no number of seconds up to a week.
    ExpiresForm {
        /// The value as sent.
        sent: String,
    },
    /// `host` is not among the signed headers.
    HostNotSigned,
    /// The access key id is not known.
    KeyUnknown {
        /// The access key id as sent.
        access_key_id: String,
    },
    /// Parts of the signature are missing.
    MissingParts {
        /// Where the signature is.
        place: Place,
        /// The missing parts, in AWS's order.
        missing: Vec<Part>,
    },
    /// The request is not signed at all.
    MissingToken,
    /// A part of the `Authorization` header has no equal sign.
    NotKeyValue {
        /// The part.
        part: String,
        /// The whole header.
        header: String,
    },
    /// The signature is from further in the future than the window allows.
    NotYetCurrent(Clock),
    /// The scope names something else than this service demands.
    Scope(Vec<ScopeFault>),
    /// The signature is not the one that the secret gives for this request.
    Signature,
    /// The signature is not 64 lower-case hexadecimal digits.
    SignatureForm {
        /// The signature as sent.
        sent: String,
    },
    /// Headers are listed as signed that did not come.
    SignedHeadersAbsent {
        /// Their names, in lower case.
        names: Vec<String>,
    },
    /// The list of signed headers is not lower-case, sorted and without repetition.
    SignedHeadersForm {
        /// The list as sent.
        sent: String,
        /// The list as it should be.
        right: String,
    },
    /// The session token has expired.
    TokenExpired {
        /// Since when.
        expired_at: UnixMillis,
    },
    /// The session token is not the one of this access key id.
    TokenInvalid,
    /// The access key id is temporary and its session token did not come.
    TokenMissing,
}

impl Refusal {
    /// AWS's exact words.
    #[must_use]
    pub fn message(&self) -> String {
        match self {
            Self::Algorithm { sent } => format!("Unsupported AWS 'algorithm': '{sent}'."),
            Self::BothPlaces => "Found both 'X-Amz-Algorithm' as a query-string param and \
                'Authorization' as HTTP header."
                .to_owned(),
            Self::CredentialForm { sent } => format!(
                "Credential must have exactly 5 slash-delimited elements, e.g. \
                 keyid/date/region/service/term, got '{sent}'"
            ),
            Self::DateForm { sent } => format!(
                "Date must be in ISO-8601 'basic format'. Got '{sent}'. \
                 See http://en.wikipedia.org/wiki/ISO_8601"
            ),
            Self::Escape(fault) => fault.to_string(),
            Self::Expired(clock) => format!(
                "Signature expired: {} is now earlier than {} ({} - {}.)",
                basic(clock.signed_at),
                basic(clock.oldest()),
                basic(clock.now),
                span(clock.window)
            ),
            Self::ExpiresForm { .. } => {
                "X-Amz-Expires must be a non-negative number and less than \
                a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 \
                seconds"
                    .to_owned()
            }
            Self::HostNotSigned => {
                "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."
                    .to_owned()
            }
            Self::KeyUnknown { .. } | Self::TokenInvalid | Self::TokenMissing => {
                "The security token included in the request is invalid.".to_owned()
            }
            Self::MissingParts { place, missing } => missing_parts(place, missing),
            Self::MissingToken => "Missing Authentication Token".to_owned(),
            Self::NotKeyValue { part, header } => format!(
                "'{part}' not a valid key=value pair (missing equal-sign) in Authorization header: \
                 '{header}'."
            ),
            Self::NotYetCurrent(clock) => format!(
                "Signature not yet current: {} is still later than {} ({} + {}.)",
                basic(clock.signed_at),
                basic(clock.newest()),
                basic(clock.now),
                span(clock.window)
            ),
            Self::Scope(faults) => faults.iter().map(ToString::to_string).collect(),
            Self::BodyHash { .. }
            | Self::Signature
            | Self::SignatureForm { .. }
            | Self::SignedHeadersAbsent { .. }
            | Self::SignedHeadersForm { .. } => MISMATCH.to_owned(),
            Self::TokenExpired { .. } => {
                "The security token included in the request is expired".to_owned()
            }
        }
    }

    /// The status of the answer: 403, or 400 for a query that cannot be read.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::Escape(_) => 400,
            _ => 403,
        }
    }

    /// The name of the error on the data plane, without the colon that AWS IoT adds.
    ///
    /// AWS IoT's data plane calls each refused signature `ForbiddenException`.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Escape(_) => "MalformedQueryString",
            _ => "ForbiddenException",
        }
    }

    /// The name of the error on the control plane, which tells the causes apart.
    #[must_use]
    pub const fn control_plane_code(&self) -> &'static str {
        match self {
            Self::Algorithm { .. }
            | Self::CredentialForm { .. }
            | Self::DateForm { .. }
            | Self::MissingParts { .. }
            | Self::NotKeyValue { .. } => "IncompleteSignatureException",
            Self::Escape(_) => "MalformedQueryString",
            Self::KeyUnknown { .. } | Self::TokenInvalid | Self::TokenMissing => {
                "UnrecognizedClientException"
            }
            Self::MissingToken => "MissingAuthenticationTokenException",
            Self::TokenExpired { .. } => "ExpiredTokenException",
            Self::BodyHash { .. }
            | Self::BothPlaces
            | Self::Expired(_)
            | Self::ExpiresForm { .. }
            | Self::HostNotSigned
            | Self::NotYetCurrent(_)
            | Self::Scope(_)
            | Self::Signature
            | Self::SignatureForm { .. }
            | Self::SignedHeadersAbsent { .. }
            | Self::SignedHeadersForm { .. } => "InvalidSignatureException",
        }
    }
}

/// Prints [`Refusal::message`].
impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message())
    }
}

impl std::error::Error for Refusal {}

/// The two clocks that disagree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clock {
    /// The time of the signature, by the device's clock.
    pub signed_at: UnixMillis,
    /// The time of the service.
    pub now: UnixMillis,
    /// How far they may be apart, to the whole second.
    pub window: Duration,
}

impl Clock {
    /// The oldest time of a signature that is accepted now.
    #[must_use]
    pub fn oldest(&self) -> UnixMillis {
        UnixMillis::from_secs(self.now.secs().saturating_sub(self.window_secs()))
    }

    /// The newest time of a signature that is accepted now.
    #[must_use]
    pub fn newest(&self) -> UnixMillis {
        UnixMillis::from_secs(self.now.secs().saturating_add(self.window_secs()))
    }

    fn window_secs(&self) -> i64 {
        i64::try_from(self.window.as_secs()).unwrap_or(i64::MAX)
    }
}

/// What is wrong with a `%` in a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EscapeFault {
    /// The two characters behind it are no hexadecimal digits.
    IllegalHex {
        /// The two characters.
        digits: String,
    },
    /// The text ends before its two digits.
    Incomplete,
}

impl fmt::Display for EscapeFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::IllegalHex { digits } => {
                write!(f, "Illegal hex character in escape % pattern: %{digits}")
            }
            Self::Incomplete => f.write_str("Incomplete trailing escape % sequence"),
        }
    }
}

/// A part that each signature must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// Who signs, and the scope.
    Credential,
    /// The signature itself.
    Signature,
    /// The list of signed headers.
    SignedHeaders,
    /// The time of the signature.
    Date,
}

/// One thing in a scope that is not as the service demands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScopeFault {
    /// Another region.
    Region {
        /// The region as sent.
        sent: String,
        /// The region of this service.
        right: String,
    },
    /// Another service.
    Service {
        /// The service as sent.
        sent: String,
        /// The name by which this service wants to be called.
        right: String,
    },
    /// Something else than `aws4_request` at the end.
    Terminator {
        /// The end as sent.
        sent: String,
    },
    /// Another day than the day of the signature.
    Date {
        /// The day as sent.
        sent: String,
        /// The time of the signature, whose first eight digits it should be.
        signed_at: String,
    },
}

/// One sentence in AWS's words; all but the last kind end with a space, because AWS joins them so.
impl fmt::Display for ScopeFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Region { sent, .. } => {
                write!(f, "Credential should be scoped to a valid region, not '{sent}'. ")
            }
            Self::Service { right, .. } => {
                write!(f, "Credential should be scoped to correct service: '{right}'. ")
            }
            Self::Terminator { sent } => write!(
                f,
                "Credential should be scoped with a valid terminator: 'aws4_request', not \
                    '{sent}'. "
            ),
            Self::Date { sent, signed_at } => write!(
                f,
                "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date \
                    from \
                 HTTP: '{sent}' != '{}', from '{signed_at}'.",
                signed_at.get(..8).unwrap_or_default()
            ),
        }
    }
}

/// All missing parts in one message, as AWS lists them.
fn missing_parts(place: &Place, missing: &[Part]) -> String {
    let mut text = String::new();
    for part in missing {
        text += match (place, part) {
            (Place::Header, Part::Credential) => {
                "Authorization header requires 'Credential' parameter. "
            }
            (Place::Header, Part::Signature) => {
                "Authorization header requires 'Signature' parameter. "
            }
            (Place::Header, Part::SignedHeaders) => {
                "Authorization header requires 'SignedHeaders' parameter. "
            }
            (Place::Header, Part::Date) => {
                "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' \
                    header. "
            }
            (Place::Query, Part::Credential) => {
                "AWS query-string parameters must include 'X-Amz-Credential'. "
            }
            (Place::Query, Part::Signature) => {
                "AWS query-string parameters must include 'X-Amz-Signature'. "
            }
            (Place::Query, Part::SignedHeaders) => {
                "AWS query-string parameters must include 'X-Amz-SignedHeaders'. "
            }
            (Place::Query, Part::Date) => "AWS query-string parameters must include 'X-Amz-Date'. ",
        };
    }
    match place {
        Place::Header => text + "Authorization=" + ALGORITHM,
        Place::Query => text + "Re-examine the query-string parameters.",
    }
}

/// A window in AWS's words.
fn span(window: Duration) -> String {
    let secs = window.as_secs();
    if secs.is_multiple_of(60) { format!("{} min", secs / 60) } else { format!("{secs} sec") }
}
