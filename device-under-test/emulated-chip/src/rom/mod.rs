//! The functions of the ROM that programs call, done by the chip itself when the core gets to their addresses.
//!
//! The ROM is not ours to copy, and programs call few of its functions. The addresses are those of the linker scripts that come with
//! `esp-rom-sys`.

mod analog;
mod arithmetic;
mod call;
mod flash;
mod md5;
mod memory;
mod system;
mod table;

pub(crate) use analog::Analog;
pub(crate) use call::{Call, Next};
pub(crate) use md5::Md5Contexts;
pub(crate) use table::find;
