//! Scenario files: text to tree to plan. Pure: no file is opened here.
//!
//! ```text
//! text ─▶ yaml ─▶ node (as written, with places) ─▶ parse ─▶ plan (as run) + problems, all of them
//! ```
//!
//! What a key may hold stands in tables ([`field`]); the verbs bring theirs along ([`crate::engine::steps`]). The tables check
//! a file, make the JSON schema ([`schema`]) and the reference page.

#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

mod advice;
pub mod amount;
mod difference;
mod elsewhere;
pub mod fault;
pub mod fault_keys;
pub mod field;
pub mod include;
pub mod json_diff;
pub mod line;
pub mod matcher;
pub mod matcher_check;
pub mod message_want;
pub mod node;
pub mod parse;
pub mod path;
pub mod pattern;
pub mod plan;
mod point_in_time;
pub mod problem;
mod problem_help;
pub mod provision;
mod read_step;
pub mod reference;
pub mod request_pattern;
pub mod request_want;
mod same;
pub mod schema;
mod scope;
pub mod secrets;
pub mod snapshots;
pub mod template;
pub mod top;
pub mod topic_filter;
pub mod variables;
pub mod watch;
pub mod written;
pub mod yaml;
mod yaml_help;

pub use include::SourceText;
pub use parse::{Parsed, parse, parse_bytes, parse_with};
