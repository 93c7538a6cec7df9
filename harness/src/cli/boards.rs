//! `shadowrig boards`: what is attached to this host, what its inventory says, and what is wrong.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::json;

use super::{Terminal, exit};
use crate::board::port::PortName;
use crate::diagnostics::{self, Source};
use crate::inventory::doctor::{self, Badness, Finding, PortSeen, PortState, Seen};
use crate::inventory::file::{self, InventoryFile};
use crate::inventory::host::{self, HostPort};
use crate::inventory::learn::{self, Found, News};
use crate::inventory::wear::Wears;
use crate::inventory::{KnownBoard, aside, lock, probe, rate};

/// The words behind `shadowrig boards`.
#[derive(Debug, Subcommand)]
pub(super) enum BoardsCommand {
    /// Say what is wrong with the boards of this host, and what to do about it.
    Doctor(PortArgs),
    /// Ask each serial port who is on it, and write that to the inventory; what stands there stays.
    Learn(PortArgs),
    /// Show the boards of the inventory, and who uses them.
    List {
        #[command(flatten)]
        inventory: InventoryArgs,
        /// As JSON, for scripts.
        #[arg(long)]
        json: bool,
    },
}

/// Which inventory.
#[derive(Debug, Clone, Args)]
pub(super) struct InventoryArgs {
    /// The inventory of this host's boards [default: $SHADOWRIG_INVENTORY, or shadowrig/boards.toml in the user's configuration].
    #[arg(long, value_name = "FILE")]
    pub(super) inventory: Option<PathBuf>,
}

/// Which inventory, and which ports.
#[derive(Debug, Args)]
pub(super) struct PortArgs {
    #[command(flatten)]
    inventory: InventoryArgs,
    /// Only this port: a path or an rfc2217:// address. May be given several times [default: all USB serial ports].
    #[arg(long, value_name = "PORT")]
    port: Vec<String>,
    /// As JSON, for scripts.
    #[arg(long)]
    json: bool,
}

/// Does what the words ask for; returns the exit code.
pub(super) fn boards<W: Write, E: Write>(
    command: &BoardsCommand,
    terminal: &mut Terminal<'_, W, E>,
) -> io::Result<u8> {
    match command {
        BoardsCommand::Doctor(args) => doctor(args, terminal),
        BoardsCommand::Learn(args) => learn(args, terminal),
        BoardsCommand::List { inventory, json } => list(inventory, *json, terminal),
    }
}

/// Reads the inventory and draws all its problems.
///
/// # Errors
///
/// The exit code, when it cannot be used; the reason is written.
pub(super) fn load<W: Write, E: Write>(
    args: &InventoryArgs,
    terminal: &mut Terminal<'_, W, E>,
) -> io::Result<Result<InventoryFile, u8>> {
    let path = file::path(args.inventory.as_deref(), terminal.variable);
    let name = path.display().to_string();
    let inventory = match file::load(path) {
        Ok(inventory) => inventory,
        Err(error) => {
            writeln!(terminal.err, "error: failed to read the inventory {name}: {error}")?;
            writeln!(terminal.err, "help: name another one by --inventory")?;
            return Ok(Err(exit::RIG));
        }
    };
    let source = Source { path: &name, text: &inventory.text };
    for problem in &inventory.read.problems {
        writeln!(terminal.err, "{}\n", diagnostics::problem(source, problem, terminal.style))?;
    }
    Ok(if inventory.read.problems.is_empty() { Ok(inventory) } else { Err(exit::RIG) })
}

fn list<W: Write, E: Write>(
    args: &InventoryArgs,
    as_json: bool,
    terminal: &mut Terminal<'_, W, E>,
) -> io::Result<u8> {
    let file = match load(args, terminal)? {
        Ok(file) => file,
        Err(code) => return Ok(code),
    };
    let boards = &file.read.inventory.boards;
    let locks = file::locks(terminal.variable);
    if as_json {
        let boards: Vec<_> = boards
            .iter()
            .map(|board| {
                let holder = lock::holder(&locks, board.mac);
                json!({
                    "name": board.name, "mac": board.mac.to_string(), "chip": board.chip,
                    "serial": { "kind": board.serial.kind.word(), "port": board.serial.port },
                    "usb": { "path": board.usb.path, "serial": board.usb.serial },
                    "labels": board.labels, "can": board.can(),
                    "power": board.power.as_ref().map(|switch| switch.word()),
                    "notes": board.notes, "free": holder.is_none(), "holder": holder.flatten(),
                    "set_aside": aside::recall(&locks, board.mac),
                    "flash_rate": rate::recall(&locks, board.mac),
                    "attached": is_attached(board),
                })
            })
            .collect();
        writeln!(terminal.out, "{}", json!({ "inventory": file.path, "boards": boards }))?;
        return Ok(exit::PASSED);
    }
    if boards.is_empty() {
        writeln!(terminal.out, "no boards in {}", file.path.display())?;
        writeln!(terminal.out, "`shadowrig boards learn` adds those that are attached")?;
    }
    let rows: Vec<_> = boards.iter().map(|board| row(board, &locks)).collect();
    for line in columns(&rows) {
        writeln!(terminal.out, "{line}")?;
    }
    Ok(exit::PASSED)
}

/// Whether there is a port where the board was seen last; `None` where that cannot be seen without asking it.
fn is_attached(board: &KnownBoard) -> Option<bool> {
    match PortName::parse(board.serial.port.as_deref()?)? {
        PortName::Device(path) => Some(path.exists()),
        PortName::Rfc2217(_) => None,
    }
}

fn row(board: &KnownBoard, locks: &std::path::Path) -> [String; 6] {
    let holder = lock::holder(locks, board.mac);
    let state = match holder {
        None => "free".to_owned(),
        Some(None) => "in use".to_owned(),
        Some(Some(holder)) => format!("in use by {holder}"),
    };
    let state = match is_attached(board) {
        Some(false) => format!("{state}, not attached"),
        Some(true) | None => state,
    };
    let aside = aside::recall(locks, board.mac);
    let state = aside.map_or_else(|| state.clone(), |aside| format!("{state}, {aside}"));
    let rate = rate::recall(locks, board.mac);
    let state = rate.map_or_else(|| state.clone(), |rate| format!("{state}, {rate}"));
    let place = board.serial.port.as_deref().unwrap_or(board.serial.kind.word());
    [
        board.name.clone(),
        board.chip.as_deref().unwrap_or("?").to_owned(),
        board.mac.to_string(),
        place.to_owned(),
        board.labels.iter().map(|label| format!("#{label}")).collect::<Vec<_>>().join(" "),
        state,
    ]
}

/// Rows below one another, each column as wide as its widest cell.
fn columns(rows: &[[String; 6]]) -> Vec<String> {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
    let widths: Vec<_> = (0..6).map(|column| width(column).unwrap_or(0)).collect();
    let line = |row: &[String; 6]| {
        let cells = row.iter().zip(&widths).filter(|(_, width)| **width > 0);
        let cells: Vec<_> = cells.map(|(cell, width)| format!("{cell:width$}")).collect();
        cells.join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}

fn learn<W: Write, E: Write>(args: &PortArgs, terminal: &mut Terminal<'_, W, E>) -> io::Result<u8> {
    let file = match load(&args.inventory, terminal)? {
        Ok(file) => file,
        Err(code) => return Ok(code),
    };
    let ports = ports(args)?;
    if ports.is_empty() {
        writeln!(terminal.err, "error: no USB serial port is attached to this host")?;
        writeln!(terminal.err, "help: plug a board in, or name its port by --port")?;
        return Ok(exit::RIG);
    }
    let locks = file::locks(terminal.variable);
    let (mut found, mut silent) = (Vec::new(), Vec::new());
    let mut failed = false;
    for port in &ports {
        match look(port, &file, &locks) {
            PortState::Board { mac, chip } => found.push(Found {
                port: port.path.clone(),
                mac,
                chip,
                usb: port.usb.clone(),
                kind: port.kind,
            }),
            state => {
                failed |= !args.port.is_empty();
                let (what, help) = doctor::words(&port.path, &state);
                writeln!(terminal.err, "warning: {what}\nhelp: {help}")?;
                silent.push(json!({ "port": port.path, "what": what, "help": help }));
            }
        }
    }
    let learned = learn::learn(&file.text, &file.read.inventory, &found);
    if learned.text != file.text
        && let Err(error) = file::save(&file.path, &learned.text)
    {
        let path = file.path.display();
        writeln!(terminal.err, "error: failed to write the inventory {path}: {error}")?;
        return Ok(exit::RIG);
    }
    if args.json {
        let news: Vec<_> = learned.news.iter().map(news_json).collect();
        let boards = count(&learned.text);
        let all = json!({ "inventory": file.path, "boards": boards, "news": news, "ports_without_board": silent });
        writeln!(terminal.out, "{all}")?;
    } else {
        for news in &learned.news {
            writeln!(terminal.out, "{}", words(news))?;
        }
        writeln!(terminal.out, "{} boards in {}", count(&learned.text), file.path.display())?;
    }
    Ok(if failed || found.is_empty() { exit::RIG } else { exit::PASSED })
}

fn count(text: &str) -> usize {
    crate::inventory::read::read(text).inventory.boards.len()
}

fn words(news: &News) -> String {
    match news {
        News::ChipDiffers { name, written, found } => {
            format!("{name}: it has {found}, and the inventory says {written}; left as it is")
        }
        News::New { name } => format!("{name}: new"),
        News::Same { name } => format!("{name}: as before"),
        News::Updated { name, keys } => format!("{name}: {} brought up to date", keys.join(", ")),
    }
}

fn news_json(news: &News) -> serde_json::Value {
    match news {
        News::ChipDiffers { name, written, found } => {
            json!({ "name": name, "news": "chip-differs", "written": written, "found": found })
        }
        News::New { name } => json!({ "name": name, "news": "new" }),
        News::Same { name } => json!({ "name": name, "news": "same" }),
        News::Updated { name, keys } => json!({ "name": name, "news": "updated", "keys": keys }),
    }
}

fn doctor<W: Write, E: Write>(
    args: &PortArgs,
    terminal: &mut Terminal<'_, W, E>,
) -> io::Result<u8> {
    let file = match load(&args.inventory, terminal)? {
        Ok(file) => file,
        Err(code) => return Ok(code),
    };
    let mut ports = ports(args)?;
    // Ports that no system lists: pseudo-terminals and addresses that the inventory names.
    for board in &file.read.inventory.boards {
        if let Some(port) = &board.serial.port
            && args.port.is_empty()
            && ports.iter().all(|known| known.path != *port)
        {
            ports.push(named(port));
        }
    }
    let locks = file::locks(terminal.variable);
    let boards = &file.read.inventory.boards;
    let seen = |port: HostPort| {
        let state = look(&port, &file, &locks);
        PortSeen { port: port.path, usb: port.usb, state }
    };
    let aside = |board: &KnownBoard| Some((board.mac, aside::recall(&locks, board.mac)?));
    let rate = |board: &KnownBoard| Some((board.mac, rate::recall(&locks, board.mac)?));
    let wears = Wears::of_user(terminal.variable);
    let ports = ports.into_iter().map(seen).collect();
    // Whoever names ports asks for nothing else.
    let probes = if args.port.is_empty() { super::probe::seen() } else { Some(Vec::new()) };
    let seen = Seen {
        ports,
        grabbers: host::grabbers(),
        probes,
        asides: boards.iter().filter_map(aside).collect(),
        rates: boards.iter().filter_map(rate).collect(),
        wears: boards.iter().map(|board| (board.mac, wears.recall(board.mac))).collect(),
    };
    for board in boards.iter().filter(|board| doctor::is_back(board, &seen)) {
        aside::forget(&locks, board.mac);
    }
    let mut findings = doctor::examine(&file.read.inventory, &seen);
    if !args.port.is_empty() {
        findings.extend(doctor::unknown_ports(&file.read.inventory, &seen));
    }
    let bad: BTreeSet<_> = findings
        .iter()
        .filter(|finding| finding.badness == Badness::Bad)
        .map(|finding| &finding.about)
        .collect();
    if args.json {
        let findings: Vec<_> = findings.iter().map(finding_json).collect();
        let all = json!({ "inventory": file.path, "boards": boards.len(), "bad": bad, "findings": findings });
        writeln!(terminal.out, "{all}")?;
    } else {
        for finding in &findings {
            let word = badness_word(finding.badness);
            writeln!(terminal.out, "{word:7}  {}: {}", finding.about, finding.what)?;
            if let Some(help) = &finding.help {
                writeln!(terminal.out, "         help: {help}")?;
            }
        }
        let (all, bad) = (boards.len(), bad.len());
        writeln!(terminal.out, "{all} boards, {bad} of them cannot be used")?;
    }
    Ok(if bad.is_empty() { exit::PASSED } else { exit::RIG })
}

const fn badness_word(badness: Badness) -> &'static str {
    match badness {
        Badness::Good => "ok",
        Badness::Warning => "warning",
        Badness::Bad => "bad",
    }
}

fn finding_json(finding: &Finding) -> serde_json::Value {
    json!({
        "badness": badness_word(finding.badness), "about": finding.about,
        "what": finding.what, "help": finding.help,
    })
}

/// The ports that were named, or all that the host has.
fn ports(args: &PortArgs) -> io::Result<Vec<HostPort>> {
    if args.port.is_empty() {
        return host::ports();
    }
    let known = host::ports()?;
    let port = |path: &String| {
        known.iter().find(|known| known.path == *path).cloned().unwrap_or_else(|| named(path))
    };
    Ok(args.port.iter().map(port).collect())
}

fn named(path: &str) -> HostPort {
    HostPort { path: path.to_owned(), ..HostPort::default() }
}

/// Who is on a port. A board that a run uses is left alone: to ask it would reset it.
fn look(port: &HostPort, file: &InventoryFile, locks: &std::path::Path) -> PortState {
    let boards = &file.read.inventory.boards;
    if let Some(board) = boards.iter().find(|board| board.is_on_probe_at(&port.path, &port.usb)) {
        return PortState::OfProbe { board: board.name.clone() };
    }
    let last = boards.iter().find(|board| board.serial.port.as_ref() == Some(&port.path));
    if let Some(holder) = last.and_then(|board| lock::holder(locks, board.mac)) {
        let holder = holder.map_or("another process".to_owned(), |holder| holder.to_string());
        return PortState::Locked { holder };
    }
    let serial = last.map(|board| board.serial.clone()).unwrap_or_default();
    probe::who(&port.path, &serial)
}
