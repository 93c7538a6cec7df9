//! What the original's shade crashed on, or got wrong.

use crate::bench::{Bench, bench};
use serde_json::json;
use thing::SHADE;

#[test]
fn a_failed_operation_is_not_repeated_for_the_same_desire() {
    let mut bench = shade_at("open");
    let seen = bench.desire_and_wake(json!({ "position": "ajar" }));
    assert_eq!(seen.status().as_deref(), Some("Error: unrecognized position: ajar"));
    for _ in 0..3 {
        assert_eq!(bench.wake().methods(), ["GET"]);
    }
}

/// A shade that was told where it is.
fn shade_at(position: &str) -> Bench {
    let mut bench = bench(&SHADE);
    bench.cloud.desire(json!({
        "sleep": 60, "position": position, "duration": 2, "threshold": 400, "reverse": 0,
        "test": "set-position", "test_param": 0,
    }));
    bench.wake();
    assert_eq!(bench.wake().methods(), ["GET"]);
    bench
}

#[test]
fn a_shade_without_its_settings_is_refused_instead_of_a_crash() {
    for (key, why) in [("duration", "missing"), ("threshold", "missing"), ("reverse", "missing")] {
        let mut bench = shade_at("open");
        bench.cloud.desire(json!({ key: null }));
        let seen = bench.desire_and_wake(json!({ "position": "closed" }));
        let status = format!("position: \"closed\" refused: {key} is {why}");
        assert_eq!(seen.status(), Some(status));
        assert!(seen.motor.is_empty());
        // The setting that was missing makes a new request of it.
        let repaired = bench.desire_and_wake(json!({ key: 1 }));
        assert!(!repaired.motor.is_empty(), "{key}");
    }
}

#[test]
fn temperatures_below_zero_are_right() {
    let mut bench = shade_at("open");
    bench.sensors = |sensor, _| match sensor {
        thing::Sensor::Temperature => Some(Some(-9500)),
        _ => Some(Some(3900)),
    };
    assert_eq!(bench.wake().report(), json!({ "temperature": -10 }));
}

#[test]
fn a_sensor_that_is_dead_never_crashes_a_wake() {
    let mut bench = shade_at("open");
    bench.sensors = |_, _| Some(None);
    let seen = bench.desire_and_wake(json!({ "position": "closed" }));
    let status = "Fail (position): I2C access to current sensor failed";
    assert_eq!(seen.report()["status"], status);
    assert_eq!(seen.report()["batteryVoltage"], -1);
    bench.sensors = |_, _| None;
    assert_eq!(bench.wake().awake_ms, 2000, "two sensors, one second each");
}

#[test]
fn a_power_cut_in_the_middle_of_a_move_leaves_the_position_unknown() {
    let mut bench = shade_at("open");
    bench.cut_at = Some(100);
    assert!(!bench.desire_and_wake(json!({ "position": "closed" })).motor.is_empty());
    bench.cut_at = None;
    let seen = bench.wake();
    let status = "Error: state change: position: closed failed before completion";
    assert_eq!(seen.report(), json!({ "status": status, "position": "unknown" }));
    assert!(seen.motor.is_empty());
    assert_eq!(bench.wake().methods(), ["GET"]);
    let told = bench.desire_and_wake(json!({ "test_param": 1 }));
    assert_eq!(told.status().as_deref(), Some("position set to: closed"));
}
