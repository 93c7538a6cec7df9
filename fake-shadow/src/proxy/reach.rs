//! From an account to the two halves of its service.

use std::fmt;
use std::path::{Path, PathBuf};

use super::client::{CONTROL_SERVICE, Client, DATA_SERVICE, control_endpoint};
use super::endpoint::{Endpoint, EndpointError};
use super::error::PassError;
use super::passage::Signer;
use super::upstream::{TrustError, Upstream};
use crate::account::{Account, Keys};

/// The two halves of an account's service; nothing of them has been asked yet but where they are.
#[derive(Debug, Clone)]
pub struct Reach {
    /// The way to shadows.
    pub upstream: Upstream,
    /// Who signs.
    pub signer: Signer,
    /// Asks for shadows.
    pub data: Client,
    /// Asks for things.
    pub control: Client,
}

/// Why the service of an account cannot be reached.
#[derive(Debug, Clone, PartialEq)]
pub enum ReachError {
    /// The file of certificates to trust cannot be read.
    CaFile {
        /// The file.
        path: PathBuf,
        /// What the system says.
        reason: String,
    },
    /// DescribeEndpoint was refused.
    Described {
        /// The status.
        status: u16,
        /// The service's own words.
        message: String,
    },
    /// An endpoint cannot be read.
    Endpoint {
        /// What was given.
        text: String,
        /// What is wrong with it.
        error: EndpointError,
    },
    /// DescribeEndpoint was not answered.
    Pass(PassError),
    /// The certificates to trust cannot be used.
    Trust(TrustError),
}

/// The way to an endpoint that a person named, trusting the certificates in a file, or those that browsers trust.
///
/// # Errors
///
/// [`ReachError`] if endpoint or certificates cannot be read; nothing is connected.
pub fn upstream(endpoint: &str, ca_file: Option<&Path>) -> Result<Upstream, ReachError> {
    let read: Endpoint = endpoint
        .parse()
        .map_err(|error| ReachError::Endpoint { text: endpoint.to_owned(), error })?;
    let pem = ca_file.map(|path| {
        std::fs::read(path).map_err(|error| ReachError::CaFile {
            path: path.to_owned(),
            reason: error.to_string(),
        })
    });
    Upstream::new(read, pem.transpose()?.as_deref()).map_err(ReachError::Trust)
}

impl Reach {
    /// The service of an account: at the endpoint that was said, that the environment says, or that DescribeEndpoint does, which is
    /// then the only request that is made here.
    ///
    /// # Errors
    ///
    /// [`ReachError`] says which step failed.
    pub async fn of(account: &Account, said: Option<&str>) -> Result<Self, ReachError> {
        let Account { credential, region, ca_bundle, .. } = account;
        let keys = Keys::new(credential.clone());
        let signer = Signer { keys, region: region.clone() };
        let control = account.control_endpoint.clone();
        let control = control.unwrap_or_else(|| control_endpoint(region));
        let control = upstream(&control, ca_bundle.as_deref())?;
        let control = Client::new(control, signer.clone(), CONTROL_SERVICE);
        let data = match said.or(account.data_endpoint.as_deref()) {
            Some(endpoint) => endpoint.to_owned(),
            None => control.data_endpoint().await.map_err(ReachError::Pass)?.map_err(|answer| {
                let message = String::from_utf8_lossy(&answer.body).into_owned();
                ReachError::Described { status: answer.status, message }
            })?,
        };
        let upstream = upstream(&data, ca_bundle.as_deref())?;
        let data = Client::new(upstream.clone(), signer.clone(), DATA_SERVICE);
        Ok(Self { upstream, signer, data, control })
    }
}

impl ReachError {
    /// The next step.
    #[must_use]
    pub const fn help(&self) -> &'static str {
        match self {
            Self::CaFile { .. } | Self::Trust(_) => {
                "AWS_CA_BUNDLE names a file of certificates in PEM form; without it those that browsers trust count"
            }
            Self::Endpoint { .. } => {
                "an endpoint is https://PREFIX-ats.iot.REGION.amazonaws.com, as `aws iot describe-endpoint \
                 --endpoint-type iot:Data-ATS` says it"
            }
            Self::Described { .. } | Self::Pass(_) => {
                "the endpoint can be said as well: --endpoint, or AWS_ENDPOINT_URL_IOT_DATA_PLANE"
            }
        }
    }
}

impl fmt::Display for ReachError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CaFile { path, reason } => {
                write!(formatter, "failed to read {}: {reason}", path.display())
            }
            Self::Described { status, message } => {
                write!(formatter, "failed to ask for the endpoint: {status} {message}")
            }
            Self::Endpoint { text, error } => {
                write!(formatter, "{text:?} is no endpoint: {error}")
            }
            Self::Pass(error) => write!(formatter, "failed to ask for the endpoint: {error}"),
            Self::Trust(error) => {
                write!(formatter, "the certificates to trust cannot be used: {error}")
            }
        }
    }
}

impl std::error::Error for ReachError {}
