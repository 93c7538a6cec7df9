//! Tests of the rig as a whole: one program, so that it is linked once.

mod board_contract;
mod cli;
mod robust;
mod scenarios;
mod support;
mod tidy;
