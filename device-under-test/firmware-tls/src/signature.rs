//! The signatures that can be checked.

use p256::ecdsa::signature::Verifier as _;
use rsa::pkcs1::DecodeRsaPublicKey as _;
use rsa::sha2::{Sha256, Sha384, Sha512};
use rsa::{RsaPublicKey, pkcs1v15, pss};
use rustls_pki_types::{
    AlgorithmIdentifier, InvalidSignature, SignatureVerificationAlgorithm, alg_id,
};

/// Those that a certificate may be signed with.
pub(crate) static OF_CHAINS: &[&dyn SignatureVerificationAlgorithm] =
    &[&EcdsaP256Sha256, &RsaPkcs1(Hash::Sha256), &RsaPkcs1(Hash::Sha384), &RsaPkcs1(Hash::Sha512)];

/// ECDSA on P-256 with SHA-256.
#[derive(Debug)]
pub(crate) struct EcdsaP256Sha256;

/// RSA with the padding of certificates.
#[derive(Debug)]
pub(crate) struct RsaPkcs1(pub(crate) Hash);

/// RSA with the padding of TLS 1.3.
#[derive(Debug)]
pub(crate) struct RsaPss(pub(crate) Hash);

/// What is signed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

impl SignatureVerificationAlgorithm for EcdsaP256Sha256 {
    fn verify_signature(
        &self,
        public_key: &[u8],
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), InvalidSignature> {
        let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(public_key);
        let signature = p256::ecdsa::Signature::from_der(signature);
        let (Ok(key), Ok(signature)) = (key, signature) else {
            return Err(InvalidSignature);
        };
        key.verify(message, &signature).map_err(|_| InvalidSignature)
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::ECDSA_P256
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::ECDSA_SHA256
    }
}

impl SignatureVerificationAlgorithm for RsaPkcs1 {
    fn verify_signature(
        &self,
        public_key: &[u8],
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), InvalidSignature> {
        let key = rsa_key(public_key)?;
        let signature = pkcs1v15::Signature::try_from(signature).map_err(|_| InvalidSignature)?;
        let verified = match self.0 {
            Hash::Sha256 => pkcs1v15::VerifyingKey::<Sha256>::new(key).verify(message, &signature),
            Hash::Sha384 => pkcs1v15::VerifyingKey::<Sha384>::new(key).verify(message, &signature),
            Hash::Sha512 => pkcs1v15::VerifyingKey::<Sha512>::new(key).verify(message, &signature),
        };
        verified.map_err(|_| InvalidSignature)
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::RSA_ENCRYPTION
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        match self.0 {
            Hash::Sha256 => alg_id::RSA_PKCS1_SHA256,
            Hash::Sha384 => alg_id::RSA_PKCS1_SHA384,
            Hash::Sha512 => alg_id::RSA_PKCS1_SHA512,
        }
    }
}

impl SignatureVerificationAlgorithm for RsaPss {
    fn verify_signature(
        &self,
        public_key: &[u8],
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), InvalidSignature> {
        let key = rsa_key(public_key)?;
        let signature = pss::Signature::try_from(signature).map_err(|_| InvalidSignature)?;
        let verified = match self.0 {
            Hash::Sha256 => pss::VerifyingKey::<Sha256>::new(key).verify(message, &signature),
            Hash::Sha384 => pss::VerifyingKey::<Sha384>::new(key).verify(message, &signature),
            Hash::Sha512 => pss::VerifyingKey::<Sha512>::new(key).verify(message, &signature),
        };
        verified.map_err(|_| InvalidSignature)
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::RSA_ENCRYPTION
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        match self.0 {
            Hash::Sha256 => alg_id::RSA_PSS_SHA256,
            Hash::Sha384 => alg_id::RSA_PSS_SHA384,
            Hash::Sha512 => alg_id::RSA_PSS_SHA512,
        }
    }
}

fn rsa_key(public_key: &[u8]) -> Result<RsaPublicKey, InvalidSignature> {
    RsaPublicKey::from_pkcs1_der(public_key).map_err(|_| InvalidSignature)
}
