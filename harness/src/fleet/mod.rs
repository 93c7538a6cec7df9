//! A fleet: many devices in virtual time, in one thread, against one fake cloud.
//!
//! ```text
//! settings + profile + seed ─▶ Fleet: queue of what is to happen ⇄ members (thing, state, monitor), cloud
//!                                 └─▶ Tally (series), violations, digest
//! ```
//!
//! Each request is signed by its device and verified by the cloud as on any other bench. All chance is a function of the seed, the
//! device, the wake and the place ([`chance`]), and never of what happened before: so one device behaves the same alone as among
//! ten thousand, and leaving out one mishap leaves all others as they were. Shrinking rests on that.

#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

mod app;
pub mod chance;
mod cloud;
pub mod incident;
pub mod machine;
pub mod member;
mod network;
pub mod page;
pub mod part;
pub mod profile;
mod queue;
pub mod settings;
pub mod shrink;
pub mod summary;
pub mod tally;

pub use incident::{Incident, Mishap, Subset};
pub use machine::{Fleet, Found};
pub use part::Part;
pub use profile::Profile;
pub use settings::Settings;
pub use tally::Tally;
