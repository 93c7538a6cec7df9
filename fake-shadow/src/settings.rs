//! How a fake cloud is set up.
#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

use std::collections::BTreeMap;
use std::time::Duration;

use crate::policy::Policy;
use crate::shadow::Limits;
use crate::sigv4::rules::WINDOW;
use crate::sigv4::{Credential, Keyring};

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
    /// How far the cloud's clock is ahead of the caller's, in milliseconds; below zero it is behind. Default: 0.
    pub clock_offset_ms: i64,
    /// Where request ids and chance come from: equal seeds give equal runs. Default: 0.
    pub seed: u64,
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
            clock_offset_ms: 0,
            seed: 0,
        }
    }
}
