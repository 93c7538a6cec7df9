//! Nothing is lost, and nothing is done twice.

use crate::bench::cloud::{Ending, Fault, Reply, Times};
use crate::bench::{bench, bench_settled};
use crate::differences::resting;
use serde_json::json;
use thing::{SIGNAL, WakeCause};

fn check_status_survives(fault: Fault) {
    let mut bench = bench_settled(resting());
    bench.cloud.desire(json!({ "signal": 2 }));
    bench.cloud.faults = [Fault::None, fault.clone(), Fault::None, fault].into();
    assert_eq!(bench.wake().lights, 2);
    for _ in 0..2 {
        let seen = bench.wake();
        assert_eq!(seen.lights, 0, "the action is not repeated");
        assert_eq!(seen.status().as_deref(), Some("done: signaled 2 times"));
    }
    assert_eq!(bench.wake().methods(), ["GET"]);
    assert_eq!(bench.cloud.reported["signal"], 2);
}

#[test]
fn a_status_survives_a_post_that_is_refused() {
    check_status_survives(Fault::Instead(Reply::new("503 Service Unavailable", "")));
    check_status_survives(Fault::Instead(Reply::new("400 Bad Request", "{\"message\":\"x\"}")));
}

#[test]
fn a_status_survives_a_post_that_is_never_answered() {
    check_status_survives(Fault::Instead(Reply::raw("", Ending::KeepOpen)));
    check_status_survives(Fault::Instead(Reply::raw("", Ending::Reset)));
}

#[test]
fn a_status_whose_answer_was_lost_is_sent_again_and_the_action_not_repeated() {
    check_status_survives(Fault::AnswerLost(Reply::raw("", Ending::Close)));
}

#[test]
fn a_new_change_waits_until_the_status_of_the_last_was_delivered() {
    let mut bench = bench_settled(resting());
    bench.cloud.desire(json!({ "signal": 2 }));
    bench.cloud.faults =
        [Fault::None, Fault::Instead(Reply::new("500 Internal Server Error", ""))].into();
    bench.wake();
    let late = bench.desire_and_wake(json!({ "signal": 3 }));
    assert_eq!((late.lights, late.status().unwrap().as_str()), (0, "done: signaled 2 times"));
    let next = bench.wake();
    assert_eq!((next.lights, next.status().unwrap().as_str()), (3, "done: signaled 3 times"));
}

#[test]
fn a_power_cut_in_the_middle_of_an_action_never_acts_twice() {
    let uncut = {
        let mut bench = bench_settled(resting());
        bench.desire_and_wake(json!({ "signal": 2 }))
    };
    let mut failures = 0;
    for cut_at in 0..uncut.outputs {
        let mut bench = bench_settled(resting());
        bench.cut_at = Some(cut_at);
        let cut = bench.desire_and_wake(json!({ "signal": 2 }));
        bench.cut_at = None;
        let after = bench.wake();
        if cut.lights > 0 {
            assert_eq!(after.lights, 0, "cut at output {cut_at}");
        }
        failures += usize::from(
            after.has_line("status: Error: state change: signal: 2 failed before completion"),
        );
        bench.wake();
        assert_eq!(bench.cloud.reported["signal"], 2, "the change counts as consumed");
        assert_eq!(bench.wake().methods(), ["GET"]);
    }
    assert!(failures > 3, "some cuts fall into the action");
}

#[test]
fn an_interrupted_action_is_reported_as_such() {
    let mut bench = bench_settled(resting());
    // The first beep is the eleventh output of a wake.
    bench.cut_at = Some(12);
    let cut = bench.desire_and_wake(json!({ "signal": 2 }));
    assert_eq!(cut.console.last().map(String::as_str), Some("beep"));
    bench.cut_at = None;
    bench.cause = WakeCause::PowerOn;
    let seen = bench.wake();
    let status = "Error: state change: signal: 2 failed before completion";
    assert_eq!(seen.report(), json!({ "status": status, "signal": 2 }));
}

#[test]
fn a_device_that_lost_its_memory_does_not_do_again_what_it_had_reported() {
    let mut bench = bench_settled(json!({ "signal": 4, "sleep": 45, "test": "child" }));
    bench.kept.clear();
    let seen = bench.wake();
    assert_eq!((seen.lights, seen.methods(), seen.sleep_s), (0, vec!["GET"], Some(45)));
}

fn check_changes_are_each_obeyed_once(times: Times) {
    let mut bench = bench(&SIGNAL);
    bench.cloud.times = times;
    bench.cloud.desire(resting());
    bench.wake();
    for signal in [2, 3, 2, 0, 2] {
        // No time passes between the changes: all within one second.
        bench.cloud.desire(json!({ "signal": signal }));
        assert_eq!(bench.wake().lights, signal, "{times:?}");
        assert_eq!(bench.wake().methods(), ["GET"], "{times:?}");
    }
    bench.cloud.desire(json!({ "signal": 500 }));
    let refusal = bench.wake().status();
    let expected = "signal: 500 refused: not a whole number from 0 to 100";
    assert_eq!(refusal.as_deref(), Some(expected), "{times:?}");
    assert_eq!(bench.wake().methods(), ["GET"], "{times:?}");
    bench.cloud.desire(json!({ "note": 1 }));
    assert_eq!(bench.wake().report(), json!({ "note": 1 }), "{times:?}");
    assert_eq!(bench.wake().methods(), ["GET"], "{times:?}");
}

#[test]
fn changes_are_obeyed_once_when_each_time_stamp_is_its_own() {
    check_changes_are_each_obeyed_once(Times::EachItsOwn);
}

#[test]
fn changes_are_obeyed_once_when_all_time_stamps_move_together() {
    check_changes_are_each_obeyed_once(Times::AllAtOnce);
}

#[test]
fn changes_are_obeyed_once_without_time_stamps() {
    check_changes_are_each_obeyed_once(Times::Missing);
}

#[test]
fn changes_are_obeyed_once_when_time_stamps_never_move() {
    check_changes_are_each_obeyed_once(Times::Stuck);
}

#[test]
fn what_was_refused_is_refused_again_when_it_is_desired_again() {
    let mut bench = bench_settled(resting());
    bench.desire_and_wake(json!({ "signal": 500 }));
    assert_eq!(bench.wake().methods(), ["GET"]);
    let again = bench.desire_and_wake(json!({ "signal": 500 }));
    assert!(again.status().unwrap().starts_with("signal: 500 refused"));
    assert_eq!(bench.wake().methods(), ["GET"]);
}

#[test]
fn what_was_refused_is_refused_again_after_something_else_was_desired() {
    let mut bench = bench_settled(resting());
    bench.cloud.times = Times::Missing;
    for _ in 0..2 {
        let refused = bench.desire_and_wake(json!({ "signal": 500, "sleep": 3 }));
        let status = "sleep: 3 refused: not a whole number from 5 to 600; \
                      signal: 500 refused: not a whole number from 0 to 100";
        assert_eq!(refused.status().as_deref(), Some(status));
        assert_eq!(bench.wake().methods(), ["GET"]);
        bench.desire_and_wake(json!({ "signal": 0, "sleep": 30 }));
    }
}
