//! `shadowrig new`: a first scenario to edit, which passes on the simulated bench.

use std::fs;
use std::io::{self, BufRead, IsTerminal, Write};
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{Terminal, exit};
use crate::scenario::plan::slug;

/// The words behind `shadowrig new`.
#[derive(Debug, Args)]
pub(super) struct NewArgs {
    /// What a person calls the case; its file is named after it.
    name: String,
    /// What it is to prove; without it you are asked, and where nobody can be asked it is `obey`.
    #[arg(long, value_enum)]
    proves: Option<Proves>,
    /// The image that runs on the board: a name of the inventory or a path; without it our own signal thing.
    #[arg(long)]
    image: Option<String>,
    /// Where the file goes.
    #[arg(long, default_value = "scenarios", value_name = "DIR")]
    folder: PathBuf,
}

/// What a first scenario proves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Proves {
    /// A desired change is obeyed once and reported once.
    Obey,
    /// A device with nothing to do asks once and reports nothing.
    Idle,
    /// A bad answer of the cloud costs one sleep.
    BadAnswer,
    /// A power cut loses nothing.
    PowerCut,
}

/// Writes a scenario; returns the exit code.
pub(super) fn new<W: Write, E: Write>(
    args: &NewArgs,
    terminal: &mut Terminal<'_, W, E>,
) -> io::Result<u8> {
    let slug = slug(&args.name);
    if slug.is_empty() {
        writeln!(terminal.err, "error: `{}` has no letter or digit to name a file by", args.name)?;
        return Ok(exit::USAGE);
    }
    let path = args.folder.join(format!("{slug}.yaml"));
    let asked = match args.proves {
        Some(proves) => proves,
        None if terminal.live && io::stdin().is_terminal() => {
            ask(&mut io::stdin().lock(), terminal)?
        }
        None => Proves::Obey,
    };
    fs::create_dir_all(&args.folder)?;
    let file = fs::OpenOptions::new().write(true).create_new(true).open(&path);
    match file.and_then(|mut file| file.write_all(text(args, asked).as_bytes())) {
        Ok(()) => {
            writeln!(terminal.out, "wrote {}\nrun it by: shadowrig run {0}", path.display())?;
            Ok(exit::PASSED)
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            writeln!(
                terminal.err,
                "error: {} is there already, and stays as it is",
                path.display()
            )?;
            writeln!(
                terminal.err,
                "help: give the case another name, or another folder by --folder"
            )?;
            Ok(exit::USAGE)
        }
        Err(error) => {
            writeln!(terminal.err, "error: failed to write {}: {error}", path.display())?;
            Ok(exit::USAGE)
        }
    }
}

/// Asks what the case is to prove; an empty answer is the first.
fn ask<W: Write, E: Write>(
    input: &mut impl BufRead,
    terminal: &mut Terminal<'_, W, E>,
) -> io::Result<Proves> {
    let all = Proves::value_variants();
    writeln!(terminal.out, "What is it to prove?")?;
    for (index, proves) in all.iter().enumerate() {
        let value = proves.to_possible_value();
        let help = value.as_ref().and_then(|value| value.get_help()).map(ToString::to_string);
        writeln!(terminal.out, "  {}  {}", index + 1, help.unwrap_or_default())?;
    }
    loop {
        write!(terminal.out, "1 to {} [1]: ", all.len())?;
        terminal.out.flush()?;
        let mut answer = String::new();
        if input.read_line(&mut answer)? == 0 || answer.trim().is_empty() {
            return Ok(Proves::Obey);
        }
        let index = answer.trim().parse::<usize>().ok().and_then(|number| number.checked_sub(1));
        if let Some(proves) = index.and_then(|index| all.get(index)) {
            return Ok(*proves);
        }
    }
}

fn text(args: &NewArgs, proves: Proves) -> String {
    let name = serde_json::Value::from(args.name.as_str());
    let image = args.image.as_ref().map_or_else(String::new, |image| {
        format!("firmware: {{ image: {} }}\n", serde_json::Value::from(image.as_str()))
    });
    let (needs, steps) = match proves {
        Proves::Obey => ("a console", OBEY),
        Proves::Idle => ("nothing but a console", IDLE),
        Proves::BadAnswer => ("a console, the fake cloud", BAD_ANSWER),
        Proves::PowerCut => ("a console, a power switch", POWER_CUT),
    };
    let proves = proves.to_possible_value();
    let proves = proves.as_ref().and_then(|value| value.get_help()).map(ToString::to_string);
    let proves = proves.unwrap_or_default();
    format!("# Proves: {proves}\n# Needs: {needs}.\nversion: 1\nname: {name}\n{image}{steps}")
}

const OBEY: &str = "cloud:
  shadow:                       # what the cloud holds at the beginning
    desired: { sleep: 5, signal: 0 }
    reported: { sleep: 5, signal: 0 }
steps:
  - expect-cycle: { requests: [GET shadow], sleep: 5s }
    within: 30s
  - set-desired: { signal: 2 }  # as an app does
  - expect-request:
      is: POST shadow
      signed: true
      body: { state: { reported: { signal: 2 } } }
    within: 30s
  - eventually: { shadow: { delta: { $absent: true } } }
  - expect-cycle: { requests: [GET shadow, POST shadow] }
  - expect-cycle: { requests: [GET shadow], cause: timer }
    within: 30s
";

const IDLE: &str = "cloud:
  shadow:                       # what the cloud holds at the beginning
    desired: { sleep: 5, signal: 0 }
    reported: { sleep: 5, signal: 0 }
steps:
  - expect-cycles: { count: 3, each: { requests: [GET shadow], sleep: { for: 5s, tolerance: 5% } } }
    within: 60s
  - never: POST shadow
";

const BAD_ANSWER: &str = "requires: { cloud: fake }
cloud:
  shadow:                       # what the cloud holds at the beginning
    desired: { sleep: 5, signal: 0 }
    reported: { sleep: 5, signal: 0 }
steps:
  - expect-cycle: { requests: [GET shadow] }
    within: 30s
  - fault: { status: 503 }
    to: GET shadow
  - set-desired: { signal: 2 }
  - expect-fault: applied
    within: 30s
  - expect-sleep: { for: 5s, tolerance: 5% }
  - eventually: { shadow: { reported: { signal: 2 } } }
    within: 30s
  - expect-count: { of: POST shadow, exactly: 1 }
";

const POWER_CUT: &str = "board: { needs: [power-switch] }
cloud:
  shadow:                       # what the cloud holds at the beginning
    desired: { sleep: 5, signal: 0 }
    reported: { sleep: 5, signal: 0 }
steps:
  - expect-cycle: { requests: [GET shadow] }
    within: 30s
  - set-desired: { signal: 2 }
  - expect-request: GET shadow
    within: 30s
  - power: cycle
  - expect-reset: power-on
  - eventually: { shadow: { reported: { signal: 2 }, delta: { $absent: true } } }
    within: 60s
  - expect-count: { of: POST shadow, exactly: 1 }
";
