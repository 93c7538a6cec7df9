//! Listening, and ending in order.

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::timeout;

use super::connection::{Context, serve_connection};
use super::control::{self, Control};
use super::shared::Shared;
use super::tls::ServerIdentity;

/// How many connections are served at once; more wait in the listener's queue.
pub const CONNECTIONS_MAX: usize = 1024;

/// How long what is in flight may take when the server ends; then it is cut off.
pub const SHUTDOWN_TIME_MAX: Duration = Duration::from_secs(5);

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
    let permits = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let mut connections = JoinSet::new();
    let mut ending = pin!(ended(context.ending.clone()));
    loop {
        let accepted = tokio::select! {
            biased;
            () = &mut ending => break,
            Some(_) = connections.join_next() => continue,
            accepted = accept_one(&listener, &permits) => accepted,
        };
        let Some((tcp, peer, permit)) = accepted else { continue };
        let context = context.clone();
        connections.spawn(async move {
            serve_connection(context, tcp, peer).await;
            drop(permit);
        });
    }
    drop(listener);
    let finished = async { while connections.join_next().await.is_some() {} };
    if timeout(SHUTDOWN_TIME_MAX, finished).await.is_err() {
        connections.shutdown().await;
    }
}

async fn accept_one(
    listener: &TcpListener,
    permits: &Arc<Semaphore>,
) -> Option<(TcpStream, SocketAddr, tokio::sync::OwnedSemaphorePermit)> {
    let permit = Arc::clone(permits).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((tcp, peer)) => {
            // Answers are written whole; waiting for more to send would only delay them.
            let _ = tcp.set_nodelay(true);
            Some((tcp, peer, permit))
        }
        Err(_) => {
            tokio::time::sleep(ACCEPT_REST).await;
            None
        }
    }
}
