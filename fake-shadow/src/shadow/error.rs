//! What the shadow service refuses, and in which words.

use super::name::ShadowId;

/// Why a request about a shadow was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ShadowError {
    /// An array holds `null`; which member of the section the array is in.
    ArrayHoldsNull {
        /// The key of the array, or of the array around it.
        key: String,
    },
    /// `desired` is neither an object nor `null`.
    DesiredNotObject,
    /// The merged document is too large.
    DocumentTooLarge {
        /// What it would be.
        bytes: usize,
        /// What it may be.
        bytes_max: usize,
    },
    /// `clientToken` is no text or too long.
    InvalidClientToken,
    /// The document is not JSON; what the parser said is for logs only.
    InvalidJson {
        /// The parser's own words, with line and column.
        reason: String,
    },
    /// `version` is no integer from zero.
    InvalidVersion,
    /// There is no `state`.
    MissingState,
    /// There is no such shadow.
    NotFound {
        /// The shadow that was asked for.
        shadow: ShadowId,
    },
    /// The document is not UTF-8.
    NotUtf8,
    /// `reported` is neither an object nor `null`.
    ReportedNotObject,
    /// `state` is neither an object nor `null`.
    StateNotObject,
    /// Objects and arrays are nested too deep.
    TooDeep {
        /// How deep they may be.
        levels_max: usize,
    },
    /// `state` holds another key than `desired` and `reported`.
    UnknownNode {
        /// That key.
        key: String,
    },
    /// The request is for another version than the current one.
    VersionConflict {
        /// The version in the request.
        given: u64,
        /// The version of the shadow; 0 if there never was one.
        current: u64,
    },
}

impl ShadowError {
    /// The status of the answer.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::ArrayHoldsNull { .. }
            | Self::DesiredNotObject
            | Self::InvalidClientToken
            | Self::InvalidJson { .. }
            | Self::InvalidVersion
            | Self::MissingState
            | Self::ReportedNotObject
            | Self::StateNotObject
            | Self::TooDeep { .. }
            | Self::UnknownNode { .. } => 400,
            Self::NotFound { .. } => 404,
            Self::VersionConflict { .. } => 409,
            Self::DocumentTooLarge { .. } => 413,
            Self::NotUtf8 => 415,
        }
    }

    /// The name of the error in the service's model.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self.status() {
            404 => "ResourceNotFoundException",
            409 => "ConflictException",
            413 => "RequestEntityTooLargeException",
            415 => "UnsupportedDocumentEncodingException",
            _ => "InvalidRequestException",
        }
    }

    /// The text that the service answers: "Device Shadow error messages" of the developer guide, corrected by what
    /// live answers showed.
    #[must_use]
    pub fn message(&self) -> String {
        match self {
            // No public answer is known for an array with null; this is the text for a node that may not be there.
            Self::ArrayHoldsNull { key } | Self::UnknownNode { key } => {
                format!("State contains an invalid node: '{key}'")
            }
            Self::DesiredNotObject => "Desired node must be an object".to_owned(),
            Self::DocumentTooLarge { .. } => {
                "The payload exceeds the maximum size allowed".to_owned()
            }
            Self::InvalidClientToken => "Invalid clientToken".to_owned(),
            Self::InvalidJson { .. } => "Invalid JSON".to_owned(),
            Self::InvalidVersion => "Invalid version".to_owned(),
            Self::MissingState => "Missing required node: state".to_owned(),
            Self::NotFound { shadow } => format!("No shadow exists with name: '{shadow}'"),
            Self::NotUtf8 => {
                "Unsupported documented encoding; supported encoding is UTF-8".to_owned()
            }
            Self::ReportedNotObject => "Reported node must be an object".to_owned(),
            Self::StateNotObject => "State node must be an object".to_owned(),
            Self::TooDeep { levels_max } => {
                format!("JSON contains too many levels of nesting; maximum is {levels_max}")
            }
            Self::VersionConflict { .. } => "Version conflict".to_owned(),
        }
    }
}

impl std::fmt::Display for ShadowError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.message())
    }
}

impl std::error::Error for ShadowError {}
