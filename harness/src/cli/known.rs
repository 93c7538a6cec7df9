//! A board of the inventory as the board of a command: found by its name, ours by its lock, told apart by its MAC.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use clap::Args;

use super::boards::InventoryArgs;
use crate::board::equipped::FirstCycle;
use crate::board::pins::{self, Pins};
use crate::board::port::{PortName, PortOptions};
use crate::engine::ActionError;
use crate::inventory::KnownBoard;
use crate::inventory::board::SerialKind;
use crate::inventory::file::{self, InventoryFile};
use crate::inventory::lock::{self, BoardLock, Holder};
use crate::inventory::matching::{Choice, Term};
use crate::inventory::rate::Rates;
use crate::inventory::wear::Wears;
use crate::time;

/// Which inventory, and how long a board is waited for.
#[derive(Debug, Clone, Args)]
pub(super) struct KnownArgs {
    #[command(flatten)]
    pub(super) inventory: InventoryArgs,
    /// How long to wait for a board of the inventory that somebody else uses, as 10m.
    #[arg(long, default_value = "0s", value_name = "DURATION", value_parser = parse_span)]
    pub(super) wait_board: Duration,
}

/// A duration of the command line.
pub(super) fn parse_span(text: &str) -> Result<Duration, String> {
    time::parse_span(text).ok_or_else(|| "write a duration with its unit, as 10m".to_owned())
}

/// A board of the inventory, and where it is.
#[derive(Debug, Clone)]
pub(super) struct Known {
    /// What the inventory says of it.
    pub(super) board: KnownBoard,
    /// Where it is; none for a virtual board that the rig starts itself.
    pub(super) port: Option<PortName>,
    /// Cuts its supply once, before the first of all cases that this run has for it.
    cycled: Arc<AtomicBool>,
    /// Where the rates of this host's boards are remembered.
    rates: Rates,
    /// Where the wear of their flashes is counted.
    wears: Wears,
}

impl Known {
    /// A board of an inventory.
    ///
    /// # Errors
    ///
    /// The inventory does not say where it is.
    pub(super) fn of(
        board: &KnownBoard,
        inventory: &Path,
        (locks, wears): (&Path, Wears),
    ) -> Result<Self, ActionError> {
        let port = board.serial.port.as_deref().and_then(PortName::parse);
        let needs_port = board.serial.kind != SerialKind::Virtual && board.probe.is_none();
        if port.is_none() && needs_port {
            let shown = inventory.display();
            let why = format!("{shown} does not say on which port it is");
            return Err(ActionError::new(format!("take the board {}", board.name), why)
                .help("attach it and run `shadowrig boards learn`"));
        }
        let (rates, cycled) = (Rates(locks.to_owned()), Arc::default());
        Ok(Self { board: board.clone(), port, cycled, rates, wears })
    }

    /// What is to be done to its supply before the run; the same for all cases of it.
    pub(super) fn first_cycle(&self) -> Option<FirstCycle> {
        let off = self.board.cycle?;
        Some(FirstCycle { off, is_done: Arc::clone(&self.cycled) })
    }

    /// How its port is opened.
    pub(super) fn options(&self) -> PortOptions {
        let (rates, wears) = (Some(self.rates.clone()), Some(self.wears.clone()));
        PortOptions { rates, wears, ..self.board.serial.options() }
    }

    /// The way to its reset and boot pins.
    pub(super) fn pins(&self) -> Box<dyn Pins> {
        pins::of(&self.board.serial)
    }
}

/// Who we are, for those who want the same board.
pub(super) fn holder(run: &str, variable: fn(&str) -> Option<String>) -> Holder {
    Holder {
        pid: std::process::id(),
        user: variable("USER").unwrap_or_else(|| "somebody".into()),
        run: run.to_owned(),
        since: jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
    }
}

/// The inventory, of which nothing is used where it has mistakes.
///
/// # Errors
///
/// It cannot be read, or has mistakes.
fn load(
    args: &InventoryArgs,
    what: &str,
    variable: fn(&str) -> Option<String>,
) -> Result<InventoryFile, ActionError> {
    let path = file::path(args.inventory.as_deref(), variable);
    let shown = path.display().to_string();
    let read = file::load(path).map_err(|error| {
        ActionError::new(format!("read the inventory {shown}"), error.to_string())
            .help("name another one by --inventory")
    })?;
    if !read.read.problems.is_empty() {
        return Err(ActionError::new(what, format!("{shown} has mistakes"))
            .help("`shadowrig boards list` shows each with its place"));
    }
    Ok(read)
}

/// Finds the one board that a term means.
///
/// # Errors
///
/// The inventory cannot be used, knows no such board, several of them, or no place of it.
pub(super) fn find(
    term: &str,
    args: &InventoryArgs,
    variable: fn(&str) -> Option<String>,
) -> Result<Known, ActionError> {
    let what = format!("take the board {term}");
    let file = load(args, &what, variable)?;
    let inventory = &file.read.inventory;
    let choice = Term::parse(term).map(|term| Choice(vec![term]));
    let choice = choice.map_err(|why| ActionError::new(what.clone(), why))?;
    let boards = choice.boards(inventory).map_err(|error| {
        let why = format!("{error} ({})", file.path.display());
        ActionError::new(what.clone(), why).help(error.help())
    })?;
    let boards: Vec<_> = boards.iter().filter_map(|index| inventory.boards.get(*index)).collect();
    match boards.as_slice() {
        [only] => {
            let kept = (file::locks(variable), Wears::of_user(variable));
            Known::of(only, &file.path, (&kept.0, kept.1))
        }
        several => {
            let names: Vec<_> = several.iter().map(|board| board.name.as_str()).collect();
            Err(ActionError::new(what, format!("that is {}", names.join(" and ")))
                .help("name one of them"))
        }
    }
}

/// Finds a board and takes it for a command.
///
/// # Errors
///
/// As [`find`], or somebody else has the board.
pub(super) fn take(
    term: &str,
    args: &KnownArgs,
    run: &str,
    variable: fn(&str) -> Option<String>,
) -> Result<(Known, BoardLock), ActionError> {
    let known = find(term, &args.inventory, variable)?;
    let (mac, holder) = (known.board.mac, holder(run, variable));
    let lock = lock::take(&file::locks(variable), mac, &holder, args.wait_board);
    let lock = lock.map_err(|error| {
        ActionError::new(format!("take the board {}", known.board.name), error.to_string())
            .help(WAIT_FOR_IT)
    })?;
    Ok((known, lock))
}

/// What to do about a board that somebody else has.
pub(super) const WAIT_FOR_IT: &str = "wait for it by --wait-board 10m";
