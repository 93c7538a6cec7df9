//! A local stand-in for the AWS IoT Device Shadow service.
//!
//! What it is: the REST data plane of the shadow service as one pure machine, [`FakeShadow`], that is handed the time
//! and a request and hands back an answer, with AWS's rules, words and refusals; and a thin HTTP server around it.
//! What it is not: a broker (no MQTT), an account (no billing, no rules engine), or a place to keep real data.
//!
//! The flow, and the modules in reading order:
//!
//! ```text
//! request ─▶ http (shell) ─▶ fault ─▶ service ─▶ sigv4::verify ─▶ route ─▶ shadow::apply ─▶ store ─▶ answer
//! ```

mod answer;
pub mod cli;
pub mod clock;
pub mod data;
pub mod event;
pub mod fault;
pub mod http;
mod json;
pub mod log;
pub mod message;
pub mod operation;
mod page;
pub mod policy;
pub mod raw_request;
mod recent;
pub mod route;
pub mod service;
pub mod settings;
pub mod shadow;
mod show;
pub mod sigv4;
mod store;
pub mod wire;

pub use event::{Exchange, RequestRecord};
pub use fault::Faulty;
pub use recent::REQUESTS_KEPT_MAX;
pub use service::FakeShadow;
pub use settings::Settings;
pub use store::Change;
pub use wire::encode;
