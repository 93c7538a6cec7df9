//! Reports: each a pure function of what was recorded. One file a format.

#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

mod attempt_record;
pub mod case;
pub mod events;
pub mod exchanges;
pub mod format;
pub mod github;
pub mod html;
pub mod human;
pub mod json;
pub mod junit;
pub mod read_error;
pub mod readme;
mod record;
pub mod summary;
pub mod tap;
pub mod trace;
pub mod visible;

pub use case::{Attempt, CaseReport, PlanFacts, RunReport, Status};
