//! What a thing does not own, but is lent while it is awake.

use crate::config::Config;
use crate::limits::{DOCUMENT_BYTES_MAX, REPORT_BYTES_MAX};

/// The buffers that a thing needs while it is awake, 32 KiB together.
///
/// The driver lends the same one to every call from [`Input::Wake`](crate::Input::Wake) to
/// [`Output::Sleep`](crate::Output::Sleep). Between two wakes it holds nothing of worth, so a fleet
/// needs only as many as there are things awake at once.
pub struct Workspace {
    /// The request that is sent, then the answer to it.
    pub(crate) document: [u8; DOCUMENT_BYTES_MAX],
    /// The body of a POST.
    pub(crate) report: [u8; REPORT_BYTES_MAX],
}

impl Workspace {
    /// Buffers full of zeros.
    #[must_use]
    pub const fn new() -> Self {
        Self { document: [0; DOCUMENT_BYTES_MAX], report: [0; REPORT_BYTES_MAX] }
    }
}

impl Default for Workspace {
    fn default() -> Self {
        Self::new()
    }
}

impl core::fmt::Debug for Workspace {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter
            .debug_struct("Workspace")
            .field("document_bytes", &self.document.len())
            .field("report_bytes", &self.report.len())
            .finish()
    }
}

/// What the driver lends to a thing for one call.
#[derive(Debug)]
pub struct Lent<'a> {
    /// Who the thing is. The same from wake to sleep.
    pub config: &'a Config<'a>,
    /// Its buffers. The same from wake to sleep.
    pub workspace: &'a mut Workspace,
}
