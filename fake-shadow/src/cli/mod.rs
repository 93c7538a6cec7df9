//! The command line of the fake cloud, as a library, so that `fake-shadow` and `shadowrig serve` are the same.

mod args;
mod credentials;
mod error;
mod log_thread;
mod proxy;
mod run;
mod servers;

pub use args::{Environment, ServeArgs};
pub use credentials::parse_credential;
pub use error::ServeError;
pub use run::{Outputs, run};
