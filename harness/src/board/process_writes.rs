//! Writes of the state that a program tells of on its console, and the power cuts in them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use thing_host::told_writes::{Extent, KEEPS, KEPT, Reply};

use super::Sink;
use super::process_output::Watched;
use crate::engine::Event;
use crate::engine::action::StateCutOrder;
use crate::engine::event::{PowerChange, StateCut};

/// The cuts that are ordered and not met yet; its copies are one.
#[derive(Debug, Clone, Default)]
pub(super) struct WriteOrders(Arc<Mutex<Vec<StateCutOrder>>>);

impl WriteOrders {
    pub(super) fn lock(&self) -> MutexGuard<'_, Vec<StateCutOrder>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The cut that this write meets; the others have one write less to wait for.
    fn meet(&self) -> Option<StateCutOrder> {
        let mut orders = self.lock();
        let due = orders.iter().position(|order| order.after == 0);
        let met = due.map(|place| orders.remove(place));
        for waiting in orders.iter_mut() {
            waiting.after = waiting.after.saturating_sub(1);
        }
        met
    }
}

/// What becomes of the lines about writes.
pub(super) struct StateWrites<'a> {
    watched: &'a Watched,
    sink: &'a Sink,
    /// The write that ends in a cut, with its bytes.
    ending: Option<(usize, StateCutOrder)>,
}

impl<'a> StateWrites<'a> {
    pub(super) const fn new(watched: &'a Watched, sink: &'a Sink) -> Self {
        Self { watched, sink, ending: None }
    }

    /// Takes in what the console has told; says whether that was about a write, and no line of the device.
    pub(super) fn take(&mut self, event: &Event) -> bool {
        let Event::Console { line } = event else { return false };
        if let Some(bytes) = line.strip_prefix(KEEPS) {
            let bytes = bytes.split(' ').next().and_then(|bytes| bytes.parse().ok()).unwrap_or(0);
            let order = self.watched.orders().meet();
            if order.is_none() {
                self.sink.tell(Event::StateWrite { bytes, cut: None });
            }
            self.ending = order.map(|order| (bytes, order));
            let reply = order.map_or(Reply::GO_ON, |order| Reply {
                extent: match order.at {
                    StateCut::Before => Extent::Nothing,
                    StateCut::During => Extent::Half,
                    StateCut::After => Extent::All,
                },
                stops: true,
            });
            self.watched.reply(&reply.line());
            return true;
        }
        if line != KEPT {
            return false;
        }
        if let Some((bytes, order)) = self.ending.take() {
            self.sink.tell(Event::StateWrite { bytes, cut: Some(order.at) });
            self.sink.tell(Event::Power { change: PowerChange::Cut });
            self.watched.cut(order.off);
        }
        true
    }
}
