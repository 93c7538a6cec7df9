//! Certificates: one's own, or those of a private CA that is made on first use.

use std::fmt;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, date_time_ymd,
};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// The names in a folder of the private CA: what clients are to trust, and what must not leave the folder.
const CA_FILE: &str = "ca.pem";
const CA_KEY_FILE: &str = "ca-key.pem";

/// The protocols that are offered: HTTP in both versions that are served, and the name under which AWS has HTTP on port 443. AWS IoT Developer Guide,
/// "Device communication protocols".
const PROTOCOLS: [&[u8]; 3] = [b"http/1.1", b"http/1.0", b"x-amzn-http-ca"];

/// What a server shows to its clients.
#[derive(Debug, Clone)]
pub struct ServerIdentity {
    pub(super) config: Arc<ServerConfig>,
    ca_pem: Option<String>,
    pub(super) origin: Origin,
}

/// Who signs certificates.
pub(super) type Ca = Issuer<'static, KeyPair>;

/// Where the certificate comes from: what others are made of when a fault wants them.
#[derive(Debug, Clone)]
pub(super) enum Origin {
    /// Files of the user.
    Files { chain: Vec<CertificateDer<'static>>, key: Arc<PrivateKeyDer<'static>> },
    /// The private CA, for these names.
    PrivateCa { ca: Arc<Ca>, names: Vec<String> },
}

/// Why there is no identity.
#[derive(Debug)]
pub enum TlsError {
    /// A file cannot be read or written.
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A certificate cannot be made.
    Make(rcgen::Error),
    /// The certificate and the key are of no use together.
    Pair(rustls::Error),
}

impl ServerIdentity {
    /// An identity of one's own, from two PEM files: the certificate with those that lead to its CA, and its key.
    ///
    /// # Errors
    /// [`TlsError`] if one of them cannot be read or they do not belong together.
    pub fn from_files(certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        let failed = |path: &Path, reason: String| TlsError::File { path: path.to_owned(), reason };
        let chain: Vec<_> = CertificateDer::pem_file_iter(certificate)
            .and_then(Iterator::collect)
            .map_err(|error| failed(certificate, error.to_string()))?;
        if chain.is_empty() {
            return Err(failed(certificate, "it holds no certificate in PEM form".to_owned()));
        }
        let key =
            PrivateKeyDer::from_pem_file(key).map_err(|error| failed(key, error.to_string()))?;
        let config = Arc::new(config(chain.clone(), key.clone_key())?);
        let origin = Origin::Files { chain, key: Arc::new(key) };
        Ok(Self { config, ca_pem: None, origin })
    }

    /// An identity for these names and addresses, of the private CA in a folder, which is made if it is not there; without
    /// a folder, of one that is forgotten with the identity.
    ///
    /// # Errors
    /// [`TlsError`] if the folder cannot be used.
    pub fn of_private_ca(folder: Option<&Path>, names: &[String]) -> Result<Self, TlsError> {
        let (ca_pem, ca_key) = match folder {
            None => make_ca()?,
            Some(folder) => kept_ca(folder)?,
        };
        // Only the name and the key of a CA go into what it signs, so its certificate need not be taken apart.
        let ca = Arc::new(Issuer::new(ca_params(), ca_key));
        let (certificate, key) = leaf(&leaf_params(names).map_err(TlsError::Make)?, &ca)?;
        let config = Arc::new(config(vec![certificate], key)?);
        let origin = Origin::PrivateCa { ca, names: names.to_vec() };
        Ok(Self { config, ca_pem: Some(ca_pem), origin })
    }

    /// The certificate of the private CA, in PEM form, for clients to trust; none for an identity of one's own.
    #[must_use]
    pub fn ca_pem(&self) -> Option<&str> {
        self.ca_pem.as_deref()
    }
}

/// How a server speaks TLS that shows this chain.
pub(super) fn config(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Result<ServerConfig, TlsError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
        .map_err(TlsError::Pair)?;
    config.alpn_protocols = PROTOCOLS.iter().map(|name| name.to_vec()).collect();
    Ok(config)
}

/// What TLS writes in front of each record, which the limit of rustls counts.
const RECORD_HEADER_BYTES: usize = 5;

/// The same with records of so many bytes of content at most.
pub(super) fn with_records_of(config: &ServerConfig, bytes: u16) -> Arc<ServerConfig> {
    let mut config = config.clone();
    config.max_fragment_size = Some(usize::from(bytes) + RECORD_HEADER_BYTES);
    Arc::new(config)
}

/// A certificate that a CA vouches for, and its key.
pub(super) fn leaf(
    params: &CertificateParams,
    ca: &Ca,
) -> Result<(CertificateDer<'static>, PrivateKeyDer<'static>), TlsError> {
    let key = KeyPair::generate().map_err(TlsError::Make)?;
    let certificate = params.signed_by(&key, ca).map_err(TlsError::Make)?;
    let key = PrivateKeyDer::try_from(key.serialize_der())
        .map_err(|reason| TlsError::Pair(rustls::Error::General(reason.to_owned())))?;
    Ok((certificate.der().clone(), key))
}

/// The names for which AWS IoT's own certificate in a region stands, and those of this machine.
#[must_use]
pub fn usual_names(region: &str) -> Vec<String> {
    let aws = [format!("*.iot.{region}.amazonaws.com"), format!("iot.{region}.amazonaws.com")];
    let own = ["localhost", "127.0.0.1", "::1"].map(str::to_owned);
    own.into_iter().chain(aws).collect()
}

/// The CA of a folder, made if it is not there.
fn kept_ca(folder: &Path) -> Result<(String, KeyPair), TlsError> {
    let (certificate, key) = (folder.join(CA_FILE), folder.join(CA_KEY_FILE));
    let failed = |path: &Path, reason: String| TlsError::File { path: path.to_owned(), reason };
    if !key.exists() && !certificate.exists() {
        let (ca_pem, ca_key) = make_ca()?;
        fs::create_dir_all(folder).map_err(|error| failed(folder, error.to_string()))?;
        write_secret(&key, &ca_key.serialize_pem())
            .map_err(|error| failed(&key, error.to_string()))?;
        fs::write(&certificate, &ca_pem)
            .map_err(|error| failed(&certificate, error.to_string()))?;
        return Ok((ca_pem, ca_key));
    }
    let read =
        |path: &Path| fs::read_to_string(path).map_err(|error| failed(path, error.to_string()));
    let ca_pem = read(&certificate)?;
    let ca_key =
        KeyPair::from_pem(&read(&key)?).map_err(|error| failed(&key, error.to_string()))?;
    Ok((ca_pem, ca_key))
}

/// Writes a file that nobody else may read.
fn write_secret(path: &Path, text: &str) -> std::io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options.open(path)?.write_all(text.as_bytes())
}

/// A CA that nobody trusts. It has a name of its own: under the same one clients complain of a bad signature.
pub(super) fn stranger() -> Result<Ca, TlsError> {
    let mut params = ca_params();
    params.distinguished_name.push(DnType::CommonName, "Shadowrig CA that nobody trusts");
    Ok(Issuer::new(params, KeyPair::generate().map_err(TlsError::Make)?))
}

fn make_ca() -> Result<(String, KeyPair), TlsError> {
    let key = KeyPair::generate().map_err(TlsError::Make)?;
    let certificate = ca_params().self_signed(&key).map_err(TlsError::Make)?;
    Ok((certificate.pem(), key))
}

fn ca_params() -> CertificateParams {
    let mut params = valid_in_all_tests(CertificateParams::default(), "Shadowrig private CA");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

pub(super) fn leaf_params(names: &[String]) -> Result<CertificateParams, rcgen::Error> {
    let mut params = valid_in_all_tests(CertificateParams::new(names)?, "Shadowrig fake cloud");
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    Ok(params)
}

/// A bench may run with clocks years off on purpose, so the certificates are valid for as long as devices can read.
fn valid_in_all_tests(mut params: CertificateParams, name: &str) -> CertificateParams {
    params.not_before = date_time_ymd(2000, 1, 1);
    params.not_after = date_time_ymd(2049, 12, 31);
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

impl fmt::Display for TlsError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, reason } => write!(formatter, "{}: {reason}", path.display()),
            Self::Make(error) => write!(formatter, "failed to make a certificate: {error}"),
            Self::Pair(error) => write!(formatter, "certificate and key cannot be used: {error}"),
        }
    }
}

impl std::error::Error for TlsError {}
