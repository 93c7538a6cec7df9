//! What a shade thing does.

use crate::bench::{Bench, Seen, bench};
use serde_json::json;
use thing::{Direction, Motor, SHADE, Sensor};

/// A shade that was told where it is, and has reported all there is.
fn bench_at(position: &str) -> Bench {
    let mut bench = bench(&SHADE);
    bench.cloud.desire(json!({
        "sleep": 60, "position": position, "duration": 2, "threshold": 400, "reverse": 0,
        "test": "set-position", "test_param": 0,
    }));
    let told = bench.wake();
    assert_eq!(told.status(), Some(format!("position set to: {position}")));
    assert_eq!(bench.wake().methods(), ["GET"]);
    bench
}

fn check_move(from: &str, to: &str, status: &str) -> Seen {
    let mut bench = bench_at(from);
    let seen = bench.desire_and_wake(json!({ "position": to }));
    assert_eq!(seen.status().as_deref(), Some(status));
    assert_eq!(seen.motor.last(), Some(&Motor::Stop));
    assert_eq!(bench.wake().methods(), ["GET"]);
    seen
}

fn first_direction(seen: &Seen) -> Direction {
    match seen.motor[0] {
        Motor::Run { direction, .. } => direction,
        Motor::Stop => panic!("the motor never ran"),
    }
}

#[test]
fn a_fresh_shade_does_not_move_and_says_that_it_does_not_know_where_it_is() {
    let mut bench = bench(&SHADE);
    bench.cloud.desire(json!({ "position": "open", "duration": 2 }));
    bench.cloud.report(json!({ "position": "closed" }));
    let seen = bench.wake();
    assert!(seen.motor.is_empty());
    assert_eq!(seen.report()["position"], "unknown");
    assert_eq!(bench.wake().methods(), ["GET"]);
}

#[test]
fn moves_take_their_share_of_the_duration() {
    let status =
        |to: &str, on_ms: u32| format!("Done: new position: {to}; motor on for: {on_ms} msec");
    check_move("open", "closed", &status("closed", 2000));
    check_move("closed", "open", &status("open", 2500));
    check_move("open", "half", &status("half", 1000));
    check_move("half", "open", &status("open", 1250));
}

#[test]
fn the_power_rises_step_by_step_to_its_full() {
    let seen = check_move("open", "closed", "Done: new position: closed; motor on for: 2000 msec");
    let duties: Vec<u8> = seen
        .motor
        .iter()
        .filter_map(|motor| match motor {
            Motor::Run { duty_percent, .. } => Some(*duty_percent),
            Motor::Stop => None,
        })
        .collect();
    assert_eq!(duties, (30..=100).step_by(5).collect::<Vec<u8>>());
}

#[test]
fn a_move_reports_its_currents() {
    let mut bench = bench_at("closed");
    bench.sensors = |sensor, now_ms| match sensor {
        Sensor::MotorCurrent => Some(Some((now_ms % 1000) as i32 + 1)),
        _ => Some(Some(3900)),
    };
    let report = bench.desire_and_wake(json!({ "position": "open", "threshold": 5000 })).report();
    let numbers = |key: &str| -> Vec<u32> {
        report[key].as_str().unwrap().split(' ').map(|number| number.parse().unwrap()).collect()
    };
    assert_eq!(numbers("starting_currents").len(), 16);
    let stopping = numbers("stopping_currents");
    assert_eq!(stopping.len(), 16);
    assert!(stopping.windows(2).all(|pair| pair[1] == pair[0] + 5), "in order: {stopping:?}");
}

#[test]
fn the_way_of_the_motor_follows_both_bits_of_reverse() {
    for (reverse, way) in [
        (0, Direction::Forward),
        (1, Direction::Backward),
        (2, Direction::Backward),
        (3, Direction::Forward),
    ] {
        let mut bench = bench_at("closed");
        let seen = bench.desire_and_wake(json!({ "position": "open", "reverse": reverse }));
        assert_eq!(first_direction(&seen), way, "{reverse}");
    }
}

/// A motor that is blocked half a second after the wake.
fn blocked(sensor: Sensor, now_ms: u64) -> Option<Option<i32>> {
    let blocked_ma = if now_ms % 1000 < 500 { 50 } else { 450 };
    Some(Some(if sensor == Sensor::MotorCurrent { blocked_ma } else { 3900 }))
}

#[test]
fn raising_that_is_stopped_by_the_current_has_arrived() {
    let mut bench = bench_at("closed");
    bench.sensors = blocked;
    let status = bench.desire_and_wake(json!({ "position": "open" })).status().unwrap();
    let stopped = "Done: new position: open; motor on for: 515 msec; \
                   Current: 1800 over Threshold: 1600";
    assert_eq!(status, stopped);
}

#[test]
fn lowering_that_is_stopped_by_the_current_leaves_the_position_unknown() {
    let mut bench = bench_at("open");
    bench.sensors = blocked;
    let seen = bench.desire_and_wake(json!({ "position": "closed" }));
    assert!(seen.status().unwrap().starts_with("Done: new position: unknown; motor on for: 515"));
    assert_eq!(seen.report()["position"], "unknown");
    assert!(bench.wake().motor.is_empty());
}

#[test]
fn a_move_that_cannot_be_made_says_why() {
    for (desired, status) in [
        (json!({ "position": "ajar" }), "Error: unrecognized position: ajar"),
        (json!({ "position": 5 }), "position: 5 refused: not one of open, closed, half"),
        (
            json!({ "position": "half", "duration": 60 }),
            "Error: duration: 60 is longer than max value: 59",
        ),
        (json!({ "position": "half", "duration": 0 }), "Error: duration: 0 is zero or negative"),
        (
            json!({ "position": "half", "duration": "2" }),
            "position: \"half\" refused: duration is not a whole number in its range",
        ),
        (
            json!({ "position": "half", "reverse": 4 }),
            "position: \"half\" refused: reverse is not a whole number in its range",
        ),
    ] {
        let mut bench = bench_at("open");
        let seen = bench.desire_and_wake(desired.clone());
        assert_eq!(seen.status().as_deref(), Some(status), "{desired}");
        assert!(seen.motor.is_empty());
        assert_eq!(bench.wake().methods(), ["GET"]);
    }
}

#[test]
fn a_motor_whose_current_cannot_be_read_any_more_is_stopped() {
    let mut bench = bench_at("open");
    bench.sensors = |sensor, now_ms| match sensor {
        Sensor::MotorCurrent if now_ms % 1000 > 300 => None,
        _ => Some(Some(50)),
    };
    let seen = bench.desire_and_wake(json!({ "position": "closed" }));
    let status = "Fail (position): I2C access to current sensor failed";
    assert_eq!(seen.status().as_deref(), Some(status));
    assert_eq!((seen.report()["position"].as_str(), seen.motor.last()), {
        (Some("unknown"), Some(&Motor::Stop))
    });
    // Each sensor that is asked after it answers at once.
    assert_eq!(seen.awake_ms, 400);
}

fn check_test(desired: &serde_json::Value, status: &str) {
    let mut bench = bench_at("open");
    let seen = bench.desire_and_wake(desired.clone());
    assert_eq!(seen.status().as_deref(), Some(status), "{desired}");
    assert_eq!(bench.wake().methods(), ["GET"]);
}

#[test]
fn the_tests_of_a_shade_have_their_statuses() {
    check_test(&json!({ "test": "none" }), "pass: test 'none'");
    check_test(&json!({ "test": "child" }), "Unrecognized test: child");
    check_test(&json!({ "test": "current" }), "Pass: Current: 50  BusVolts: 3900");
    check_test(&json!({ "test": "motor", "test_param": 500 }), "Pass: motor on for 500 msec.");
    check_test(&json!({ "test": "motor2", "test_param": -500 }), "Pass: motor on for 500 msec.");
    check_test(&json!({ "test": "motor", "test_param": 0 }), "Pass: motor on for 0 msec.");
    check_test(&json!({ "test": "motor", "test_param": 55_000 }), {
        "Fail: test_param too large for motor test: 55000"
    });
    check_test(&json!({ "test": "motor", "test_param": 500, "threshold": 10 }), {
        "Fail: motor on for 15 msec."
    });
    check_test(&json!({ "test": "motor", "test_param": 5, "threshold": null }), {
        "Fail (motor test): threshold is missing or not a whole number"
    });
}

#[test]
fn the_first_operation_ever_does_not_run_the_motor_for_a_test() {
    let mut bench = bench(&SHADE);
    bench.cloud.desire(json!({ "test": "motor", "test_param": 500, "threshold": 400 }));
    let seen = bench.wake();
    let status = "Skipping first motor test after initialization";
    assert_eq!((seen.status().as_deref(), seen.motor.len()), (Some(status), 0));
}

#[test]
fn a_negative_motor_test_runs_the_other_way() {
    for (test_param, way) in [(50, Direction::Forward), (-50, Direction::Backward)] {
        let mut bench = bench_at("open");
        let seen = bench.desire_and_wake(json!({ "test": "motor", "test_param": test_param }));
        assert_eq!(first_direction(&seen), way);
    }
}

// Conditions.

#[test]
fn a_temperature_is_reported_when_it_moves_by_more_than_its_threshold() {
    let mut bench = bench_at("open");
    bench.sensors =
        |sensor, _| Some(Some(if sensor == Sensor::Temperature { 23_400 } else { 3900 }));
    assert_eq!(bench.wake().methods(), ["GET"], "21 to 23 is two degrees, not more");
    bench.sensors =
        |sensor, _| Some(Some(if sensor == Sensor::Temperature { 24_000 } else { 3900 }));
    assert_eq!(bench.wake().report(), json!({ "temperature": 24 }));
}

#[test]
fn a_battery_is_reported_when_its_last_report_is_old() {
    let mut bench = bench_at("open");
    bench.pass_s(1000);
    assert_eq!(bench.wake().methods(), ["GET"]);
    bench.pass_s(200);
    assert_eq!(bench.wake().report(), json!({ "batteryVoltage": 3900 }));
    assert_eq!(bench.wake().methods(), ["GET"]);
}

#[test]
fn a_condition_of_another_type_is_reported_anew_instead_of_a_crash() {
    let mut bench = bench_at("open");
    bench.cloud.report(json!({ "temperature": "warm", "batteryVoltage": null }));
    let report = bench.wake().report();
    assert_eq!(report, json!({ "temperature": 21, "batteryVoltage": 3900 }));
}
