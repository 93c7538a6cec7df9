//! The last requests, for whoever asks later.
#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

use std::collections::VecDeque;
use std::sync::Arc;

use crate::clock::UnixMillis;
use crate::event::{ConnectionId, Served};

/// How many requests are kept for the control interface; older ones are forgotten.
pub const REQUESTS_KEPT_MAX: usize = 1000;

/// The last requests in the order in which they came.
#[derive(Debug, Default)]
pub(crate) struct Recent {
    requests: VecDeque<Kept>,
    last_number: u64,
}

/// A request that is kept.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    /// 1 for the first request since the start, never given twice.
    pub(crate) number: u64,
    pub(crate) at: UnixMillis,
    pub(crate) connection: ConnectionId,
    pub(crate) served: Arc<Served>,
}

impl Recent {
    /// Keeps a request; says which one is forgotten for it.
    pub(crate) fn push(
        &mut self,
        at: UnixMillis,
        connection: ConnectionId,
        served: Arc<Served>,
    ) -> Option<Kept> {
        let is_full = self.requests.len() == REQUESTS_KEPT_MAX;
        let forgotten = if is_full { self.requests.pop_front() } else { None };
        self.last_number += 1;
        self.requests.push_back(Kept { number: self.last_number, at, connection, served });
        forgotten
    }

    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &Kept> {
        self.requests.iter()
    }

    pub(crate) fn find(&self, number: u64) -> Option<&Kept> {
        self.iter().find(|kept| kept.number == number)
    }

    pub(crate) fn clear(&mut self) {
        self.requests.clear();
    }
}
