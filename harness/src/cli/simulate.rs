//! `shadowrig simulate`: a fleet in virtual time.

use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args;

use super::{Terminal, exit};
use crate::diagnostics::{self, Source};
use crate::drive::crew;
use crate::explore::from_fleet;
use crate::fleet::settings::DEVICES_MAX;
use crate::fleet::shrink::minimal;
use crate::fleet::{Fleet, Found, Incident, Profile, Settings, Subset, page, profile, summary};
use crate::invariant::{self, Rule, built_in, rule::RULES_MAX};
use crate::scenario::problem::Problem;
use crate::scenario::yaml;
use crate::time;

/// The words behind `shadowrig simulate`.
#[derive(Debug, Args)]
pub(super) struct SimulateArgs {
    /// How many devices.
    #[arg(long, default_value_t = 1000, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=i64::from(DEVICES_MAX)))]
    devices: u32,
    /// How long they are watched, in their time.
    #[arg(long = "for", default_value = "24h", value_name = "DURATION", value_parser = parse_span)]
    span: Duration,
    /// Where chance comes from; equal seeds give equal runs.
    #[arg(long, default_value_t = 0, value_name = "N")]
    seed: u64,
    /// What goes wrong and how often: calm, clock-drift, lossy, outage, power-cuts, rough, throttled, or a file.
    #[arg(long, default_value = "rough", value_name = "NAME")]
    profile: String,
    /// How long each device sleeps: whole seconds from 5s to 10m.
    #[arg(long, default_value = "300s", value_name = "DURATION", value_parser = parse_every)]
    every: Duration,
    /// How long the app side waits on average between two changes of a device; 0s for no changes.
    #[arg(long, default_value = "1h", value_name = "DURATION", value_parser = parse_span)]
    changes_every: Duration,
    /// A YAML file with a list of invariants to watch beside the built-in ones. May be given several times.
    #[arg(long, value_name = "FILE")]
    invariants: Vec<PathBuf>,
    /// How many threads; as many as there are cores where nobody says. The output is the same for each number.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    jobs: Option<u32>,
    /// Let only this device take part; it does what it does among all.
    #[arg(long, value_name = "N")]
    device: Option<u32>,
    /// With --device: let only these things happen to it, as a reduction names them.
    #[arg(long, value_name = "INCIDENTS", value_delimiter = ',', requires = "device")]
    only: Option<Vec<Incident>>,
    /// How many runs the reduction of a violation may take; 0 for no reduction.
    #[arg(long, default_value_t = 500, value_name = "N")]
    trials: usize,
    /// The folder for a scenario for each invariant that is violated.
    #[arg(long, default_value = "target/shadowrig/simulate", value_name = "DIR")]
    out: PathBuf,
    /// Write a report with plots over time: html=PATH.
    #[arg(long, value_name = "html=PATH", value_parser = parse_report)]
    report: Option<PathBuf>,
}

fn parse_report(text: &str) -> Result<PathBuf, String> {
    match text.strip_prefix("html=") {
        Some(path) if !path.is_empty() => Ok(path.into()),
        _ => Err("write html=PATH; a fleet has no other report".to_owned()),
    }
}

fn parse_span(text: &str) -> Result<Duration, String> {
    time::parse_span(text).ok_or_else(|| "write a duration with its unit, as 24h or 90m".to_owned())
}

fn parse_every(text: &str) -> Result<Duration, String> {
    let (shortest, longest) = (thing::SLEEP_S_MIN, thing::SLEEP_S_MAX);
    let span = parse_span(text)?;
    let is_whole = span.subsec_nanos() == 0;
    if is_whole && (u64::from(shortest)..=u64::from(longest)).contains(&span.as_secs()) {
        return Ok(span);
    }
    Err(format!("the devices sleep for whole seconds from {shortest}s to {longest}s"))
}

/// Runs a fleet; returns the exit code.
pub(super) fn simulate<W: Write, E: Write>(
    args: &SimulateArgs,
    terminal: &mut Terminal<'_, W, E>,
) -> io::Result<u8> {
    let profile = match read_profile(&args.profile, terminal)? {
        Ok(profile) => profile,
        Err(code) => return Ok(code),
    };
    let rules = match read_rules(&args.invariants, terminal)? {
        Ok(rules) => rules,
        Err(code) => return Ok(code),
    };
    let began = Instant::now();
    let settings = Settings {
        devices: args.devices,
        span: args.span,
        seed: args.seed,
        every: args.every,
        changes_every: args.changes_every,
        subset: args.device.map(|device| Subset {
            device,
            incidents: args.only.as_ref().map(|only| only.iter().copied().collect()),
        }),
        ..Settings::default()
    };
    if args.device.is_some_and(|device| device >= args.devices) {
        writeln!(terminal.err, "error: there is no device {}", args.device.unwrap_or_default())?;
        writeln!(terminal.err, "help: they are numbered from 0 to {}", args.devices - 1)?;
        return Ok(exit::USAGE);
    }
    let fleet = crew::run(&settings, (&profile, &rules), jobs(args));
    write!(terminal.out, "{}", summary::words(&fleet))?;
    let is_good = summary::violated(&fleet) == 0;
    let files = args.invariants.iter();
    let more: String = files.map(|path| format!(" --invariants {}", path.display())).collect();
    let again = summary::again(fleet.settings(), &args.profile, &more);
    if !is_good {
        reduce(args, (&fleet, &more), terminal)?;
        writeln!(terminal.out, "seed {} shows it again: {again}", args.seed)?;
    }
    let wall = began.elapsed();
    if let Some(path) = &args.report {
        let page = page::render(&fleet, wall, &again).map_err(io::Error::other)?;
        super::reports::create(path, &page)?;
    }
    writeln!(terminal.out, "{}", summary::last_line(&fleet, wall))?;
    Ok(if is_good { exit::PASSED } else { exit::FIRMWARE })
}

/// How many threads there are to be.
fn jobs(args: &SimulateArgs) -> u32 {
    let cores = || std::thread::available_parallelism().map_or(1, usize::from);
    args.jobs.unwrap_or_else(|| u32::try_from(cores()).unwrap_or(1))
}

/// Makes the first violation of each invariant smaller, and writes a scenario for it.
fn reduce<W: Write, E: Write>(
    args: &SimulateArgs,
    (fleet, more): (&Fleet, &str),
    terminal: &mut Terminal<'_, W, E>,
) -> io::Result<()> {
    if args.trials == 0 {
        return Ok(());
    }
    let whole = Settings { subset: None, ..fleet.settings().clone() };
    for (index, rule) in fleet.rules().iter().enumerate() {
        let of_rule = |found: &&Found| found.violation.rule == index;
        let Some(found) = fleet.found().iter().find(of_rule) else { continue };
        let Some(minimal) =
            minimal(fleet.settings(), (fleet.profile(), fleet.rules()), found, args.trials)
        else {
            writeln!(terminal.out, "not reduced: {}, the device alone keeps it", rule.name)?;
            continue;
        };
        let span = Duration::from_secs(minimal.found.violation.at.since_start().as_secs() + 1);
        let settings = Settings { span, ..whole.clone() };
        let again = summary::again(&settings, &args.profile, more);
        write!(terminal.out, "{}", summary::minimal_words((&minimal, rule), &again))?;
        match from_fleet::written(&whole, (fleet.profile(), rule), &minimal) {
            Ok(written) => {
                let path = args.out.join(format!("{}.yaml", rule.name));
                super::reports::create(&path, &written.text)?;
                let (took, trials) = (time::span(written.took), written.trials);
                writeln!(
                    terminal.out,
                    "  as a scenario of {took}, found in {trials} runs on sim: shadowrig run {}",
                    path.display()
                )?;
            }
            Err(reason) => writeln!(terminal.out, "  no scenario: {reason}")?,
        }
    }
    Ok(())
}

fn read_profile<W: Write, E: Write>(
    name: &str,
    terminal: &mut Terminal<'_, W, E>,
) -> io::Result<Result<Profile, u8>> {
    if let Some(profile) = Profile::by_name(name) {
        return Ok(Ok(profile));
    }
    let text = match fs::read_to_string(name) {
        Ok(text) => text,
        Err(error) => {
            let names: Vec<_> = profile::PROFILES.iter().map(|(name, _)| *name).collect();
            writeln!(terminal.err, "error: failed to read the profile {name}: {error}")?;
            writeln!(terminal.err, "help: name a file, or one of {}", names.join(", "))?;
            return Ok(Err(exit::USAGE));
        }
    };
    match Profile::parse(&text) {
        Ok(profile) => Ok(Ok(profile)),
        Err(problems) => draw(name, &text, &problems, terminal).map(Err),
    }
}

/// The built-in invariants and those of the files.
fn read_rules<W: Write, E: Write>(
    paths: &[PathBuf],
    terminal: &mut Terminal<'_, W, E>,
) -> io::Result<Result<Vec<Rule>, u8>> {
    let mut rules = built_in().to_vec();
    for path in paths {
        let name = path.display().to_string();
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) => {
                writeln!(terminal.err, "error: failed to read {name}: {error}")?;
                writeln!(terminal.err, "help: name a file with a list of invariants")?;
                return Ok(Err(exit::USAGE));
            }
        };
        let mut problems = Vec::new();
        match yaml::parse(&text, 0) {
            Ok(root) => rules.extend(invariant::read::rules(&root, &mut problems)),
            Err(problem) => problems.push(*problem),
        }
        if !problems.is_empty() {
            return draw(&name, &text, &problems, terminal).map(Err);
        }
    }
    if rules.len() > RULES_MAX {
        let count = rules.len();
        writeln!(
            terminal.err,
            "error: {count} invariants are too many, {RULES_MAX} can be watched"
        )?;
        writeln!(terminal.err, "help: watch some of them in a second run")?;
        return Ok(Err(exit::USAGE));
    }
    Ok(Ok(rules))
}

fn draw<W: Write, E: Write>(
    path: &str,
    text: &str,
    problems: &[Problem],
    terminal: &mut Terminal<'_, W, E>,
) -> io::Result<u8> {
    let source = Source { path, text };
    for problem in problems {
        writeln!(terminal.err, "{}\n", diagnostics::problem(source, problem, terminal.style))?;
    }
    Ok(exit::BAD_SCENARIO)
}
