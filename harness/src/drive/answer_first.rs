//! The answer to a request before the next request on another connection. The cloud tells of an answer when it has written it, and a device in
//! software has read it, slept and asked again before the thread that wrote it goes on, where the machine is busy.
//!
//! Only where the answer follows at once: what a fault holds back may be asked for again in the meantime.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// How long an answer is waited for that was being written.
const HOLD_MAX: Duration = Duration::from_secs(1);

/// What an event of the cloud means for its connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A request that is answered at once.
    Asks,
    /// The answer, or the end of the connection.
    Ends,
    /// Anything else.
    Other,
}

/// What is held back; `C` is what the cloud has seen.
#[derive(Debug)]
pub(super) struct AnswerFirst<C> {
    /// Connections with a request whose answer is being written.
    open: BTreeSet<u64>,
    held: Vec<(Instant, (u64, Kind), C)>,
}

impl<C> AnswerFirst<C> {
    pub(super) const fn new() -> Self {
        Self { open: BTreeSet::new(), held: Vec::new() }
    }

    /// Takes in what the cloud has seen of a connection; gives what can be told now, in order.
    pub(super) fn take(
        &mut self,
        at: Instant,
        (connection, kind): (u64, Kind),
        what: C,
    ) -> Vec<(Instant, C)> {
        let waits = self.held.iter().any(|(_, (other, _), _)| *other == connection)
            || !(self.open.is_empty() || self.open.contains(&connection));
        if waits {
            self.held.push((at, (connection, kind), what));
            return Vec::new();
        }
        match kind {
            Kind::Asks => self.open.insert(connection),
            Kind::Ends => self.open.remove(&connection),
            Kind::Other => false,
        };
        let mut told = vec![(at, what)];
        if self.open.is_empty() {
            told.extend(self.release(at));
        }
        told
    }

    /// Whether something is held back.
    pub(super) fn holds(&self) -> bool {
        !self.held.is_empty()
    }

    /// What has waited long enough.
    pub(super) fn expired(&mut self, now: Instant) -> Vec<(Instant, C)> {
        let first = self.held.first().map(|(at, ..)| *at);
        match first {
            Some(at) if now.duration_since(at) >= HOLD_MAX => {
                self.open.clear();
                self.release(at)
            }
            _ => Vec::new(),
        }
    }

    /// All that is held back, at the end of a run.
    pub(super) fn rest(&mut self) -> Vec<(Instant, C)> {
        self.open.clear();
        std::mem::take(&mut self.held).into_iter().map(|(at, _, what)| (at, what)).collect()
    }

    /// Takes in anew what was held back: it may have to wait for the answer to one of its own.
    fn release(&mut self, at: Instant) -> Vec<(Instant, C)> {
        let held = std::mem::take(&mut self.held);
        held.into_iter().flat_map(|(seen, how, what)| self.take(seen.max(at), how, what)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes in events of connections, a millisecond apart, and gives what is told behind each.
    fn check(events: &[(u64, Kind, &'static str)], expected: &[&[&str]]) {
        let began = Instant::now();
        let mut order = AnswerFirst::new();
        for ((at, (connection, kind, what)), expected) in (0..).zip(events).zip(expected) {
            let at = began + Duration::from_millis(at);
            let told = order.take(at, (*connection, *kind), *what);
            let names: Vec<_> = told.iter().map(|(_, what)| *what).collect();
            assert_eq!(names, *expected, "{events:?} at {what}");
            assert!(told.iter().all(|(told_at, _)| *told_at == at), "times do not run backwards");
        }
    }

    #[test]
    fn an_answer_is_told_before_the_next_request() {
        use Kind::{Asks, Ends, Other};
        let events = [
            (1, Other, "opened 1"),
            (1, Asks, "request 1"),
            (2, Other, "opened 2"),
            (2, Asks, "request 2"),
            (2, Ends, "answer 2"),
            (1, Ends, "answer 1"),
            (1, Ends, "closed 1"),
        ];
        let behind: &[&str] = &["answer 1", "opened 2", "request 2", "answer 2"];
        check(&events, &[&["opened 1"], &["request 1"], &[], &[], &[], behind, &["closed 1"]]);
        // What a fault holds back is asked for again meanwhile.
        let events = [(1, Other, "held request"), (2, Asks, "request"), (2, Ends, "answer")];
        check(&events, &[&["held request"], &["request"], &["answer"]]);
    }

    #[test]
    fn an_answer_that_never_comes_is_not_waited_for_longer() {
        let began = Instant::now();
        let mut order = AnswerFirst::new();
        assert_eq!(order.take(began, (1, Kind::Asks), "request").len(), 1);
        assert!(order.take(began, (2, Kind::Other), "opened").is_empty() && order.holds());
        assert!(order.expired(began + Duration::from_millis(999)).is_empty());
        let late = began + Duration::from_secs(1);
        assert_eq!(order.expired(late), [(began, "opened")]);
        assert!(!order.holds() && order.rest().is_empty());
    }
}
