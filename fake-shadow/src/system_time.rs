//! The clock of the system, for the shells; the machines are told the time.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::clock::UnixMillis;

/// What time it is; 1970 where the system's clock is before that.
pub(crate) fn system_time() -> UnixMillis {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UnixMillis(i64::try_from(since_1970.as_millis()).unwrap_or(i64::MAX))
}
