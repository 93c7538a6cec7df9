//! Room for connections: when it is full, whoever has been waiting longest without a request makes room for a new one, as
//! AWS ends idle connections too. So no number of silent clients keeps others out.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;

/// All seats of a server.
#[derive(Debug)]
pub(super) struct Seats {
    most: usize,
    taken: Mutex<BTreeMap<u64, Arc<Seat>>>,
    /// Counts up with each seat and each wait, so that older ones are told from newer ones without a clock.
    turn: AtomicU64,
    /// Whether somebody waits for a seat.
    is_wanted: AtomicBool,
    freed: Notify,
}

/// What is known of one connection.
#[derive(Debug, Default)]
struct Seat {
    /// Since which turn it waits for a whole request; 0 if it does not.
    waiting_since: AtomicU64,
    leave: Notify,
}

/// A connection's own seat; it is free again when this is dropped.
#[derive(Debug)]
pub(super) struct Seated {
    seats: Arc<Seats>,
    number: u64,
    seat: Arc<Seat>,
}

impl Seats {
    /// Seats for so many connections.
    pub(super) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self {
            most,
            taken: Mutex::default(),
            turn: AtomicU64::new(0),
            is_wanted: AtomicBool::new(false),
            freed: Notify::new(),
        })
    }

    /// A seat for a new connection, as soon as there is one; for one taker at a time. The connection begins to wait for its
    /// first request at once.
    pub(super) async fn take(self: &Arc<Self>) -> Seated {
        loop {
            if let Some(seated) = self.try_take() {
                self.is_wanted.store(false, Ordering::Relaxed);
                return seated;
            }
            self.is_wanted.store(true, Ordering::Relaxed);
            self.make_room();
            self.freed.notified().await;
        }
    }

    fn try_take(self: &Arc<Self>) -> Option<Seated> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if taken.len() >= self.most {
            return None;
        }
        let (number, seat) = (self.next_turn(), Arc::new(Seat::default()));
        seat.waiting_since.store(number, Ordering::Relaxed);
        taken.insert(number, Arc::clone(&seat));
        Some(Seated { seats: Arc::clone(self), number, seat })
    }

    /// Asks the connection to leave that has been waiting longest, if any waits. One that was asked before is not asked
    /// again, so that another may go in its place where it is slow to.
    pub(super) fn make_room(&self) {
        let taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let since = |seat: &Arc<Seat>| seat.waiting_since.load(Ordering::Relaxed);
        if let Some(seat) =
            taken.values().filter(|seat| since(seat) > 0).min_by_key(|seat| since(seat))
        {
            seat.waiting_since.store(0, Ordering::Relaxed);
            seat.leave.notify_one();
        }
    }

    fn next_turn(&self) -> u64 {
        self.turn.fetch_add(1, Ordering::Relaxed) + 1
    }
}

impl Seated {
    /// It waits for a request from now on, and may be asked to leave.
    pub(super) fn waits(&self) {
        self.seat.waiting_since.store(self.seats.next_turn(), Ordering::Relaxed);
        if self.seats.is_wanted.load(Ordering::Relaxed) {
            self.seats.freed.notify_one();
        }
    }

    /// It has a request, or is one of those that watch the server; it is not asked to leave.
    pub(super) fn is_served(&self) {
        self.seat.waiting_since.store(0, Ordering::Relaxed);
    }

    /// Waits until it is asked to leave.
    pub(super) async fn asked_to_leave(&self) {
        self.seat.leave.notified().await;
    }
}

impl Drop for Seated {
    fn drop(&mut self) {
        let mut taken = self.seats.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.remove(&self.number);
        drop(taken);
        self.seats.freed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn is_asked(seated: &Seated) -> bool {
        let asked = tokio::task::unconstrained(seated.asked_to_leave());
        tokio::select! { biased; () = asked => true, () = std::future::ready(()) => false }
    }

    #[tokio::test]
    async fn whoever_has_waited_longest_makes_room() {
        let seats = Seats::new(3);
        let (first, second, third) = (seats.take().await, seats.take().await, seats.take().await);
        first.is_served();
        second.is_served();
        second.waits();
        assert!(seats.try_take().is_none());
        seats.make_room();
        assert!(is_asked(&third).await, "it has waited since before the second did");
        seats.make_room();
        assert!(is_asked(&second).await);
        seats.make_room();
        assert!(!is_asked(&first).await, "it has a request");
    }

    #[tokio::test]
    async fn whoever_begins_to_wait_makes_room_for_one_who_came_before() {
        let seats = Seats::new(1);
        let first = seats.take().await;
        first.is_served();
        let (second, ()) = tokio::join!(seats.take(), async move {
            first.waits();
            first.asked_to_leave().await;
            drop(first);
        });
        drop(second);
    }

    #[tokio::test]
    async fn a_seat_that_was_left_is_taken() {
        let seats = Seats::new(1);
        let first = seats.take().await;
        let (second, ()) = tokio::join!(seats.take(), async move {
            first.asked_to_leave().await;
            drop(first);
        });
        assert!(seats.try_take().is_none());
        drop(second);
        assert!(seats.try_take().is_some());
    }
}
