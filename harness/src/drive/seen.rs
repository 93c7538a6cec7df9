//! What is seen in real time, on its way from the threads that see it to the loop.

use std::sync::mpsc::{self, Receiver, Sender};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use fake_shadow::clock::UnixMillis;
use fake_shadow::event::CloudEvent;

use crate::engine::{ActionError, Event};

/// Something that was seen, and when.
#[derive(Debug)]
pub struct Seen {
    /// When it was told.
    pub at: Instant,
    /// What.
    pub what: What,
}

/// What was seen.
#[derive(Debug)]
pub enum What {
    /// By the board.
    Board(Event),
    /// Nothing more will come of the board, and why; no action reports it.
    Broken(ActionError),
    /// By the cloud; it becomes an event in the loop, where there is time to explain a signature.
    Cloud(CloudEvent),
}

/// Where a thread tells what it sees. Telling never blocks, and is no error when the run is over.
#[derive(Debug, Clone)]
pub struct Sink(Sender<Seen>);

impl Sink {
    /// A sink, and the end where it comes out.
    #[must_use]
    pub fn new() -> (Self, Receiver<Seen>) {
        let (sender, receiver) = mpsc::channel();
        (Self(sender), receiver)
    }

    /// Tells what the board has seen.
    pub fn tell(&self, event: Event) {
        self.send(What::Board(event));
    }

    /// Tells what was measured, at the time at which it was so.
    pub fn tell_at(&self, at: Instant, event: Event) {
        // The other end is gone when the run is over; what is seen then matters to nobody.
        let _run_is_over = self.0.send(Seen { at, what: What::Board(event) });
    }

    /// Tells that the board cannot be used any more: the case ends as an error of the rig.
    pub fn tell_broken(&self, error: ActionError) {
        self.send(What::Broken(error));
    }

    /// Tells what the cloud has seen.
    pub fn tell_cloud(&self, event: CloudEvent) {
        self.send(What::Cloud(event));
    }

    fn send(&self, what: What) {
        // The other end is gone when the run is over; what is seen then matters to nobody.
        let _run_is_over = self.0.send(Seen { at: Instant::now(), what });
    }
}

/// What time it is.
pub(super) fn system_time() -> UnixMillis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UnixMillis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
