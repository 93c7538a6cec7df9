//! The flags, and what they mean.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use jiff::SignedDuration;

use super::credentials::{parse_credential, read_credentials};
use super::error::ServeError;
use super::proxy::ProxyArgs;
use super::servers::BesideArgs;
use crate::account::ACCOUNT_VARIABLES;
use crate::clock::parse_signed_duration;
use crate::http::{Remote, ServerIdentity, Token, TokenError, usual_names};
use crate::log::LogForm;
use crate::policy::Policy;
use crate::settings::{DEFAULT_REGION, Settings, Throttle};
use crate::shadow::{DOCUMENT_BYTES_MAX, LEVELS_MAX, Limits, MESSAGE_BYTES_MAX};
use crate::sigv4::{Credential, Keyring, PresignedToken};

/// The flags of `fake-shadow` and of `shadowrig serve`.
#[derive(Debug, Clone, Args)]
pub struct ServeArgs {
    /// Where to listen for HTTP; port 0 takes a free one.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    pub listen: String,

    /// Where to listen for HTTPS.
    #[arg(long, value_name = "ADDR")]
    pub listen_tls: Option<String>,

    /// Keep the private CA of HTTPS in a folder; clients are to trust the ca.pem in it.
    #[arg(long, value_name = "DIR", requires = "listen_tls")]
    pub pki: Option<PathBuf>,

    /// Another name or address for the certificate of HTTPS; may be given several times.
    #[arg(long = "tls-name", value_name = "NAME", requires = "listen_tls")]
    pub tls_names: Vec<String>,

    /// A certificate of one's own for HTTPS, in PEM form, with those that lead to its CA.
    #[arg(long, value_name = "FILE", requires = "key", conflicts_with_all = ["pki", "tls_names"])]
    pub cert: Option<PathBuf>,

    /// The key to --cert.
    #[arg(long, value_name = "FILE", requires_all = ["cert", "listen_tls"])]
    pub key: Option<PathBuf>,

    /// Who may sign; may be given several times [default: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and
    /// AWS_SESSION_TOKEN, else the test pair AKIDEXAMPLE / wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY].
    #[arg(long = "credential", value_name = "KEY:SECRET[:TOKEN]")]
    pub credentials: Vec<String>,

    /// Who may sign: all profiles of a file in the form of ~/.aws/credentials.
    #[arg(long, value_name = "FILE")]
    pub credentials_file: Option<PathBuf>,

    /// What an access key id may do: a file with an IAM policy. Without one it may do everything.
    #[arg(long = "policy", value_name = "KEY=FILE")]
    pub policies: Vec<String>,

    /// The region that requests are signed for [default: AWS_REGION, else us-east-1].
    #[arg(long, value_parser = parse_region)]
    pub region: Option<String>,

    /// Keep shadows in this file; without it they live in memory.
    #[arg(long, value_name = "FILE")]
    pub data: Option<PathBuf>,

    /// Run the cloud's clock ahead or behind, as +5m, -27850123s, +1h or +2d.
    #[arg(long, value_name = "DURATION", allow_hyphen_values = true, value_parser = parse_offset)]
    pub clock_offset: Option<SignedDuration>,

    /// How many bytes both sections of a shadow may have together.
    #[arg(long, value_name = "N", default_value_t = DOCUMENT_BYTES_MAX, value_parser = parse_document_bytes)]
    pub document_bytes_max: usize,

    /// How deep documents may be nested: AWS's error text says 6, its page of quotas 8.
    #[arg(long, value_name = "N", default_value_t = LEVELS_MAX, value_parser = parse_levels)]
    pub levels_max: usize,

    /// How many requests about shadows are answered within a second, all things together; AWS: 4000, in small regions 400
    /// [default: all].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub throttle_account: Option<u32>,

    /// How many requests are answered within a second for each thing; AWS: 20 [default: all].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub throttle_thing: Option<u32>,

    /// Where a presigned URL may have its session token: anywhere, so that the URLs of SDKs work, or only after-signing, as AWS
    /// IoT documents.
    #[arg(
        long,
        value_name = "anywhere|after-signing",
        value_enum,
        default_value_t = PresignedArg::Anywhere,
        hide_possible_values = true
    )]
    pub presigned_token: PresignedArg,

    /// The form of the log on standard error: one line a request; a refused signature is explained. `off` writes none.
    #[arg(
        long,
        value_name = "text|json|off",
        value_enum,
        default_value_t = LogArg::Text,
        hide_possible_values = true
    )]
    pub log: LogArg,

    /// Let other machines use the page and the control interface, too. Where the server listens beyond this machine, both
    /// then want a token: SHADOWRIG_TOKEN, or one that is printed at the start.
    #[arg(long)]
    pub remote_control: bool,

    /// Time and names.
    #[command(flatten)]
    pub beside: BesideArgs,

    /// The real service.
    #[command(flatten)]
    pub proxy: ProxyArgs,

    /// Where request ids and chance come from, for runs that are equal to the byte [default: another each time].
    #[arg(long)]
    pub seed: Option<u64>,
}

/// The forms of a log on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogArg {
    /// One line a request, a refused signature explained below it.
    Text,
    /// One JSON object a line.
    Json,
    /// No log; the notes of the start alone, as text.
    Off,
}

/// Where a presigned URL may have its session token, on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PresignedArg {
    /// Signed with the rest, or appended after signing.
    Anywhere,
    /// Appended after signing only.
    AfterSigning,
}

/// The variables that are read, with their values; `main` reads them once.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    access_key_id: Option<String>,
    secret_access_key: Option<String>,
    session_token: Option<String>,
    region: Option<String>,
    token: Option<String>,
    account: BTreeMap<&'static str, String>,
}

impl Environment {
    /// Asks for each variable by its name; an empty one counts as not there.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Self {
        let filled = |name| variable(name).filter(|value| !value.is_empty());
        Self {
            access_key_id: filled("AWS_ACCESS_KEY_ID"),
            secret_access_key: filled("AWS_SECRET_ACCESS_KEY"),
            session_token: filled("AWS_SESSION_TOKEN"),
            region: filled("AWS_REGION"),
            token: filled("SHADOWRIG_TOKEN"),
            account: ACCOUNT_VARIABLES
                .into_iter()
                .filter_map(|name| Some((name, filled(name)?)))
                .collect(),
        }
    }

    /// The credential in the variables; none if they name none.
    ///
    /// # Errors
    /// If there is one half of a pair.
    pub fn credential(&self) -> Result<Option<Credential>, ServeError> {
        let missing = |name, other: &str| ServeError::Argument {
            name,
            reason: format!("it is not set, but {other} is"),
        };
        match (&self.access_key_id, &self.secret_access_key) {
            (None, None) => Ok(None),
            (Some(_), None) => Err(missing("AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID")),
            (None, Some(_)) => Err(missing("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")),
            (Some(key), Some(secret)) => Ok(Some(match &self.session_token {
                None => Credential::long_term(key, secret.as_str()),
                Some(token) => Credential::temporary(key, secret.as_str(), token.as_str()),
            })),
        }
    }

    /// The region: that of a flag, else that of the variable, else the default.
    #[must_use]
    pub fn region(&self, flag: Option<&str>) -> String {
        flag.or(self.region.as_deref()).unwrap_or(DEFAULT_REGION).to_owned()
    }

    /// A variable that says whose account the real service is asked in.
    pub(super) fn of_account(&self, name: &str) -> Option<String> {
        self.account.get(name).cloned()
    }
}

impl ServeArgs {
    /// The settings of the cloud, and a note for whoever started it if there is something to say. `any_seed` is taken if
    /// none is given.
    pub(super) fn settings(
        &self,
        environment: &Environment,
        any_seed: u64,
    ) -> Result<(Settings, Option<String>), ServeError> {
        let mut settings = Settings {
            region: environment.region(self.region.as_deref()),
            clock_offset_ms: self.clock_offset_ms()?,
            seed: self.seed.unwrap_or(any_seed),
            limits: Limits {
                document_bytes_max: self.document_bytes_max,
                levels_max: self.levels_max,
                ..Limits::default()
            },
            throttle: Throttle {
                account_per_second: self.throttle_account,
                thing_per_second: self.throttle_thing,
            },
            presigned_token: match self.presigned_token {
                PresignedArg::Anywhere => PresignedToken::Anywhere,
                PresignedArg::AfterSigning => PresignedToken::AfterSigning,
            },
            ..Settings::default()
        };
        let given = self.keyring(environment)?;
        let note = given.is_none().then(|| {
            use crate::settings::{TEST_ACCESS_KEY_ID, TEST_SECRET_ACCESS_KEY};
            format!(
                "no credentials were given; requests are to be signed with the test pair \
                 {TEST_ACCESS_KEY_ID} / {TEST_SECRET_ACCESS_KEY}"
            )
        });
        if let Some(keyring) = given {
            settings.keyring = keyring;
        }
        for argument in &self.policies {
            let (key, policy) = read_policy(argument)?;
            settings.policies.insert(key, policy);
        }
        Ok((settings, note))
    }

    /// What the server shows to clients of HTTPS; none if it does not serve it.
    pub(super) fn identity(&self, region: &str) -> Result<Option<ServerIdentity>, ServeError> {
        let Some(address) = &self.listen_tls else { return Ok(None) };
        let identity = match (&self.cert, &self.key) {
            (Some(certificate), Some(key)) => ServerIdentity::from_files(certificate, key),
            _ => {
                let mut names = usual_names(region);
                names.extend(self.tls_names.iter().cloned());
                // Clients that were told the address expect to find it in the certificate.
                names.extend(
                    address.parse().ok().map(|address: SocketAddr| address.ip().to_string()),
                );
                names.sort_unstable();
                names.dedup();
                ServerIdentity::of_private_ca(self.pki.as_deref(), &names)
            }
        };
        identity.map(Some).map_err(ServeError::Tls)
    }

    /// Who may use the page and the control interface of a server that listens there, and a note with the token if one was
    /// made.
    pub(super) fn remote(
        &self,
        environment: &Environment,
        listens: &[SocketAddr],
    ) -> Result<(Remote, Option<String>), ServeError> {
        let beyond = listens.iter().find(|address| !address.ip().to_canonical().is_loopback());
        let Some(address) = beyond.filter(|_| self.remote_control) else {
            return Ok((Remote::Refused, None));
        };
        let refused = |error: TokenError| ServeError::Argument {
            name: "SHADOWRIG_TOKEN",
            reason: error.to_string(),
        };
        if let Some(chosen) = &environment.token {
            return Ok((Remote::WithToken(Token::chosen(chosen).map_err(refused)?), None));
        }
        let token = Token::by_chance().map_err(refused)?;
        let (port, shown) = (address.port(), token.reveal());
        let note = format!(
            "the page and the control interface want the token {shown}: open http://THIS-MACHINE:{port}/?token={shown} \
             once, or send `Authorization: Bearer {shown}`"
        );
        Ok((Remote::WithToken(token), Some(note)))
    }

    /// The form of the log; none if there is to be none.
    pub(super) const fn log_form(&self) -> Option<LogForm> {
        match self.log {
            LogArg::Text => Some(LogForm::Text),
            LogArg::Json => Some(LogForm::Json),
            LogArg::Off => None,
        }
    }

    fn clock_offset_ms(&self) -> Result<i64, ServeError> {
        let offset = self.clock_offset.unwrap_or_default();
        i64::try_from(offset.as_millis()).map_err(|_| ServeError::Argument {
            name: "--clock-offset",
            reason: "it is beyond all years".to_owned(),
        })
    }

    /// All credentials of flags and files, else those of the environment; none if nobody gave any.
    fn keyring(&self, environment: &Environment) -> Result<Option<Keyring>, ServeError> {
        let mut keyring = Keyring::new();
        for argument in &self.credentials {
            keyring.insert(parse_credential(argument)?);
        }
        if let Some(path) = &self.credentials_file {
            for credential in read_credentials(path)? {
                keyring.insert(credential);
            }
        }
        // Before the real service the keys in the environment are the real ones, which devices need not have.
        if keyring.is_empty()
            && !self.proxy.is_wanted()
            && let Some(credential) = environment.credential()?
        {
            keyring.insert(credential);
        }
        Ok(Some(keyring).filter(|keyring| !keyring.is_empty()))
    }
}

fn read_policy(argument: &str) -> Result<(String, Policy), ServeError> {
    let (key, path) = argument.split_once('=').ok_or_else(|| ServeError::Argument {
        name: "--policy",
        reason: format!("'{argument}' is not KEY=FILE, as AKIDEXAMPLE=policy.json"),
    })?;
    let path = Path::new(path);
    let file = |reason: String| ServeError::File {
        path: path.to_owned(),
        reason,
        help: "a policy is wanted, as {\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\
               \"Action\":\"iot:GetThingShadow\",\"Resource\":\"*\"}]}",
    };
    let text = std::fs::read(path).map_err(|error| file(error.to_string()))?;
    let policy = serde_json::from_slice(&text).map_err(|error| file(error.to_string()))?;
    Ok((key.to_owned(), policy))
}

/// Regions are not listed, as there are new ones each year.
fn parse_region(text: &str) -> Result<String, String> {
    let is_name = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let fits = !text.is_empty() && text.bytes().all(is_name);
    fits.then(|| text.to_owned()).ok_or_else(|| "a region is wanted, as us-east-1".to_owned())
}

fn parse_document_bytes(text: &str) -> Result<usize, String> {
    let bytes = text.parse().ok().filter(|bytes| (1..=MESSAGE_BYTES_MAX).contains(bytes));
    bytes.ok_or_else(|| format!("a number from 1 to {MESSAGE_BYTES_MAX} is wanted"))
}

fn parse_levels(text: &str) -> Result<usize, String> {
    let levels = text.parse().ok().filter(|levels| (1..=64).contains(levels));
    levels.ok_or_else(|| "a number from 1 to 64 is wanted".to_owned())
}

fn parse_offset(text: &str) -> Result<SignedDuration, String> {
    parse_signed_duration(text)
        .ok_or_else(|| "a signed duration is wanted, as +5m, -27850123s, +1h or +2d".to_owned())
}
