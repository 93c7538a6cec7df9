//! The check of a server: its chain, its name, and that it holds the key of its certificate.

use alloc::vec::Vec;
use core::time::Duration;

use embedded_tls::{
    Aes128GcmSha256, CertificateEntryRef, CertificateRef, CertificateVerifyRef, SignatureScheme,
    TlsError, TlsVerifier,
};
use rsa::sha2::{Digest as _, Sha256};
use rustls_pki_types::{CertificateDer, ServerName, SignatureVerificationAlgorithm, UnixTime};
use webpki::{EndEntityCert, KeyUsage};

use crate::roots::Roots;
use crate::signature::{EcdsaP256Sha256, Hash, OF_CHAINS, RsaPss};

/// What stands before what the server signs (RFC 8446, section 4.4.3): 64 spaces, this, and a zero.
const CONTEXT: &[u8] = b"TLS 1.3, server CertificateVerify\0";

/// The check of one handshake.
pub(crate) struct Verifier<'a> {
    roots: &'a Roots,
    name: ServerName<'a>,
    now: UnixTime,
    /// The server's certificate and the handshake so far, once the certificate was found right.
    server: Option<(Vec<u8>, Sha256)>,
    /// What was found wrong.
    pub(crate) reason: Option<&'static str>,
}

impl<'a> Verifier<'a> {
    pub(crate) fn new(roots: &'a Roots, name: ServerName<'a>, unix_ms: u64) -> Self {
        let now = UnixTime::since_unix_epoch(Duration::from_millis(unix_ms));
        Self { roots, name, now, server: None, reason: None }
    }

    fn check_chain(&self, certificates: &[CertificateDer<'_>]) -> Result<(), webpki::Error> {
        let Some((leaf, issuers)) = certificates.split_first() else {
            return Err(webpki::Error::UnknownIssuer);
        };
        let mut anchors = Vec::new();
        for root in &self.roots.certificates {
            anchors.push(webpki::anchor_from_trusted_cert(root)?);
        }
        let leaf = EndEntityCert::try_from(leaf)?;
        let usage = KeyUsage::server_auth();
        leaf.verify_for_usage(OF_CHAINS, &anchors, issuers, self.now, usage, None, None)?;
        leaf.verify_is_valid_for_subject_name(&self.name)
    }
}

impl TlsVerifier<Aes128GcmSha256> for Verifier<'_> {
    /// The name is known from the beginning.
    fn set_hostname_verification(&mut self, _name: &str) -> Result<(), TlsError> {
        Ok(())
    }

    fn verify_certificate(
        &mut self,
        transcript: &Sha256,
        chain: CertificateRef<'_>,
    ) -> Result<(), TlsError> {
        let mut certificates = Vec::new();
        for entry in &chain.entries {
            let CertificateEntryRef::X509(certificate) = entry else {
                return Err(TlsError::InvalidCertificate);
            };
            certificates.push(CertificateDer::from(*certificate));
        }
        if let Err(error) = self.check_chain(&certificates) {
            self.reason = Some(reason(&error));
            return Err(TlsError::InvalidCertificate);
        }
        let leaf = certificates.first().ok_or(TlsError::InvalidCertificate)?;
        self.server = Some((leaf.to_vec(), transcript.clone()));
        Ok(())
    }

    fn verify_signature(&mut self, signed: CertificateVerifyRef<'_>) -> Result<(), TlsError> {
        let (leaf, transcript) = self.server.take().ok_or(TlsError::InvalidCertificate)?;
        let algorithm: &dyn SignatureVerificationAlgorithm = match signed.signature_scheme {
            SignatureScheme::EcdsaSecp256r1Sha256 => &EcdsaP256Sha256,
            SignatureScheme::RsaPssRsaeSha256 => &RsaPss(Hash::Sha256),
            SignatureScheme::RsaPssRsaeSha384 => &RsaPss(Hash::Sha384),
            SignatureScheme::RsaPssRsaeSha512 => &RsaPss(Hash::Sha512),
            _ => {
                self.reason = Some("the server signs in a way that is not known here");
                return Err(TlsError::InvalidSignatureScheme);
            }
        };
        let message = [&[b' '; 64][..], CONTEXT, &transcript.finalize()].concat();
        let leaf = CertificateDer::from(leaf);
        let leaf = EndEntityCert::try_from(&leaf).map_err(|_| TlsError::InvalidCertificate)?;
        leaf.verify_signature(algorithm, &message, signed.signature).map_err(|_| {
            self.reason = Some("the server does not hold the key of its certificate");
            TlsError::InvalidSignature
        })
    }
}

/// What is wrong with a chain, in a few words.
fn reason(error: &webpki::Error) -> &'static str {
    match error {
        webpki::Error::CertExpired { .. } => "the server's certificate is expired",
        webpki::Error::CertNotValidYet { .. } => "the server's certificate is not valid yet",
        webpki::Error::CertNotValidForName(_) => "the server's certificate is for another name",
        // A CA of the right name with another key is another CA.
        webpki::Error::UnknownIssuer | webpki::Error::InvalidSignatureForPublicKey => {
            "the server's certificate is not from a trusted CA"
        }
        _ => "the server's certificate is not acceptable",
    }
}
