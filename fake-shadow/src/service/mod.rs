//! The service as a whole: the time and a request in, the answer and what is to be known about it out.
#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

mod app;
mod cloud;
mod examined;
mod explainer;
mod perform;
mod refused;
mod registry;
mod retained;
mod throttle;

pub use app::Accepted;
pub use cloud::FakeShadow;
pub(crate) use examined::Examined;
pub use explainer::Explainer;
pub use refused::{Refused, Throttled};
pub use registry::RegistryError;
pub use retained::RETAINED_MESSAGES_MAX;
