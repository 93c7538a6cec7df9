//! The chain: what was said, the environment, the profile.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::container;
use super::error::AccountError;
use super::instance::Instance;
use super::process;
use super::profiles::{Form, Profile, parse};
use super::web_identity::WebIdentity;
use crate::clock::UnixMillis;
use crate::sigv4::Credential;

/// The variables that the chain looks at.
pub const ACCOUNT_VARIABLES: [&str; 25] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_CA_BUNDLE",
    "AWS_CONFIG_FILE",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_DEFAULT_REGION",
    "AWS_EC2_METADATA_DISABLED",
    "AWS_EC2_METADATA_SERVICE_ENDPOINT",
    "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_IOT",
    "AWS_ENDPOINT_URL_IOT_DATA_PLANE",
    "AWS_ENDPOINT_URL_STS",
    "AWS_PROFILE",
    "AWS_REGION",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
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
    /// Goes through the chain, in the order of AWS's SDKs: keys of the environment (`AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`,
    /// `AWS_SESSION_TOKEN`); a web identity (`AWS_WEB_IDENTITY_TOKEN_FILE`, `AWS_ROLE_ARN`); the profile that `AWS_PROFILE` names, or
    /// `default`, in the two files, by its keys, its `credential_process` or its web identity; the service of a container; that of an
    /// instance. A profile that is wanted comes before all of these. `variable` gives the environment, `now` is the time. Blocks for as
    /// long as the services may take, a second where there are none; must not be called on a runtime.
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
        let name = named.clone().unwrap_or_else(|| "default".to_owned());
        let profile = Files::of(&variable).profile(&name)?;
        let set =
            |key: &str| profile.as_ref().and_then(|profile| profile.get(key)).map(str::to_owned);
        let region = wants.region.clone();
        let region = region.or_else(|| variable("AWS_REGION"));
        let region = region.or_else(|| variable("AWS_DEFAULT_REGION")).or_else(|| set("region"));
        let ca_bundle = variable("AWS_CA_BUNDLE").or_else(|| set("ca_bundle")).map(PathBuf::from);
        let chain = Chain {
            variable: &variable,
            profile: profile.as_ref(),
            is_wanted: wants.profile.is_some(),
            is_named: named.is_some(),
            name,
            region,
            ca_bundle: ca_bundle.as_deref(),
            now,
        };
        let Found { credential, source, region } = chain.find()?;
        if let Some(expires_at) = credential.expires_at {
            let left = u64::try_from(expires_at.0.saturating_sub(now.0)).unwrap_or(0);
            let left = Duration::from_millis(left);
            if left < LEFT_MIN {
                return Err(AccountError::Expired { left });
            }
        }
        let all = || variable("AWS_ENDPOINT_URL");
        Ok(Self {
            credential,
            source,
            region: region.ok_or(AccountError::NoRegion)?,
            data_endpoint: variable("AWS_ENDPOINT_URL_IOT_DATA_PLANE").or_else(all),
            control_endpoint: variable("AWS_ENDPOINT_URL_IOT").or_else(all),
            ca_bundle,
        })
    }
}

/// What the links of the chain look at.
struct Chain<'a> {
    variable: &'a dyn Fn(&str) -> Option<String>,
    profile: Option<&'a Profile>,
    /// Whether the profile was said, so that nothing else counts.
    is_wanted: bool,
    /// Whether somebody has named the profile, so that it must be there.
    is_named: bool,
    name: String,
    region: Option<String>,
    ca_bundle: Option<&'a Path>,
    now: UnixMillis,
}

/// What a link has found.
struct Found {
    credential: Credential,
    source: String,
    region: Option<String>,
}

impl Chain<'_> {
    fn find(self) -> Result<Found, AccountError> {
        let variable = self.variable;
        if !self.is_wanted {
            if let Some(credential) = from_environment(variable)? {
                return Ok(self.found(credential, "the environment".to_owned()));
            }
            let (file, role) = ("AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN");
            if let (Some(file), Some(role)) = (variable(file), variable(role)) {
                let credential = self.identify(file, role, variable("AWS_ROLE_SESSION_NAME"))?;
                return Ok(self.found(credential, "the web identity of the environment".to_owned()));
            }
        }
        match self.profile {
            None if self.is_named => {
                return Err(AccountError::NoProfile { profile: self.name });
            }
            None => {}
            Some(profile) => match self.of_profile(profile)? {
                None if self.is_named => {
                    return Err(AccountError::OtherWay { profile: self.name, key: None });
                }
                None => {}
                Some(credential) => {
                    let source = format!("the profile {}", self.name);
                    return Ok(self.found(credential, source));
                }
            },
        }
        if let Some(given) = container::ask(variable, self.ca_pem()?.as_deref()) {
            let (credential, source) = given?;
            return Ok(self.found(credential, source));
        }
        // Where no instance answers, we are on none; where one does, what it says counts.
        let Some(Ok(instance)) = Instance::begin(variable) else {
            return Err(AccountError::Nowhere { profile: self.name });
        };
        let credential = instance.credential()?;
        let region = match self.region {
            Some(region) => region,
            None => instance.region()?,
        };
        Ok(Found { credential, source: "the instance's role".to_owned(), region: Some(region) })
    }

    fn found(self, credential: Credential, source: String) -> Found {
        Found { credential, source, region: self.region }
    }

    fn of_profile(&self, profile: &Profile) -> Result<Option<Credential>, AccountError> {
        let mistake = |mistake| AccountError::Mistake { path: "the profile".into(), mistake };
        if let Some(credential) = profile.credential().map_err(mistake)? {
            return Ok(Some(credential));
        }
        if let Some(command) = profile.get("credential_process") {
            return process::run(&profile.name, command).map(Some);
        }
        let get = |key: &str| profile.get(key).map(str::to_owned);
        if let (Some(file), Some(role)) = (get("web_identity_token_file"), get("role_arn")) {
            return self.identify(file, role, get("role_session_name")).map(Some);
        }
        match OTHER_WAYS.into_iter().find(|key| profile.get(key).is_some()) {
            None => Ok(None),
            key => Err(AccountError::OtherWay { profile: profile.name.clone(), key }),
        }
    }

    fn identify(
        &self,
        file: String,
        role_arn: String,
        session_name: Option<String>,
    ) -> Result<Credential, AccountError> {
        let region = self.region.as_deref().ok_or(AccountError::NoRegion)?;
        let endpoint = (self.variable)("AWS_ENDPOINT_URL_STS");
        let identity = WebIdentity {
            token_file: file.into(),
            role_arn,
            session_name,
            endpoint: endpoint.or_else(|| (self.variable)("AWS_ENDPOINT_URL")),
            ca_pem: self.ca_pem()?,
        };
        identity.ask(region, self.now)
    }

    fn ca_pem(&self) -> Result<Option<Vec<u8>>, AccountError> {
        let read = self.ca_bundle.map(|path| {
            fs::read(path).map_err(|error| AccountError::File {
                path: path.to_owned(),
                reason: error.to_string(),
            })
        });
        read.transpose()
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
            "AWS_EC2_METADATA_DISABLED" => Some("true".to_owned()),
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
        check(&no_wants, &[], ["", ""], Err("none in a profile default"));
        check(&no_wants, &[("AWS_PROFILE", "dev")], ["", ""], Err("there is no profile dev"));
        check(
            &no_wants,
            &[("AWS_PROFILE", "dev")],
            ["", "[profile dev]\nregion = r\n"],
            Err("has no keys"),
        );
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
