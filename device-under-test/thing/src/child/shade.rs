//! The shade thing: a motor opens and closes a shade, and knows where it is by time alone.

use super::common;
use super::motor::{self, End, NO_CURRENT, Plan, Run};
use crate::activity::{Activity, Bench, Event};
use crate::io::{Direction, Output, Sensor};
use crate::json::{Object, Str, Value};
use crate::kind::{Begun, Condition, Current, Kind, Operation, Param, Request, Test, refusal};
use crate::limits::SAMPLE_MS_MAX;
use crate::state::{Params, Status};
use crate::text::Text;
use crate::time::Instant;

/// Opens and closes a shade with a motor.
pub static SHADE: Kind = Kind {
    name: "shade-thing",
    fresh: [Position::Unknown as i32, 0],
    params: &[Param {
        key: "position",
        current: |params| Current::Text(Position::of(params).name()),
        // Where a shade is cannot be learned from what was reported before its power was cut: it may
        // have been moving since. The test `set-position` tells it.
        adopt: |_, _| {},
    }],
    operations: &[
        common::TEST,
        Operation { key: "position", inputs: &["duration", "threshold", "reverse"], is_due, begin },
    ],
    tests: &[
        common::NONE,
        Test {
            name: "current",
            begin: |_| Begun::Started(Activity::CurrentTest(CurrentTest::new())),
        },
        motor::TEST,
        motor::TEST_2,
        Test { name: "set-position", begin: set_position },
    ],
    conditions: &[
        Condition {
            key: "temperature",
            sensor: Sensor::Temperature,
            threshold: Some(2),
            interval_s: None,
            value: |reading| reading.map(whole_degrees),
        },
        Condition {
            key: "batteryVoltage",
            sensor: Sensor::BatteryVoltage,
            threshold: Some(200),
            interval_s: Some(1200),
            value: |reading| Some(reading.map_or(-1, i64::from)),
        },
    ],
};

/// Longest time that the motor may take from end to end, in seconds.
const DURATION_S_MAX: i64 = 59;

/// Largest threshold in milliamperes: more than any sensor here can read.
const THRESHOLD_MA_MAX: i64 = 100_000;

/// The bit of `reverse` for a motor that is wired the other way round.
const REVERSE_INVERTED: i64 = 1;

/// The bit of `reverse` for a shade that opens from the top downwards.
const REVERSE_TOP_DOWN: i64 = 2;

/// The own param that holds the position.
const POSITION: usize = 0;

/// Where a shade is. The numbers are kept across sleeps, so they do not change.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Position {
    Unknown = 0,
    Closed = 1,
    Half = 2,
    Open = 3,
}

impl Position {
    const KNOWN: [Self; 3] = [Self::Closed, Self::Half, Self::Open];

    fn of(params: &Params) -> Self {
        let kept = params.own[POSITION];
        Self::KNOWN.into_iter().find(|known| *known as i32 == kept).unwrap_or(Self::Unknown)
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Closed => "closed",
            Self::Half => "half",
            Self::Open => "open",
        }
    }

    fn named(value: Value<'_>) -> Option<Self> {
        let string = value.string()?;
        Self::KNOWN.into_iter().find(|known| string.is(known.name()))
    }
}

fn is_due(params: &Params, desired: Object<'_>) -> bool {
    let position = Position::of(params);
    let is_other = |value: Value<'_>| !Current::Text(position.name()).is(value);
    position != Position::Unknown && desired.get("position").is_some_and(is_other)
}

fn begin(request: &mut Request<'_>) -> Begun {
    match Move::planned(request) {
        Ok(planned) => {
            // What holds if the power is cut from here on: nobody knows where it stopped.
            request.params.own[POSITION] = Position::Unknown as i32;
            Begun::Started(Activity::Move(planned))
        }
        Err(error) => Begun::Refused(error.status(request.desired.get("position"))),
    }
}

/// Why a shade is not moved.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum MoveError {
    DurationNotPositive(i64),
    DurationTooLong(i64),
    SettingMissing(&'static str),
    SettingWrong(&'static str),
    UnknownPosition,
}

impl MoveError {
    fn status(self, position: Option<Value<'_>>) -> Status {
        /// Bytes of a position that is none, as far as it is shown.
        const NAME_BYTES_MAX: usize = 40;
        let duration = |duration_s: i64, why: &str| {
            let mut status = Status::of(&["Error: duration: "]);
            status.push_signed(duration_s);
            status.push_str(why);
            status
        };
        match self {
            Self::DurationNotPositive(given) => duration(given, " is zero or negative"),
            Self::DurationTooLong(given) => duration(given, " is longer than max value: 59"),
            Self::SettingMissing(key) => refusal("position", position, &[key, " is missing"]),
            Self::SettingWrong(key) => {
                refusal("position", position, &[key, " is not a whole number in its range"])
            }
            Self::UnknownPosition => {
                let name = position.and_then(Value::string).and_then(Str::text::<NAME_BYTES_MAX>);
                match name {
                    Some(name) => Status::of(&["Error: unrecognized position: ", name.as_str()]),
                    None => refusal("position", position, &["not one of open, closed, half"]),
                }
            }
        }
    }
}

/// A whole number that a move depends on.
fn setting(desired: Object<'_>, key: &'static str, most: i64) -> Result<i64, MoveError> {
    let value = desired.get(key).ok_or(MoveError::SettingMissing(key))?;
    value.integer_within(0, most).ok_or(MoveError::SettingWrong(key))
}

/// The seconds that the motor takes from end to end.
fn duration_s(desired: Object<'_>) -> Result<u64, MoveError> {
    let value = desired.get("duration").ok_or(MoveError::SettingMissing("duration"))?;
    match value.integer().ok_or(MoveError::SettingWrong("duration"))? {
        given if given > DURATION_S_MAX => Err(MoveError::DurationTooLong(given)),
        given if given <= 0 => Err(MoveError::DurationNotPositive(given)),
        given => Ok(given.unsigned_abs()),
    }
}

/// A move from one position to another.
#[derive(Clone, Debug)]
pub(crate) struct Move {
    from: Position,
    target: Position,
    is_raising: bool,
    run: Run,
}

impl Move {
    fn planned(request: &Request<'_>) -> Result<Self, MoveError> {
        let desired = request.desired;
        let target = desired.get("position").and_then(Position::named);
        let target = target.ok_or(MoveError::UnknownPosition)?;
        let duration_s = duration_s(desired)?;
        let threshold_ma = setting(desired, "threshold", THRESHOLD_MA_MAX)?;
        let reverse = setting(desired, "reverse", REVERSE_INVERTED | REVERSE_TOP_DOWN)?;

        let from = Position::of(request.params);
        let is_raising = (target > from) != (reverse & REVERSE_TOP_DOWN != 0);
        let is_forward = is_raising != (reverse & REVERSE_INVERTED != 0);
        let plan = Plan {
            direction: if is_forward { Direction::Forward } else { Direction::Backward },
            run_ms: run_ms(duration_s, from, target, is_raising),
            threshold_ma: u32::try_from(threshold_ma).unwrap_or_default(),
        };
        Ok(Self { from, target, is_raising, run: Run::new(plan) })
    }

    pub(crate) const fn wake_at(&self) -> Option<Instant> {
        self.run.wake_at()
    }

    pub(crate) fn handle(&mut self, bench: &mut Bench<'_>, event: Event) -> Option<Status> {
        if event == Event::Begin {
            let line = Text::<32>::of(&["position ", self.from.name(), " to ", self.target.name()]);
            (bench.sink)(Output::Console(line.as_str()));
        }
        let end = self.run.handle(bench, event)?;
        let position = match end {
            End::NeverStarted => self.from,
            End::Blind => Position::Unknown,
            // A shade that is stopped on its way up has reached its upper end; on its way down
            // something lies below it.
            End::Stopped { .. } if !self.is_raising => Position::Unknown,
            End::Ran { .. } | End::Stopped { .. } => self.target,
        };
        bench.params.own[POSITION] = position as i32;
        Some(move_status(position, end))
    }

    pub(crate) fn report(&self, put: &mut dyn FnMut(&str, &str)) {
        if let Some([starting, stopping]) = self.run.traces() {
            put("starting_currents", starting.as_str());
            put("stopping_currents", stopping.as_str());
        }
    }
}

/// How long the motor runs for a move.
fn run_ms(duration_s: u64, from: Position, target: Position, is_raising: bool) -> u64 {
    let mut run_ms = duration_s * 1000;
    for end in [from, target] {
        if end == Position::Half {
            run_ms /= 2;
        }
    }
    // Raising works against the weight.
    run_ms + if is_raising { run_ms / 4 } else { 0 }
}

fn move_status(position: Position, end: End) -> Status {
    let on_ms = match end {
        End::NeverStarted | End::Blind => {
            return Status::of(&["Fail (position): ", NO_CURRENT]);
        }
        End::Ran { on_ms } | End::Stopped { on_ms, .. } => on_ms,
    };
    let mut status = Status::of(&["Done: new position: ", position.name(), "; motor on for: "]);
    status.push_number(on_ms);
    status.push_str(" msec");
    if let End::Stopped { current, threshold, .. } = end {
        status.push_str("; Current: ");
        status.push_number(u64::from(current));
        status.push_str(" over Threshold: ");
        status.push_number(u64::from(threshold));
    }
    status
}

fn set_position(request: &mut Request<'_>) -> Begun {
    let value = request.desired.get("position");
    let Some(position) = value.and_then(Position::named) else {
        let why = &["not one of open, closed, half"];
        return Begun::Done(refusal("position", value, why));
    };
    request.params.own[POSITION] = position as i32;
    Begun::Done(Status::of(&["position set to: ", position.name()]))
}

/// Whole degrees for thousandths, to the nearest; halves go away from zero on both sides.
fn whole_degrees(thousandths: i32) -> i64 {
    i64::from(thousandths / 1000 + thousandths % 1000 / 500)
}

/// The test that reads both values of the motor's sensor.
#[derive(Clone, Debug)]
pub(crate) struct CurrentTest {
    current_ma: Option<i32>,
    give_up_at: Option<Instant>,
}

impl CurrentTest {
    const fn new() -> Self {
        Self { current_ma: None, give_up_at: None }
    }

    pub(crate) const fn wake_at(&self) -> Option<Instant> {
        self.give_up_at
    }

    pub(crate) fn handle(&mut self, bench: &mut Bench<'_>, event: Event) -> Option<Status> {
        let asked = match event {
            Event::Begin => Sensor::MotorCurrent,
            Event::Sample(Sensor::MotorCurrent, Some(current_ma)) => {
                self.current_ma = Some(current_ma);
                Sensor::BusVoltage
            }
            Event::Sample(Sensor::BusVoltage, Some(bus_mv)) => return Some(self.passed(bus_mv)),
            Event::Sample(Sensor::MotorCurrent | Sensor::BusVoltage, None) => return Some(failed()),
            Event::Sample(..) => return None,
            Event::Tick => {
                let is_late = self.give_up_at.is_some_and(|give_up_at| give_up_at <= bench.now);
                return is_late.then(failed);
            }
        };
        self.give_up_at = Some(bench.now.after_ms(SAMPLE_MS_MAX));
        (bench.sink)(Output::Sample(asked));
        None
    }

    fn passed(&self, bus_mv: i32) -> Status {
        let mut status = Status::of(&["Pass: Current: "]);
        status.push_signed(i64::from(self.current_ma.unwrap_or_default()));
        status.push_str("  BusVolts: ");
        status.push_signed(i64::from(bus_mv));
        status
    }
}

fn failed() -> Status {
    Status::of(&["Fail (current test): ", NO_CURRENT])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(duration_s: u64, from: Position, target: Position, expected_ms: u64) {
        assert_eq!(run_ms(duration_s, from, target, target > from), expected_ms);
    }

    #[test]
    fn a_move_takes_its_share_of_the_duration() {
        check(2, Position::Open, Position::Closed, 2000);
        check(2, Position::Closed, Position::Open, 2500);
        check(2, Position::Open, Position::Half, 1000);
        check(2, Position::Half, Position::Open, 1250);
        check(59, Position::Closed, Position::Open, 73_750);
        check(1, Position::Closed, Position::Half, 625);
    }

    #[test]
    fn degrees_are_rounded_alike_on_both_sides_of_zero() {
        assert_eq!([-9500, -9499, -400, 0, 499, 500, 21_400].map(whole_degrees), {
            [-10, -9, 0, 0, 0, 1, 21]
        });
    }
}
