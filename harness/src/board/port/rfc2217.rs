//! A serial port over TCP, put behind a pseudo-terminal: whoever needs a real terminal finds one, and DTR and RTS go over the wire.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream, ToSocketAddrs};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use serialport::{SerialPort as _, TTYPort};

use super::telnet::{self, Heard, Line, Listener};
use super::{PortError, PortName};

/// How long the server may take to answer.
const PATIENCE: Duration = Duration::from_secs(3);

/// How long a thread waits before it looks whether the port was closed.
const GLANCE: Duration = Duration::from_millis(50);

/// Bytes that are read at once.
const READ_BYTES: usize = 4096;

/// The wire behind the terminal. Dropped, it hangs up.
#[derive(Debug)]
pub(super) struct Bridge {
    name: PortName,
    shared: Arc<Shared>,
    heard: Receiver<Heard>,
}

#[derive(Debug)]
struct Shared {
    stream: TcpStream,
    /// Held while something is sent, so that data does not get into a command.
    writer: Mutex<TcpStream>,
    is_over: AtomicBool,
}

impl Bridge {
    /// Connects, and gives the terminal behind which the port is. The lines are off then.
    pub(super) fn open(
        name: &PortName,
        address: &str,
        baud: u32,
    ) -> Result<(Self, TTYPort), PortError> {
        let stream = connect(address).map_err(|error| PortError::io(name, "connect", error))?;
        let writer = stream.try_clone().map_err(|error| PortError::io(name, "connect", error))?;
        let shared = Arc::new(Shared {
            stream,
            writer: Mutex::new(writer),
            is_over: AtomicBool::new(false),
        });
        let terminal = |error| PortError::io(name, "make a terminal for it", error);
        let (master, slave) = TTYPort::pair().map_err(terminal)?;
        let reader = master.try_clone_native().map_err(terminal)?;
        let (sender, heard) = mpsc::channel();
        let bridge = Self { name: name.clone(), shared: Arc::clone(&shared), heard };
        let for_wire = Arc::clone(&shared);
        spawn(move || from_wire(&for_wire, master, &sender))
            .map_err(|error| PortError::io(name, "connect", error))?;
        bridge
            .shared
            .send(&telnet::hello())
            .map_err(|error| PortError::io(name, "connect", error))?;
        bridge.wait_for("offer of a serial port", |heard| *heard == Heard::IsComPort)?;
        bridge.send(&telnet::plain_line())?;
        bridge.ask(telnet::baud(baud))?;
        // RTS first: DTR alone would pull the boot pin of nobody's reset, RTS alone would reset the board.
        bridge.set_line(Line::Rts, false)?;
        bridge.set_line(Line::Dtr, false)?;
        spawn(move || to_wire(&shared, reader, baud))
            .map_err(|error| PortError::io(name, "connect", error))?;
        Ok((bridge, slave))
    }

    /// Sets a line and waits until the server has done it.
    pub(super) fn set_line(&self, line: Line, is_on: bool) -> Result<(), PortError> {
        self.ask(telnet::set_line(line, is_on))
    }

    fn ask(&self, (bytes, command): (Vec<u8>, u8)) -> Result<(), PortError> {
        // Answers to what nobody waited for.
        while self.heard.try_recv().is_ok() {}
        self.send(&bytes)?;
        self.wait_for("answer to a setting", |heard| *heard == Heard::Done(command))
    }

    fn send(&self, bytes: &[u8]) -> Result<(), PortError> {
        self.shared.send(bytes).map_err(|error| PortError::io(&self.name, "write", error))
    }

    fn wait_for(
        &self,
        missing: &'static str,
        wanted: impl Fn(&Heard) -> bool,
    ) -> Result<(), PortError> {
        let until = Instant::now() + PATIENCE;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            match self.heard.recv_timeout(left) {
                Ok(heard) if wanted(&heard) => return Ok(()),
                Ok(Heard::IsNoComPort) | Err(_) => {
                    return Err(PortError::NotRfc2217 { name: self.name.clone(), missing });
                }
                Ok(_) => {}
            }
        }
    }
}

impl Drop for Bridge {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::SeqCst);
        // The server may have hung up before us.
        let _gone_already = self.shared.stream.shutdown(Shutdown::Both);
    }
}

impl Shared {
    fn send(&self, bytes: &[u8]) -> io::Result<()> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner).write_all(bytes)
    }

    fn is_over(&self) -> bool {
        self.is_over.load(Ordering::SeqCst)
    }
}

fn connect(address: &str) -> io::Result<TcpStream> {
    let mut last = io::Error::other("the name has no address");
    for address in address.to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, PATIENCE) {
            Ok(stream) => {
                stream.set_nodelay(true)?;
                stream.set_write_timeout(Some(PATIENCE))?;
                return Ok(stream);
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn spawn(work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    thread::Builder::new().name("rfc2217".into()).spawn(work).map(|_| ())
}

/// Carries what the board says to the terminal. When the wire ends, the terminal hangs up, as that of a cable does.
fn from_wire(shared: &Shared, mut master: TTYPort, sender: &Sender<Heard>) {
    let mut listener = Listener::default();
    let mut buffer = [0; READ_BYTES];
    let mut stream = &shared.stream;
    while let Ok(count @ 1..) = stream.read(&mut buffer) {
        for heard in listener.feed(&buffer[..count]) {
            match heard {
                // Nobody reads: what does not fit is lost, as on a UART.
                Heard::Data(bytes) => drop(master.write_all(&bytes)),
                Heard::Answer(bytes) => drop(shared.send(&bytes)),
                told @ (Heard::Done(_) | Heard::IsComPort | Heard::IsNoComPort) => {
                    // Nobody waits for it any more.
                    drop(sender.send(told));
                }
            }
        }
    }
    shared.is_over.store(true, Ordering::SeqCst);
}

/// Carries what is written on the terminal to the board; a new rate goes before it.
fn to_wire(shared: &Shared, mut master: TTYPort, mut baud: u32) {
    // A terminal that refuses a time-out is read without one, and its end is seen all the same.
    let _refused = master.set_timeout(GLANCE);
    let mut buffer = [0; READ_BYTES];
    while !shared.is_over() {
        let count = match master.read(&mut buffer) {
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::TimedOut => continue,
            Err(_) => return,
        };
        let mut bytes = Vec::new();
        if let Ok(now) = master.baud_rate()
            && now != baud
        {
            baud = now;
            bytes = telnet::baud(baud).0;
        }
        bytes.extend(telnet::data(&buffer[..count]));
        if shared.send(&bytes).is_err() {
            return;
        }
    }
}
