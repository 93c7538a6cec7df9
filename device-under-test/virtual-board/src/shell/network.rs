//! The network of the program on the board: connections of this machine.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream, ToSocketAddrs};
use std::sync::mpsc::Sender;
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::running::Message;
use crate::io::{Ask, Heard, Input};

/// Longest wait for a connection, and for a request to leave.
const PATIENCE: Duration = Duration::from_secs(10);

/// Bytes that are read at once.
const READ_BYTES: usize = 4096;

/// The one connection that a program has.
#[derive(Debug)]
pub(crate) struct Network {
    sender: Sender<Message>,
    /// Counts connections; what comes from an older one is ignored.
    connection: u64,
    stream: Option<TcpStream>,
}

/// What a connection's thread tells the driver.
#[derive(Debug)]
pub(crate) enum Wire {
    Connected(TcpStream),
    Heard(Heard),
}

impl Network {
    pub(crate) const fn new(sender: Sender<Message>) -> Self {
        Self { sender, connection: 0, stream: None }
    }

    /// Does what the board asks. Gives what it hears at once.
    pub(crate) fn ask(&mut self, life: u64, ask: Ask) -> Option<Input> {
        let heard = match ask {
            Ask::Date => date(),
            Ask::Connect { address } => {
                self.disconnect();
                return self.connect(life, address);
            }
            Ask::Send(bytes) => {
                let stream = self.stream.as_mut()?;
                if stream.write_all(&bytes).is_ok() {
                    return None;
                }
                self.disconnect();
                Heard::Reset
            }
            Ask::Disconnect => {
                self.disconnect();
                return None;
            }
        };
        Some(Input::Network { life, heard })
    }

    /// Takes what a connection's thread told; gives what the board hears of it.
    pub(crate) fn wire(&mut self, connection: u64, life: u64, wire: Wire) -> Option<Input> {
        if connection != self.connection {
            return None;
        }
        let heard = match wire {
            Wire::Connected(stream) => {
                self.stream = Some(stream);
                Heard::Connected
            }
            Wire::Heard(heard) => heard,
        };
        Some(Input::Network { life, heard })
    }

    fn disconnect(&mut self) {
        self.connection += 1;
        if let Some(stream) = self.stream.take() {
            // It may be gone already.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    fn connect(&self, life: u64, address: String) -> Option<Input> {
        let (sender, connection) = (self.sender.clone(), self.connection);
        let tell = move |wire| sender.send(Message::Wire { connection, life, wire }).is_ok();
        let spawned = thread::Builder::new()
            .name("board-connection".into())
            .spawn(move || serve(&address, &tell));
        let error = spawned.err()?;
        Some(Input::Network { life, heard: Heard::ConnectFailed(error.to_string()) })
    }
}

/// Connects and reads until the end; `tell` says whether anybody still listens.
fn serve(address: &str, tell: &dyn Fn(Wire) -> bool) {
    let mut stream = match open(address) {
        Ok(stream) => stream,
        Err(error) => {
            tell(Wire::Heard(Heard::ConnectFailed(error.to_string())));
            return;
        }
    };
    let told = match stream.try_clone() {
        Ok(writer) => tell(Wire::Connected(writer)),
        Err(error) => {
            tell(Wire::Heard(Heard::ConnectFailed(error.to_string())));
            false
        }
    };
    if !told {
        return;
    }
    let mut buffer = [0; READ_BYTES];
    loop {
        let heard = match stream.read(&mut buffer) {
            Ok(0) => Heard::Closed,
            Ok(count) => Heard::Received(buffer.iter().take(count).copied().collect()),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(_) => Heard::Reset,
        };
        let goes_on = matches!(heard, Heard::Received(_));
        if !tell(Wire::Heard(heard)) || !goes_on {
            return;
        }
    }
}

fn open(address: &str) -> std::io::Result<TcpStream> {
    let mut last = std::io::Error::other("the name has no address");
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

fn date() -> Heard {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let millis = since.ok().and_then(|since| u64::try_from(since.as_millis()).ok());
    millis.map_or(Heard::NoDate, |unix_ms| Heard::Date { unix_ms })
}
