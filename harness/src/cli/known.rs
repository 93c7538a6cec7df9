//! A board of the inventory as the board of a command: found by its name, ours by its lock, told apart by its MAC.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::boards::InventoryArgs;
use crate::board::pins::{ControlPins, LinePins, Pins};
use crate::board::port::PortName;
use crate::engine::ActionError;
use crate::inventory::board::SerialKind;
use crate::inventory::lock::{self, BoardLock, Holder};
use crate::inventory::{KnownBoard, file};
use crate::time;

/// Which inventory, and how long a board is waited for.
#[derive(Debug, Clone, Args)]
pub(super) struct KnownArgs {
    #[command(flatten)]
    inventory: InventoryArgs,
    /// How long to wait for a board of the inventory that somebody else uses.
    #[arg(long, default_value = "0s", value_name = "DURATION", value_parser = parse_span)]
    wait_board: Duration,
}

fn parse_span(text: &str) -> Result<Duration, String> {
    time::parse_span(text).ok_or_else(|| "write a duration with its unit, as 10m".to_owned())
}

/// A board that is ours until this is dropped.
#[derive(Debug)]
pub(super) struct Known {
    /// What the inventory says of it.
    pub(super) board: KnownBoard,
    /// Where it is; none for a virtual board that the rig starts itself.
    pub(super) port: Option<PortName>,
    _lock: BoardLock,
}

impl Known {
    /// The way to its reset and boot pins.
    pub(super) fn pins(&self) -> Box<dyn Pins> {
        match &self.board.serial.control {
            Some(socket) => Box::new(ControlPins { socket: PathBuf::from(socket) }),
            None => Box::new(LinePins),
        }
    }
}

/// Finds a board by its name and takes it for a run.
///
/// # Errors
///
/// The inventory cannot be used, knows no such board or no place of it, or somebody else has the board.
pub(super) fn take(
    name: &str,
    args: &KnownArgs,
    run: &str,
    variable: fn(&str) -> Option<String>,
) -> Result<Known, ActionError> {
    let what = || format!("take the board {name}");
    let path = file::path(args.inventory.inventory.as_deref(), variable);
    let shown = path.display().to_string();
    let read = file::load(path).map_err(|error| {
        ActionError::new(format!("read the inventory {shown}"), error.to_string())
            .help("name another one by --inventory")
    })?;
    if !read.read.problems.is_empty() {
        return Err(ActionError::new(what(), format!("{shown} has mistakes"))
            .help("`shadowrig boards list` shows each with its place"));
    }
    let inventory = &read.read.inventory;
    let board = inventory.by_name(name).ok_or_else(|| {
        let names = inventory.boards.iter().map(|board| board.name.as_str());
        let help = crate::scenario::problem::nearest(name, names).map_or_else(
            || "name sim, process, virtual or a port; `shadowrig boards learn` writes the inventory".to_owned(),
            |near| format!("did you mean `{near}`?"),
        );
        ActionError::new(what(), format!("the inventory {shown} has no board of that name"))
            .help(help)
    })?;
    let port = board.serial.port.as_deref().and_then(PortName::parse);
    let needs_port = board.serial.kind != SerialKind::Virtual && board.probe.is_none();
    if port.is_none() && needs_port {
        return Err(ActionError::new(what(), format!("{shown} does not say on which port it is"))
            .help("attach it and run `shadowrig boards learn`"));
    }
    let holder = Holder {
        pid: std::process::id(),
        user: variable("USER").unwrap_or_else(|| "somebody".into()),
        run: run.to_owned(),
        since: jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
    };
    let lock = lock::take(&file::locks(variable), board.mac, &holder, args.wait_board);
    let lock = lock.map_err(|error| {
        ActionError::new(what(), error.to_string()).help("wait for it by --wait-board 10m")
    })?;
    Ok(Known { board: board.clone(), port, _lock: lock })
}
