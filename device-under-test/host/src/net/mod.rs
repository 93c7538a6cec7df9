//! The network of a thing on this machine: connections, TLS, the time, and names. What runs on the virtual board uses it, too.

mod connection;
mod names;
mod sntp;
mod tls;

pub use connection::{Connection, ConnectionEvent, Target};
pub use names::look_up;
pub use sntp::{Unbelievable, ask_time};
pub use tls::{trusting_der, trusting_file};
