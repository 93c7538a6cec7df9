//! TLS over the chip's sockets, with the chip's random numbers.

use embassy_net::tcp::TcpSocket;
use esp_hal::rng::Trng;
use firmware::{Connection, Reason};
use firmware_tls::{Memory, Peer, Roots, Session, open};

/// A connection with TLS, until it is closed.
pub(crate) struct Tls<'n> {
    session: Option<Session<'n, TcpSocket<'n>>>,
}

/// What is needed to reach the cloud over TLS.
pub(crate) struct Server<'a> {
    pub(crate) name: &'a str,
    /// The private CA as it is provisioned; without it Amazon's roots are trusted.
    pub(crate) ca_certificate: Option<&'a str>,
    pub(crate) unix_ms: u64,
}

impl<'n> Tls<'n> {
    /// Shakes hands.
    pub(crate) async fn open(
        socket: TcpSocket<'n>,
        memory: &'n mut Memory,
        server: Server<'_>,
    ) -> Result<Self, Reason> {
        let roots = server.ca_certificate.map_or_else(|| Ok(Roots::amazon()), Roots::private);
        let roots = roots.map_err(firmware_tls::RootsError::reason)?;
        let random = Trng::try_new().map_err(|_| "the chip has no random numbers")?;
        let peer = Peer { name: server.name, roots: &roots, unix_ms: server.unix_ms };
        Ok(Self { session: Some(open(socket, memory, random, peer).await?) })
    }
}

impl Connection for Tls<'_> {
    async fn send(&mut self, bytes: &[u8]) -> Result<(), Reason> {
        match &mut self.session {
            Some(session) => session.send(bytes).await,
            None => Err(crate::network::BROKEN),
        }
    }

    async fn receive(&mut self, buffer: &mut [u8]) -> Result<usize, Reason> {
        match &mut self.session {
            Some(session) => session.receive(buffer).await,
            None => Ok(0),
        }
    }

    async fn close(&mut self) {
        if let Some(session) = self.session.take() {
            let mut socket = session.close().await;
            socket.close();
            // It is over either way.
            let _ = socket.flush().await;
        }
    }
}
