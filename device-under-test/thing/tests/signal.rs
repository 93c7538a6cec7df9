//! What a signal thing does when all goes well.

use crate::bench::cloud::{Fault, Reply};
use crate::bench::{bench, bench_settled};
use serde_json::json;
use thing::{KINDS, Kind, SIGNAL, Thing, WakeCause, Workspace};

#[test]
fn a_whole_wake_reads_well_on_the_console() {
    let mut bench = bench(&SIGNAL);
    bench.cause = WakeCause::PowerOn;
    bench.cloud.desire(json!({ "sleep": 30, "signal": 2, "test": "none", "test_param": 0 }));
    insta::assert_snapshot!(bench.wake().console.join("\n"));
}

#[test]
fn the_first_report_has_every_desired_key_and_the_status() {
    let mut bench = bench(&SIGNAL);
    bench.cloud.desire(json!({ "sleep": 30, "signal": 2, "test": "none", "note": null }));
    let report = bench.wake().report();
    let status = "done: signaled 2 times";
    assert_eq!(report, json!({ "status": status, "sleep": 30, "test": "none", "signal": 2 }));
}

#[test]
fn an_idle_wake_sends_no_post_and_keeps_nothing() {
    let mut bench = bench_settled(json!({ "sleep": 30, "signal": 0 }));
    let seen = bench.wake();
    assert_eq!((seen.methods(), seen.persisted.len()), (vec!["GET"], 0));
    let lines = ["thing signal-thing 0.1.0 wake: timer", "GET shadow", "sleep 30 s"];
    assert_eq!(seen.console, lines);
}

#[test]
fn a_fresh_device_at_rest_with_its_shadow_sends_no_post() {
    let mut bench = bench(&SIGNAL);
    let same = json!({ "sleep": 30, "signal": 0, "test": "none", "test_param": 1000 });
    bench.cloud.desire(same.clone());
    bench.cloud.report(same);
    let seen = bench.wake();
    assert_eq!((seen.methods(), seen.sleep_s), (vec!["GET"], Some(30)));
}

#[test]
fn only_what_changed_is_reported() {
    let mut bench = bench_settled(json!({ "sleep": 30, "signal": 0, "note": "x" }));
    let seen = bench.desire_and_wake(json!({ "signal": 3 }));
    assert_eq!(seen.report(), json!({ "status": "done: signaled 3 times", "signal": 3 }));
    assert_eq!((seen.lights, seen.awake_ms), (3, 1800));
}

#[test]
fn no_signal_at_all_is_a_signal_too() {
    let mut bench = bench_settled(json!({ "signal": 2 }));
    let seen = bench.desire_and_wake(json!({ "signal": 0 }));
    assert!(seen.has_line("signaled 0 times"));
    assert_eq!(seen.report(), json!({ "status": "done: signaled 0 times", "signal": 0 }));
}

#[test]
fn a_hundred_signals_take_a_minute() {
    let mut bench = bench_settled(json!({ "signal": 0 }));
    let seen = bench.desire_and_wake(json!({ "signal": 100 }));
    assert_eq!((seen.lights, seen.awake_ms), (100, 60_000));
    let dates: Vec<_> = seen.requests.iter().map(|sent| &sent.headers["x-amz-date"]).collect();
    let ran_s = |stamp: &str| stamp[11..13].parse::<i32>().unwrap();
    assert_eq!((ran_s(dates[1]) - ran_s(dates[0])).rem_euclid(60), 1, "the POST is signed later");
}

#[test]
fn the_cause_of_a_wake_is_told() {
    let causes = [
        (WakeCause::Brownout, "brownout"),
        (WakeCause::External, "external"),
        (WakeCause::PowerOn, "power-on"),
        (WakeCause::Reset, "reset"),
        (WakeCause::Timer, "timer"),
        (WakeCause::Watchdog, "watchdog"),
    ];
    for (cause, name) in causes {
        let mut bench = bench(&SIGNAL);
        bench.cause = cause;
        let first = format!("thing signal-thing 0.1.0 wake: {name}");
        assert_eq!(bench.wake().console[0], first);
    }
}

// Tests by name.

fn check_test(desired: &serde_json::Value, status: Option<&str>) {
    let mut bench = bench_settled(json!({ "test": "none", "test_param": 7 }));
    let seen = bench.desire_and_wake(desired.clone());
    assert_eq!(seen.status().as_deref(), status, "{desired}");
    assert_eq!(bench.wake().methods(), ["GET"]);
}

#[test]
fn a_test_runs_when_its_name_or_its_param_changes() {
    check_test(&json!({ "test": "child" }), Some("pass: test 'child'"));
    check_test(&json!({ "test": "child", "test_param": 8 }), Some("pass: test 'child'"));
    check_test(&json!({ "test_param": 8 }), Some("pass: test 'none'"));
    check_test(&json!({ "test": "none" }), None);
    check_test(&json!({ "test": "moon" }), Some("Unrecognized test: moon"));
}

#[test]
fn a_test_without_a_param_sets_it_to_zero() {
    let mut bench = bench_settled(json!({ "test": "child" }));
    bench.cloud.desired.remove("test_param");
    assert_eq!(bench.desire_and_wake(json!({ "test": "none" })).report(), {
        json!({ "status": "pass: test 'none'", "test": "none" })
    });
    let seen = bench.desire_and_wake(json!({ "test_param": 0 }));
    assert_eq!(seen.report(), json!({ "test_param": 0 }));
}

#[test]
fn one_operation_a_wake_in_the_order_of_the_table() {
    let mut bench = bench_settled(json!({ "test": "none", "signal": 0 }));
    let first = bench.desire_and_wake(json!({ "signal": 1, "test": "child" }));
    assert_eq!((first.lights, first.status().as_deref()), (0, Some("pass: test 'child'")));
    let second = bench.wake();
    assert_eq!((second.lights, second.status().as_deref()), (1, Some("done: signaled 1 times")));
    assert_eq!(bench.wake().methods(), ["GET"]);
}

#[test]
fn a_refusal_stands_behind_what_was_done_in_the_same_wake() {
    let mut bench = bench_settled(json!({ "sleep": 30, "signal": 0 }));
    let seen = bench.desire_and_wake(json!({ "sleep": 3, "signal": 1 }));
    let refused = "sleep: 3 refused: not a whole number from 5 to 600";
    assert_eq!(seen.status(), Some(format!("done: signaled 1 times; {refused}")));
    assert_eq!(bench.wake().methods(), ["GET"]);
}

#[test]
fn refusals_without_room_come_on_the_next_wake() {
    let mut bench = bench_settled(json!({ "sleep": 30, "signal": 0, "test": "none" }));
    let long = "x".repeat(100);
    bench.cloud.desire(json!({ "sleep": long, "signal": long, "test": long }));
    for key in ["sleep", "test", "signal"] {
        assert!(bench.wake().status().unwrap().starts_with(key));
    }
    assert_eq!(bench.wake().methods(), ["GET"]);
}

// What it does not know.

#[test]
fn unknown_keys_are_given_back_whatever_they_hold() {
    let mut bench = bench_settled(json!({ "signal": 0 }));
    let unknown = json!({
        "a": { "b": [1, 2.5, null, { "c": "d" }] }, "list": [], "text": "\"\\\u{1}é😀", "yes": true,
        "float": 1.5e-7, "large": u64::MAX, "key \"quoted\"\n": 1, "": 0,
    });
    assert_eq!(bench.desire_and_wake(unknown.clone()).report(), unknown);
    assert_eq!(bench.wake().methods(), ["GET"]);
}

#[test]
fn a_desired_status_does_not_hide_the_own_one() {
    let mut bench = bench_settled(json!({ "signal": 0 }));
    let seen = bench.desire_and_wake(json!({ "status": "mine", "signal": 1 }));
    assert_eq!(seen.status().as_deref(), Some("done: signaled 1 times"));
    assert_eq!(bench.wake().methods(), ["GET"]);
}

#[test]
fn a_report_that_is_full_leaves_the_rest_to_the_next_wake() {
    let mut bench = bench_settled(json!({ "signal": 0 }));
    bench.cloud.desire(json!({ "a": "x".repeat(5000), "b": "y".repeat(5000), "signal": 1 }));
    let first = bench.wake();
    assert!(first.has_line("report: full, left out 1"));
    assert_eq!(first.status().as_deref(), Some("done: signaled 1 times"));
    let second = bench.wake().report();
    assert_eq!(second["b"].as_str().map(str::len), Some(5000));
    assert_eq!(bench.wake().methods(), ["GET"]);
}

#[test]
fn a_status_gets_through_to_a_server_that_finds_the_report_too_large() {
    let mut bench = bench_settled(json!({ "signal": 0 }));
    bench.cloud.desire(json!({ "note": "large", "signal": 1 }));
    let too_large = Fault::Instead(Reply::new("413 Request Entity Too Large", ""));
    bench.cloud.faults = [Fault::None, too_large].into();
    assert_eq!(bench.wake().error(), "POST answered 413 Request Entity Too Large");
    let brief = json!({ "status": "done: signaled 1 times", "signal": 1 });
    assert_eq!(bench.wake().report(), brief);
    assert_eq!(bench.wake().report(), json!({ "note": "large" }));
}

// What it costs.

#[test]
fn a_sleeping_thing_is_small() {
    assert!(size_of::<Thing>() <= 2048, "{}", size_of::<Thing>());
    assert_eq!(size_of::<Workspace>(), 32 * 1024);
}

#[test]
fn kinds_are_found_by_their_names() {
    for kind in KINDS {
        assert!(kind.name.len() <= 16, "a kind's name stands in the state");
        assert_eq!(Kind::by_name(kind.name).unwrap().name, kind.name);
    }
    assert_eq!(Kind::by_name("signal").unwrap().name, "signal-thing");
    assert!(Kind::by_name("toaster").is_none());
}

#[test]
fn secrets_are_not_shown() {
    let mut config = crate::bench::CONFIG;
    config.session_token = Some("a-token");
    let shown = format!("{config:?}");
    assert!(shown.contains("AKIDEXAMPLE") && !shown.contains("a-token"));
    assert!(!shown.contains("wJalrX"));
}
