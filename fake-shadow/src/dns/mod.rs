//! A name server: what it answers, as a pure machine, and the sockets around it.
//!
//! It knows AWS IoT's names of endpoints and those that it is told, and gives the rig's address for them, so that unmodified
//! firmware meets the fake cloud. Of all other names it says that there are none, and it asks nobody: what is tested with it
//! cannot reach the real cloud by mistake. It fails as the faults of kind `dns` want it.

mod answer;
mod names;
mod server;

pub use answer::{Carrier, Reply, answer, asked_name};
pub use names::{NameError, Names};
pub use server::{DnsServer, serve_dns};
