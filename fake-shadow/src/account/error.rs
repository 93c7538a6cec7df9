//! Why no account can be used.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use super::profiles::Mistake;

/// Why no account can be used; nothing in it is secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccountError {
    /// A file cannot be read.
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        reason: String,
    },
    /// A file says what it may not.
    Mistake {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        mistake: Mistake,
    },
    /// One variable is set and the other that belongs to it is not.
    HalfSet {
        /// The one that is missing.
        missing: &'static str,
    },
    /// Nobody says which region.
    NoRegion,
    /// No link of the chain has any.
    Nowhere {
        /// The profile that was looked for.
        profile: String,
    },
    /// The profile that somebody has named is in no file.
    NoProfile {
        /// Its name.
        profile: String,
    },
    /// The profile gets its keys in a way that is not known here.
    OtherWay {
        /// The profile.
        profile: String,
        /// The key that says so, as `sso_session`; none if it has no keys at all.
        key: Option<&'static str>,
    },
    /// The program that a profile names gives no keys.
    Process {
        /// The profile.
        profile: String,
        /// What is wrong, without what the program printed on its standard output.
        reason: String,
    },
    /// A service that gives keys gives none.
    Service {
        /// Which, and where.
        service: String,
        /// What is wrong, in its words, without what was asked.
        reason: String,
    },
    /// The keys that were given have expired, or do so before a run can be over.
    Expired {
        /// How long they are still good.
        left: Duration,
    },
}

impl AccountError {
    /// The next step.
    #[must_use]
    pub const fn help(&self) -> &'static str {
        match self {
            Self::HalfSet { .. } => {
                "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY both, or neither and use a profile"
            }
            Self::NoRegion => "say --region, set AWS_REGION, or write region = ... in the profile",
            Self::File { .. } | Self::Mistake { .. } | Self::NoProfile { .. } => {
                "`aws configure` writes both files; AWS_SHARED_CREDENTIALS_FILE and AWS_CONFIG_FILE name others"
            }
            Self::Nowhere { .. } => {
                "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or have `aws configure` write a profile"
            }
            Self::Service { .. } => {
                "the variables AWS_WEB_IDENTITY_TOKEN_FILE, AWS_CONTAINER_... and AWS_EC2_METADATA_... say whom to ask; \
                 `aws sts get-caller-identity` asks the same"
            }
            Self::OtherWay { .. } => {
                "AWS's own tool knows all ways: eval \"$(aws configure export-credentials --format env)\", or \
                 credential_process = aws configure export-credentials --profile NAME --format process"
            }
            Self::Process { .. } => {
                "it must print {\"Version\": 1, \"AccessKeyId\": ..., \"SecretAccessKey\": ...} and end with 0"
            }
            Self::Expired { .. } => "sign in again",
        }
    }
}

impl fmt::Display for AccountError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, reason } => {
                write!(formatter, "failed to read {}: {reason}", path.display())
            }
            Self::Mistake { path, mistake } => {
                write!(formatter, "failed to read {}: {mistake}", path.display())
            }
            Self::HalfSet { missing } => {
                write!(formatter, "{missing} is not set, but what belongs to it is")
            }
            Self::NoRegion => formatter.write_str("no region is named"),
            Self::NoProfile { profile } => write!(
                formatter,
                "no credentials for AWS: there is no profile {profile} in the files"
            ),
            Self::Nowhere { profile } => write!(
                formatter,
                "no credentials for AWS: no keys in the environment, none in a profile {profile}, from no container and from no instance"
            ),
            Self::Service { service, reason } => {
                write!(formatter, "no credentials for AWS: {service} failed: {reason}")
            }
            Self::OtherWay { profile, key: Some(key) } => write!(
                formatter,
                "no credentials for AWS: the profile {profile} gets them by {key}, which is not known here"
            ),
            Self::OtherWay { profile, key: None } => {
                write!(formatter, "no credentials for AWS: the profile {profile} has no keys")
            }
            Self::Process { profile, reason } => write!(
                formatter,
                "no credentials for AWS: the credential_process of the profile {profile} failed: {reason}"
            ),
            Self::Expired { left } => write!(
                formatter,
                "the credentials for AWS expire in {} s, which is too soon",
                left.as_secs()
            ),
        }
    }
}

impl std::error::Error for AccountError {}
