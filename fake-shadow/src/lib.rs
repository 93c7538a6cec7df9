//! A local stand-in for the AWS IoT Device Shadow service.
//!
//! What it is: the REST data plane of the shadow service as one pure machine, [`FakeShadow`], that is handed the time
//! and a request and hands back an answer, with AWS's rules, words and refusals; faults on purpose around it; and a
//! thin HTTP server around both.
//! What it is not: a broker (messages can be published over HTTPS, are retained, act on shadows and are told to observers; there
//! is no MQTT to subscribe with), an account (no billing, no rules engine), or a place to keep real data.
//!
//! # The flow
//!
//! ```text
//! bytes ─▶ http ─▶ fault ─▶ service ─▶ sigv4::verify ─▶ route ─▶ shadow::apply ─▶ store ─▶ answer ─▶ wire ─▶ bytes
//!          shell   Faulty   FakeShadow  who signed      what for   what becomes            AWS's     AWS's
//!                                                                  of it                   words     bytes
//! ```
//!
//! All but `http`, `cli` and `data` is pure: time and input come in as values, outputs go out as values, and equal seeds
//! give equal runs. So a whole bench runs in virtual time by calls alone:
//!
//! ```
//! use fake_shadow::clock::UnixMillis;
//! use fake_shadow::fault::Fault;
//! use fake_shadow::message::{Header, HttpVersion, Request};
//! use fake_shadow::{FakeShadow, Faulty, Settings};
//!
//! let mut cloud = Faulty::new(FakeShadow::new(Settings::default()));
//! cloud.arm(Fault::read(&serde_json::json!({ "lost-answer": true, "to": "POST shadow" }))?);
//! let request = Request {
//!     method: "GET".to_owned(),
//!     target: "/things/lamp/shadow".to_owned(),
//!     version: HttpVersion::Http11,
//!     headers: vec![Header::new("Host", "localhost")],
//!     body: Vec::new(),
//! };
//! let delivery = cloud.handle(UnixMillis::from_secs(1_700_000_000), &request);
//! assert_eq!(delivery.status, Some(403));
//! # Ok::<(), fake_shadow::fault::FaultError>(())
//! ```
//!
//! # Layout, in reading order
//!
//! - [`message`], [`clock`], [`event`]: the values that everything else is about.
//! - [`service`]: the machine. It asks [`sigv4`] who signed, [`route`] and [`operation`] what for, [`policy`] whether that
//!   is allowed, and [`shadow`] what becomes of it.
//! - [`fault`]: the machine with faults around it. [`wire`]: answers as bytes.
//! - [`proxy`]: the same in front of the real service, with the keys of an [`account`].
//! - [`ntp`] and [`dns`]: servers of time and of names beside it, with the same faults.
//! - [`http`]: real sockets, TLS and the control interface. [`data`]: all of it in a file. [`cli`] and [`log`]: the program.

pub mod account;
mod answer;
pub mod cli;
pub mod clock;
pub mod data;
pub mod dns;
pub mod event;
pub mod fault;
pub mod http;
mod json;
mod kept;
pub mod log;
mod members;
pub mod message;
pub mod ntp;
pub mod operation;
mod page;
pub mod paging;
pub mod policy;
pub mod proxy;
pub mod raw_request;
mod recent;
pub mod route;
pub mod service;
pub mod settings;
pub mod shadow;
mod show;
pub mod sigv4;
mod store;
mod system_time;
pub mod topic;
pub mod wire;

pub use event::{Exchange, RequestRecord};
pub use fault::Faulty;
pub use kept::{Change, Item};
pub use recent::REQUESTS_KEPT_MAX;
pub use service::FakeShadow;
pub use settings::Settings;
pub use wire::encode;
