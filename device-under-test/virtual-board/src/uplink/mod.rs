//! The network at the other end of the chip's Ethernet cable, as a machine: a gateway that gives an address, answers for all names,
//! tells the time, and takes every connection further as one of this machine's loopback.
//!
//! Nothing gets out of the machine: a connection goes to the same port of 127.0.0.1, whatever address the program asked for.

mod datagrams;
mod gateway;
mod names;
mod queue;

pub(crate) use gateway::{Gateway, Heard, Now, Want};
