//! The ways of speaking TLS that faults ask for. Certificates are made when they are needed, for the time of the cloud.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rcgen::{CertificateParams, date_time_ymd};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::handshake::Refusal;
use super::tls::{
    Origin, ServerIdentity, TlsError, config, leaf, leaf_params, stranger, with_records_of,
};
use crate::clock::UnixMillis;
use crate::fault::TlsFlaw;

/// The name in a certificate that is for another host; RFC 2606, section 2, keeps it from being anybody's.
const WRONG_HOST: &str = "another-host.invalid";

/// How long a large chain is at least: a fifth more than that of AWS IoT, which has about 5 KB.
const LARGE_CHAIN_BYTES: usize = 6000;

/// How a handshake is answered.
pub(super) enum Manner {
    /// As TLS has it.
    Config(Arc<ServerConfig>),
    /// By hand, as no library would.
    Refusal(Refusal),
}

impl ServerIdentity {
    /// How to answer a handshake; `at` is the time of the cloud.
    pub(super) fn manner(&self, flaw: Option<TlsFlaw>, at: UnixMillis) -> Result<Manner, TlsError> {
        let made = match flaw {
            None => return Ok(Manner::Config(Arc::clone(&self.config))),
            Some(TlsFlaw::NoCommonCipher) => return Ok(Manner::Refusal(Refusal::NoCommonCipher)),
            Some(TlsFlaw::OldVersion) => return Ok(Manner::Refusal(Refusal::OldVersion)),
            Some(TlsFlaw::MaxFragment { bytes }) => {
                return Ok(Manner::Config(with_records_of(&self.config, bytes)));
            }
            Some(TlsFlaw::Expired) => self.showing(|params| {
                let (year, month, day) = day_beside(at, -1);
                params.not_after = date_time_ymd(year, month, day);
            })?,
            Some(TlsFlaw::NotYetValid) => self.showing(|params| {
                let (year, month, day) = day_beside(at, 2);
                params.not_before = date_time_ymd(year, month, day);
            })?,
            Some(TlsFlaw::WrongHost) => {
                let (chain, key) = self.leaf(&[WRONG_HOST.to_owned()], |_| {})?;
                config(vec![chain], key)?
            }
            Some(TlsFlaw::UnknownCa) => {
                let stranger = stranger()?;
                let params = leaf_params(&self.names()).map_err(TlsError::Make)?;
                let (certificate, key) = leaf(&params, &stranger)?;
                config(vec![certificate], key)?
            }
            Some(TlsFlaw::LargeCert) => self.large()?,
        };
        Ok(Manner::Config(Arc::new(made)))
    }

    /// A certificate of its own names that is changed in one thing.
    fn showing(&self, change: impl Fn(&mut CertificateParams)) -> Result<ServerConfig, TlsError> {
        let (certificate, key) = self.leaf(&self.names(), change)?;
        config(vec![certificate], key)
    }

    /// A certificate of the private CA; where the certificate is the user's own, of one that nobody knows, as its CA's key
    /// is not here.
    fn leaf(
        &self,
        names: &[String],
        change: impl Fn(&mut CertificateParams),
    ) -> Result<(CertificateDer<'static>, PrivateKeyDer<'static>), TlsError> {
        let mut params = leaf_params(names).map_err(TlsError::Make)?;
        change(&mut params);
        match &self.origin {
            Origin::PrivateCa { ca, .. } => leaf(&params, ca),
            Origin::Files { .. } => leaf(&params, &stranger()?),
        }
    }

    fn names(&self) -> Vec<String> {
        match &self.origin {
            Origin::PrivateCa { names, .. } => names.clone(),
            Origin::Files { .. } => vec!["localhost".to_owned()],
        }
    }

    /// A long chain that leads where the short one does: by names that nobody asks for, or, where the certificate is the
    /// user's own, by a certificate behind it that leads nowhere, which clients are to skip (RFC 8446, section 4.4.2).
    fn large(&self) -> Result<ServerConfig, TlsError> {
        let padding =
            (0..LARGE_CHAIN_BYTES / 32).map(|number| format!("padding-{number:010}.invalid"));
        match &self.origin {
            Origin::PrivateCa { names, .. } => {
                let names: Vec<_> = names.iter().cloned().chain(padding).collect();
                let (certificate, key) = self.leaf(&names, |_| {})?;
                config(vec![certificate], key)
            }
            Origin::Files { chain, key } => {
                let names: Vec<_> = padding.collect();
                let (certificate, _) = self.leaf(&names, |_| {})?;
                let chain = chain.iter().cloned().chain([certificate]).collect();
                config(chain, key.clone_key())
            }
        }
    }
}

/// The date so many days beside a time, as year, month and day; stays where certificates can be dated.
fn day_beside(at: UnixMillis, days: i64) -> (i32, u8, u8) {
    const DAY_SECS: i64 = 86_400;
    let secs = at.secs().saturating_add(days * DAY_SECS);
    let earliest = Timestamp::UNIX_EPOCH.as_second();
    // The last days of the year 9999 are the last that a certificate can name: RFC 5280, section 4.1.2.5.2.
    let latest = Timestamp::MAX.as_second() - 2 * DAY_SECS;
    let date =
        Timestamp::from_second(secs.clamp(earliest, latest)).unwrap_or(Timestamp::UNIX_EPOCH);
    let date = date.to_zoned(TimeZone::UTC).date();
    let part = |number: i8| u8::try_from(number).unwrap_or(1);
    (i32::from(date.year()), part(date.month()), part(date.day()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(at: UnixMillis, days: i64, expected: (i32, u8, u8)) {
        assert_eq!(day_beside(at, days), expected);
    }

    #[test]
    fn a_day_beside_is_a_date_whatever_the_clock_shows() {
        check(UnixMillis::from_secs(1_795_190_924), -1, (2026, 11, 19));
        check(UnixMillis::from_secs(1_795_190_924), 2, (2026, 11, 22));
        check(UnixMillis(i64::MIN), -1, (1970, 1, 1));
        check(UnixMillis(i64::MAX), 2, (9999, 12, 28));
    }
}
