//! The socket of the time server.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::task::JoinHandle;

use crate::http::Shared;

/// Bytes of a datagram that are looked at; what is longer has extensions that nobody here reads.
const DATAGRAM_BYTES_MAX: usize = 512;

/// How long the server rests when the socket fails, as it does for a moment when a client has left.
const REST: Duration = Duration::from_millis(10);

/// A time server that runs; it ends when it is dropped.
#[derive(Debug)]
#[must_use = "the server ends when this is dropped"]
pub struct NtpServer {
    address: SocketAddr,
    running: JoinHandle<()>,
}

/// Answers requests for the time on a socket, on the runtime of the caller, with the faults of a cloud.
///
/// # Errors
/// If the socket has no address.
///
/// # Panics
/// If there is no tokio runtime.
pub fn serve_ntp(socket: UdpSocket, shared: Arc<Shared>) -> io::Result<NtpServer> {
    let address = socket.local_addr()?;
    Ok(NtpServer { address, running: tokio::spawn(serve(socket, shared)) })
}

impl NtpServer {
    /// The address it listens on.
    #[must_use]
    pub const fn local_addr(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for NtpServer {
    fn drop(&mut self) {
        self.running.abort();
    }
}

async fn serve(socket: UdpSocket, shared: Arc<Shared>) {
    shared.doors_opened().await;
    let mut buffer = [0; DATAGRAM_BYTES_MAX];
    loop {
        let Ok((bytes, peer)) = socket.recv_from(&mut buffer).await else {
            tokio::time::sleep(REST).await;
            continue;
        };
        if let Some(answer) = shared.asked_time(peer, &buffer[..bytes]) {
            // A client that has left is no concern of the server.
            let _ = socket.send_to(&answer, peer).await;
        }
    }
}
