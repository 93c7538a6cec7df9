//! The chain: what was said, the environment, the profile.

use std::fmt;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use super::error::AccountError;
use super::process;
use super::profiles::{Form, Profile, parse};
use crate::clock::UnixMillis;
use crate::sigv4::Credential;

/// The variables that the chain looks at.
pub const ACCOUNT_VARIABLES: [&str; 14] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_CA_BUNDLE",
    "AWS_CONFIG_FILE",
    "AWS_DEFAULT_REGION",
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_IOT",
    "AWS_ENDPOINT_URL_IOT_DATA_PLANE",
    "AWS_PROFILE",
    "AWS_REGION",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_SHARED_CREDENTIALS_FILE",
    "HOME",
    "USERPROFILE",
];

/// Other ways of a profile to its keys, which are not known here.
const OTHER_WAYS: [&str; 5] =
    ["sso_session", "sso_start_url", "role_arn", "web_identity_token_file", "credential_source"];

/// For how long keys must still be good.
const LEFT_MIN: Duration = Duration::from_secs(60);

/// An account, and what goes with it. `Debug` hides what is secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    /// The keys.
    pub credential: Credential,
    /// Where they are from, for a person.
    pub source: String,
    /// The region.
    pub region: String,
    /// Where shadows are, if the environment says so.
    pub data_endpoint: Option<String>,
    /// Where things and endpoints are, if the environment says so.
    pub control_endpoint: Option<String>,
    /// A file of certificates to trust in place of those that browsers trust.
    pub ca_bundle: Option<PathBuf>,
}

/// What was said on the command line about the account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccountWants {
    /// The profile; with it the keys in the environment do not count.
    pub profile: Option<String>,
    /// The region.
    pub region: Option<String>,
}

/// The two files of profiles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Files {
    /// `~/.aws/credentials`
    pub credentials: Option<PathBuf>,
    /// `~/.aws/config`
    pub config: Option<PathBuf>,
}

impl Files {
    /// Where the environment says that they are.
    pub fn of(variable: &dyn Fn(&str) -> Option<String>) -> Self {
        let at_home = |name: &str| {
            let home = variable("HOME").or_else(|| variable("USERPROFILE"));
            home.map(|home| PathBuf::from(home).join(".aws").join(name))
        };
        let named = |name: &str| variable(name).filter(|path| !path.is_empty()).map(PathBuf::from);
        Self {
            credentials: named("AWS_SHARED_CREDENTIALS_FILE").or_else(|| at_home("credentials")),
            config: named("AWS_CONFIG_FILE").or_else(|| at_home("config")),
        }
    }

    /// What both say about a profile; none if it is in neither.
    fn profile(&self, name: &str) -> Result<Option<Profile>, AccountError> {
        let of = |path: &Option<PathBuf>, form| match path {
            Some(path) => read(path, form).map(|profiles| {
                let named = profiles.into_iter().filter(|profile| profile.name == name);
                named.reduce(|one, other| other.or(one))
            }),
            None => Ok(None),
        };
        let credentials = of(&self.credentials, Form::Credentials)?;
        let config = of(&self.config, Form::Config)?;
        Ok(match (credentials, config) {
            (Some(credentials), Some(config)) => Some(credentials.or(config)),
            (one, other) => one.or(other),
        })
    }
}

fn read(path: &PathBuf, form: Form) -> Result<Vec<Profile>, AccountError> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => {
            return Err(AccountError::File { path: path.clone(), reason: error.to_string() });
        }
    };
    parse(&text, form).map_err(|mistake| AccountError::Mistake { path: path.clone(), mistake })
}

impl Account {
    /// Goes through the chain: keys of the environment (`AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`) unless a
    /// profile is wanted; then the profile that is wanted, that `AWS_PROFILE` names, or `default`, in the two files, by its keys
    /// or its `credential_process`. `variable` gives the environment, `now` is the time.
    ///
    /// # Errors
    ///
    /// [`AccountError`] says which link failed, and what to do.
    pub fn find(
        wants: &AccountWants,
        variable: &dyn Fn(&str) -> Option<String>,
        now: UnixMillis,
    ) -> Result<Self, AccountError> {
        let variable = |name: &str| variable(name).filter(|value| !value.is_empty());
        let named = wants.profile.clone().or_else(|| variable("AWS_PROFILE"));
        let name = named.unwrap_or_else(|| "default".to_owned());
        let profile = Files::of(&variable).profile(&name)?;
        let of_environment = match &wants.profile {
            None => from_environment(&variable)?,
            Some(_) => None,
        };
        let (credential, source) = match (of_environment, &profile) {
            (Some(credential), _) => (credential, "the environment".to_owned()),
            (None, Some(profile)) => (of_profile(profile)?, format!("the profile {name}")),
            (None, None) => return Err(AccountError::NoProfile { profile: name }),
        };
        if let Some(expires_at) = credential.expires_at {
            let left = u64::try_from(expires_at.0.saturating_sub(now.0)).unwrap_or(0);
            let left = Duration::from_millis(left);
            if left < LEFT_MIN {
                return Err(AccountError::Expired { left });
            }
        }
        let set =
            |key: &str| profile.as_ref().and_then(|profile| profile.get(key)).map(str::to_owned);
        let region = wants.region.clone();
        let region = region.or_else(|| variable("AWS_REGION"));
        let region = region.or_else(|| variable("AWS_DEFAULT_REGION")).or_else(|| set("region"));
        let all = || variable("AWS_ENDPOINT_URL");
        Ok(Self {
            credential,
            source,
            region: region.ok_or(AccountError::NoRegion)?,
            data_endpoint: variable("AWS_ENDPOINT_URL_IOT_DATA_PLANE").or_else(all),
            control_endpoint: variable("AWS_ENDPOINT_URL_IOT").or_else(all),
            ca_bundle: variable("AWS_CA_BUNDLE").or_else(|| set("ca_bundle")).map(PathBuf::from),
        })
    }
}

fn from_environment(
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<Option<Credential>, AccountError> {
    let half = |missing| Err(AccountError::HalfSet { missing });
    match (variable("AWS_ACCESS_KEY_ID"), variable("AWS_SECRET_ACCESS_KEY")) {
        (None, None) => Ok(None),
        (Some(_), None) => half("AWS_SECRET_ACCESS_KEY"),
        (None, Some(_)) => half("AWS_ACCESS_KEY_ID"),
        (Some(key), Some(secret)) => Ok(Some(match variable("AWS_SESSION_TOKEN") {
            None => Credential::long_term(key, secret),
            Some(token) => Credential::temporary(key, secret, token),
        })),
    }
}

fn of_profile(profile: &Profile) -> Result<Credential, AccountError> {
    let name = || profile.name.clone();
    let mistake = |mistake| AccountError::Mistake { path: "the profile".into(), mistake };
    if let Some(credential) = profile.credential().map_err(mistake)? {
        return Ok(credential);
    }
    if let Some(command) = profile.get("credential_process") {
        return process::run(&profile.name, command);
    }
    let key = OTHER_WAYS.into_iter().find(|key| profile.get(key).is_some());
    Err(AccountError::OtherWay { profile: name(), key })
}

impl fmt::Debug for Account {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Account")
            .field("credential", &self.credential)
            .field("source", &self.source)
            .field("region", &self.region)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixMillis = UnixMillis::from_secs(1_795_190_924);

    /// The account in an environment, with these two files; and what it is called in a message if there is none.
    fn check(
        wants: &AccountWants,
        variables: &[(&str, &str)],
        [credentials, config]: [&str; 2],
        expected: Result<(&str, &str, &str), &str>,
    ) {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join(".aws");
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("credentials"), credentials).unwrap();
        fs::write(folder.join("config"), config).unwrap();
        let home = home.path().display().to_string();
        let variable = |name: &str| match name {
            "HOME" => Some(home.clone()),
            _ => variables.iter().find(|one| one.0 == name).map(|one| one.1.to_owned()),
        };
        let found = Account::find(wants, &variable, NOW).map_err(|error| error.to_string());
        let short = found.as_ref().map(|account| {
            let key = account.credential.access_key_id.as_str();
            (key, account.region.as_str(), account.source.as_str())
        });
        match expected {
            Ok(expected) => assert_eq!(short, Ok(expected)),
            Err(words) => assert!(short.unwrap_err().contains(words), "{found:?}"),
        }
    }

    const KEYS: &str = "[default]\naws_access_key_id = FILE\naws_secret_access_key = s\n\
                        [dev]\naws_access_key_id = DEV\naws_secret_access_key = s\n";
    const REGIONS: &str = "[default]\nregion = us-west-2\n[profile dev]\nregion = eu-west-1\n";
    const SET: [(&str, &str); 2] = [("AWS_ACCESS_KEY_ID", "ENV"), ("AWS_SECRET_ACCESS_KEY", "s")];

    #[test]
    fn the_environment_comes_before_the_files_and_a_profile_that_was_said_before_both() {
        let no_wants = AccountWants::default();
        check(&no_wants, &SET, [KEYS, REGIONS], Ok(("ENV", "us-west-2", "the environment")));
        check(&no_wants, &[], [KEYS, REGIONS], Ok(("FILE", "us-west-2", "the profile default")));
        let by_variable = [("AWS_PROFILE", "dev"), ("AWS_REGION", "ap-south-1")];
        check(
            &no_wants,
            &by_variable,
            [KEYS, REGIONS],
            Ok(("DEV", "ap-south-1", "the profile dev")),
        );
        let wants = AccountWants { profile: Some("dev".into()), region: Some("sa-east-1".into()) };
        check(&wants, &SET, [KEYS, REGIONS], Ok(("DEV", "sa-east-1", "the profile dev")));
    }

    #[test]
    fn a_profile_may_have_its_keys_in_the_config_file_or_from_a_program() {
        let no_wants = AccountWants::default();
        let in_config = KEYS.replace("[default]", "[default]\nregion = r");
        check(&no_wants, &[], ["", &in_config], Ok(("FILE", "r", "the profile default")));
        let program = "[default]\nregion = r\n\
            credential_process = echo '{\"Version\":1,\"AccessKeyId\":\"P\",\"SecretAccessKey\":\"s\"}'\n";
        check(&no_wants, &[], ["", program], Ok(("P", "r", "the profile default")));
    }

    #[test]
    fn what_is_missing_is_said() {
        let no_wants = AccountWants::default();
        check(&no_wants, &[], ["", ""], Err("no profile default"));
        check(&no_wants, &SET, ["", ""], Err("no region"));
        check(&no_wants, &SET[..1], ["", ""], Err("AWS_SECRET_ACCESS_KEY is not set"));
        check(&no_wants, &[], ["", "[default]\nsso_session = x\n"], Err("by sso_session"));
        check(&no_wants, &[], ["[default]\naws_access_key_id = A\n", ""], Err("only one of"));
        check(&no_wants, &[], ["[default]\nhush", ""], Err("line 2"));
        let expired = "[default]\nregion = r\ncredential_process = echo '{\"Version\":1,\"AccessKeyId\":\"P\",\
            \"SecretAccessKey\":\"s\",\"Expiration\":\"2020-01-01T00:00:00Z\"}'\n";
        check(&no_wants, &[], ["", expired], Err("expire in 0 s"));
    }
}
