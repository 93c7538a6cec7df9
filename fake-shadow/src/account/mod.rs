//! Whose account the real service is asked in: the usual chain of credentials, as AWS's own tools go through it.
//!
//! It is our own small reader of the documented forms, because AWS's crate for it (`aws-config`) brings its HTTP client, its
//! token services and a hundred crates, which would double what there is to build. It has what a developer's machine and a CI runner
//! have without anybody at the keyboard: keys, a web identity, a profile, a container's service, an instance's. What it leaves out (single
//! sign-on, roles that are assumed with other keys) is a profile's `credential_process` away:
//! `aws configure export-credentials --format process`. Keys that end are asked for again before they do ([`Renewal`]).

mod chain;
mod container;
mod error;
mod fetch;
mod given;
mod instance;
mod process;
mod profiles;
mod renewal;
mod web_identity;

pub use chain::{ACCOUNT_VARIABLES, Account, AccountWants, Files};
pub use error::AccountError;
pub use profiles::{Form, Mistake, Profile, parse};
pub use renewal::{Keys, Renewal, RenewalTimes};
