//! A time server: what it answers, as a pure machine, and the socket around it.
//!
//! It tells the time that it is told, as a server of stratum 1, over SNTP (RFC 4330) and NTP (RFC 5905), and fails as the
//! faults of kind `ntp` want it. It has no part in the cloud's own clock: whoever moves that one makes the two disagree.

mod answer;
mod packet;
mod server;

pub use answer::{Asked, answer};
pub use packet::{ERA_1, PACKET_BYTES, Packet, Timestamp};
pub use server::{NtpServer, serve_ntp};
