//! The signal thing: it blinks as often as it is told.

use super::common;
use crate::activity::{Activity, Bench, Event};
use crate::io::{Actuator, Output, Switch};
use crate::kind::{Begun, Current, Kind, Operation, Param, Request, Test, refusal};
use crate::limits::{SIGNAL_OFF_MS, SIGNAL_ON_MS, SIGNALS_MAX};
use crate::state::Status;
use crate::text::Text;
use crate::time::Instant;

/// Signals with a light as often as it is told.
pub static SIGNAL: Kind = Kind {
    name: "signal-thing",
    fresh: [0, 0],
    params: &[Param {
        key: "signal",
        current: |params| Current::Integer(i64::from(params.own[SIGNALED])),
        adopt: |params, value| {
            if let Some(times) = value.integer_within(0, SIGNALS_MAX) {
                params.own[SIGNALED] = times as i32;
            }
        },
    }],
    operations: &[
        common::TEST,
        Operation {
            key: "signal",
            inputs: &[],
            is_due: |params, desired| {
                let signaled = i64::from(params.own[SIGNALED]);
                desired.get("signal").is_some_and(|value| value.integer() != Some(signaled))
            },
            begin,
        },
    ],
    tests: &[
        common::NONE,
        Test { name: "child", begin: |_| Begun::Done(Status::of(&["pass: test 'child'"])) },
    ],
    conditions: &[],
};

/// The own param that says how often it signaled.
const SIGNALED: usize = 0;

fn begin(request: &mut Request<'_>) -> Begun {
    const { assert!(SIGNALS_MAX == 100, "the text names the bound") };
    let value = request.desired.get("signal");
    let Some(times) = value.and_then(|value| value.integer_within(0, SIGNALS_MAX)) else {
        return Begun::Refused(refusal("signal", value, &["not a whole number from 0 to 100"]));
    };
    // A signal that is interrupted counts as given, since nobody can tell how much of it was seen.
    request.params.own[SIGNALED] = times as i32;
    Begun::Started(Activity::Signaling(Signaling {
        times: times as u8,
        given: 0,
        light: Switch::Off,
        next_at: None,
    }))
}

/// Signaling, one light after another.
#[derive(Clone, Debug)]
pub(crate) struct Signaling {
    times: u8,
    given: u8,
    light: Switch,
    next_at: Option<Instant>,
}

impl Signaling {
    pub(crate) const fn wake_at(&self) -> Option<Instant> {
        self.next_at
    }

    pub(crate) fn handle(&mut self, bench: &mut Bench<'_>, event: Event) -> Option<Status> {
        let is_due = self.next_at.is_some_and(|next_at| next_at <= bench.now);
        let is_begin = event == Event::Begin;
        if !is_due && !is_begin {
            return None;
        }
        match self.light {
            Switch::On => {
                self.given += 1;
                self.set(bench, Switch::Off, SIGNAL_OFF_MS);
                None
            }
            Switch::Off if self.given < self.times => {
                (bench.sink)(Output::Console("beep"));
                self.set(bench, Switch::On, SIGNAL_ON_MS);
                None
            }
            Switch::Off => Some(self.end(bench)),
        }
    }

    fn set(&mut self, bench: &mut Bench<'_>, light: Switch, span_ms: u64) {
        self.light = light;
        self.next_at = Some(bench.now.after_ms(span_ms));
        (bench.sink)(Output::Drive(Actuator::Led(light)));
    }

    fn end(&mut self, bench: &mut Bench<'_>) -> Status {
        self.next_at = None;
        let mut deed = Text::<24>::of(&["signaled "]);
        deed.push_number(u64::from(self.given));
        deed.push_str(" times");
        (bench.sink)(Output::Console(deed.as_str()));
        Status::of(&["done: ", deed.as_str()])
    }
}
