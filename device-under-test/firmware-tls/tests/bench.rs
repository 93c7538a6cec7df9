//! A private CA, and a server that shows what it issued.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, LazyLock};
use std::thread;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use embedded_io_async::{ErrorKind, ErrorType, Read, Write};
use firmware_tls::{Memory, Peer, Roots, open};
use rand_core_06::OsRng;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd,
};
use rsa::RsaPrivateKey;
use rsa::pkcs8::EncodePrivateKey as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// 2026-06-15, in milliseconds since 1970.
pub(crate) const UNIX_MS: u64 = 1_781_481_600_000;

/// The server's answer to whatever it is sent.
pub(crate) const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\n\r\n{}";

/// One that issues certificates.
pub(crate) type Issuer = CertifiedIssuer<'static, KeyPair>;

/// What a certificate says of itself.
fn params(name: &str, is_ca: IsCa) -> CertificateParams {
    let mut params = CertificateParams::new([]).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = is_ca;
    (params.not_before, params.not_after) = (date_time_ymd(2026, 1, 1), date_time_ymd(2027, 1, 1));
    params
}

pub(crate) fn ca(name: &str) -> Issuer {
    let params = params(name, IsCa::Ca(BasicConstraints::Unconstrained));
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// A CA with a key of RSA. There is one such key for all, since it takes a second to make.
pub(crate) fn rsa_ca(name: &str) -> Issuer {
    let params = params(name, IsCa::Ca(BasicConstraints::Unconstrained));
    CertifiedIssuer::self_signed(params, rsa_key()).unwrap()
}

fn rsa_key() -> KeyPair {
    static KEY: LazyLock<Vec<u8>> = LazyLock::new(|| {
        let key = RsaPrivateKey::new(&mut OsRng, 2048).unwrap();
        key.to_pkcs8_der().unwrap().as_bytes().to_vec()
    });
    KeyPair::try_from(KEY.as_slice()).unwrap()
}

/// A CA below another.
pub(crate) fn intermediate(name: &str, issuer: &Issuer) -> Issuer {
    let params = params(name, IsCa::Ca(BasicConstraints::Unconstrained));
    CertifiedIssuer::signed_by(params, KeyPair::generate().unwrap(), issuer).unwrap()
}

/// A certificate that is no CA, and yet is used as one.
pub(crate) fn no_ca(name: &str, issuer: &Issuer) -> Issuer {
    let params = params(name, IsCa::ExplicitNoCa);
    CertifiedIssuer::signed_by(params, KeyPair::generate().unwrap(), issuer).unwrap()
}

/// What a server shows, and its key.
pub(crate) struct Identity {
    pub(crate) chain: Vec<CertificateDer<'static>>,
    key: KeyPair,
}

/// A server of this name, below this issuer; only its own certificate is shown.
pub(crate) fn server(name: &str, issuer: &Issuer) -> Identity {
    server_with(KeyPair::generate().unwrap(), name, issuer)
}

/// The same with a key of RSA.
pub(crate) fn rsa_server(name: &str, issuer: &Issuer) -> Identity {
    server_with(rsa_key(), name, issuer)
}

fn server_with(key: KeyPair, name: &str, issuer: &Issuer) -> Identity {
    let mut params = params("server", IsCa::NoCa);
    params.subject_alt_names = CertificateParams::new([name.to_owned()]).unwrap().subject_alt_names;
    let certificate = params.signed_by(&key, issuer).unwrap();
    Identity { chain: vec![certificate.der().clone()], key }
}

impl Identity {
    /// Shows one more certificate.
    pub(crate) fn with(mut self, issuer: &Issuer) -> Self {
        self.chain.push(issuer.der().clone());
        self
    }
}

pub(crate) fn trust(issuer: &Issuer) -> Roots {
    Roots::private(&STANDARD.encode(issuer.der())).unwrap()
}

/// Serves one connection, and gives its socket.
fn serve(identity: Identity) -> TcpStream {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let key = PrivateKeyDer::try_from(identity.key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(identity.chain, key)
        .unwrap();
    thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let connection = ServerConnection::new(Arc::new(config)).unwrap();
        let mut stream = StreamOwned::new(connection, stream);
        let mut request = [0; 4];
        // A client that refuses the certificate goes away.
        if stream.read_exact(&mut request).is_ok() {
            stream.write_all(ANSWER).unwrap();
            stream.conn.send_close_notify();
            stream.flush().unwrap();
        }
    });
    TcpStream::connect(address).unwrap()
}

/// What a client that trusts these roots hears from this server, or why it does not ask.
pub(crate) fn ask(
    identity: Identity,
    name: &str,
    roots: &Roots,
    unix_ms: u64,
) -> Result<Vec<u8>, &'static str> {
    let socket = Socket(serve(identity));
    let mut memory = Box::<Memory>::default();
    embassy_futures::block_on(async {
        let peer = Peer { name, roots, unix_ms };
        let mut session = open(socket, &mut memory, OsRng, peer).await?;
        session.send(b"GET ").await?;
        let mut answer = Vec::new();
        let mut buffer = [0; 7];
        loop {
            match session.receive(&mut buffer).await? {
                0 => break,
                count => answer.extend(&buffer[..count]),
            }
        }
        let Socket(socket) = session.close().await;
        // The server may have been faster.
        let _ = socket.shutdown(Shutdown::Both);
        Ok(answer)
    })
}

/// A socket that blocks where others would wait.
struct Socket(TcpStream);

#[derive(Debug)]
struct Broken;

impl core::fmt::Display for Broken {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str("broken")
    }
}

impl core::error::Error for Broken {}

impl embedded_io_async::Error for Broken {
    fn kind(&self) -> ErrorKind {
        ErrorKind::ConnectionReset
    }
}

impl ErrorType for Socket {
    type Error = Broken;
}

impl Read for Socket {
    async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Broken> {
        self.0.read(buffer).map_err(|_| Broken)
    }
}

impl Write for Socket {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, Broken> {
        self.0.write(bytes).map_err(|_| Broken)
    }

    async fn flush(&mut self) -> Result<(), Broken> {
        self.0.flush().map_err(|_| Broken)
    }
}
