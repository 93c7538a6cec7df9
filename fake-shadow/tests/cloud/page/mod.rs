//! The live page over a real socket: what browsers are told, and who is let in.

mod door;
mod program;
mod served;
mod site;
