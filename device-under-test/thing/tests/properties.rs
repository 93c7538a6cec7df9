//! What holds whatever happens.

use crate::bench::cloud::{Ending, Fault, Reply, Times};
use crate::bench::{Seen, bench, bench_settled};
use proptest::prelude::*;
use serde_json::{Value, json};
use thing::{
    Config, Input, Instant, KINDS, Lent, Output, SIGNAL, Sensor, Thing, WakeCause, Workspace,
};

/// One wake of a long life.
#[derive(Clone, Debug)]
struct Day {
    /// What is desired before it, if anything new.
    signal: Option<i64>,
    get: Fault,
    post: Fault,
    /// The output at which the power is cut.
    cut_at: Option<usize>,
    piece_bytes: usize,
}

fn any_fault() -> impl Strategy<Value = Fault> {
    let refusal = Reply::new("500 Internal Server Error", "<html>");
    let too_large = Reply::new("413 Request Entity Too Large", "");
    let silence = Reply::raw("", Ending::KeepOpen);
    let half = Reply::raw("HTTP/1.1 200 OK\r\nContent-Le", Ending::Reset);
    prop_oneof![
        4 => Just(Fault::None),
        1 => Just(Fault::Instead(refusal.clone())),
        1 => Just(Fault::Instead(too_large)),
        1 => Just(Fault::Instead(silence.clone())),
        1 => Just(Fault::AnswerLost(silence)),
        1 => Just(Fault::AnswerLost(half)),
        1 => Just(Fault::AnswerLost(refusal)),
    ]
}

fn any_day() -> impl Strategy<Value = Day> {
    let signal = proptest::option::of(-1_i64..4);
    let cut_at = proptest::option::weighted(0.3, 0_usize..30);
    (signal, any_fault(), any_fault(), cut_at, 1_usize..200).prop_map(
        |(signal, get, post, cut_at, piece_bytes)| Day { signal, get, post, cut_at, piece_bytes },
    )
}

fn any_times() -> impl Strategy<Value = Times> {
    prop::sample::select(vec![Times::EachItsOwn, Times::AllAtOnce, Times::Missing, Times::Stuck])
}

/// Everything that the device ever had to say about a signal, delivered or not.
fn outcomes(seen: &Seen) -> usize {
    let is_outcome = |line: &&String| {
        line.starts_with("status: done: signaled")
            || line.starts_with("status: Error: state change")
    };
    seen.console.iter().filter(is_outcome).count()
}

fn live(times: Times, days: &[Day]) -> Result<(), TestCaseError> {
    let mut bench = bench(&SIGNAL);
    bench.cloud.times = times;
    let (mut changes, mut actions, mut delivered) = (0, 0, Vec::new());
    let calm =
        Day { signal: None, get: Fault::None, post: Fault::None, cut_at: None, piece_bytes: 1460 };
    for day in days.iter().chain(std::iter::repeat_n(&calm, 4)) {
        bench.pass_s(1);
        if let Some(signal) = day.signal
            && bench.cloud.desired.get("signal") != Some(&signal.into())
        {
            changes += 1;
            bench.cloud.desire(json!({ "signal": signal }));
        }
        bench.cloud.faults = [day.get.clone(), day.post.clone()].into();
        (bench.cut_at, bench.piece_bytes) = (day.cut_at, day.piece_bytes);
        let seen = bench.wake();
        prop_assert!(seen.requests.len() <= 2, "one GET and one POST at most");
        prop_assert!(seen.sleep_s.is_some() || day.cut_at.is_some());
        if seen.sleep_s.is_some() {
            prop_assert!(seen.console.last().is_some_and(|line| line.starts_with("sleep ")));
        }
        actions += usize::from(seen.lights > 0);
        if let Some(status) = bench.cloud.reported.get("status") {
            delivered.push(status.clone());
        }
        delivered.dedup();
    }
    prop_assert!(actions <= changes, "{} actions for {} changes", actions, changes);
    // After some calm days everything was said, and the device is at rest.
    let at_rest = bench.wake();
    prop_assert_eq!(at_rest.methods(), ["GET"]);
    if let Some(signal) = bench.cloud.desired.get("signal").and_then(Value::as_i64) {
        let is_obeyed = bench.cloud.reported["signal"] == signal;
        prop_assert!(is_obeyed || signal < 0, "{:?}", bench.cloud.reported);
    }
    prop_assert!(delivered.len() >= usize::from(actions > 0));
    Ok(())
}

proptest! {
    #[test]
    fn no_life_acts_twice_on_one_change_and_every_life_comes_to_rest(
        times in any_times(), days in proptest::collection::vec(any_day(), 0..12)
    ) {
        live(times, &days)?;
    }

    #[test]
    fn every_outcome_is_delivered_before_the_next_is_made(
        days in proptest::collection::vec(any_day(), 0..12)
    ) {
        let mut bench = bench(&SIGNAL);
        let mut undelivered = 0;
        for day in &days {
            bench.pass_s(1);
            if let Some(signal) = day.signal {
                bench.cloud.desire(json!({ "signal": signal.abs() }));
            }
            bench.cloud.faults = [day.get.clone(), day.post.clone()].into();
            let seen = bench.wake();
            undelivered += outcomes(&seen);
            prop_assert!(undelivered <= 1, "{:?}", seen.console);
            if seen.methods() == ["GET", "POST"] && !seen.has_error() {
                undelivered = 0;
            }
        }
    }

    #[test]
    fn any_answer_ends_in_a_sleep(
        bytes: Vec<u8>, piece_bytes in 1_usize..40,
        head in prop::sample::select(vec![
            "", "HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            "HTTP/1.1 200 OK\r\n\r\n{\"state\":{\"desired\":",
        ]),
        ending in prop::sample::select(vec![Ending::Close, Ending::KeepOpen, Ending::Reset])
    ) {
        let mut bench = bench_settled(json!({ "sleep": 30 }));
        bench.piece_bytes = piece_bytes;
        let answer = [head.as_bytes(), &bytes].concat();
        bench.cloud.faults = [Fault::Instead(Reply { bytes: answer, ending })].into();
        prop_assert_eq!(bench.wake().sleep_s, Some(30));
    }

    #[test]
    fn any_desire_is_answered_and_the_device_comes_to_rest(
        kind in prop::sample::select(KINDS.to_vec()), desired in any_desire()
    ) {
        let mut bench = bench(kind);
        bench.cloud.desire(desired);
        let came_to_rest = (0..12).any(|_| bench.wake().methods() == ["GET"]);
        prop_assert!(came_to_rest, "{:?}", bench.cloud.document());
    }

    #[test]
    fn any_input_at_any_time_does_no_harm(
        kind in prop::sample::select(KINDS.to_vec()),
        inputs in proptest::collection::vec((any_input(), 0_u64..20_000), 0..60)
    ) {
        let config: Config<'_> = crate::bench::CONFIG;
        let (mut thing, mut workspace) = (Thing::new(kind), Box::new(Workspace::new()));
        let mut now_ms = 0;
        let mut sleeps = 0;
        for (input, pause_ms) in &inputs {
            now_ms += pause_ms;
            let lent = Lent { config: &config, workspace: &mut workspace };
            thing.handle(lent, Instant(now_ms), *input, &mut |_| {});
        }
        // Whatever it was doing, its time-outs bring it to sleep.
        while let Some(wake_at) = thing.wake_at() {
            let lent = Lent { config: &config, workspace: &mut workspace };
            thing.handle(lent, wake_at, Input::Tick, &mut |output| {
                sleeps += usize::from(matches!(output, Output::Sleep { .. }));
            });
            prop_assert!(sleeps <= 1);
        }
        prop_assert!(thing.is_asleep());
    }

    #[test]
    fn any_kept_bytes_are_survived(kept: Vec<u8>) {
        let mut bench = bench(&SIGNAL);
        bench.kept = kept;
        prop_assert_eq!(bench.wake().sleep_s, Some(60));
    }
}

/// Values of the right and of the wrong sort under keys that mean something.
fn any_desire() -> impl Strategy<Value = Value> {
    let key = prop::sample::select(vec![
        "sleep",
        "signal",
        "test",
        "test_param",
        "position",
        "duration",
        "threshold",
        "reverse",
        "status",
        "temperature",
        "note",
    ]);
    let value = prop_oneof![
        (-2_i64..70).prop_map(Value::from),
        // Halves, because the parser of this bench does not give every float back as it was written.
        any::<i16>().prop_map(|number| Value::from(f64::from(number) / 2.0)),
        any::<bool>().prop_map(Value::from),
        prop::sample::select(vec![
            "none",
            "child",
            "motor",
            "current",
            "set-position",
            "open",
            "half"
        ])
        .prop_map(Value::from),
        ".{0,50}".prop_map(Value::from),
        Just(json!([1, { "a": null }])),
        Just(json!({ "a": { "b": 1 } })),
    ];
    proptest::collection::btree_map(key, value, 0..8)
        .prop_map(|map| map.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}

fn any_input() -> impl Strategy<Value = Input<'static>> {
    const GET: &[u8] =
        b"HTTP/1.1 200 OK\r\nContent-Length: 33\r\n\r\n{\"state\":{\"desired\":{\"signal\":3}}}";
    const SHADE: &[u8] = b"HTTP/1.1 200 OK\r\n\r\n{\"state\":{\"desired\":{\"test\":\"current\"}}}";
    prop::sample::select(vec![
        Input::Wake { cause: WakeCause::Reset, state: b"" },
        Input::Wake { cause: WakeCause::Timer, state: b"SRT\x01" },
        Input::NetworkUp,
        Input::NetworkUp,
        Input::NetworkDown("gone"),
        Input::Time { unix_ms: 1_556_454_896_000 },
        Input::Time { unix_ms: 1_556_454_896_000 },
        Input::Time { unix_ms: u64::MAX },
        Input::NoTime,
        Input::Connected,
        Input::Connected,
        Input::ConnectFailed("refused"),
        Input::Received(GET),
        Input::Received(SHADE),
        Input::Received(b"\xff"),
        Input::Closed,
        Input::Reset,
        Input::Sample { sensor: Sensor::MotorCurrent, value: Some(i32::MIN) },
        Input::Sample { sensor: Sensor::Temperature, value: None },
        Input::Sample { sensor: Sensor::BatteryVoltage, value: Some(i32::MAX) },
        Input::Typed(b"status\r"),
        Input::Typed(b"\nhel\xffp, a command that nobody knows"),
        Input::Tick,
    ])
}
