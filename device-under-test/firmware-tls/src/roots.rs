//! Whom to trust: Amazon, or one private CA. Never both, so that a test's CA opens nothing else.

use alloc::vec::Vec;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls_pki_types::CertificateDer;

const AMAZON_RSA: &[u8] = include_bytes!("../roots/amazon-root-ca-1.der");
const AMAZON_P256: &[u8] = include_bytes!("../roots/amazon-root-ca-3.der");

/// The root certificates that a chain may end in.
#[derive(Debug)]
pub struct Roots {
    pub(crate) certificates: Vec<CertificateDer<'static>>,
}

/// Why a text is no root.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RootsError {
    /// It is not base64.
    NotBase64,
    /// The bytes are no certificate.
    NotACertificate,
}

impl Roots {
    /// Amazon's, RSA and P-256.
    #[must_use]
    pub fn amazon() -> Self {
        Self { certificates: [AMAZON_RSA, AMAZON_P256].map(CertificateDer::from).into() }
    }

    /// That of a private CA: the certificate in base64, as PEM has it between its first and its last line.
    ///
    /// # Errors
    ///
    /// [`RootsError`] for what is no certificate.
    pub fn private(base64: &str) -> Result<Self, RootsError> {
        let bytes = STANDARD.decode(base64).map_err(|_| RootsError::NotBase64)?;
        let certificate = CertificateDer::from(bytes);
        webpki::anchor_from_trusted_cert(&certificate).map_err(|_| RootsError::NotACertificate)?;
        Ok(Self { certificates: [certificate].into() })
    }
}

impl RootsError {
    /// What is wrong, in a few words.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::NotBase64 => "the ca_certificate is not base64",
            Self::NotACertificate => "the ca_certificate is not a certificate",
        }
    }
}
