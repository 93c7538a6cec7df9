//! Whom to trust.

use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};

use crate::error::Error;

/// TLS that trusts the public roots, and those of a file in PEM.
///
/// # Errors
///
/// What is wrong with the file, or why TLS cannot be had.
pub fn trusting_file(ca_file: Option<&Path>) -> Result<Arc<ClientConfig>, Error> {
    let mut roots = public_roots();
    if let Some(path) = ca_file {
        add_roots(&mut roots, path)
            .map_err(|reason| Error::CaInvalid { path: path.to_owned(), reason })?;
    }
    trusting(roots).map_err(|reason| Error::Tls { reason })
}

/// TLS that trusts this certificate alone, in DER; without it the public roots.
///
/// # Errors
///
/// Why the certificate is none, or TLS cannot be had.
pub fn trusting_der(ca_certificate: Option<Vec<u8>>) -> Result<Arc<ClientConfig>, String> {
    let Some(certificate) = ca_certificate else { return trusting(public_roots()) };
    let mut roots = RootCertStore::empty();
    roots.add(certificate.into()).map_err(|error| error.to_string())?;
    trusting(roots)
}

fn public_roots() -> RootCertStore {
    RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() }
}

fn trusting(roots: RootCertStore) -> Result<Arc<ClientConfig>, String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

fn add_roots(roots: &mut RootCertStore, path: &Path) -> Result<(), String> {
    let certificates = CertificateDer::pem_file_iter(path).map_err(|error| error.to_string())?;
    let mut count = 0;
    for certificate in certificates {
        let certificate = certificate.map_err(|error| error.to_string())?;
        roots.add(certificate).map_err(|error| error.to_string())?;
        count += 1;
    }
    if count == 0 { Err("it holds no certificate".to_owned()) } else { Ok(()) }
}
