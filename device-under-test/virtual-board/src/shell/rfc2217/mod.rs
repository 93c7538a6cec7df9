//! A serial port over TCP with rate and modem lines (RFC 2217), for one client at a time.

mod server;
mod telnet;

pub(crate) use server::Rfc2217;
