//! The service on real sockets: the only part that waits and does IO.
//!
//! hyper reads the requests, with its parser, limits and time-outs, and answers those of the control interface. Those
//! of the service it hands over whole: their answers are written here, byte for byte as AWS writes them, and so is
//! everything that a fault does to a connection. A request that comes in one piece with nothing unusual in it is read by the
//! same parser without the rest of hyper, which is most of what a request costs.
//!
//! A cloud in the process of whoever tests with it, on a free port:
//!
//! ```
//! use std::sync::Arc;
//!
//! use fake_shadow::clock::UnixMillis;
//! use fake_shadow::http::{Shared, serve};
//! use fake_shadow::{FakeShadow, Faulty, Settings};
//! use tokio::net::TcpListener;
//!
//! # tokio::runtime::Runtime::new()?.block_on(async {
//! let cloud = Faulty::new(FakeShadow::new(Settings::default()));
//! let shared = Shared::new(cloud, || UnixMillis::from_secs(1_700_000_000));
//! let shared = Arc::new(shared.observed_by(|event| println!("{event:?}")));
//! let server = serve(TcpListener::bind("127.0.0.1:0").await?, Arc::clone(&shared))?;
//! println!("the device is to talk to http://{}", server.local_addr());
//! assert_eq!(shared.with(|cloud, _now| cloud.cloud().things().len()), 0);
//! server.shutdown().await;
//! # Ok::<(), std::io::Error>(())
//! # })?;
//! # Ok::<(), std::io::Error>(())
//! ```

mod connection;
mod control;
mod handshake;
mod max_fragment;
mod perform;
mod plain;
mod reading;
mod seats;
mod server;
mod shared;
mod stream;
mod strictness;
mod tls;
mod tls_flaw;

pub use connection::HANDSHAKE_TIME_MAX;
pub use control::{CONTROL_PREFIX, TOKEN_LETTERS_MIN, Token, TokenError};
pub use reading::{BODY_TIME_MAX, HEAD_TIME_MAX};
pub use server::{
    CONNECTIONS_MAX, SHUTDOWN_TIME_MAX, Server, listen, raise_file_limit, serve, serve_tls,
};
pub use shared::{Remote, Shared};
pub use tls::{ServerIdentity, TlsError, usual_names};
