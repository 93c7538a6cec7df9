//! The wake of a device before what the cloud sees of it. Both are told by threads of their own, and a chip in software asks its cloud a
//! hundredth of a millisecond after its first line: whichever thread is scheduled first would say what came first.
//!
//! A device that sleeps asks for nothing, so a request of one means that its wake is on its way through the console, and is waited for.

use std::time::{Duration, Instant};

use crate::engine::Event;
use crate::engine::event::PowerChange;

/// How long a wake is waited for of a device that has told of one: longer than a console takes on a very busy machine.
const HOLD_MAX: Duration = Duration::from_secs(10);

/// The same of a device that has told of none yet, and perhaps tells of none.
const FIRST_HOLD_MAX: Duration = Duration::from_secs(2);

/// What is held back; `C` is what the cloud has seen.
#[derive(Debug)]
pub(super) struct WakeFirst<C> {
    /// Whether the next thing that the device does is to wake.
    is_due: bool,
    /// It was waited for in vain: the console of this device does not tell of wakes, or loses its first lines.
    is_given_up: bool,
    /// Whether this device has told of a wake.
    tells: bool,
    held: Vec<(Instant, C)>,
}

impl<C> WakeFirst<C> {
    /// For a device that has not woken yet.
    pub(super) const fn new() -> Self {
        Self { is_due: true, is_given_up: false, tells: false, held: Vec::new() }
    }

    /// What was held back and comes before what the board has seen: a device that sleeps was awake, though its console has lost the
    /// line about that.
    pub(super) fn before(&mut self, event: &Event) -> Vec<(Instant, C)> {
        match event {
            Event::Sleep { .. } => self.rest(),
            _ => Vec::new(),
        }
    }

    /// Takes in what the board has seen; gives what was held back and comes behind it.
    pub(super) fn board(&mut self, at: Instant, event: &Event) -> Vec<(Instant, C)> {
        match event {
            Event::Wake { .. } => {
                (self.is_due, self.is_given_up, self.tells) = (false, false, true);
                let held = std::mem::take(&mut self.held).into_iter();
                return held.map(|(seen, what)| (seen.max(at), what)).collect();
            }
            Event::Sleep { .. }
            | Event::Reset { .. }
            | Event::Power { change: PowerChange::Cut } => self.is_due = true,
            _ => {}
        }
        Vec::new()
    }

    /// Takes in what the cloud has seen; gives it back unless it has to wait.
    pub(super) fn cloud(&mut self, at: Instant, what: C) -> Option<(Instant, C)> {
        if !self.is_due || self.is_given_up {
            return Some((at, what));
        }
        self.held.push((at, what));
        None
    }

    /// Whether something is held back.
    pub(super) fn holds(&self) -> bool {
        !self.held.is_empty()
    }

    /// What has waited long enough, each with its own time.
    pub(super) fn expired(&mut self, now: Instant) -> Vec<(Instant, C)> {
        let hold = if self.tells { HOLD_MAX } else { FIRST_HOLD_MAX };
        let is_over = self.held.first().is_some_and(|(at, _)| now.duration_since(*at) >= hold);
        if !is_over {
            return Vec::new();
        }
        self.is_given_up = true;
        self.rest()
    }

    /// All that is held back, at the end of a run.
    pub(super) fn rest(&mut self) -> Vec<(Instant, C)> {
        std::mem::take(&mut self.held)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WAKE: fn() -> Event = || Event::Wake { cause: "timer".into() };
    const SLEEP: fn() -> Event = || Event::Sleep { announced: None };

    fn after(began: Instant, millis: u64) -> Instant {
        began + Duration::from_millis(millis)
    }

    #[test]
    fn what_is_seen_of_a_device_that_sleeps_comes_behind_its_wake() {
        let began = Instant::now();
        let mut order = WakeFirst::new();
        assert_eq!(order.cloud(began, "first"), None);
        assert_eq!(order.cloud(after(began, 1), "second"), None);
        assert!(order.board(after(began, 2), &Event::Console { line: "boot".into() }).is_empty());
        assert!(order.holds() && order.expired(after(began, 999)).is_empty());
        let at = after(began, 3);
        assert_eq!(order.board(at, &WAKE()), [(at, "first"), (at, "second")]);
        // Awake, nothing waits.
        assert_eq!(order.cloud(after(began, 4), "third"), Some((after(began, 4), "third")));
        for event in [SLEEP(), Event::Reset { cause: "external".into() }] {
            assert!(order.board(after(began, 5), &event).is_empty());
            assert_eq!(order.cloud(after(began, 6), "next"), None);
            assert_eq!(order.board(after(began, 7), &WAKE()), [(after(began, 7), "next")]);
        }
    }

    #[test]
    fn a_device_that_does_not_tell_of_its_wakes_is_waited_for_once() {
        let began = Instant::now();
        let mut order = WakeFirst::new();
        assert_eq!(order.cloud(began, "first"), None);
        assert!(order.expired(after(began, 1999)).is_empty());
        assert_eq!(order.expired(after(began, 2000)), [(began, "first")]);
        assert!(order.board(after(began, 2001), &SLEEP()).is_empty());
        let next = after(began, 2002);
        assert_eq!(order.cloud(next, "second"), Some((next, "second")));
        // Once it does, it is again, and for longer.
        assert!(order.board(after(began, 2003), &WAKE()).is_empty());
        assert!(order.board(after(began, 2004), &SLEEP()).is_empty());
        let third = after(began, 2005);
        assert_eq!(order.cloud(third, "third"), None);
        assert!(order.expired(after(third, 9_999)).is_empty());
        assert_eq!(order.expired(after(third, 10_000)), [(third, "third")]);
    }

    #[test]
    fn a_wake_whose_line_is_lost_was_before_the_sleep() {
        let began = Instant::now();
        let mut order = WakeFirst::new();
        assert_eq!(order.cloud(began, "first"), None);
        assert!(order.before(&Event::Console { line: "noise".into() }).is_empty());
        assert_eq!(order.before(&SLEEP()), [(began, "first")]);
        assert!(!order.holds());
    }
}
