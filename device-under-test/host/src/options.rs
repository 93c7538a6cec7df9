//! What the device is told when it is started, as it is given.

use std::ffi::OsStr;
use std::path::PathBuf;

use thing::WakeCause;

/// A text that is never shown.
#[derive(Clone, Eq, PartialEq)]
pub struct Secret(
    /// The text itself.
    pub String,
);

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl AsRef<OsStr> for Secret {
    fn as_ref(&self) -> &OsStr {
        self.0.as_ref()
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("(hidden)")
    }
}

/// The options of the device. A flag wins over the environment, and both over the file.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct Options {
    /// A JSON file with any of `endpoint`, `region`, `access_key_id`, `secret_access_key`,
    /// `session_token`, `thing_name`, `shadow_name`, `state_file`, `ca_file`, `thing`
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// The cloud, such as `http://127.0.0.1:8080` or `https://xxx-ats.iot.eu-west-1.amazonaws.com`
    #[arg(long, value_name = "URL", env = "SHADOWRIG_ENDPOINT")]
    pub endpoint: Option<String>,

    /// The region that is signed for [default: us-east-1]
    #[arg(long, env = "AWS_REGION")]
    pub region: Option<String>,

    /// The public half of the key
    #[arg(long, value_name = "KEY", env = "AWS_ACCESS_KEY_ID")]
    pub access_key_id: Option<String>,

    /// The secret half of the key
    #[arg(long, value_name = "SECRET", env = "AWS_SECRET_ACCESS_KEY", hide_env_values = true)]
    pub secret_access_key: Option<Secret>,

    /// The token of a temporary key
    #[arg(long, value_name = "TOKEN", env = "AWS_SESSION_TOKEN", hide_env_values = true)]
    pub session_token: Option<Secret>,

    /// The thing's name in the cloud
    #[arg(long, value_name = "NAME", env = "SHADOWRIG_THING_NAME")]
    pub thing_name: Option<String>,

    /// The name of its shadow; without it the thing's unnamed one
    #[arg(long, value_name = "NAME", env = "SHADOWRIG_SHADOW_NAME")]
    pub shadow_name: Option<String>,

    /// Keeps what survives a sleep; without it only for as long as the program runs
    #[arg(long, value_name = "FILE", env = "SHADOWRIG_STATE_FILE")]
    pub state_file: Option<PathBuf>,

    /// Certificates in PEM that are trusted besides the public ones
    #[arg(long, value_name = "FILE", env = "SHADOWRIG_CA_FILE")]
    pub ca_file: Option<PathBuf>,

    /// The time server, such as `192.168.4.1:123`; without it the clock of this machine counts
    #[arg(long, value_name = "ADDR", env = "SHADOWRIG_NTP_SERVER")]
    pub ntp_server: Option<String>,

    /// The name server, such as `192.168.4.1:53`; without it this machine finds names in its own way
    #[arg(long, value_name = "ADDR", env = "SHADOWRIG_NAME_SERVER")]
    pub name_server: Option<String>,

    /// What kind of thing it is: `signal` or `shade` [default: signal]
    #[arg(long, value_name = "KIND")]
    pub thing: Option<String>,

    /// Ends the program after this many sleeps; without it never
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub wakes: Option<u64>,

    /// Milliseconds that the device's clock is ahead; for rigs that make it wrong
    #[arg(long, hide = true, allow_negative_numbers = true, value_parser = offset_ms)]
    #[arg(env = "SHADOWRIG_CLOCK_OFFSET_MS")]
    pub clock_offset_ms: Option<i64>,

    /// Whether writes of the state are told on the console, and asked about: `told`; for rigs that cut the power in them
    #[arg(long, hide = true, value_name = "told", env = "SHADOWRIG_STATE_WRITES")]
    pub state_writes: Option<String>,

    /// Why the device starts; for rigs that restart it where a chip would be reset
    #[arg(long, hide = true, value_name = "CAUSE", value_parser = wake_cause)]
    #[arg(env = "SHADOWRIG_WAKE_CAUSE")]
    pub wake_cause: Option<WakeCause>,
}

/// A cause by its word on the console; an empty variable is the power that came.
fn wake_cause(text: &str) -> Result<WakeCause, String> {
    const CAUSES: [WakeCause; 6] = [
        WakeCause::Brownout,
        WakeCause::External,
        WakeCause::PowerOn,
        WakeCause::Reset,
        WakeCause::Timer,
        WakeCause::Watchdog,
    ];
    if text.is_empty() {
        return Ok(WakeCause::PowerOn);
    }
    let known = CAUSES.into_iter().find(|cause| cause.name() == text);
    known.ok_or_else(|| format!("one of {}", CAUSES.map(WakeCause::name).join(", ")))
}

/// A signed number of milliseconds; an empty variable is none.
fn offset_ms(text: &str) -> Result<i64, std::num::ParseIntError> {
    if text.is_empty() { Ok(0) } else { text.parse() }
}
