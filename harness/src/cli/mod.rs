//! The command line: what the words mean, and which function does it. Writes where it is told; only `main` prints.

mod again;
mod attempts;
mod bench_board;
mod benches;
mod board_name;
mod boards;
mod cargo_test;
mod check;
mod command_words;
mod compare;
mod completions;
mod explain;
mod explore;
mod explore_boards;
mod files;
mod flash;
mod interrupt;
mod known;
mod lab;
mod list;
mod monitor;
mod new;
mod prepare;
mod probe;
mod progress;
mod radio;
mod reach;
mod real_cloud;
mod record;
mod replay;
mod report;
mod reports;
mod run;
mod run_dir;
mod scheduler;
mod schema;
mod select;
mod simulate;
mod taking;
mod told;
mod watch;
mod wifi;

use std::io::{self, Write};
use std::path::PathBuf;

use clap::{CommandFactory, Parser, Subcommand, ValueEnum};

pub use cargo_test::cargo_test;

use crate::diagnostics::Style;

/// The exit codes, which scripts rely on.
pub mod exit {
    /// All passed; skips are allowed.
    pub const PASSED: u8 = 0;
    /// A bug in the rig itself.
    pub const BUG: u8 = 1;
    /// The command line.
    pub const USAGE: u8 = 2;
    /// A scenario does not parse or check.
    pub const BAD_SCENARIO: u8 = 3;
    /// Nothing was selected.
    pub const NOTHING_SELECTED: u8 = 4;
    /// The rig failed: no board, flashing failed, link lost.
    pub const RIG: u8 = 5;
    /// The firmware failed a check.
    pub const FIRMWARE: u8 = 100;
    /// Interrupted.
    pub const INTERRUPTED: u8 = 130;
}

/// The words of the command line.
#[derive(Debug, Parser)]
#[command(name = "shadowrig", version, about, arg_required_else_help = true)]
pub struct Args {
    /// When to color what is printed.
    #[arg(long, global = true, value_enum, default_value = "auto", value_name = "WHEN")]
    pub color: When,
    #[command(subcommand)]
    command: Command,
}

/// When to color.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum When {
    /// On a terminal.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run scenarios: files, or folders with .yaml files in them.
    Run(run::RunArgs),
    /// Parse and check scenarios without running them; shows all problems of all files.
    Check {
        /// Files, or folders.
        #[arg(default_value = "scenarios")]
        paths: Vec<PathBuf>,
        /// What does not pass beside errors: `warnings`.
        #[arg(long, value_name = "warnings", value_parser = ["warnings"])]
        deny: Option<String>,
    },
    /// Show what would run, one line a case.
    List(list::ListArgs),
    /// The boards of this host: what is attached, write it to the inventory, what is wrong.
    #[command(subcommand)]
    Boards(boards::BoardsCommand),
    /// Show where two runs differ in what device and cloud said to each other, times and ids left out.
    Compare(compare::CompareArgs),
    /// Flash a firmware onto a board: an ELF, a .bin, or flasher_args.json; verified, and skipped where nothing changed.
    Flash(flash::FlashArgs),
    /// Use a device against the fake cloud, and get a scenario that expects the same again.
    Record(record::RecordArgs),
    /// Let the recorded requests of a device meet the cloud as it is now, and show which answers differ.
    Replay(replay::ReplayArgs),
    /// Show a run again, or join runs.
    #[command(subcommand)]
    Report(report::ReportCommand),
    /// Write a first scenario to edit; it passes on the simulated bench as it is.
    New(new::NewArgs),
    /// Print what makes a shell complete the words of this program.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Print the JSON schema of the scenario format.
    Schema {
        /// The reference page in Markdown instead.
        #[arg(long)]
        markdown: bool,
    },
    /// Repeat a scenario with every fault at every request, and a power cut at every edge.
    Explore(explore::ExploreArgs),
    /// Show what a board prints, and what it means: resets, wakes, sleeps and crashes with their functions and lines.
    Monitor(monitor::MonitorArgs),
    /// Run a fleet of devices in virtual time against the fake cloud.
    Simulate(simulate::SimulateArgs),
    /// Run the fake cloud, as `fake-shadow` does; with `--to`, a proxy before the real one.
    #[command(visible_alias = "proxy")]
    Serve(fake_shadow::cli::ServeArgs),
    /// Explain a captured raw HTTP request: is its signature right, and if not, why?
    Explain(explain::ExplainArgs),
    /// Be one of our own things; the board `process` starts this.
    #[command(hide = true)]
    Device(thing_host::Options),
}

/// Where a command writes, and how.
#[derive(Debug)]
pub struct Terminal<'a, W: Write, E: Write> {
    /// What was asked for.
    pub out: &'a mut W,
    /// What goes wrong on the way.
    pub err: &'a mut E,
    /// Whether readers see colors.
    pub style: Style,
    /// Whether a person watches: progress may be drawn on standard error.
    pub live: bool,
    /// The value of a variable of the environment.
    pub variable: fn(&str) -> Option<String>,
    /// A log that outlives the command's own threads: standard error.
    pub log: fn() -> Box<dyn Write + Send>,
}

/// Does what the words ask for; returns the exit code.
///
/// # Errors
///
/// If the output cannot be written.
pub fn main<W: Write, E: Write>(args: Args, terminal: &mut Terminal<'_, W, E>) -> io::Result<u8> {
    match args.command {
        Command::Run(args) => run::run(&args, terminal),
        Command::Check { paths, deny } => check::check(&paths, deny.is_some(), terminal),
        Command::List(args) => list::list(&args, terminal),
        Command::New(args) => new::new(&args, terminal),
        Command::Completions { shell } => {
            completions::completions(shell, Args::command(), terminal)
        }
        Command::Schema { markdown } => schema::schema(markdown, terminal),
        Command::Explore(args) => explore::explore(&args, terminal),
        Command::Monitor(args) => monitor::monitor(&args, terminal),
        Command::Simulate(args) => simulate::simulate(&args, terminal),
        Command::Serve(args) => serve(&args, terminal),
        Command::Explain(args) => explain::explain(&args, terminal),
        Command::Device(options) => device(&options, terminal),
        Command::Boards(command) => boards::boards(&command, terminal),
        Command::Compare(args) => compare::compare(&args, terminal),
        Command::Flash(args) => flash::flash(&args, terminal),
        Command::Record(args) => record::record(&args, terminal),
        Command::Replay(args) => replay::replay(&args, terminal),
        Command::Report(command) => report::report(&command, terminal),
    }
}

fn serve<W: Write, E: Write>(
    args: &fake_shadow::cli::ServeArgs,
    terminal: &mut Terminal<'_, W, E>,
) -> io::Result<u8> {
    let environment = fake_shadow::cli::Environment::read(terminal.variable);
    let outputs = fake_shadow::cli::Outputs { out: &mut *terminal.out, log: (terminal.log)() };
    let Err(error) = fake_shadow::cli::run(args, &environment, outputs) else {
        return Ok(exit::PASSED);
    };
    writeln!(terminal.err, "error: {error}")?;
    if let Some(help) = error.help() {
        writeln!(terminal.err, "help: {help}")?;
    }
    // What the cloud cannot have, as a port, is no bug of the rig.
    Ok(if error.exit_code() == exit::USAGE { exit::USAGE } else { exit::RIG })
}

fn device<W: Write, E: Write>(
    options: &thing_host::Options,
    terminal: &mut Terminal<'_, W, E>,
) -> io::Result<u8> {
    let Err(error) = thing_host::run(options, terminal.out) else { return Ok(exit::PASSED) };
    writeln!(terminal.err, "error: {error}\nhelp: {}", error.help())?;
    Ok(exit::BUG)
}
