//! A pseudo-terminal as serial port. It has no modem lines: resets come over the control socket, or from
//! the tools through the watchdog.

use std::fs;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{OptionalActions, QueueSelector, tcflush, tcgetattr, tcsetattr};

use super::error::ShellError;
use super::running::{Message, ToPort};
use crate::io::Input;

/// Bytes that are read at once.
const READ_BYTES: usize = 4096;

/// How long the reader waits before it looks whether the port has changed.
const GLANCE: Duration = Duration::from_millis(20);

/// How long to wait while nobody has opened the port: then the kernel says so at once each time.
const NOBODY: Duration = Duration::from_millis(5);

/// How long a client of a board may take nothing before what is sent to it is dropped, as by a UART.
pub(crate) const DROP_AFTER: Duration = Duration::from_secs(1);

/// The port, with its threads, until it is dropped.
#[derive(Debug)]
pub(crate) struct Pty {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    link: Option<PathBuf>,
    terminal: Mutex<Option<Arc<Terminal>>>,
    is_over: AtomicBool,
}

/// One pseudo-terminal.
#[derive(Debug)]
struct Terminal {
    master: OwnedFd,
    name: PathBuf,
}

impl Pty {
    /// A port at a link, if there is to be one. What a client does not take within `patience` is dropped.
    pub(crate) fn open(
        link: Option<&Path>,
        sender: &Sender<Message>,
        patience: Duration,
    ) -> Result<Self, ShellError> {
        let terminal = Terminal::open().map_err(ShellError::Pty)?;
        if let Some(link) = link {
            put_link(&terminal.name, link)?;
        }
        let shared = Arc::new(Shared {
            link: link.map(Path::to_owned),
            terminal: Mutex::new(Some(Arc::new(terminal))),
            is_over: AtomicBool::new(false),
        });
        let (to_port, receiver) = mpsc::channel();
        // The driver is not running yet, so its channel is there.
        let _ = sender.send(Message::Port(to_port));
        let (writer, reader) = (Arc::clone(&shared), Arc::clone(&shared));
        let sender = sender.clone();
        spawn("board-pty-out", move || write_all(&writer, &receiver, patience))?;
        spawn("board-pty-in", move || read_all(&reader, &sender))?;
        Ok(Self { shared })
    }

    /// The name of the terminal, such as `/dev/pts/3`.
    pub(crate) fn name(&self) -> PathBuf {
        self.shared.terminal().map(|terminal| terminal.name.clone()).unwrap_or_default()
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::Relaxed);
        self.shared.put(None);
        if let Some(link) = &self.shared.link {
            remove_link(link);
        }
    }
}

impl Shared {
    fn terminal(&self) -> Option<Arc<Terminal>> {
        self.terminal.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn put(&self, terminal: Option<Arc<Terminal>>) {
        *self.terminal.lock().unwrap_or_else(PoisonError::into_inner) = terminal;
    }

    /// The port vanishes and comes back under another name.
    fn renumerate(&self, away: Duration) {
        let old = self.terminal();
        self.put(None);
        if let Some(link) = &self.link {
            remove_link(link);
        }
        // The reader lets go of it at its next glance.
        drop(old);
        thread::sleep(away);
        let Ok(terminal) = Terminal::open() else {
            return;
        };
        if let Some(link) = &self.link {
            // Whoever waits for the link finds the port missing, as with a real one.
            let _ = put_link(&terminal.name, link);
        }
        if !self.is_over.load(Ordering::Relaxed) {
            self.put(Some(Arc::new(terminal)));
        }
    }
}

impl Terminal {
    fn open() -> io::Result<Self> {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
        grantpt(&master)?;
        unlockpt(&master)?;
        let name = ptsname(&master, Vec::new())?;
        let name = PathBuf::from(name.to_string_lossy().into_owned());
        let terminal = Self { master, name };
        terminal.make_raw()?;
        // Opened once and closed: from now on the kernel says when nobody is there.
        terminal.flush()?;
        let flags = rustix::fs::fcntl_getfl(&terminal.master)?;
        rustix::fs::fcntl_setfl(&terminal.master, flags | OFlags::NONBLOCK)?;
        Ok(terminal)
    }

    /// Without this the terminal would echo the board's output back into the board.
    fn make_raw(&self) -> io::Result<()> {
        let mut settings = tcgetattr(&self.master)?;
        settings.make_raw();
        Ok(tcsetattr(&self.master, OptionalActions::Now, &settings)?)
    }

    /// Drops what the last client has not read, so that the next does not read it.
    fn flush(&self) -> io::Result<()> {
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let slave = rustix::fs::open(&self.name, flags, Mode::empty())?;
        Ok(tcflush(&slave, QueueSelector::IFlush)?)
    }

    fn baud(&self) -> Option<u32> {
        tcgetattr(&self.master).ok().map(|settings| settings.output_speed())
    }

    /// What holds of these events now, or within the time.
    fn poll(&self, events: PollFlags, patience: Duration) -> PollFlags {
        let mut fds = [PollFd::from_borrowed_fd(self.master.as_fd(), events)];
        let patience = Timespec::try_from(patience).ok();
        // A poll that fails is one that found nothing.
        let _ = poll(&mut fds, patience.as_ref());
        fds[0].revents()
    }
}

fn read_all(shared: &Shared, sender: &Sender<Message>) {
    let mut last_baud = None;
    let mut was_open = false;
    while !shared.is_over.load(Ordering::Relaxed) {
        let Some(terminal) = shared.terminal() else {
            thread::sleep(NOBODY);
            continue;
        };
        let ready = terminal.poll(PollFlags::IN, GLANCE);
        if ready.contains(PollFlags::IN) {
            was_open = true;
            let baud = terminal.baud();
            if baud != last_baud {
                last_baud = baud;
                let _ = sender.send(Message::Input(Input::HostBaud(baud.unwrap_or_default())));
            }
            let mut buffer = [0; READ_BYTES];
            let count = rustix::io::read(&terminal.master, &mut buffer).unwrap_or(0);
            let bytes: Vec<_> = buffer.iter().take(count).copied().collect();
            if count > 0 && sender.send(Message::Input(Input::Serial(bytes))).is_err() {
                return;
            }
        } else if ready.contains(PollFlags::HUP) {
            if std::mem::take(&mut was_open) {
                // Whatever fails here fails again when the next client opens the port, and is seen.
                let _ = terminal.flush().and_then(|()| terminal.make_raw());
            }
            thread::sleep(NOBODY);
        } else {
            was_open = true;
        }
    }
}

fn write_all(shared: &Shared, receiver: &Receiver<ToPort>, drop_after: Duration) {
    // Once a client was given up, nobody waits for it again until it reads: what waits would pile up.
    let mut patience = drop_after;
    for what in receiver {
        match what {
            ToPort::Gone { away } => shared.renumerate(away),
            ToPort::Bytes(bytes) => {
                if let Some(terminal) = shared.terminal() {
                    let is_taken = write(&terminal, &bytes, patience);
                    patience = if is_taken { drop_after } else { Duration::ZERO };
                }
            }
        }
    }
}

/// Writes as long as somebody is there and reads. Gives whether nobody was there, or all was taken.
fn write(terminal: &Terminal, mut bytes: &[u8], patience: Duration) -> bool {
    while !bytes.is_empty() {
        let ready = terminal.poll(PollFlags::OUT, patience);
        if ready.contains(PollFlags::HUP) || !ready.contains(PollFlags::OUT) {
            return ready.contains(PollFlags::HUP);
        }
        match rustix::io::write(&terminal.master, bytes) {
            Ok(count) => bytes = bytes.get(count..).unwrap_or_default(),
            Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INTR) => thread::sleep(NOBODY),
            Err(_) => return true,
        }
    }
    true
}

fn put_link(name: &Path, link: &Path) -> Result<(), ShellError> {
    remove_link(link);
    symlink(name, link).map_err(|error| ShellError::Link { path: link.to_owned(), error })
}

/// Removes a link of ours; anything else stays.
fn remove_link(link: &Path) {
    if fs::symlink_metadata(link).is_ok_and(|found| found.is_symlink()) {
        // If it cannot be removed, putting the next one says why.
        let _ = fs::remove_file(link);
    }
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> Result<(), ShellError> {
    let spawned = thread::Builder::new().name(name.into()).spawn(work);
    spawned.map(|_| ()).map_err(ShellError::Thread)
}
