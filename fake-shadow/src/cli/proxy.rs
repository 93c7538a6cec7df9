//! The flags of the proxy: the real service, and whose account it is asked in.

use std::path::PathBuf;

use clap::Args;

use super::args::{Environment, ServeArgs};
use super::error::ServeError;
use crate::account::{Account, AccountWants, Keys, Renewal, RenewalTimes};
use crate::clock::UnixMillis;
use crate::proxy::{Reach, Signer, Upstream, upstream};
use crate::settings::Settings;

/// What `--to` says for the account's own endpoint.
const OWN_ENDPOINT: &str = "aws";

/// The flags of the proxy.
#[derive(Debug, Clone, Args)]
pub struct ProxyArgs {
    /// Stand before the real service instead of playing it: signatures are checked and explained, requests passed on, faults done to
    /// the answers. `aws` asks DescribeEndpoint where that is. What is signed for the service's own host goes on as it came; what
    /// is signed for this one is signed anew, with credentials from the environment or a profile.
    #[arg(
        long,
        value_name = "URL|aws",
        conflicts_with_all = [
            "clock_offset", "data", "document_bytes_max", "levels_max", "policies", "throttle_account", "throttle_thing",
        ]
    )]
    pub to: Option<String>,

    /// Certificates to trust at the real service, in PEM form [default: AWS_CA_BUNDLE, else those that browsers trust].
    #[arg(long, value_name = "FILE", requires = "to")]
    pub to_ca: Option<PathBuf>,

    /// The profile of ~/.aws/credentials and ~/.aws/config to sign with; keys in the environment then do not count.
    #[arg(long, value_name = "NAME", requires = "to")]
    pub profile: Option<String>,
}

/// The way to the real service.
pub(super) struct Way {
    pub(super) upstream: Upstream,
    pub(super) signer: Option<Signer>,
    wants: AccountWants,
}

impl Way {
    /// Renews the keys that requests are signed with, if they end; each try is told in the log.
    pub(super) fn renewed(
        &self,
        environment: &Environment,
        told: impl Fn(&str) + Send + 'static,
    ) -> Option<Renewal> {
        let keys = &self.signer.as_ref()?.keys;
        let environment = environment.clone();
        let variable = move |name: &str| environment.of_account(name);
        let told = move |words: Result<String, String>| told(&words.unwrap_or_else(|words| words));
        Some(Renewal::start(keys, self.wants.clone(), variable, RenewalTimes::default(), told))
    }
}

/// What was found out about the real service before it is asked anything.
pub(super) struct Wanted<'a> {
    to: &'a str,
    ca_file: Option<PathBuf>,
    account: Option<Account>,
    wants: AccountWants,
}

impl ProxyArgs {
    pub(super) const fn is_wanted(&self) -> bool {
        self.to.is_some()
    }
}

impl ServeArgs {
    /// The real service, if this is to be a proxy before it, and a note for whoever started it.
    pub(super) fn wanted(
        &self,
        environment: &Environment,
        now: UnixMillis,
    ) -> Result<(Option<Wanted<'_>>, Option<String>), ServeError> {
        let Some(to) = &self.proxy.to else { return Ok((None, None)) };
        let wants =
            AccountWants { profile: self.proxy.profile.clone(), region: self.region.clone() };
        let found = Account::find(&wants, &|name| environment.of_account(name), now);
        let (account, note) = match found {
            Ok(account) => {
                let (key, source) = (&account.credential.access_key_id, &account.source);
                let note = format!(
                    "what is signed for this host is signed anew with {key}, from {source}, for {}",
                    account.region
                );
                (Some(account), note)
            }
            Err(error) if to == OWN_ENDPOINT || wants.profile.is_some() => {
                return Err(ServeError::Account(error));
            }
            Err(error) => {
                (None, format!("{error}; what is signed for this host cannot be passed on"))
            }
        };
        let of_account = || account.as_ref().and_then(|account| account.ca_bundle.clone());
        let ca_file = self.proxy.to_ca.clone().or_else(of_account);
        Ok((Some(Wanted { to, ca_file, account, wants }), Some(note)))
    }
}

impl Wanted<'_> {
    /// Fits the check of signatures to the real service: its region, and its own keys beside those of devices.
    pub(super) fn fit(&self, settings: &mut Settings) {
        if let Some(account) = &self.account {
            settings.region.clone_from(&account.region);
            settings.keyring.insert(account.credential.clone());
        }
    }

    /// The way there; asks where that is if nobody has said.
    pub(super) async fn way(self) -> Result<Way, ServeError> {
        let Self { to, ca_file, account, wants } = self;
        match (account, to) {
            (Some(account), OWN_ENDPOINT) => {
                let account = Account { ca_bundle: ca_file, ..account };
                let Reach { upstream, signer, .. } =
                    Reach::of(&account, None).await.map_err(ServeError::Reach)?;
                Ok(Way { upstream, signer: Some(signer), wants })
            }
            (account, to) => {
                let upstream = upstream(to, ca_file.as_deref()).map_err(ServeError::Reach)?;
                let signer = account.map(|Account { credential, region, .. }| Signer {
                    keys: Keys::new(credential),
                    region,
                });
                Ok(Way { upstream, signer, wants })
            }
        }
    }
}
