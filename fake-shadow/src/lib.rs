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

pub mod clock;
mod json;
pub mod message;
pub mod raw_request;
pub mod shadow;
pub mod sigv4;
