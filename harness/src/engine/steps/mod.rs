//! The verbs: one file each, and one line each in [`VERBS`].

mod always;
mod clear_faults;
mod clock;
mod delete_shadow;
mod eventually;
mod expect_console;
mod expect_count;
mod expect_cycle;
mod expect_cycles;
mod expect_fault;
mod expect_gap;
mod expect_request;
mod expect_requests;
mod expect_reset;
mod expect_sleep;
mod expect_wake;
mod fault;
mod flash;
mod never;
mod power;
mod reset;
mod set_desired;
mod set_shadow;
mod shadow_want;
mod verb;
mod wait;
mod wake;
mod write_console;

pub use super::step::Step;
pub(crate) use flash::FIELDS as FLASH_FIELDS;
pub(crate) use flash::read as read_firmware;
pub(crate) use set_shadow::FIELDS as SHADOW_FIELDS;
pub(crate) use set_shadow::read as read_shadow;
pub use verb::{Context, Read, VERBS, Verb, find};
