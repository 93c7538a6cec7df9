//! The gateway's connections: sockets of this machine's loopback, each read by a thread of its own.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpStream, UdpSocket};
use std::sync::mpsc::Sender;
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::running::Message;
use crate::time::Moment;
use crate::uplink::{Gateway, Heard, Now, Want};

/// Longest wait for a connection, for bytes to leave, and for the answer to a datagram.
const PATIENCE: Duration = Duration::from_secs(10);

/// Bytes that are read at once, and of the longest datagram.
const READ_BYTES: usize = 4096;

/// The gateway, and what it has open on this machine.
#[derive(Debug)]
pub(crate) struct Uplink {
    gateway: Gateway,
    sender: Sender<Message>,
    streams: BTreeMap<u64, TcpStream>,
}

/// What a thread of the uplink brings to the driver.
#[derive(Debug)]
pub(crate) enum Cable {
    Opened(u64, TcpStream),
    Heard(Heard),
}

impl Uplink {
    pub(crate) fn new(sender: Sender<Message>) -> Self {
        Self { gateway: Gateway::new(), sender, streams: BTreeMap::new() }
    }

    /// When it wants to be told that time passed.
    pub(crate) fn wake_at(&mut self, now: Moment) -> Option<Moment> {
        self.gateway.wake_at(now)
    }

    /// Takes what a thread brought; gives the frames for the chip.
    pub(crate) fn take(&mut self, now: Moment, cable: Cable) -> Vec<Vec<u8>> {
        let heard = match cable {
            Cable::Opened(flow, stream) => {
                self.streams.insert(flow, stream);
                Heard::Opened(flow)
            }
            Cable::Heard(heard) => heard,
        };
        self.handle(now, heard)
    }

    /// Tells the gateway, and does what it wants; gives the frames for the chip.
    pub(crate) fn handle(&mut self, now: Moment, heard: Heard) -> Vec<Vec<u8>> {
        let now = Now { moment: now, unix_ms: unix_ms() };
        let mut frames = Vec::new();
        let mut wants = self.gateway.handle(now, heard);
        while !wants.is_empty() {
            let mut answers = Vec::new();
            for want in wants {
                answers.extend(self.perform(want, &mut frames));
            }
            wants = answers.into_iter().flat_map(|heard| self.gateway.handle(now, heard)).collect();
        }
        frames
    }

    fn perform(&mut self, want: Want, frames: &mut Vec<Vec<u8>>) -> Option<Heard> {
        match want {
            Want::Frame(frame) => frames.push(frame),
            Want::Open { flow, port } => {
                return self.open(flow, port).err().map(|_| Heard::Refused(flow));
            }
            Want::Send { flow, bytes } => {
                let stream = self.streams.get_mut(&flow)?;
                if stream.write_all(&bytes).is_err() {
                    return Some(Heard::Broken(flow));
                }
            }
            Want::End { flow } => {
                // It may be gone already.
                let _ = self.streams.get(&flow)?.shutdown(Shutdown::Write);
            }
            Want::Drop { flow } => {
                // Likewise.
                let _ = self.streams.remove(&flow)?.shutdown(Shutdown::Both);
            }
            // A datagram may get lost.
            Want::Ask { question, port, bytes } => {
                let _ = self.ask(question, port, bytes);
            }
        }
        None
    }

    fn teller(&self) -> impl Fn(Cable) -> bool + Send + use<> {
        let sender = self.sender.clone();
        move |cable| sender.send(Message::Cable(cable)).is_ok()
    }

    fn open(&self, flow: u64, port: u16) -> io::Result<()> {
        let tell = self.teller();
        let name = "board-connection".to_owned();
        thread::Builder::new().name(name).spawn(move || serve(flow, port, &tell)).map(|_| ())
    }

    fn ask(&self, question: u64, port: u16, bytes: Vec<u8>) -> io::Result<()> {
        let tell = self.teller();
        let name = "board-datagram".to_owned();
        let ask = move || {
            let Ok(answer) = exchange(port, &bytes) else { return };
            tell(Cable::Heard(Heard::Answer(question, answer)));
        };
        thread::Builder::new().name(name).spawn(ask).map(|_| ())
    }
}

/// Connects and reads until the end; `tell` says whether anybody still listens.
fn serve(flow: u64, port: u16, tell: &dyn Fn(Cable) -> bool) {
    let connected = connect(port).and_then(|stream| Ok((stream.try_clone()?, stream)));
    let Ok((writer, mut stream)) = connected else {
        tell(Cable::Heard(Heard::Refused(flow)));
        return;
    };
    if !tell(Cable::Opened(flow, writer)) {
        return;
    }
    let mut buffer = [0; READ_BYTES];
    loop {
        let heard = match stream.read(&mut buffer) {
            Ok(0) => Heard::Ended(flow),
            Ok(count) => Heard::Bytes(flow, buffer.iter().take(count).copied().collect()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(_) => Heard::Broken(flow),
        };
        let goes_on = matches!(heard, Heard::Bytes(..));
        if !tell(Cable::Heard(heard)) || !goes_on {
            return;
        }
    }
}

fn connect(port: u16) -> io::Result<TcpStream> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_nodelay(true)?;
    stream.set_write_timeout(Some(PATIENCE))?;
    Ok(stream)
}

/// Sends a datagram and waits for its answer.
fn exchange(port: u16, bytes: &[u8]) -> io::Result<Vec<u8>> {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
    socket.set_read_timeout(Some(PATIENCE))?;
    socket.connect((Ipv4Addr::LOCALHOST, port))?;
    socket.send(bytes)?;
    let mut answer = vec![0; READ_BYTES];
    let length = socket.recv(&mut answer)?;
    answer.truncate(length);
    Ok(answer)
}

fn unix_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.ok().and_then(|since| u64::try_from(since.as_millis()).ok()).unwrap_or_default()
}
