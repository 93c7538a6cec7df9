//! What the explainer says about devices that sign wrongly.

mod devices;
mod docs;
mod proven;
mod seen;
mod text;
