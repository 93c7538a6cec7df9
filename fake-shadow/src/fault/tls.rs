//! TLS that a client should not accept, or that only some clients can cope with.

use super::act::{Act, Behavior, Elsewhere, Met, OnHandshake};
use super::error::FaultError;
use super::params::{Params, number};
use crate::message::WireStep;

/// Shows another certificate, or speaks TLS otherwise, than a client may accept. It meets the next connection with TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tls {
    /// What is wrong.
    pub flaw: TlsFlaw,
}

/// What is wrong with the cloud's side of a TLS handshake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TlsFlaw {
    /// The certificate was valid until a day ago.
    Expired,
    /// The certificate is right, and its chain much longer than otherwise. A client must cope with it.
    LargeCert,
    /// The records of the cloud carry so many bytes at most. A client must cope with any number.
    MaxFragment {
        /// Bytes of content in a record, [`TlsFlaw::FRAGMENT_BYTES_MIN`] to [`TlsFlaw::FRAGMENT_BYTES_MAX`].
        bytes: u16,
    },
    /// The cloud knows no cipher suite that the client offers.
    NoCommonCipher,
    /// The certificate will be valid from tomorrow on.
    NotYetValid,
    /// The cloud speaks TLS 1.0 only.
    OldVersion,
    /// The certificate is of a CA that nobody trusts.
    UnknownCa,
    /// The certificate is for another name.
    WrongHost,
}

impl TlsFlaw {
    /// The least limit of a record; RFC 6066, section 4, lets clients ask for 512.
    pub const FRAGMENT_BYTES_MIN: u16 = 64;

    /// The greatest limit of a record: RFC 8446, section 5.1.
    pub const FRAGMENT_BYTES_MAX: u16 = 16_384;

    const NAMES: [(&'static str, Self); 8] = [
        ("expired", Self::Expired),
        ("large-cert", Self::LargeCert),
        ("max-fragment", Self::MaxFragment { bytes: Self::FRAGMENT_BYTES_MAX }),
        ("no-common-cipher", Self::NoCommonCipher),
        ("not-yet-valid", Self::NotYetValid),
        ("old-version", Self::OldVersion),
        ("unknown-ca", Self::UnknownCa),
        ("wrong-host", Self::WrongHost),
    ];

    /// How a client that checks what it must refuses it; none for what it must cope with.
    #[must_use]
    pub const fn refused_as(self) -> Option<&'static str> {
        match self {
            Self::Expired => Some("tls: the certificate has expired"),
            Self::LargeCert | Self::MaxFragment { .. } => None,
            Self::NoCommonCipher => Some("tls: no cipher suite in common"),
            Self::NotYetValid => Some("tls: the certificate is not yet valid"),
            Self::OldVersion => Some("tls: the server speaks an old version"),
            Self::UnknownCa => Some("tls: the certificate is of an unknown CA"),
            Self::WrongHost => Some("tls: the certificate is for another name"),
        }
    }
}

impl Behavior for Tls {
    fn read(params: &mut Params<'_>) -> Result<Self, FaultError> {
        let range = u64::from(TlsFlaw::FRAGMENT_BYTES_MIN)..=u64::from(TlsFlaw::FRAGMENT_BYTES_MAX);
        let flaw = params.choice("flaw", &TlsFlaw::NAMES)?;
        let mut flaw = params.needed("flaw", flaw)?;
        if let TlsFlaw::MaxFragment { bytes } = &mut flaw
            && let Some(wanted) = params.take("bytes")
        {
            let wanted = number("bytes", wanted, &range)?;
            *bytes = u16::try_from(wanted).unwrap_or(TlsFlaw::FRAGMENT_BYTES_MAX);
        }
        Ok(Self { flaw })
    }

    fn elsewhere(&self) -> Option<Elsewhere> {
        Some(Elsewhere::Handshake(OnHandshake::Flaw(self.flaw)))
    }

    fn act(&self, _met: &mut Met<'_>) -> Act {
        Act::Sever(vec![WireStep::Close])
    }
}
