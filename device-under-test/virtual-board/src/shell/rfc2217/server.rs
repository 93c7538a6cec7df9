//! Listens for RFC 2217 clients, one at a time.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use super::telnet::{Act, Telnet, escaped};
use crate::io::Input;
use crate::shell::error::ShellError;
use crate::shell::running::{Message, ToPort};

/// Bytes that are read at once.
const READ_BYTES: usize = 4096;

/// How long a client may take nothing before it is given up.
const PATIENCE: Duration = Duration::from_secs(5);

/// The client's end for both threads that write to it.
type Client = Arc<Mutex<Option<TcpStream>>>;

/// The port, until it is dropped.
#[derive(Debug)]
pub(crate) struct Rfc2217 {
    address: SocketAddr,
    client: Client,
    is_over: Arc<AtomicBool>,
}

impl Rfc2217 {
    /// Starts listening.
    pub(crate) fn listen(
        address: SocketAddr,
        sender: &Sender<Message>,
    ) -> Result<Self, ShellError> {
        let listener = TcpListener::bind(address).map_err(ShellError::Rfc2217)?;
        let address = listener.local_addr().map_err(ShellError::Rfc2217)?;
        let client = Client::default();
        let (to_port, receiver) = mpsc::channel();
        // The driver is not running yet, so its channel is there.
        let _ = sender.send(Message::Port(to_port));
        let for_output = Arc::clone(&client);
        spawn("board-rfc2217-out", move || send_all(&for_output, &receiver))?;
        let sender = sender.clone();
        let port = Self { address, client: Arc::clone(&client), is_over: Arc::default() };
        let is_over = Arc::clone(&port.is_over);
        spawn("board-rfc2217-in", move || {
            for stream in listener.incoming().flatten() {
                if is_over.load(Ordering::Relaxed) {
                    return;
                }
                // A client that breaks off has left; the next one may come.
                let _ = serve(stream, &client, &sender);
                put(&client, None);
                let hung_up = Input::Lines { dtr: false, rts: false };
                if sender.send(Message::Input(hung_up)).is_err() {
                    return;
                }
            }
        })?;
        Ok(port)
    }

    /// Where it listens, with the port that was picked.
    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Rfc2217 {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        if let Some(stream) = &*self.client.lock().unwrap_or_else(PoisonError::into_inner) {
            // It may have left already.
            let _ = stream.shutdown(Shutdown::Both);
        }
        // The thread waits for a connection; this one lets it look. If it fails, the thread is gone.
        let _ = TcpStream::connect_timeout(&self.address, PATIENCE);
    }
}

fn serve(mut stream: TcpStream, client: &Client, sender: &Sender<Message>) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    stream.set_write_timeout(Some(PATIENCE))?;
    put(client, Some(stream.try_clone()?));
    let mut telnet = Telnet::new();
    let mut buffer = [0; READ_BYTES];
    loop {
        let count = stream.read(&mut buffer)?;
        if count == 0 {
            return Ok(());
        }
        for act in telnet.received(buffer.get(..count).unwrap_or_default()) {
            let input = match act {
                Act::Baud(baud) => Input::HostBaud(baud),
                Act::Data(bytes) => Input::Serial(bytes),
                Act::Lines { dtr, rts } => Input::Lines { dtr, rts },
                Act::Reply(bytes) => {
                    write(client, &bytes);
                    continue;
                }
            };
            if sender.send(Message::Input(input)).is_err() {
                return Ok(());
            }
        }
    }
}

fn send_all(client: &Client, receiver: &Receiver<ToPort>) {
    for what in receiver {
        match what {
            ToPort::Bytes(bytes) => write(client, &escaped(&bytes)),
            // The port of the machine that serves stays where it is.
            ToPort::Gone { .. } => {}
        }
    }
}

/// Writes to whoever is there; what nobody reads is lost, as on a serial line.
fn write(client: &Client, bytes: &[u8]) {
    let mut stream = client.lock().unwrap_or_else(PoisonError::into_inner);
    if stream.as_mut().is_some_and(|stream| stream.write_all(bytes).is_err()) {
        *stream = None;
    }
}

fn put(client: &Client, stream: Option<TcpStream>) {
    *client.lock().unwrap_or_else(PoisonError::into_inner) = stream;
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> Result<(), ShellError> {
    let spawned = thread::Builder::new().name(name.into()).spawn(work);
    spawned.map(|_| ()).map_err(ShellError::Thread)
}
