//! Operations that take their time, each a small machine of the same shape as the thing itself.

use crate::child::motor::MotorTest;
use crate::child::shade::{CurrentTest, Move};
use crate::child::signal::Signaling;
use crate::io::{Output, Sensor};
use crate::state::{Params, Status};
use crate::time::Instant;

/// What happens to an activity.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Event {
    /// It may begin: that it does is safely noted.
    Begin,
    /// A sensor answered, or did not.
    Sample(Sensor, Option<i32>),
    /// The time may have come.
    Tick,
}

/// What an activity works with.
pub(crate) struct Bench<'a> {
    pub(crate) now: Instant,
    pub(crate) params: &'a mut Params,
    pub(crate) sink: &'a mut dyn FnMut(Output<'_>),
}

/// An operation that is under way.
#[derive(Clone, Debug)]
pub(crate) enum Activity {
    CurrentTest(CurrentTest),
    MotorTest(MotorTest),
    Move(Move),
    Signaling(Signaling),
}

impl Activity {
    /// Takes one event. Gives the status once it has ended, with the params set to what holds then.
    pub(crate) fn handle(&mut self, bench: &mut Bench<'_>, event: Event) -> Option<Status> {
        match self {
            Self::CurrentTest(test) => test.handle(bench, event),
            Self::MotorTest(test) => test.handle(bench, event),
            Self::Move(moving) => moving.handle(bench, event),
            Self::Signaling(signaling) => signaling.handle(bench, event),
        }
    }

    /// When [`Event::Tick`] is due.
    pub(crate) const fn wake_at(&self) -> Option<Instant> {
        match self {
            Self::CurrentTest(test) => test.wake_at(),
            Self::MotorTest(test) => test.wake_at(),
            Self::Move(moving) => moving.wake_at(),
            Self::Signaling(signaling) => signaling.wake_at(),
        }
    }

    /// Texts that are reported beside the status, each under its key.
    pub(crate) fn report(&self, put: &mut dyn FnMut(&str, &str)) {
        match self {
            Self::Move(moving) => moving.report(put),
            Self::CurrentTest(_) | Self::MotorTest(_) | Self::Signaling(_) => {}
        }
    }
}
