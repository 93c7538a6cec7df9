//! The loop of a monitor.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::super::{Terminal, exit};
use super::MonitorArgs;
use super::keys::{Keys, Typed};
use super::view::View;
use super::words::{Place, Unusable, Wanted};
use crate::board::console::Console;
use crate::board::port::{PortError, PortName, PortOptions, SerialPort};
use crate::engine::{ActionError, Event};
use crate::time::{self, Moment};

/// How long a key or Ctrl-C may wait.
pub(super) const GLANCE: Duration = Duration::from_millis(20);

/// How long a port that is back may still refuse: its owner and group are set a moment after it appears.
const REFUSED_MAX: Duration = Duration::from_secs(5);

/// Why a monitor ended.
#[derive(Debug)]
pub(super) enum End {
    /// Ctrl-C, or the signal by which a CI system cancels a job.
    Interrupted,
    /// The key for it, or the time was over.
    Wanted,
    /// The port fails.
    Port(PortError),
    /// The probe fails.
    Probe(ActionError),
}

/// A monitor that runs.
pub(super) struct Monitor<'a, 'b, W: Write, E: Write> {
    terminal: &'a mut Terminal<'b, W, E>,
    view: View,
    pub(super) console: Console,
    pub(super) keys: Keys,
    interrupted: Arc<AtomicBool>,
    began: Instant,
    ends_after: Option<Duration>,
}

/// Watches a board; returns the exit code.
pub(in super::super) fn monitor<W: Write, E: Write>(
    args: &MonitorArgs,
    terminal: &mut Terminal<'_, W, E>,
) -> io::Result<u8> {
    let Wanted { place, symbols, patterns } = match args.understand(terminal.variable) {
        Ok(wanted) => wanted,
        Err(Unusable { code, why, help }) => {
            writeln!(terminal.err, "error: {why}\nhelp: {help}")?;
            return Ok(code);
        }
    };
    let interrupted = Arc::new(AtomicBool::new(false));
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
        signal_hook::flag::register(signal, Arc::clone(&interrupted))?;
    }
    let shows_open = terminal.live && !args.json;
    let mut console = Console::new(patterns);
    console.set_symbols(symbols);
    // Where a line that has not ended is shown anyway, it need not be cut.
    if shows_open {
        console.keep_open_lines();
    }
    let view = View {
        began: Timestamp::now(),
        json: args.json,
        style: terminal.style,
        shows_open,
        open: None,
    };
    let mut monitor = Monitor {
        terminal,
        view,
        console,
        keys: Keys::take(),
        interrupted,
        began: Instant::now(),
        ends_after: args.span,
    };
    let end = match &place {
        Place::Port(port, options) => monitor.run(port, options, args.wait)?,
        Place::Probe(selector, elf) => monitor.run_on_probe(selector, elf, args.wait)?,
    };
    let now = monitor.now();
    let events = monitor.console.end(now);
    monitor.show(now, &events)?;
    drop(monitor.keys);
    match end {
        End::Interrupted => Ok(exit::INTERRUPTED),
        End::Wanted => Ok(exit::PASSED),
        End::Port(error) => {
            writeln!(terminal.err, "error: {error}")?;
            if let Some(help) = error.help() {
                writeln!(terminal.err, "help: {help}")?;
            }
            Ok(exit::RIG)
        }
        End::Probe(error) => {
            writeln!(terminal.err, "error: {error}")?;
            if let Some(help) = &error.help {
                writeln!(terminal.err, "help: {help}")?;
            }
            Ok(exit::RIG)
        }
    }
}

impl<W: Write, E: Write> Monitor<'_, '_, W, E> {
    fn run(&mut self, name: &PortName, options: &PortOptions, waits: bool) -> io::Result<End> {
        let mut port = loop {
            match SerialPort::open(name, options) {
                Ok(port) => break port,
                Err(error) if waits && error.is_gone() => {}
                Err(error) => return Ok(End::Port(error)),
            }
            if let Some(end) = self.is_over() {
                return Ok(end);
            }
            std::thread::sleep(GLANCE);
        };
        let how = if self.terminal.live {
            "; Ctrl-] ends, Ctrl-C interrupts, other keys go to the board"
        } else {
            ""
        };
        self.note(format!("watching {name} at {} baud{how}", options.baud))?;
        let mut buffer = [0; 4096];
        loop {
            if let Some(end) = self.is_over() {
                return Ok(end);
            }
            let typed = self.keys.typed();
            let written = match &typed {
                Some(Typed::End) => return Ok(End::Wanted),
                Some(Typed::Bytes(bytes)) => port.write(bytes),
                None => Ok(()),
            };
            match written.and_then(|()| port.read(&mut buffer, GLANCE)) {
                Ok(count) => self.take(&buffer[..count])?,
                Err(error) if error.is_gone() => {
                    if let Some(end) = self.bridge_gap(&mut port)? {
                        return Ok(end);
                    }
                }
                Err(error) => return Ok(End::Port(error)),
            }
        }
    }

    /// Why to end now, if anything says so.
    pub(super) fn is_over(&self) -> Option<End> {
        if self.interrupted.load(Ordering::SeqCst) {
            return Some(End::Interrupted);
        }
        self.ends_after.filter(|span| self.began.elapsed() >= *span).map(|_| End::Wanted)
    }

    pub(super) fn take(&mut self, bytes: &[u8]) -> io::Result<()> {
        let now = self.now();
        let events =
            if bytes.is_empty() { self.console.tick(now) } else { self.console.feed(now, bytes) };
        self.show(now, &events)?;
        let open = self.console.open_line();
        let text = self.view.open(now, open.as_deref());
        self.print(&text)
    }

    /// Waits for a port that is gone, and marks what may be missing.
    fn bridge_gap(&mut self, port: &mut SerialPort) -> io::Result<Option<End>> {
        let gone_at = self.now();
        let events = self.console.end(gone_at);
        self.show(gone_at, &events)?;
        self.note(
            "the port is gone, as that of a chip that sleeps with its own USB; waiting for it"
                .into(),
        )?;
        let mut refused_since = None;
        loop {
            if let Some(end) = self.is_over() {
                return Ok(Some(end));
            }
            match port.reopen(GLANCE * 5) {
                Ok(()) => break,
                Err(PortError::Vanished { .. }) => refused_since = None,
                Err(error) => {
                    if refused_since.get_or_insert_with(Instant::now).elapsed() >= REFUSED_MAX {
                        return Ok(Some(End::Port(error)));
                    }
                    std::thread::sleep(GLANCE);
                }
            }
        }
        let gap = time::span(Duration::from_millis(self.now().since(gone_at).as_millis() as u64));
        self.note(format!(
            "the port is back after {gap}; what the board printed meanwhile is lost"
        ))?;
        Ok(None)
    }

    pub(super) fn note(&mut self, text: String) -> io::Result<()> {
        let now = self.now();
        self.show(now, &[Event::Note { text }])
    }

    pub(super) fn show(&mut self, now: Moment, events: &[Event]) -> io::Result<()> {
        let text: String = events.iter().map(|event| self.view.event(now, event)).collect();
        self.print(&text)
    }

    fn print(&mut self, text: &str) -> io::Result<()> {
        if text.is_empty() {
            return Ok(());
        }
        self.terminal.out.write_all(text.as_bytes())?;
        self.terminal.out.flush()
    }

    pub(super) fn now(&self) -> Moment {
        Moment::at(self.began.elapsed())
    }
}
