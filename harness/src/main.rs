//! The rig as a program. Reads the machine once (arguments, terminal), prints and exits; everything else is in the library.

use std::io::{self, IsTerminal};
use std::process::ExitCode;

use clap::Parser;
use shadowrig::cli::{self, Args, Terminal, When};
use shadowrig::diagnostics::Style;

// A fleet in virtual time takes and gives back memory some hundred times a wake.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let args = Args::parse();
    let out_is_terminal = io::stdout().is_terminal();
    let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let style = match args.color {
        When::Always => Style::Colored,
        When::Auto if out_is_terminal && !plain => Style::Colored,
        When::Auto | When::Never => Style::Plain,
    };
    let mut out = io::stdout();
    let mut err = io::stderr();
    let live = out_is_terminal && io::stderr().is_terminal();
    let mut terminal = Terminal {
        out: &mut out,
        err: &mut err,
        style,
        live,
        variable: |name| std::env::var(name).ok(),
        log: || Box::new(io::stderr()),
    };
    match cli::main(args, &mut terminal) {
        Ok(code) => ExitCode::from(code),
        // Whoever read our output went away; there is nobody left to tell.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::from(cli::exit::BUG),
        Err(error) => {
            let _nobody_left_to_tell =
                io::Write::write_fmt(&mut err, format_args!("error: {error}\n"));
            ExitCode::from(cli::exit::BUG)
        }
    }
}
