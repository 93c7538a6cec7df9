//! How a fake cloud is set up.
#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

use std::collections::BTreeMap;
use std::time::Duration;

use crate::policy::Policy;
use crate::shadow::Limits;
use crate::sigv4::rules::WINDOW;
use crate::sigv4::{Credential, Keyring, PresignedToken};

/// The access key id that is accepted when nobody names another: Amazon's published example, which opens nothing.
pub const TEST_ACCESS_KEY_ID: &str = "AKIDEXAMPLE";

/// The secret access key to [`TEST_ACCESS_KEY_ID`].
pub const TEST_SECRET_ACCESS_KEY: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

/// The region that is served when nobody names another.
pub const DEFAULT_REGION: &str = "us-east-1";

/// All that a [`FakeShadow`](crate::FakeShadow) is told once.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// The region that signatures must be scoped to. Default: [`DEFAULT_REGION`].
    pub region: String,
    /// Who may sign. Default: the test pair alone.
    pub keyring: Keyring,
    /// What each access key id may do. One that is not here may do everything. Default: empty.
    pub policies: BTreeMap<String, Policy>,
    /// The limits of documents. Default: the service's own.
    pub limits: Limits,
    /// How far a device's clock may be off, either way. Default: 5 minutes.
    pub window: Duration,
    /// Where a presigned URL may have its session token. Default: [`PresignedToken::Anywhere`].
    pub presigned_token: PresignedToken,
    /// How many requests are answered within a second. Default: all.
    pub throttle: Throttle,
    /// How far the cloud's clock is ahead of the caller's, in milliseconds; below zero it is behind. Default: 0.
    pub clock_offset_ms: i64,
    /// Where request ids and chance come from: equal seeds give equal runs. Default: 0.
    pub seed: u64,
}

/// How many requests about shadows are answered within a second; more are refused with 429. A second without requests is made up
/// for in the next one, and no more than that. "AWS IoT Core quotas": 4000 for an account in large regions and 400 in others,
/// 20 for a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Throttle {
    /// For all things together; none for no end.
    pub account_per_second: Option<u32>,
    /// For each thing; none for no end.
    pub thing_per_second: Option<u32>,
}

impl Default for Settings {
    fn default() -> Self {
        let test_pair = Credential::long_term(TEST_ACCESS_KEY_ID, TEST_SECRET_ACCESS_KEY);
        Self {
            region: DEFAULT_REGION.to_owned(),
            keyring: [test_pair].into_iter().collect(),
            policies: BTreeMap::new(),
            limits: Limits::default(),
            window: WINDOW,
            presigned_token: PresignedToken::default(),
            throttle: Throttle::default(),
            clock_offset_ms: 0,
            seed: 0,
        }
    }
}
