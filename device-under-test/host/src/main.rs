//! `thing-host`: the device under test as a program on this machine.

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser as _;

/// A device that sleeps, wakes, asks its shadow what to do, does it, and reports.
#[derive(clap::Parser)]
#[command(version)]
struct Program {
    #[command(flatten)]
    options: thing_host::Options,
}

fn main() -> ExitCode {
    let program = Program::parse();
    let Err(error) = thing_host::run(&program.options, &mut std::io::stdout()) else {
        return ExitCode::SUCCESS;
    };
    // There is nobody left to tell when standard error is closed too.
    let _ = writeln!(std::io::stderr(), "error: {error}\nhelp: {}", error.help());
    ExitCode::FAILURE
}
