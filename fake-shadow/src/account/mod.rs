//! Whose account the real service is asked in: the usual chain of credentials, as AWS's own tools go through it.
//!
//! It is our own small reader of the documented forms, because AWS's crate for it (`aws-config`) brings its HTTP client, its
//! token services and a hundred crates, which would double what there is to build. What it leaves out (single sign-on, roles,
//! instance metadata) is a profile's `credential_process` away: `aws configure export-credentials --format process`.

mod chain;
mod error;
mod process;
mod profiles;

pub use chain::{ACCOUNT_VARIABLES, Account, AccountWants, Files};
pub use error::AccountError;
pub use profiles::{Form, Mistake, Profile, parse};
