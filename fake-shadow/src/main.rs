//! The fake cloud as a program; see the library for what it is.

fn main() {}
