//! The sockets of the name server.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::answer::Carrier;
use super::names::Names;
use crate::http::Shared;

/// Bytes of a question over UDP; one over TCP may be as long as its length can say.
const DATAGRAM_BYTES_MAX: usize = 4096;

/// How many answers may wait, and how many connections may be open; more are not taken.
const AT_ONCE_MAX: usize = 256;

/// How long a connection may be silent.
const SILENCE_MAX: Duration = Duration::from_secs(10);

/// How long the server rests when a socket fails.
const REST: Duration = Duration::from_millis(10);

/// How often another port is tried where TCP has one that UDP has not.
const PORT_TRIES: usize = 20;

/// A name server that runs; it ends when it is dropped.
#[derive(Debug)]
#[must_use = "the server ends when this is dropped"]
pub struct DnsServer {
    address: SocketAddr,
    _running: JoinSet<()>,
}

/// What all questions have in common.
#[derive(Debug, Clone)]
struct Context {
    names: Arc<Names>,
    shared: Arc<Shared>,
    permits: Arc<Semaphore>,
}

/// Answers questions for names at an address over UDP and TCP, on the runtime of the caller, with the faults of a cloud.
/// Port 0 takes one that is free for both.
///
/// # Errors
/// If nobody can listen there.
pub async fn serve_dns(address: &str, names: Names, shared: Arc<Shared>) -> io::Result<DnsServer> {
    let (udp, tcp) = bind(address).await?;
    let address = tcp.local_addr()?;
    let permits = Arc::new(Semaphore::new(AT_ONCE_MAX));
    let context = Context { names: Arc::new(names), shared, permits };
    let mut running = JoinSet::new();
    running.spawn(serve_udp(Arc::new(udp), context.clone()));
    running.spawn(serve_tcp(tcp, context));
    Ok(DnsServer { address, _running: running })
}

impl DnsServer {
    /// The address it listens on.
    #[must_use]
    pub const fn local_addr(&self) -> SocketAddr {
        self.address
    }
}

async fn bind(address: &str) -> io::Result<(UdpSocket, TcpListener)> {
    let mut tries = 0;
    loop {
        let tcp = TcpListener::bind(address).await?;
        match UdpSocket::bind(tcp.local_addr()?).await {
            Ok(udp) => return Ok((udp, tcp)),
            Err(error) if tries >= PORT_TRIES => return Err(error),
            Err(_) => tries += 1,
        }
    }
}

async fn serve_udp(socket: Arc<UdpSocket>, context: Context) {
    context.shared.doors_opened().await;
    let mut late = JoinSet::new();
    let mut buffer = vec![0; DATAGRAM_BYTES_MAX];
    loop {
        while late.try_join_next().is_some() {}
        let Ok((bytes, peer)) = socket.recv_from(&mut buffer).await else {
            sleep(REST).await;
            continue;
        };
        let Ok(permit) = Arc::clone(&context.permits).try_acquire_owned() else { continue };
        let asked = context.shared.asked_name(peer, Carrier::Udp, &context.names, &buffer[..bytes]);
        let Some(reply) = asked else { continue };
        let socket = Arc::clone(&socket);
        late.spawn(async move {
            if !reply.after.is_zero() {
                sleep(reply.after).await;
            }
            // A client that has left is no concern of the server.
            let _ = socket.send_to(&reply.bytes, peer).await;
            drop(permit);
        });
    }
}

async fn serve_tcp(listener: TcpListener, context: Context) {
    context.shared.doors_opened().await;
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        let Ok((tcp, peer)) = listener.accept().await else {
            sleep(REST).await;
            continue;
        };
        let Ok(permit) = Arc::clone(&context.permits).try_acquire_owned() else { continue };
        let context = context.clone();
        connections.spawn(async move {
            // However the connection ends, the client has what it was sent.
            let _ = converse(tcp, peer, &context).await;
            drop(permit);
        });
    }
}

/// Question after question, each behind its length: RFC 7766, section 8.
async fn converse(mut tcp: TcpStream, peer: SocketAddr, context: &Context) -> io::Result<()> {
    loop {
        let question = timeout(SILENCE_MAX, async {
            let bytes = tcp.read_u16().await?;
            let mut question = vec![0; usize::from(bytes)];
            tcp.read_exact(&mut question).await.map(|_| question)
        });
        let question = question.await??;
        let asked = context.shared.asked_name(peer, Carrier::Tcp, &context.names, &question);
        let Some(reply) = asked else { return Ok(()) };
        if !reply.after.is_zero() {
            sleep(reply.after).await;
        }
        let length = u16::try_from(reply.bytes.len()).unwrap_or(u16::MAX).to_be_bytes();
        tcp.write_all(&[&length, reply.bytes.as_slice()].concat()).await?;
    }
}
