//! What a service demands of a signature beyond the arithmetic.

use std::time::Duration;

/// How far a device's clock may be off, either way, at AWS IoT.
///
/// Source: the messages AWS IoT sends say `5 min.`; other AWS services say 15.
pub const WINDOW: Duration = Duration::from_secs(300);

/// The longest life of a presigned URL: a week.
///
/// Source: "Authenticating Requests: Using Query Parameters" in the Amazon S3 API Reference.
pub const EXPIRES_MAX: Duration = Duration::from_secs(604_800);

/// What a service demands of the scope, the clock and presigned URLs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// The one region that requests must be scoped to, as `us-east-1`.
    pub region: String,
    /// The service names that are accepted in a scope; messages name the first.
    pub services: Vec<String>,
    /// How far the device's clock may be off, either way, the edge included. Default: [`WINDOW`].
    pub window: Duration,
    /// Where a presigned URL may have its session token. Default: [`PresignedToken::Anywhere`].
    pub presigned_token: PresignedToken,
}

impl Rules {
    /// The rules of the data plane, where shadows are.
    ///
    /// AWS's SDKs sign for `iotdata`; the AWS IoT Developer Guide, "Device Shadow REST API", for `iotdevicegateway`.
    #[must_use]
    pub fn data_plane(region: impl Into<String>) -> Self {
        Self::of(region.into(), &["iotdata", "iotdevicegateway"])
    }

    /// The rules of the control plane, where things are made. Early SDKs signed for `execute-api`.
    #[must_use]
    pub fn control_plane(region: impl Into<String>) -> Self {
        Self::of(region.into(), &["iot", "execute-api"])
    }

    fn of(region: String, services: &[&str]) -> Self {
        Self {
            region,
            services: services.iter().map(|&name| name.to_owned()).collect(),
            window: WINDOW,
            presigned_token: PresignedToken::default(),
        }
    }
}

/// Where the session token of a presigned URL may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PresignedToken {
    /// Appended after signing, or signed with the rest, as the SDKs' general presigners do. AWS IoT is expected to refuse
    /// the second, so a device that presigns is better tested with the other variant.
    #[default]
    Anywhere,
    /// Appended after signing only, which is what AWS IoT documents.
    ///
    /// Source: AWS IoT Developer Guide, "IAM users, groups, and roles".
    AfterSigning,
}
