//! The limits of the shadow service, each with its unit and where it comes from.

use std::time::Duration;

/// Bytes of `desired` and `reported` together after the merge, as JSON without white space; metadata does not count.
/// "AWS IoT Core quotas: maximum size of a JSON state document", 8 KB, confirmed by AWS staff as 8192 bytes.
pub const DOCUMENT_BYTES_MAX: usize = 8192;

/// Objects and arrays inside each other in one section, the section itself counted. The number in the service's own
/// error text; the quotas page has said 5, 6 and 8.
pub const LEVELS_MAX: usize = 6;

/// Bytes of a `clientToken`. Developer guide, "Device Shadow service documents".
pub const CLIENT_TOKEN_BYTES_MAX: usize = 64;

/// How long a deleted shadow's version is remembered. Developer guide, "Interacting with shadows", DELETE.
pub const TOMBSTONE_LIFE: Duration = Duration::from_hours(48);

/// Bytes of a thing's name. API reference, `thingName`.
pub const THING_NAME_BYTES_MAX: usize = 128;

/// Bytes of a shadow's name. API reference, `shadowName`.
pub const SHADOW_NAME_BYTES_MAX: usize = 64;

/// Names in one page of a list, unless the request says another number. Not documented; AWS's local service uses it.
pub const LIST_PAGE_DEFAULT: usize = 25;

/// The largest page that may be asked for. API reference, `ListNamedShadowsForThing`.
pub const LIST_PAGE_MAX: usize = 100;

/// Bytes of any request body, as of one message of the broker behind. "AWS IoT Core quotas: publish payload", 128 KB.
pub const MESSAGE_BYTES_MAX: usize = 128 * 1024;

/// The limits of documents that a bench may want otherwise, as for a region with other quotas.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// See [`DOCUMENT_BYTES_MAX`]; the default is that.
    pub document_bytes_max: usize,
    /// See [`LEVELS_MAX`]; the default is that, 8 is the other number in use. More than 64 count as 64.
    pub levels_max: usize,
    /// See [`TOMBSTONE_LIFE`]; the default is that.
    pub tombstone_life: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            document_bytes_max: DOCUMENT_BYTES_MAX,
            levels_max: LEVELS_MAX,
            tombstone_life: TOMBSTONE_LIFE,
        }
    }
}
