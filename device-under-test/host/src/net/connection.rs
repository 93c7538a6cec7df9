//! One connection to the cloud, on a thread of its own, because TCP and TLS block.
//!
//! The thread opens the connection, waits for the one request, sends it, and passes on what comes
//! back. Letting go of a [`Connection`] ends it, wherever it is.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddrV4, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};

use super::names::look_up;

/// How long one address may take to answer. The thing gives up a little later and says so.
const CONNECT_TIMEOUT: Duration = Duration::from_millis(thing::CONNECT_MS_MAX);

/// Bytes that are read at once.
const READ_BYTES: usize = 4096;

/// What happens to a connection.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ConnectionEvent {
    /// The server ended it in good order.
    Closed,
    /// It stands, TLS included.
    Connected,
    /// It did not come about, for this reason.
    Failed(String),
    /// Bytes of the answer came.
    Received(Vec<u8>),
    /// It broke.
    Reset,
}

/// Where a connection goes, and by which way.
#[derive(Clone, Debug)]
pub struct Target {
    /// A name or an address, which is also what a certificate must be for.
    pub name: String,
    /// The port.
    pub port: u16,
    /// How to talk TLS; `None` for a connection in the clear.
    pub tls: Option<Arc<ClientConfig>>,
    /// Whom to ask for the name; `None` for this machine's own way.
    pub name_server: Option<SocketAddrV4>,
}

/// A connection, or the attempt at one.
#[derive(Debug)]
pub struct Connection {
    request: Sender<Vec<u8>>,
    socket: Arc<Mutex<Socket>>,
}

/// The socket, as far as it can be shut down from outside.
#[derive(Debug)]
enum Socket {
    Opening,
    Open(TcpStream),
    Abandoned,
}

/// A connection that the driver has let go of in the meantime.
struct Abandoned;

impl Connection {
    /// Begins to connect. What happens is told from a thread of its own, until it is let go of or has come to an end.
    #[must_use = "it ends when it is let go of"]
    pub fn open(target: Target, tell: impl Fn(ConnectionEvent) + Send + 'static) -> Self {
        let (request, requests) = channel();
        let socket = Arc::new(Mutex::new(Socket::Opening));
        let worker = Worker { target, tell, socket: Arc::clone(&socket) };
        std::thread::spawn(move || worker.work(&requests));
        Self { request, socket }
    }

    /// Sends the one request.
    pub fn send(&self, bytes: &[u8]) {
        // A thread that has ended has told why.
        let _ = self.request.send(bytes.to_vec());
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let mut socket = self.socket.lock().unwrap_or_else(PoisonError::into_inner);
        if let Socket::Open(stream) = &*socket {
            // The other side may have been faster; then there is nothing left to shut down.
            let _ = stream.shutdown(Shutdown::Both);
        }
        *socket = Socket::Abandoned;
    }
}

/// The thread's side of a connection.
struct Worker<T> {
    target: Target,
    tell: T,
    socket: Arc<Mutex<Socket>>,
}

impl<T: Fn(ConnectionEvent)> Worker<T> {
    fn work(self, requests: &Receiver<Vec<u8>>) {
        let mut stream = match self.connect() {
            Ok(stream) => stream,
            Err(reason) => return (self.tell)(ConnectionEvent::Failed(reason)),
        };
        (self.tell)(ConnectionEvent::Connected);
        let Ok(request) = requests.recv() else {
            return;
        };
        // When this fails the answer may be there all the same: a server may answer before it has read
        // all. If it is not, reading fails too, and says so.
        let _ = stream.write_all(&request).and_then(|()| stream.flush());
        self.pass_on(&mut *stream);
    }

    fn pass_on(&self, stream: &mut dyn Stream) {
        let mut buffer = [0; READ_BYTES];
        loop {
            match stream.read(&mut buffer) {
                Ok(0) => return (self.tell)(ConnectionEvent::Closed),
                Ok(count) => (self.tell)(ConnectionEvent::Received(buffer[..count].to_vec())),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return (self.tell)(ConnectionEvent::Reset),
            }
        }
    }

    fn connect(&self) -> Result<Box<dyn Stream>, String> {
        let stream = self.connect_tcp()?;
        // Small requests go out at once; a system that cannot do so is only slower.
        let _ = stream.set_nodelay(true);
        self.share(&stream).map_err(|Abandoned| "no longer wanted".to_owned())?;
        match &self.target.tls {
            None => Ok(Box::new(stream)),
            Some(config) => self.shake_hands(stream, Arc::clone(config)),
        }
    }

    /// Tries each address of the name in turn.
    fn connect_tcp(&self) -> Result<TcpStream, String> {
        let Target { name, port, name_server, .. } = &self.target;
        let addresses = look_up((name, *port), *name_server)?;
        let mut reason = format!("name {name} has no address");
        for address in addresses {
            match TcpStream::connect_timeout(&address, CONNECT_TIMEOUT) {
                Ok(stream) => return Ok(stream),
                Err(error) => reason = format!("{address}: {error}"),
            }
        }
        Err(reason)
    }

    /// Lets the driver shut the socket down while this thread waits for it.
    fn share(&self, stream: &TcpStream) -> Result<(), Abandoned> {
        let mut socket = self.socket.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(*socket, Socket::Abandoned) {
            return Err(Abandoned);
        }
        if let Ok(stream) = stream.try_clone() {
            *socket = Socket::Open(stream);
        }
        Ok(())
    }

    fn shake_hands(
        &self,
        mut stream: TcpStream,
        config: Arc<ClientConfig>,
    ) -> Result<Box<dyn Stream>, String> {
        let name = ServerName::try_from(self.target.name.clone())
            .map_err(|error| format!("tls: {error}"))?;
        let mut connection =
            ClientConnection::new(config, name).map_err(|error| format!("tls: {error}"))?;
        while connection.is_handshaking() {
            connection.complete_io(&mut stream).map_err(|error| format!("tls: {error}"))?;
        }
        Ok(Box::new(StreamOwned::new(connection, stream)))
    }
}

/// Bytes both ways, in the clear or not.
trait Stream: Read + Write {}

impl<T: Read + Write> Stream for T {}
