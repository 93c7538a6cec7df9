//! The service on real sockets: the only part that waits and does IO.
//!
//! hyper reads the requests, with its parser, limits and time-outs, and answers those of the control interface. Those
//! of the service it hands over whole: their answers are written here, byte for byte as AWS writes them, and so is
//! everything that a fault does to a connection.

mod connection;
mod control;
mod perform;
mod server;
mod shared;
mod stream;
mod tls;

pub use connection::{BODY_TIME_MAX, HANDSHAKE_TIME_MAX, HEAD_TIME_MAX};
pub use control::{CONTROL_PREFIX, TOKEN_LETTERS_MIN, Token, TokenError};
pub use server::{CONNECTIONS_MAX, SHUTDOWN_TIME_MAX, Server, serve, serve_tls};
pub use shared::{Remote, Shared};
pub use tls::{ServerIdentity, TlsError, usual_names};
