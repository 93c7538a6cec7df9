//! The fake cloud as a program; see the library for what it is.

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::Parser;
use fake_shadow::cli::{Environment, Outputs, ServeArgs, run};

/// A request takes and gives back some sixty pieces of memory, and this allocator is the faster one at that.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A local stand-in for the AWS IoT Device Shadow service that checks signatures and explains what it refuses.
#[derive(Parser)]
#[command(name = "fake-shadow", version)]
struct Cli {
    #[command(flatten)]
    serve: ServeArgs,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let environment = Environment::read(|name| std::env::var(name).ok());
    let outputs = Outputs { out: io::stdout(), log: io::stderr() };
    let Err(error) = run(&cli.serve, &environment, outputs) else { return ExitCode::SUCCESS };
    let help = error.help().map(|help| format!("help: {help}\n")).unwrap_or_default();
    // Where standard error is closed there is nobody to tell.
    let _ = write!(io::stderr(), "error: {error}\n{help}");
    ExitCode::from(error.exit_code())
}
