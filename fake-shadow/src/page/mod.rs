//! The live page: things, requests, faults and the clock of the cloud, for a person with a browser.
//!
//! The page is a few files that the program carries in itself. Its scripts ask for [`state`] and act through the control
//! interface like any other client; they write text only as text, never as markup.
#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

mod files;
mod kinds;
mod state;

pub(crate) use files::{ICON, Lock, SCRIPT, STYLE, TOLD_SCRIPT, door, is_wanted, page};
pub(crate) use state::state;
