//! Serving until somebody asks for the end.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::runtime;
use tokio::task::JoinSet;

use super::args::{Environment, ServeArgs};
use super::error::ServeError;
use super::log_thread;
use super::proxy::Way;
use super::servers::Beside;
use crate::data::DataFile;
use crate::fault::Faulty;
use crate::http::{Server, ServerIdentity, Shared, listen, raise_file_limit, serve, serve_tls};
use crate::log::{self, LogForm};
use crate::service::FakeShadow;
use crate::system_time::system_time;

/// Where the program writes.
#[derive(Debug)]
pub struct Outputs<O, L> {
    /// Standard output: the ready line.
    pub out: O,
    /// Standard error: the log.
    pub log: L,
}

/// How long the end waits for a thread that the system holds, as one that writes to a disk that does not answer.
const TASKS_TIME_MAX: Duration = Duration::from_millis(500);

/// Serves until SIGINT or SIGTERM, then ends in order, within 5 s whatever clients do. Blocks, with a runtime of its own.
///
/// # Errors
/// [`ServeError`] if it cannot begin.
pub fn run(
    args: &ServeArgs,
    environment: &Environment,
    mut outputs: Outputs<impl Write, impl Write + Send + 'static>,
) -> Result<(), ServeError> {
    let (mut settings, note) = args.settings(environment, any_seed())?;
    let (wanted, proxy_note) = args.wanted(environment, system_time())?;
    if let Some(wanted) = &wanted {
        wanted.fit(&mut settings);
    }
    let identity = args.identity(&settings.region)?;
    let mut cloud = FakeShadow::new(settings);
    let (file, file_note) = open_data(args.data.as_deref(), &mut cloud)?.unzip();
    let runtime = runtime::Builder::new_multi_thread()
        .worker_threads(threads())
        .enable_all()
        .build()
        .map_err(ServeError::Runtime)?;
    raise_file_limit();
    let ca_pem = identity.as_ref().and_then(ServerIdentity::ca_pem).map(str::to_owned);
    let doors = runtime.block_on(open_doors(args, identity))?;
    let (remote, token_note) = args.remote(environment, &addresses(&doors)?)?;
    let form = args.log_form();
    let way = match wanted {
        Some(wanted) => Some(runtime.block_on(wanted.way())?),
        None => None,
    };
    let way_note = way.as_ref().map(|way| format!("requests go on to {}", way.upstream.endpoint()));
    for note in [note, file_note.flatten(), way_note, proxy_note, token_note].into_iter().flatten()
    {
        // A note is a courtesy; who closed standard error does not want it.
        let _ = outputs.log.write_all(log::note(form.unwrap_or_default(), &note).as_bytes());
    }
    let explainer = cloud.explainer();
    let mut shared = Shared::new(Faulty::new(cloud), system_time)
        .controlled_from(remote)
        .kept_in(file)
        .showing_ca(ca_pem);
    let log = Turns(Arc::new(Mutex::new(outputs.log)));
    let told = log.clone();
    let _renewal = way.as_ref().and_then(|way| {
        way.renewed(environment, move |words| told.note(form.unwrap_or_default(), words))
    });
    if let Some(Way { upstream, signer, .. }) = way {
        shared = shared.passing_on_to(upstream, signer);
    }
    let shared = Arc::new(shared);
    let log = form.map(|form| log_thread::start(shared.subscribe(), form, explainer, log));
    let listens = addresses(&doors)?;
    let beside = runtime.block_on(args.beside.serve(&shared, &listens))?;
    runtime.block_on(serve_until_end(doors, &beside, &shared, &mut outputs.out))?;
    drop(beside);
    runtime.shutdown_timeout(TASKS_TIME_MAX);
    drop(shared);
    if let Some(log) = log {
        log.finish();
    }
    Ok(())
}

/// A log that several threads write to, a line at a time.
struct Turns<L>(Arc<Mutex<L>>);

impl<L: Write> Turns<L> {
    /// Writes a note, unless a reader of the log who does not read would be waited for.
    fn note(&self, form: LogForm, words: &str) {
        if let Ok(mut log) = self.0.try_lock() {
            let _ = log.write_all(log::note(form, words).as_bytes());
        }
    }
}

impl<L> Clone for Turns<L> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<L: Write> Write for Turns<L> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).flush()
    }
}

/// How many threads serve: half of the processors. Requests take turns at the one cloud, so more threads mostly wait for each
/// other and for the caches that they share; and on this machine the clients want processors too.
fn threads() -> usize {
    thread::available_parallelism().map_or(1, |processors| processors.get().div_ceil(2))
}

/// A listener, and what it shows to its clients if they come with TLS.
struct Door {
    listener: TcpListener,
    identity: Option<ServerIdentity>,
}

async fn open_doors(
    args: &ServeArgs,
    identity: Option<ServerIdentity>,
) -> Result<Vec<Door>, ServeError> {
    let listener = open_door("--listen", &args.listen).await?;
    let mut doors = vec![Door { listener, identity: None }];
    if let Some(address) = &args.listen_tls {
        let listener = open_door("--listen-tls", address).await?;
        doors.push(Door { listener, identity });
    }
    Ok(doors)
}

fn addresses(doors: &[Door]) -> Result<Vec<SocketAddr>, ServeError> {
    doors.iter().map(|door| door.listener.local_addr().map_err(ServeError::Runtime)).collect()
}

async fn serve_until_end(
    doors: Vec<Door>,
    beside: &Beside,
    shared: &Arc<Shared>,
    out: &mut impl Write,
) -> Result<(), ServeError> {
    let mut end = EndSignals::new().map_err(ServeError::Runtime)?;
    let mut servers = Vec::new();
    let mut lines = String::new();
    for Door { listener, identity } in doors {
        let shared = Arc::clone(shared);
        let (scheme, server) = match identity {
            None => ("http", serve(listener, shared)),
            Some(identity) => ("https", serve_tls(listener, shared, &identity)),
        };
        let server = server.map_err(ServeError::Runtime)?;
        lines += &format!("fake-shadow listening on {scheme}://{}\n", server.local_addr());
        servers.push(server);
    }
    lines += &beside.lines();
    out.write_all(lines.as_bytes()).and_then(|()| out.flush()).map_err(ServeError::Output)?;
    end.wait().await;
    let mut ending: JoinSet<()> = servers.into_iter().map(Server::shutdown).collect();
    while ending.join_next().await.is_some() {}
    Ok(())
}

/// The file of shadows, and what is to be said of it: one that was cut down to nothing must not be taken for a new one in silence.
fn open_data(
    path: Option<&Path>,
    cloud: &mut FakeShadow,
) -> Result<Option<(DataFile, Option<String>)>, ServeError> {
    let Some(path) = path else { return Ok(None) };
    let is_empty = path.metadata().is_ok_and(|file| file.is_file() && file.len() == 0);
    let file = DataFile::open(path, cloud).map_err(|error| ServeError::File {
        path: path.to_owned(),
        reason: error.to_string(),
        help: error.help(),
    })?;
    let note = format!("{} was empty; it begins without shadows", path.display());
    Ok(Some((file, is_empty.then_some(note))))
}

async fn open_door(flag: &'static str, address: &str) -> Result<TcpListener, ServeError> {
    let failed = |error| ServeError::Listen { flag, address: address.to_owned(), error };
    listen(address).await.map_err(failed)
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
