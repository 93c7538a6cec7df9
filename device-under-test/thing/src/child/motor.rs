//! A motor that runs for a time, watched by its current, and the tests of it.

use crate::activity::{Activity, Bench, Event};
use crate::io::{Actuator, Direction, Motor, Output, Sensor};
use crate::kind::{Begun, Request, Test};
use crate::state::Status;
use crate::text::Text;
use crate::time::Instant;

/// Milliseconds between two readings of the current.
const READING_MS: u64 = 5;

/// Readings that are summed up before they are judged.
const READINGS_PER_SUM: usize = 4;

/// Readings kept from the beginning and from the end of a run.
const KEPT_READINGS: usize = 16;

/// Power at the start in percent, so that the motor does not jerk.
const DUTY_START_PERCENT: u8 = 30;

/// What is added to it after each sum that is within the threshold.
const DUTY_STEP_PERCENT: u8 = 5;

/// Milliseconds without a reading after which the motor is stopped: nothing would stop it at a block.
const BLIND_MS_MAX: u64 = 100;

/// From this on a test of the motor is refused, in milliseconds.
const TEST_MS_MAX: u64 = 55_000;

/// What is said when the sensor does not answer.
pub(crate) const NO_CURRENT: &str = "I2C access to current sensor failed";

/// Bytes of sixteen readings with blanks between them.
const TRACE_BYTES_MAX: usize = KEPT_READINGS * 6;

/// A current in milliamperes.
type Milliamperes = u16;

/// How a run ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum End {
    /// The sensor failed before the motor was switched on.
    NeverStarted,
    /// The sensor failed while the motor ran.
    Blind,
    /// The motor ran its time.
    Ran { on_ms: u64 },
    /// The motor was stopped by its current; both are sums of four readings.
    Stopped { on_ms: u64, current: u32, threshold: u32 },
}

/// What a run is to be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    pub(crate) direction: Direction,
    pub(crate) run_ms: u64,
    pub(crate) threshold_ma: u32,
}

/// One run of a motor.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    plan: Plan,
    /// When the motor was switched on; `None` while it is found out whether the sensor answers.
    started_at: Option<Instant>,
    heard_at: Instant,
    next_at: Option<Instant>,
    duty_percent: u8,
    readings: usize,
    starting: [Milliamperes; KEPT_READINGS],
    /// A ring; the latest reading stands before `readings % KEPT_READINGS`.
    stopping: [Milliamperes; KEPT_READINGS],
}

impl Run {
    pub(crate) const fn new(plan: Plan) -> Self {
        Self {
            plan,
            started_at: None,
            heard_at: Instant(0),
            next_at: None,
            duty_percent: DUTY_START_PERCENT,
            readings: 0,
            starting: [0; KEPT_READINGS],
            stopping: [0; KEPT_READINGS],
        }
    }

    pub(crate) const fn wake_at(&self) -> Option<Instant> {
        self.next_at
    }

    /// Takes one event; gives the end once the motor stands still again.
    pub(crate) fn handle(&mut self, bench: &mut Bench<'_>, event: Event) -> Option<End> {
        match event {
            Event::Begin => {
                self.heard_at = bench.now;
                self.next_at = Some(bench.now.after_ms(BLIND_MS_MAX));
                (bench.sink)(Output::Sample(Sensor::MotorCurrent));
                None
            }
            Event::Sample(Sensor::MotorCurrent, reading) => self.reading(bench, reading),
            Event::Sample(..) => None,
            Event::Tick => self.tick(bench),
        }
    }

    /// The readings at the beginning and at the end; `None` when the motor never drew a current.
    pub(crate) fn traces(&self) -> Option<[Text<TRACE_BYTES_MAX>; 2]> {
        if self.starting[0] == 0 {
            return None;
        }
        let mut stopping = self.stopping;
        if self.readings >= KEPT_READINGS {
            stopping.rotate_left(self.readings % KEPT_READINGS);
        }
        Some([trace(&self.starting), trace(&stopping)])
    }

    fn reading(&mut self, bench: &mut Bench<'_>, reading: Option<i32>) -> Option<End> {
        let Some(reading) = reading else {
            return Some(self.stop_blind(bench));
        };
        self.heard_at = bench.now;
        let Some(started_at) = self.started_at else {
            return self.start(bench);
        };
        self.keep(reading);
        if !self.readings.is_multiple_of(READINGS_PER_SUM) {
            return None;
        }
        let current = self.sum();
        let threshold = self.plan.threshold_ma.saturating_mul(READINGS_PER_SUM as u32);
        if current > threshold {
            let on_ms = bench.now.ms_since(started_at);
            return Some(self.stop(bench, End::Stopped { on_ms, current, threshold }));
        }
        if self.duty_percent < 100 {
            self.duty_percent = (self.duty_percent + DUTY_STEP_PERCENT).min(100);
            self.drive(bench);
        }
        None
    }

    /// The sensor answers, so the motor may run; its current is read from the first moment on.
    fn start(&mut self, bench: &mut Bench<'_>) -> Option<End> {
        self.started_at = Some(bench.now);
        if self.plan.run_ms == 0 {
            return Some(self.stop(bench, End::Ran { on_ms: 0 }));
        }
        self.plan_next(bench.now, bench.now);
        self.drive(bench);
        (bench.sink)(Output::Sample(Sensor::MotorCurrent));
        None
    }

    fn tick(&mut self, bench: &mut Bench<'_>) -> Option<End> {
        if self.next_at.is_none_or(|next_at| bench.now < next_at) {
            return None;
        }
        let ran_ms = self.started_at.map(|started_at| bench.now.ms_since(started_at));
        match (self.started_at, ran_ms) {
            (Some(_), Some(on_ms)) if on_ms >= self.plan.run_ms => {
                Some(self.stop(bench, End::Ran { on_ms }))
            }
            _ if bench.now.ms_since(self.heard_at) >= BLIND_MS_MAX => Some(self.stop_blind(bench)),
            (Some(started_at), _) => {
                self.plan_next(started_at, bench.now);
                (bench.sink)(Output::Sample(Sensor::MotorCurrent));
                None
            }
            (None, _) => None,
        }
    }

    /// The next reading, or the end of the run if that comes first.
    fn plan_next(&mut self, started_at: Instant, now: Instant) {
        let end_at = started_at.after_ms(self.plan.run_ms);
        self.next_at = Some(now.after_ms(READING_MS).min(end_at));
    }

    fn keep(&mut self, reading: i32) {
        let reading = Milliamperes::try_from(reading.unsigned_abs()).unwrap_or(Milliamperes::MAX);
        if let Some(place) = self.starting.get_mut(self.readings) {
            *place = reading;
        }
        self.stopping[self.readings % KEPT_READINGS] = reading;
        self.readings += 1;
    }

    /// The sum of the last four readings.
    fn sum(&self) -> u32 {
        let reading = |back: usize| {
            let index = self.readings.wrapping_sub(back) % KEPT_READINGS;
            u32::from(self.stopping[index])
        };
        (1..=READINGS_PER_SUM).map(reading).sum()
    }

    fn drive(&self, bench: &mut Bench<'_>) {
        let Plan { direction, .. } = self.plan;
        let motor = Motor::Run { direction, duty_percent: self.duty_percent };
        (bench.sink)(Output::Drive(Actuator::Motor(motor)));
    }

    fn stop(&mut self, bench: &mut Bench<'_>, end: End) -> End {
        self.next_at = None;
        (bench.sink)(Output::Drive(Actuator::Motor(Motor::Stop)));
        end
    }

    fn stop_blind(&mut self, bench: &mut Bench<'_>) -> End {
        let end = if self.started_at.is_some() { End::Blind } else { End::NeverStarted };
        self.stop(bench, end)
    }
}

/// Readings as text with blanks between them.
fn trace(readings: &[Milliamperes]) -> Text<TRACE_BYTES_MAX> {
    let mut text = Text::new();
    for (index, reading) in readings.iter().enumerate() {
        text.push_str(if index == 0 { "" } else { " " });
        text.push_number(u64::from(*reading));
    }
    text
}

/// Runs the motor for `test_param` milliseconds; for a negative number the other way.
pub(crate) const TEST: Test = Test { name: "motor", begin: begin_test };

/// The same under another name, so that it can be asked for twice in turn.
pub(crate) const TEST_2: Test = Test { name: "motor2", begin: begin_test };

fn begin_test(request: &mut Request<'_>) -> Begun {
    // A device that was just installed does not move before it was told once: somebody may have a
    // hand in the shade.
    if !request.is_experienced {
        return Begun::Done(Status::of(&["Skipping first motor test after initialization"]));
    }
    let mut param = Text::<20>::new();
    param.push_signed(request.params.test_param);
    let run_ms = request.params.test_param.unsigned_abs();
    if run_ms >= TEST_MS_MAX {
        let why = "Fail: test_param too large for motor test: ";
        return Begun::Done(Status::of(&[why, param.as_str()]));
    }
    let threshold = request.desired.get("threshold");
    let threshold = threshold.and_then(|value| value.integer()).map(u32::try_from);
    let Some(Ok(threshold_ma)) = threshold else {
        let why = "Fail (motor test): threshold is missing or not a whole number";
        return Begun::Done(Status::of(&[why]));
    };
    let is_forward = request.params.test_param >= 0;
    let direction = if is_forward { Direction::Forward } else { Direction::Backward };
    let run = Run::new(Plan { direction, run_ms, threshold_ma });
    Begun::Started(Activity::MotorTest(MotorTest { run }))
}

/// A test of the motor under way.
#[derive(Clone, Debug)]
pub(crate) struct MotorTest {
    run: Run,
}

impl MotorTest {
    pub(crate) const fn wake_at(&self) -> Option<Instant> {
        self.run.wake_at()
    }

    pub(crate) fn handle(&mut self, bench: &mut Bench<'_>, event: Event) -> Option<Status> {
        let (verdict, on_ms) = match self.run.handle(bench, event)? {
            End::Ran { on_ms } => ("Pass: motor on for ", on_ms),
            End::Stopped { on_ms, .. } => ("Fail: motor on for ", on_ms),
            End::Blind | End::NeverStarted => {
                return Some(Status::of(&["Fail (motor test): ", NO_CURRENT]));
            }
        };
        let mut status = Status::of(&[verdict]);
        status.push_number(on_ms);
        status.push_str(" msec.");
        Some(status)
    }
}
