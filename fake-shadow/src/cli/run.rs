//! Serving until somebody asks for the end.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use tokio::net::TcpListener;
use tokio::runtime;

use super::args::{Environment, ServeArgs};
use super::error::ServeError;
use super::log_thread;
use crate::clock::UnixMillis;
use crate::fault::Faulty;
use crate::http::{ServerIdentity, Shared, serve, serve_tls};
use crate::log;
use crate::service::FakeShadow;

/// Where the program writes.
#[derive(Debug)]
pub struct Outputs<O, L> {
    /// Standard output: the ready line.
    pub out: O,
    /// Standard error: the log.
    pub log: L,
}

/// Serves until SIGINT or SIGTERM, then ends in order. Blocks, with a runtime of its own.
///
/// # Errors
/// [`ServeError`] if it cannot begin.
pub fn run(
    args: &ServeArgs,
    environment: &Environment,
    mut outputs: Outputs<impl Write, impl Write + Send + 'static>,
) -> Result<(), ServeError> {
    let (settings, note) = args.settings(environment, any_seed())?;
    let runtime =
        runtime::Builder::new_multi_thread().enable_all().build().map_err(ServeError::Runtime)?;
    let identity = args.identity(&settings.region)?;
    let listener = runtime.block_on(listen("--listen", &args.listen))?;
    let tls_listener = match &args.listen_tls {
        None => None,
        Some(address) => Some(runtime.block_on(listen("--listen-tls", address))?),
    };
    if let Some(note) = note {
        // The note is a courtesy; who closed standard error does not want it.
        let _ = outputs.log.write_all(log::note(args.log_form(), &note).as_bytes());
    }
    let cloud = FakeShadow::new(settings);
    let explainer = cloud.explainer();
    let shared = Shared::new(Faulty::new(cloud), system_time)
        .controlled_from(args.remote())
        .showing_ca(identity.as_ref().and_then(ServerIdentity::ca_pem).map(str::to_owned));
    let shared = Arc::new(shared);
    let log = log_thread::start(shared.subscribe(), args.log_form(), explainer, outputs.log);
    runtime.block_on(async {
        let mut end = EndSignals::new().map_err(ServeError::Runtime)?;
        let server = serve(listener, Arc::clone(&shared)).map_err(ServeError::Runtime)?;
        let tls_server = match (tls_listener, &identity) {
            (Some(listener), Some(identity)) => {
                let server = serve_tls(listener, Arc::clone(&shared), identity);
                Some(server.map_err(ServeError::Runtime)?)
            }
            _ => None,
        };
        ready(&mut outputs.out, "http", server.local_addr())?;
        if let Some(server) = &tls_server {
            ready(&mut outputs.out, "https", server.local_addr())?;
        }
        end.wait().await;
        let tls_shutdown = async {
            if let Some(server) = tls_server {
                server.shutdown().await;
            }
        };
        tokio::join!(server.shutdown(), tls_shutdown);
        Ok(())
    })?;
    drop((runtime, shared));
    // The log thread ends when the last one that could make an event is gone; it does not panic.
    let _ = log.join();
    Ok(())
}

async fn listen(flag: &'static str, address: &str) -> Result<TcpListener, ServeError> {
    let failed = |error| ServeError::Listen { flag, address: address.to_owned(), error };
    TcpListener::bind(address).await.map_err(failed)
}

fn ready(out: &mut impl Write, scheme: &str, address: SocketAddr) -> Result<(), ServeError> {
    writeln!(out, "fake-shadow listening on {scheme}://{address}")
        .and_then(|()| out.flush())
        .map_err(ServeError::Output)
}

fn system_time() -> UnixMillis {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UnixMillis(i64::try_from(since_1970.as_millis()).unwrap_or(i64::MAX))
}

/// A number that differs from start to start; the standard library keeps one for its own maps.
fn any_seed() -> u64 {
    RandomState::new().build_hasher().finish()
}

/// The signals that ask for the end.
#[cfg(unix)]
struct EndSignals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl EndSignals {
    fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn wait(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// The signal that asks for the end.
#[cfg(not(unix))]
struct EndSignals;

#[cfg(not(unix))]
impl EndSignals {
    fn new() -> std::io::Result<Self> {
        Ok(Self)
    }

    async fn wait(&mut self) {
        // If the system cannot tell of the signal, the program runs until it is killed.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
