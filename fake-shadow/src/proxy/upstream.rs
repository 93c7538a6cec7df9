//! The way to the service elsewhere: one connection a request, every wait bounded.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::answer::PassedAnswer;
use super::endpoint::Endpoint;
use super::error::PassError;
use crate::fault::Channel;
use crate::message::Request;

/// How long a connection may take to be made, TLS included.
pub const CONNECT_TIME_MAX: Duration = Duration::from_secs(10);

/// How long the answer may take from the first byte of the request on.
pub const ANSWER_TIME_MAX: Duration = Duration::from_secs(15);

/// Bytes that are read at once.
const READ_BYTES: usize = 8 * 1024;

/// The way to a service elsewhere.
#[derive(Clone)]
pub struct Upstream {
    endpoint: Endpoint,
    connector: TlsConnector,
}

/// Why the certificates to trust cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TrustError {
    /// There is none.
    Empty,
    /// They cannot be read.
    Unreadable {
        /// What is wrong.
        reason: String,
    },
}

impl Upstream {
    /// The way to an endpoint, whose certificate must lead to one of these in PEM form; without any to those that browsers
    /// trust, Amazon's among them. Nothing is connected yet.
    ///
    /// # Errors
    ///
    /// If the certificates cannot be used.
    pub fn new(endpoint: Endpoint, ca_pem: Option<&[u8]>) -> Result<Self, TrustError> {
        let unreadable = |reason: String| TrustError::Unreadable { reason };
        let mut roots = RootCertStore::empty();
        match ca_pem {
            None => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
            Some(pem) => {
                for certificate in CertificateDer::pem_slice_iter(pem) {
                    let certificate = certificate.map_err(|error| unreadable(error.to_string()))?;
                    roots.add(certificate).map_err(|error| unreadable(error.to_string()))?;
                }
            }
        }
        if roots.is_empty() {
            return Err(TrustError::Empty);
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| unreadable(error.to_string()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self { endpoint, connector: TlsConnector::from(Arc::new(config)) })
    }

    /// Where it leads.
    #[must_use]
    pub const fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Sends a request as it is and waits for the answer, for [`CONNECT_TIME_MAX`] and [`ANSWER_TIME_MAX`] at most. The request
    /// should say `connection: close`, as the connection carries nothing else.
    ///
    /// # Errors
    ///
    /// [`PassError`] says where it failed.
    pub async fn ask(&self, request: &Request) -> Result<PassedAnswer, PassError> {
        let Endpoint { channel, host, port } = &self.endpoint;
        let what = format!("connect to {host}:{port}");
        let broken =
            |error: io::Error| PassError::Broken { what: what.clone(), reason: error.to_string() };
        let connecting = async {
            let tcp = TcpStream::connect((host.as_str(), *port)).await.map_err(broken)?;
            // The request goes out whole.
            let _ = tcp.set_nodelay(true);
            Ok(match channel {
                Channel::Plain => Way::Plain(tcp),
                Channel::Tls => {
                    let name = ServerName::try_from(host.clone())
                        .map_err(|error| broken(io::Error::other(error)))?;
                    Way::Tls(Box::new(self.connector.connect(name, tcp).await.map_err(broken)?))
                }
            })
        };
        let slow = |what: String, waited| move |_| PassError::Slow { what, waited };
        let way = timeout(CONNECT_TIME_MAX, connecting)
            .await
            .map_err(slow(what.clone(), CONNECT_TIME_MAX))??;
        let answering = async {
            match way {
                Way::Plain(mut tcp) => converse(&mut tcp, request).await,
                Way::Tls(mut tls) => converse(&mut *tls, request).await,
            }
        };
        timeout(ANSWER_TIME_MAX, answering)
            .await
            .map_err(slow(format!("hear from {host}:{port}"), ANSWER_TIME_MAX))?
    }
}

enum Way {
    Plain(TcpStream),
    Tls(Box<tokio_rustls::client::TlsStream<TcpStream>>),
}

async fn converse(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    request: &Request,
) -> Result<PassedAnswer, PassError> {
    let broken = |what: &str, error: &io::Error| PassError::Broken {
        what: what.to_owned(),
        reason: error.to_string(),
    };
    let written = async {
        stream.write_all(&bytes(request)).await?;
        stream.flush().await
    };
    written.await.map_err(|error| broken("send the request to the real service", &error))?;
    let mut read = Vec::new();
    loop {
        read.reserve(READ_BYTES);
        // Many servers end a connection of TLS without saying so; whether the answer is whole shows by its length.
        let is_over = match stream.read_buf(&mut read).await {
            Ok(came) => came == 0,
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => true,
            Err(error) => return Err(broken("hear from the real service", &error)),
        };
        if let Some(answer) = PassedAnswer::read(&request.method, &read, is_over)? {
            return Ok(answer);
        }
    }
}

/// A request as bytes.
fn bytes(request: &Request) -> Vec<u8> {
    let mut bytes = format!("{} {} HTTP/1.1\r\n", request.method, request.target).into_bytes();
    for header in &request.headers {
        bytes.extend_from_slice(header.name.as_bytes());
        bytes.extend_from_slice(b": ");
        bytes.extend_from_slice(&header.value);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(b"\r\n");
    bytes.extend_from_slice(&request.body);
    bytes
}

impl fmt::Debug for Upstream {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Upstream").field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

impl fmt::Display for TrustError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => formatter.write_str("it holds no certificate in PEM form"),
            Self::Unreadable { reason } => formatter.write_str(reason),
        }
    }
}

impl std::error::Error for TrustError {}
