//! Listening, and ending in order.

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket, lookup_host};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::timeout;

use super::connection::{Context, serve_connection};
use super::control::{self, Control};
use super::seats::Seats;
use super::shared::Shared;
use super::tls::ServerIdentity;

/// How many connections are served at once, where the process may have so many files open. For one more, the one goes that
/// has been waiting longest without a request.
pub const CONNECTIONS_MAX: usize = 16 * 1024;

/// Files that the process has open beside connections: listeners, a data file, what the rig around it needs.
const FILES_OF_ITS_OWN: usize = 64;

/// Connections that the system keeps until they are accepted. For one more its client waits a second and tries again, which the
/// usual 128 make of each burst of clients.
const WAITING_MAX: u32 = 4096;

/// How long what is in flight may take when the server ends; then it is cut off. Little else of the end takes time, so that a
/// program is gone within five seconds.
pub const SHUTDOWN_TIME_MAX: Duration = Duration::from_secs(3);

/// How long a listener rests that cannot accept, as when the process has too many files open.
const ACCEPT_REST: Duration = Duration::from_millis(100);

/// A server that runs. Dropping it ends it too, with nobody waiting for the end.
#[derive(Debug)]
#[must_use = "call `shutdown` to end the server in order"]
pub struct Server {
    address: SocketAddr,
    ending: watch::Sender<bool>,
    running: JoinHandle<()>,
}

/// Listens on an address, as `127.0.0.1:8080`, with room for many clients at once.
///
/// # Errors
/// What the system says; `InvalidInput` if it is no address.
pub async fn listen(address: &str) -> io::Result<TcpListener> {
    let mut failed = io::Error::new(io::ErrorKind::InvalidInput, "it leads to no address");
    for address in lookup_host(address).await? {
        let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        // A port that was just left can be taken again. Elsewhere this would share a port that is in use.
        #[cfg(unix)]
        socket.set_reuseaddr(true)?;
        match socket.bind(address).and_then(|()| socket.listen(WAITING_MAX)) {
            Ok(listener) => return Ok(listener),
            Err(error) => failed = error,
        }
    }
    Err(failed)
}

/// Serves a cloud on a listener, on the runtime of the caller, until [`Server::shutdown`].
///
/// # Errors
/// If the listener has no address.
///
/// # Panics
/// If there is no tokio runtime.
pub fn serve(listener: TcpListener, shared: Arc<Shared>) -> io::Result<Server> {
    start(listener, shared, None)
}

/// As [`serve`], over TLS.
///
/// # Errors
/// If the listener has no address.
///
/// # Panics
/// If there is no tokio runtime.
pub fn serve_tls(
    listener: TcpListener,
    shared: Arc<Shared>,
    identity: &ServerIdentity,
) -> io::Result<Server> {
    start(listener, shared, Some(identity.clone()))
}

fn start(
    listener: TcpListener,
    shared: Arc<Shared>,
    tls: Option<ServerIdentity>,
) -> io::Result<Server> {
    let address = listener.local_addr()?;
    let (ending, is_ending) = watch::channel(false);
    let control = Control { shared: Arc::clone(&shared), ending: is_ending.clone() };
    let control = control::router(control);
    let context = Context { shared, control, tls, ending: is_ending };
    let running = tokio::spawn(accept(listener, context));
    Ok(Server { address, ending, running })
}

impl Server {
    /// The address it listens on.
    #[must_use]
    pub const fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// Accepts no more, lets what is in flight finish for [`SHUTDOWN_TIME_MAX`] at most, and cuts the rest off.
    pub async fn shutdown(self) {
        let _ = self.ending.send(true);
        // The task ends by itself within that time; it is not aborted and does not panic.
        let _ = self.running.await;
    }
}

/// Waits until the server is to end.
pub(super) async fn ended(mut ending: watch::Receiver<bool>) {
    // The sender is gone when nobody can end the server any more, which is an end too.
    let _ = ending.wait_for(|ending| *ending).await;
}

async fn accept(listener: TcpListener, context: Context) {
    let seats = Seats::new(connections_max());
    let mut connections = JoinSet::new();
    let mut ending = pin!(ended(context.ending.clone()));
    let mut is_open = false;
    loop {
        let accepted = tokio::select! {
            biased;
            () = &mut ending => break,
            () = context.shared.doors_opened(), if !is_open => {
                is_open = true;
                continue;
            }
            Some(_) = connections.join_next() => continue,
            accepted = listener.accept(), if is_open => accepted,
        };
        let Ok((tcp, peer)) = accepted else {
            seats.make_room();
            tokio::time::sleep(ACCEPT_REST).await;
            continue;
        };
        let seated = tokio::select! {
            biased;
            () = &mut ending => break,
            seated = seats.take() => seated,
        };
        // Answers are written whole; waiting for more to send would only delay them.
        let _ = tcp.set_nodelay(true);
        connections.spawn(serve_connection(context.clone(), seated, tcp, peer));
    }
    drop(listener);
    let finished = async { while connections.join_next().await.is_some() {} };
    if timeout(SHUTDOWN_TIME_MAX, finished).await.is_err() {
        connections.shutdown().await;
    }
}

/// How many connections are served at once: as many as the process may have open, less some for itself.
fn connections_max() -> usize {
    #[cfg(unix)]
    let files = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    #[cfg(not(unix))]
    let files = None;
    let files = files.map_or(CONNECTIONS_MAX, |files| usize::try_from(files).unwrap_or(usize::MAX));
    files.saturating_sub(FILES_OF_ITS_OWN).clamp(1, CONNECTIONS_MAX)
}

/// Lets the process have as many files open as the system allows it, as each connection is one. A program calls it once, as it
/// is about the whole process; without it a server sheds idle connections sooner.
pub fn raise_file_limit() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, getrlimit, setrlimit};
        let mut limit = getrlimit(Resource::Nofile);
        let wanted = u64::try_from(CONNECTIONS_MAX + FILES_OF_ITS_OWN).unwrap_or(u64::MAX);
        let most = limit.maximum.map_or(wanted, |maximum| maximum.min(wanted));
        if limit.current.is_some_and(|current| current < most) {
            limit.current = Some(most);
            // Where that is forbidden the limit stays, and so does the service.
            let _ = setrlimit(Resource::Nofile, limit);
        }
    }
}
