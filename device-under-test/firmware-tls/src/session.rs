//! A connection with TLS.

use embedded_io_async::{Read, Write};
use embedded_tls::{
    Aes128GcmSha256, CryptoProvider, CryptoRngCore, TlsConfig, TlsConnection, TlsContext, TlsError,
    TlsVerifier,
};
use rustls_pki_types::ServerName;

use crate::roots::Roots;
use crate::verify::Verifier;

/// Bytes of the longest record that a server may send (RFC 8446, section 5.2: 2^14 and 256), and its head.
const READ_BYTES: usize = 16_640;

/// Bytes of a record that is sent.
const WRITE_BYTES: usize = 4096;

/// Why TLS failed, in a few words.
type Reason = &'static str;

/// Memory of one connection, 20 KiB.
#[derive(Debug)]
pub struct Memory {
    read: [u8; READ_BYTES],
    write: [u8; WRITE_BYTES],
}

impl Memory {
    /// Memory full of zeros.
    #[must_use]
    pub const fn new() -> Self {
        Self { read: [0; READ_BYTES], write: [0; WRITE_BYTES] }
    }
}

impl Default for Memory {
    fn default() -> Self {
        Self::new()
    }
}

/// Who the other side must be.
#[derive(Clone, Copy, Debug)]
pub struct Peer<'a> {
    /// The name or address that its certificate must be for.
    pub name: &'a str,
    /// Who may have issued it.
    pub roots: &'a Roots,
    /// The date, in milliseconds since 1970.
    pub unix_ms: u64,
}

/// A connection that stands.
pub struct Session<'m, S: Read + Write + 'm> {
    tls: TlsConnection<'m, S, Aes128GcmSha256>,
}

/// Shakes hands over a socket that is connected.
///
/// # Errors
///
/// The reason in a few words; for a certificate what about it is wrong.
pub async fn open<'m, S: Read + Write + 'm>(
    socket: S,
    memory: &'m mut Memory,
    random: impl CryptoRngCore,
    peer: Peer<'_>,
) -> Result<Session<'m, S>, Reason> {
    let name = ServerName::try_from(peer.name).map_err(|_| "the endpoint's name is no name")?;
    let config = match &name {
        // An address is not announced (RFC 6066, section 3).
        ServerName::IpAddress(_) => TlsConfig::new(),
        _ => TlsConfig::new().with_server_name(peer.name),
    };
    let verifier = Verifier::new(peer.roots, name, peer.unix_ms);
    let mut provider = Provider { random, verifier };
    let mut tls = TlsConnection::new(socket, &mut memory.read, &mut memory.write);
    match tls.open(TlsContext::new(&config, &mut provider)).await {
        Ok(()) => Ok(Session { tls }),
        Err(error) => Err(provider.verifier.reason.unwrap_or_else(|| reason(error))),
    }
}

impl<'m, S: Read + Write + 'm> Session<'m, S> {
    /// Sends all of these bytes.
    ///
    /// # Errors
    ///
    /// When the connection broke.
    pub async fn send(&mut self, bytes: &[u8]) -> Result<(), Reason> {
        let mut rest = bytes;
        while !rest.is_empty() {
            let sent = self.tls.write(rest).await.map_err(reason)?;
            rest = rest.get(sent..).unwrap_or_default();
        }
        self.tls.flush().await.map_err(reason)
    }

    /// Waits for bytes, and gives their number; zero when the server ended the connection in good order.
    ///
    /// # Errors
    ///
    /// When the connection broke. An end without a word of TLS is none: somebody may have cut the answer.
    pub async fn receive(&mut self, buffer: &mut [u8]) -> Result<usize, Reason> {
        match self.tls.read(buffer).await {
            Ok(count) => Ok(count),
            Err(TlsError::ConnectionClosed) => Ok(0),
            Err(error) => Err(reason(error)),
        }
    }

    /// Says that it is over, and gives the socket back.
    pub async fn close(self) -> S {
        match self.tls.close().await {
            Ok(socket) | Err((socket, _)) => socket,
        }
    }
}

impl<'m, S: Read + Write + 'm> core::fmt::Debug for Session<'m, S> {
    /// Its keys are nobody's business.
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.debug_struct("Session").finish_non_exhaustive()
    }
}

/// What a handshake needs beside the socket.
struct Provider<'a, R> {
    random: R,
    verifier: Verifier<'a>,
}

impl<R: CryptoRngCore> CryptoProvider for Provider<'_, R> {
    type CipherSuite = Aes128GcmSha256;
    type Signature = p256::ecdsa::DerSignature;

    fn rng(&mut self) -> impl CryptoRngCore {
        &mut self.random
    }

    fn verifier(&mut self) -> Result<&mut impl TlsVerifier<Aes128GcmSha256>, TlsError> {
        Ok(&mut self.verifier)
    }
}

fn reason(error: TlsError) -> Reason {
    match error {
        TlsError::HandshakeAborted(..) => "the server refuses TLS 1.3 as it is spoken here",
        TlsError::Io(_) | TlsError::IoError | TlsError::ConnectionClosed => "connection broken",
        TlsError::InsufficientSpace => "the server's messages are too long",
        _ => "TLS failed",
    }
}
