//! Every bound of the device, with its unit and its reason.

/// Bytes of the answer to a GET, headers not counted.
///
/// A shadow holds 8 KiB of state; its metadata takes about twice that again.
pub const DOCUMENT_BYTES_MAX: usize = 24 * 1024;

/// Bytes of the body of a POST. A shadow holds 8 KiB of state, so a longer report is refused anyway.
pub const REPORT_BYTES_MAX: usize = 8 * 1024;

/// Bytes of the state kept across a sleep: what an ESP8266 keeps in its RTC memory.
pub const STATE_BYTES_MAX: usize = 512;

/// Bytes of one console line. What is longer is cut.
pub const LINE_BYTES_MAX: usize = 288;

/// Bytes of a command that is typed on the console. What is longer is cut, and then no command.
pub const COMMAND_BYTES_MAX: usize = 32;

/// Bytes of a `status`. Together with all else that is kept it fits in [`STATE_BYTES_MAX`].
pub const STATUS_BYTES_MAX: usize = 232;

/// Shortest sleep in seconds: below it the device would be awake more than asleep.
pub const SLEEP_S_MIN: u16 = 5;

/// Longest sleep in seconds: a device that was told so comes back within ten minutes.
pub const SLEEP_S_MAX: u16 = 600;

/// Sleep in seconds of a device that was never told any.
pub const SLEEP_S_DEFAULT: u16 = 60;

/// Milliseconds from asking for the network until it is up.
pub const NETWORK_MS_MAX: u64 = 15_000;

/// Milliseconds from asking for the time until it is told.
pub const TIME_MS_MAX: u64 = 10_000;

/// Milliseconds from asking for a connection until it stands, TLS included.
pub const CONNECT_MS_MAX: u64 = 10_000;

/// Milliseconds without a single byte of an answer.
pub const ANSWER_IDLE_MS_MAX: u64 = 10_000;

/// Milliseconds from sending a request until its answer is complete, however it trickles.
pub const ANSWER_MS_MAX: u64 = 60_000;

/// Milliseconds from asking for a sensor's value until it is told.
pub const SAMPLE_MS_MAX: u64 = 1_000;

/// Bytes of the status line and the headers of one answer, interim answers included.
pub const HEAD_BYTES_MAX: usize = 16 * 1024;

/// Interim answers (`100 Continue`) before the real one.
pub const INTERIM_ANSWERS_MAX: u8 = 8;

/// Levels of nesting in a document: a shadow has ten, its metadata one more.
pub const DEPTH_MAX: usize = 32;

/// Bytes of a thing name, as the service has it.
pub const THING_NAME_BYTES_MAX: usize = 128;

/// Bytes of a shadow name, as the service has it.
pub const SHADOW_NAME_BYTES_MAX: usize = 64;

/// Bytes of a `Host` header: the longest name and a port.
pub const HOST_BYTES_MAX: usize = 253 + 6;

/// Bytes of a region, an access key id or a secret access key.
pub const CREDENTIAL_BYTES_MAX: usize = 128;

/// Bytes of a session token; the service announces no bound, those seen have under 2 KiB.
pub const SESSION_TOKEN_BYTES_MAX: usize = 8 * 1024;

/// Signals that one request can ask for. A hundred take a minute.
pub const SIGNALS_MAX: i64 = 100;

/// Milliseconds that the light is on for one signal.
pub const SIGNAL_ON_MS: u64 = 300;

/// Milliseconds that the light is off after one signal.
pub const SIGNAL_OFF_MS: u64 = 300;

/// Bytes of the name of a test.
pub const TEST_NAME_BYTES_MAX: usize = 32;
