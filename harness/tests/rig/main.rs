//! Tests of the rig as a whole: one program, so that it is linked once.

mod again;
mod attempts;
mod board_contract;
mod boards;
mod cli;
mod cli_contract;
mod console;
mod docs;
mod elf;
mod equal_faults;
mod explore;
mod flash_command;
mod flash_images;
mod flashing;
mod fleet;
mod fleet_docs;
mod lab;
mod language;
mod meter;
mod micropython;
mod monitor;
mod new;
mod nvs;
mod order;
mod planted;
mod power_contract;
#[cfg(feature = "board-probe")]
mod probe;
mod provision;
mod real_cloud;
mod record;
mod reports;
mod robust;
mod run_dirs;
mod scenarios;
mod schema;
#[cfg(feature = "board-probe")]
mod soft_chip;
mod support;
mod symbols;
mod tidy;
mod virtual_runs;
