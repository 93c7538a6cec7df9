//! What the explainer says about devices that sign wrongly.
#![expect(clippy::unwrap_used, reason = "a test that cannot set itself up must fail")]

mod devices;
mod docs;
mod proven;
mod seen;
mod text;
