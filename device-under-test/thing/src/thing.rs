//! The machine.

use crate::config::Config;
use crate::io::{Input, Output};
use crate::kind::Kind;
use crate::limits::{DOCUMENT_BYTES_MAX, REPORT_BYTES_MAX, SLEEP_S_DEFAULT};
use crate::time::Instant;

/// The buffers that a thing needs while it is awake, 32 KiB together.
///
/// The driver lends the same one to every call from [`Input::Wake`] to [`Output::Sleep`]. Between two
/// wakes it holds nothing of worth, so a fleet needs only as many as there are things awake at once.
pub struct Workspace {
    document: [u8; DOCUMENT_BYTES_MAX],
    report: [u8; REPORT_BYTES_MAX],
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

/// A thing: under 2 KiB of state, and the rest lent to it.
#[derive(Clone, Debug)]
pub struct Thing {
    kind: &'static Kind,
    wake_at: Option<Instant>,
    asleep: bool,
}

impl Thing {
    /// A thing that sleeps until its first [`Input::Wake`].
    #[must_use]
    pub const fn new(kind: &'static Kind) -> Self {
        Self { kind, wake_at: None, asleep: true }
    }

    /// What kind of thing it is.
    #[must_use]
    pub const fn kind(&self) -> &'static Kind {
        self.kind
    }

    /// Takes one input at `now` and gives all that follows from it to `sink`, in order.
    ///
    /// Always performs a bounded amount of work, and never panics.
    pub fn handle(
        &mut self,
        _lent: Lent<'_>,
        _now: Instant,
        input: Input<'_>,
        sink: &mut dyn FnMut(Output<'_>),
    ) {
        if let Input::Wake { .. } = input {
            sink(Output::Sleep { seconds: u32::from(SLEEP_S_DEFAULT) });
        }
    }

    /// When [`Input::Tick`] is due, if nothing else comes before. `None` while asleep: the driver
    /// wakes a thing after [`Output::Sleep`] by [`Input::Wake`].
    #[must_use]
    pub const fn wake_at(&self) -> Option<Instant> {
        self.wake_at
    }

    /// Whether the thing sleeps, so that its workspace can be lent to another.
    #[must_use]
    pub const fn is_asleep(&self) -> bool {
        self.asleep
    }
}
