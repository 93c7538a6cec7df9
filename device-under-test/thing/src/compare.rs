//! What a shadow asks of the device, and what of that is new.
//!
//! The rule that keeps one change from being answered twice, and a real change from being missed:
//! a param that already has the desired value asks for nothing; any other is answered once for what
//! is desired, which is remembered by its value. The server's time stamp only ever adds to that: the
//! same value counts as desired again when its time stamp lies after everything that this device
//! has reported. A server that moves all time stamps together, keeps none, or does not move them
//! changes nothing.

use crate::activity::Activity;
use crate::child::common;
use crate::json::Value;
use crate::kind::{Begun, Kind, Operation, Request};
use crate::shadow::Shadow;
use crate::state::{HANDLED_MAX, Handled, State, Status, Unfinished};
use crate::text::Text;

/// Bytes of the status that refusals leave to the outcome of an operation.
const OUTCOME_BYTES: usize = 112;

/// The place of `sleep` among the handled changes; the operations follow.
const SLEEP_SLOT: usize = 0;

/// Compares what is desired with what is, and obeys: refusals and what is done at once go into the
/// state; what takes its time is returned, and must not begin before the state is safe.
///
/// While a status waits to be delivered nothing new is answered, so that none is ever lost.
pub(crate) fn obey(
    kind: &'static Kind,
    state: &mut State,
    shadow: &Shadow<'_>,
) -> Option<Activity> {
    adopt(kind, state, shadow);
    let is_answering = state.status.is_empty();
    obey_sleep(state, shadow, is_answering);
    let mut begun = Begin::Not;
    for (operation, slot) in kind.operations.iter().zip(SLEEP_SLOT + 1..HANDLED_MAX) {
        if !(operation.is_due)(&state.params, shadow.desired) {
            state.handled[slot] = Handled::default();
            continue;
        }
        let change = change(shadow, operation.key, operation.inputs);
        let is_new = is_new(state.handled[slot], change, shadow);
        if matches!(begun, Begin::Not) && is_answering && is_new {
            begun = begin(kind, state, shadow, (operation, slot, change));
        }
    }
    match begun {
        Begin::Not | Begin::Done => None,
        Begin::Started(activity) => Some(activity),
    }
}

/// Notes the outcome of the operation under way, in front of what was refused in the same wake.
pub(crate) fn finish(state: &mut State, outcome: &Status) {
    let refused = state.status;
    state.status = *outcome;
    if !refused.is_empty() {
        state.status.push_str("; ");
        state.status.push_str(refused.as_str());
    }
    state.unfinished = None;
}

/// Turns an operation that the power was cut under into a status. Its params already say what holds.
pub(crate) fn recover(state: &mut State) {
    if let Some(Unfinished { key, value }) = state.unfinished.take() {
        let parts = ["Error: state change: ", key.as_str(), ": ", value.as_str()];
        let mut outcome = Status::of(&parts);
        outcome.push_str(" failed before completion");
        finish(state, &outcome);
    }
}

/// A device without memory takes over what it reported earlier, instead of doing all of it again.
fn adopt(kind: &Kind, state: &mut State, shadow: &Shadow<'_>) {
    if state.is_adopted {
        return;
    }
    for param in common::PARAMS.iter().chain(kind.params) {
        if let Some(value) = shadow.reported.get(param.key) {
            (param.adopt)(&mut state.params, value);
        }
    }
    state.is_adopted = true;
}

fn obey_sleep(state: &mut State, shadow: &Shadow<'_>, is_answering: bool) {
    let Some(value) = shadow.desired.get("sleep") else {
        state.handled[SLEEP_SLOT] = Handled::default();
        return;
    };
    if let Some(sleep_s) = common::sleep_s(value) {
        state.params.sleep_s = sleep_s;
        state.handled[SLEEP_SLOT] = Handled::default();
        return;
    }
    let change = change(shadow, "sleep", &[]);
    let is_new = is_new(state.handled[SLEEP_SLOT], change, shadow);
    if is_answering && is_new && add_refusal(state, &common::sleep_refusal(value)) {
        state.handled[SLEEP_SLOT] = change;
    }
}

/// What became of the one operation of a wake.
enum Begin {
    Not,
    Done,
    Started(Activity),
}

fn begin(
    kind: &'static Kind,
    state: &mut State,
    shadow: &Shadow<'_>,
    (operation, slot, change): (&Operation, usize, Handled),
) -> Begin {
    let mut request = Request {
        kind,
        desired: shadow.desired,
        params: &mut state.params,
        is_experienced: state.is_experienced,
    };
    let begin = match (operation.begin)(&mut request) {
        Begun::Refused(refusal) => {
            // A refusal for which there is no room has its turn on the next wake.
            if add_refusal(state, &refusal) {
                state.handled[slot] = change;
            }
            return Begin::Not;
        }
        Begun::Done(outcome) => {
            finish(state, &outcome);
            Begin::Done
        }
        Begun::Started(activity) => {
            let value = shadow.desired.get(operation.key).map(shown).unwrap_or_default();
            state.unfinished = Some(Unfinished { key: Text::of(&[operation.key]), value });
            Begin::Started(activity)
        }
    };
    state.handled[slot] = change;
    state.is_experienced = true;
    begin
}

/// A value as a person would say it: text without quotes, all else as it is written.
fn shown<const N: usize>(value: Value<'_>) -> Text<N> {
    let text = value.string().and_then(|string| string.text());
    text.unwrap_or_else(|| Text::of(&[value.raw()]))
}

/// Adds a refusal to the status; false when there is no room left for it.
fn add_refusal(state: &mut State, refusal: &Status) -> bool {
    let separator = if state.status.is_empty() { "" } else { "; " };
    let mut status = state.status;
    status.push_str(separator);
    status.push_str(refusal.as_str());
    let fits = !status.is_cut() && status.len() + OUTCOME_BYTES <= crate::STATUS_BYTES_MAX;
    // The first one is never put off, or it would be for ever.
    if fits || state.status.is_empty() {
        state.status = status;
        return true;
    }
    false
}

/// What is desired under a key and those that belong to it.
fn change(shadow: &Shadow<'_>, key: &str, inputs: &[&str]) -> Handled {
    let mut hash = Fingerprint::new();
    let mut desired_at_s = 0;
    for key in core::iter::once(&key).chain(inputs) {
        hash.add(shadow.desired.get(key).map_or("", Value::raw));
        desired_at_s = desired_at_s.max(shadow.desired_at_s(key).unwrap_or_default());
    }
    Handled { fingerprint: hash.value(), desired_at_s }
}

fn is_new(handled: Handled, change: Handled, shadow: &Shadow<'_>) -> bool {
    let is_moved = change.desired_at_s > handled.desired_at_s && handled.desired_at_s > 0;
    let is_after_reports = Some(change.desired_at_s) > shadow.last_reported_at_s();
    handled.fingerprint != change.fingerprint || is_moved && is_after_reports
}

/// The hash FNV-1a in 64 bits: small, and good enough to tell one value from the one before.
struct Fingerprint(u64);

impl Fingerprint {
    const fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    /// Adds one part; parts stay apart from each other.
    fn add(&mut self, part: &str) {
        for byte in part.bytes().chain(core::iter::once(0xff)) {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    /// The hash; never zero, which stands for nothing.
    fn value(self) -> u64 {
        self.0.max(1)
    }
}
