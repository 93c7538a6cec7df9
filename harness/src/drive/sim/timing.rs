//! How long things take on the simulated bench, and how its clocks follow from the time of the run.

use std::time::Duration;

use fake_shadow::clock::UnixMillis;

use crate::time::Moment;

/// The date at the beginning of each simulated run: 2026-01-01T00:00:00Z.
pub const EPOCH: UnixMillis = UnixMillis(1_767_225_600_000);

// What an ESP32-C3 on a home network needs.
/// From power or wake to the first line of the program.
pub const BOOT: Duration = Duration::from_millis(310);
/// Joining a known Wi-Fi network.
pub const NETWORK_UP: Duration = Duration::from_millis(1400);
/// One answer of a time server.
pub const TIME_TOLD: Duration = Duration::from_millis(60);
/// Opening a connection, the TLS handshake included.
pub const CONNECT: Duration = Duration::from_millis(450);
/// One way over the network.
pub const ONE_WAY: Duration = Duration::from_millis(25);
/// What the cloud needs for a request.
pub const SERVICE: Duration = Duration::from_millis(15);
/// Reading a sensor.
pub const SAMPLE: Duration = Duration::from_millis(2);

/// The date at a point in the run.
#[must_use]
pub fn true_time(now: Moment) -> UnixMillis {
    EPOCH.after(now.since_start())
}

/// The point in the run at a date; the beginning for any date before it.
#[must_use]
pub fn moment_of(at: UnixMillis) -> Moment {
    Moment::at(Duration::from_millis(u64::try_from(at.0 - EPOCH.0).unwrap_or(0)))
}

/// The chip's own clock: whole milliseconds since its life began, rounded down, so that a tick is never early.
#[must_use]
pub fn chip_time(born_at: Moment, now: Moment) -> thing::Instant {
    thing::Instant(u64::try_from(now.since(born_at).as_millis()).unwrap_or(u64::MAX))
}
