//! What the device runs with, once it is known to be complete and right.

use std::ffi::OsStr;
use std::net::SocketAddrV4;
use std::path::PathBuf;
use std::sync::Arc;

use rustls::ClientConfig;
use thing::{Config, Kind, SIGNAL, WakeCause};

use crate::config_file::ConfigFile;
use crate::endpoint::{Endpoint, Scheme};
use crate::error::{Error, Field};
use crate::net::{self, Target};
use crate::options::{Options, Secret};
use crate::told_writes;

/// The region when none is given.
const REGION_DEFAULT: &str = "us-east-1";

/// Everything that a device runs with. `Debug` hides the secrets.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The cloud.
    pub endpoint: Endpoint,
    /// The `Host` header that goes with it.
    pub host: String,
    /// The region that is signed for.
    pub region: String,
    /// The public half of the key.
    pub access_key_id: String,
    /// The secret half of the key.
    pub secret_access_key: Secret,
    /// The token of a temporary key.
    pub session_token: Option<Secret>,
    /// The thing's name.
    pub thing_name: String,
    /// The shadow's name, if it has one.
    pub shadow_name: Option<String>,
    /// Where the state is kept; `None` keeps it in memory.
    pub state_file: Option<PathBuf>,
    /// The time server; `None` for the clock of this machine.
    pub ntp_server: Option<String>,
    /// The name server; `None` for this machine's own way.
    pub name_server: Option<SocketAddrV4>,
    /// What kind of thing it is.
    pub kind: &'static Kind,
    /// Sleeps after which the program ends; `None` for never.
    pub wakes: Option<u64>,
    /// Milliseconds that the device's clock is ahead.
    pub clock_offset_ms: i64,
    /// Whether writes of the state are told on the console, and asked about.
    pub tells_state_writes: bool,
    /// Why the device starts the first time.
    pub wake_cause: WakeCause,
    /// How to talk TLS; `None` for plain `http`.
    pub tls: Option<Arc<ClientConfig>>,
}

impl Settings {
    /// Joins the options with the file that they name, and checks all of it.
    ///
    /// # Errors
    ///
    /// A file that cannot be read, a setting that is missing, and a setting that is none.
    pub fn resolve(options: &Options) -> Result<Self, Error> {
        let file = options.config.as_deref().map(ConfigFile::read).transpose()?.unwrap_or_default();
        let flags = options.clone();
        let missing = Error::Missing;
        let endpoint = given(flags.endpoint, file.endpoint).ok_or(missing(Field::Endpoint))?;
        let endpoint = Endpoint::parse(&endpoint)
            .map_err(|error| Error::Endpoint { given: endpoint, error })?;
        let ca_file = given(flags.ca_file, file.ca_file);
        let settings = Self {
            tls: match endpoint.scheme {
                Scheme::Http => None,
                Scheme::Https => Some(net::trusting_file(ca_file.as_deref())?),
            },
            host: endpoint.host_header(),
            endpoint,
            region: given(flags.region, file.region).unwrap_or_else(|| REGION_DEFAULT.to_owned()),
            access_key_id: given(flags.access_key_id, file.access_key_id)
                .ok_or(missing(Field::AccessKeyId))?,
            secret_access_key: given(flags.secret_access_key, file.secret_access_key)
                .ok_or(missing(Field::SecretAccessKey))?,
            session_token: given(flags.session_token, file.session_token),
            thing_name: given(flags.thing_name, file.thing_name)
                .ok_or(missing(Field::ThingName))?,
            shadow_name: given(flags.shadow_name, file.shadow_name),
            state_file: given(flags.state_file, file.state_file),
            ntp_server: given(flags.ntp_server, None),
            name_server: given(flags.name_server, None).map(name_server).transpose()?,
            kind: kind(given(flags.thing, file.thing))?,
            wakes: flags.wakes,
            clock_offset_ms: flags.clock_offset_ms.unwrap_or_default(),
            tells_state_writes: flags.state_writes.as_deref() == Some(told_writes::TOLD),
            wake_cause: flags.wake_cause.unwrap_or(WakeCause::PowerOn),
        };
        settings.config().check().map_err(Error::Setting)?;
        Ok(settings)
    }

    /// Where connections go.
    pub(crate) fn target(&self) -> Target {
        Target {
            name: self.endpoint.name.clone(),
            port: self.endpoint.port,
            tls: self.tls.clone(),
            name_server: self.name_server,
        }
    }

    /// What the thing itself is told.
    #[must_use]
    pub fn config(&self) -> Config<'_> {
        Config {
            thing_name: &self.thing_name,
            shadow_name: self.shadow_name.as_deref(),
            host: &self.host,
            region: &self.region,
            access_key_id: &self.access_key_id,
            secret_access_key: &self.secret_access_key.0,
            session_token: self.session_token.as_ref().map(|token| token.0.as_str()),
        }
    }
}

/// The flag, or else what the file says. An empty text counts as not given, as it does for other
/// programs that read these variables.
fn given<T: AsRef<OsStr>>(flag: Option<T>, file: Option<T>) -> Option<T> {
    let is_given = |value: &T| !value.as_ref().is_empty();
    flag.filter(is_given).or(file.filter(is_given))
}

fn name_server(given: String) -> Result<SocketAddrV4, Error> {
    firmware::names::server(&given).ok_or(Error::NameServer { given })
}

fn kind(name: Option<String>) -> Result<&'static Kind, Error> {
    match name {
        None => Ok(&SIGNAL),
        Some(name) => Kind::by_name(&name).ok_or(Error::UnknownThing { given: name }),
    }
}
