//! The kinds, one file each, and what they share.

pub(crate) mod common;
pub(crate) mod motor;
pub(crate) mod shade;
pub(crate) mod signal;
