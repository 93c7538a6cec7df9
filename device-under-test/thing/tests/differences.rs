//! Where this device behaves otherwise than the one that it is modelled on, one test for each.
//!
//! The original crashed, hung, forgot or repeated something in each of these situations.

use crate::bench::cloud::{Ending, Fault, Reply};
use crate::bench::{Trouble, bench, bench_settled};
use serde_json::json;
use thing::SIGNAL;

pub(crate) fn resting() -> serde_json::Value {
    json!({ "sleep": 30, "signal": 0, "test": "none", "test_param": 0 })
}

/// A device at rest for which this is desired: what it says, and that it says it once.
fn check_refused(desired: &serde_json::Value, status: &str) {
    let mut bench = bench_settled(resting());
    let seen = bench.desire_and_wake(desired.clone());
    assert_eq!(seen.status().as_deref(), Some(status), "{desired}");
    assert_eq!(seen.lights, 0);
    assert_eq!(seen.sleep_s, Some(30), "the last good sleep is kept");
    assert_eq!(bench.wake().methods(), ["GET"], "{desired} is refused once, not on each wake");
}

// Sleeping.

#[test]
fn a_fresh_device_sleeps_a_minute_instead_of_not_at_all() {
    assert_eq!(bench(&SIGNAL).wake().sleep_s, Some(60));
}

#[test]
fn a_sleep_is_as_long_as_it_was_asked_for() {
    let mut bench = bench_settled(resting());
    let seen = bench.wake();
    assert_eq!(seen.sleep_s, Some(30));
    assert_eq!(seen.console.last().map(String::as_str), Some("sleep 30 s"));
}

#[test]
fn a_sleep_out_of_bounds_is_refused_and_the_last_good_one_kept() {
    let refused = |value: &str| format!("sleep: {value} refused: not a whole number from 5 to 600");
    for value in ["0", "3", "-1", "4", "601", "30.5", "true", "\"30\"", "[30]", "{}"] {
        let desired = json!({ "sleep": serde_json::from_str::<serde_json::Value>(value).unwrap() });
        check_refused(&desired, &refused(value));
    }
    check_refused(&json!({ "sleep": 1e300 }), &refused("1e+300"));
    check_refused(&json!({ "sleep": u64::MAX }), &refused("18446744073709551615"));
}

#[test]
fn both_ends_of_the_bounds_of_sleep_are_obeyed() {
    let mut bench = bench_settled(resting());
    assert_eq!(bench.desire_and_wake(json!({ "sleep": 5 })).sleep_s, Some(5));
    let seen = bench.desire_and_wake(json!({ "sleep": 600 }));
    assert_eq!((seen.sleep_s, seen.report()), (Some(600), json!({ "sleep": 600 })));
}

#[test]
fn a_refused_sleep_is_repaired_by_a_good_one() {
    let mut bench = bench_settled(resting());
    bench.desire_and_wake(json!({ "sleep": 3 }));
    let seen = bench.desire_and_wake(json!({ "sleep": 45 }));
    assert_eq!((seen.sleep_s, seen.report()), (Some(45), json!({ "sleep": 45 })));
    let refused_again = bench.desire_and_wake(json!({ "sleep": 3 }));
    assert!(refused_again.status().unwrap().starts_with("sleep: 3 refused"));
    assert_eq!(refused_again.sleep_s, Some(45));
}

#[test]
fn after_an_error_a_device_sleeps_as_long_as_it_was_last_told() {
    let mut bench = bench_settled(resting());
    bench.trouble = Trouble { connect_refused: true, ..Trouble::default() };
    let seen = bench.wake();
    assert_eq!(seen.error(), "GET not connected: connection refused");
    assert_eq!(seen.sleep_s, Some(30));
}

// Crashes.

#[test]
fn a_wrong_type_is_refused_instead_of_a_crash_on_each_wake() {
    let whole = "not a whole number from 0 to 100";
    for value in ["\"2\"", "null", "true", "1.0", "-4", "101", "[2]", "{\"a\":2}"] {
        let desired: serde_json::Value = serde_json::from_str(value).unwrap();
        if desired.is_null() {
            // A null never arrives from this cloud; the next test sends one by hand.
            continue;
        }
        check_refused(&json!({ "signal": desired }), &format!("signal: {value} refused: {whole}"));
    }
    let name = "not a text of at most 32 bytes";
    check_refused(&json!({ "test": 5 }), &format!("test: 5 refused: {name}"));
    check_refused(&json!({ "test": [1, 2] }), &format!("test: [1,2] refused: {name}"));
    check_refused(&json!({ "test_param": "x" }), "test_param: \"x\" refused: not a whole number");
    check_refused(&json!({ "test_param": 1.5 }), "test_param: 1.5 refused: not a whole number");
}

#[test]
fn a_null_is_refused_where_a_number_is_wanted_and_not_given_back() {
    let mut bench = bench_settled(resting());
    let document = r#"{"state":{"desired":{"signal":null,"note":null}}}"#;
    bench.cloud.faults = [Fault::Instead(Reply::new("200 OK", document))].into();
    let status = "signal: null refused: not a whole number from 0 to 100";
    assert_eq!(bench.wake().report(), json!({ "signal": 0, "status": status }));
}

#[test]
fn a_test_param_without_a_test_is_refused() {
    let mut bench = bench_settled(json!({ "sleep": 30, "signal": 0 }));
    let seen = bench.desire_and_wake(json!({ "test_param": 7 }));
    assert_eq!(seen.status().as_deref(), Some("test_param: 7 refused: test is missing"));
    assert_eq!(bench.wake().methods(), ["GET"]);
}

#[test]
fn an_answer_that_is_no_shadow_costs_one_line_and_one_sleep() {
    let cases = [
        ("", "shadow unusable: JSON that ends too early"),
        ("not json", "shadow unusable: not JSON at byte 1"),
        ("{\"state\":{}} x", "shadow unusable: not JSON at byte 13"),
        ("{\"state\":{\"desired\":{", "shadow unusable: JSON that ends too early"),
        ("[]", "shadow unusable: not an object"),
        ("{}", "shadow unusable: without state"),
        ("{\"state\":{\"desired\":[1]}}", "shadow unusable: state.desired is not an object"),
        ("{\"state\":{\"reported\":7}}", "shadow unusable: state.reported is not an object"),
    ];
    for (body, error) in cases {
        let mut bench = bench_settled(resting());
        bench.cloud.faults = [Fault::Instead(Reply::new("200 OK", body))].into();
        let seen = bench.wake();
        assert_eq!((seen.error(), seen.methods()), (error, vec!["GET"]), "{body}");
        assert_eq!(bench.wake().error(), "");
    }
}

#[test]
fn a_shadow_in_which_nothing_is_desired_is_no_error() {
    let mut bench = bench(&SIGNAL);
    bench.cloud.report(json!({ "signal": 2 }));
    let seen = bench.wake();
    assert_eq!((seen.error(), seen.methods()), ("", vec!["GET"]));
}

#[test]
fn a_document_beyond_the_room_for_it_is_an_error_and_no_crash() {
    let mut bench = bench_settled(resting());
    let body = format!("{{\"state\":{{\"desired\":{{\"note\":\"{}\"}}}}}}", "x".repeat(25_000));
    bench.cloud.faults = [Fault::Instead(Reply::new("200 OK", &body))].into();
    assert_eq!(bench.wake().error(), "GET answer longer than 24576 bytes");
}

#[test]
fn metadata_of_any_shape_does_no_harm() {
    for metadata in ["null", "7", "{}", "{\"desired\":[]}", "{\"desired\":{\"signal\":7}}"] {
        let mut bench = bench_settled(resting());
        let document = format!(r#"{{"state":{{"desired":{{"signal":2}}}},"metadata":{metadata}}}"#);
        bench.cloud.faults = [Fault::Instead(Reply::new("200 OK", &document))].into();
        assert_eq!(bench.wake().lights, 2, "{metadata}");
    }
}

#[test]
fn kept_bytes_that_are_torn_make_a_fresh_device_that_says_so() {
    let mut bench = bench_settled(resting());
    bench.kept.truncate(40);
    let seen = bench.wake();
    assert_eq!(seen.console[1], "state: unreadable (torn), starting fresh");
    assert_eq!(seen.sleep_s, Some(30));
}

#[test]
fn a_key_with_a_line_end_is_found_before_it_stands_in_a_header() {
    let mut bench = bench(&SIGNAL);
    bench.config.access_key_id = "AKIDEXAMPLE\n";
    let seen = bench.wake();
    let error = "configuration: access_key_id holds a character that is not visible ASCII";
    assert_eq!((seen.error(), seen.methods(), seen.sleep_s), (error, vec![], Some(60)));
}

#[test]
fn a_secret_may_be_longer_than_sixty_characters() {
    let mut bench = bench(&SIGNAL);
    bench.config.secret_access_key =
        "0123456789012345678901234567890123456789012345678901234567890123456789";
    assert_eq!(bench.wake().error(), "");
}

// Hangs.

#[test]
fn a_server_that_never_answers_costs_one_timeout_and_one_sleep() {
    let silence = Fault::Instead(Reply::raw("", Ending::KeepOpen));
    let mut bench = bench_settled(resting());
    bench.cloud.faults = [silence].into();
    let seen = bench.wake();
    assert_eq!(seen.error(), "GET not answered in time");
    assert_eq!((seen.awake_ms, seen.sleep_s), (10_000, Some(30)));
}

#[test]
fn an_answer_that_trickles_without_end_is_given_up_after_a_minute() {
    let mut bench = bench_settled(resting());
    (bench.piece_bytes, bench.piece_every_ms) = (1, 1000);
    let seen = bench.wake();
    assert_eq!((seen.error(), seen.awake_ms), ("GET not answered in time", 60_000));
    (bench.piece_bytes, bench.piece_every_ms) = (7, 10);
    assert_eq!(bench.wake().error(), "");
}

#[test]
fn every_wait_has_an_end() {
    let none = Trouble::default();
    let cases = [
        (Trouble { network_silent: true, ..none }, "network not up in time", 15_000),
        (Trouble { network_down: true, ..none }, "network down: no access point", 0),
        (Trouble { time_silent: true, ..none }, "time not told in time", 10_000),
        (Trouble { time_missing: true, ..none }, "no time", 0),
        (Trouble { connect_silent: true, ..none }, "GET not connected in time", 10_000),
    ];
    for (trouble, error, awake_ms) in cases {
        let mut bench = bench_settled(resting());
        bench.trouble = trouble;
        let seen = bench.wake();
        assert_eq!((seen.error(), seen.awake_ms, seen.sleep_s), (error, awake_ms, Some(30)));
    }
}

#[test]
fn a_server_that_stops_in_the_middle_of_a_post_is_given_up_too() {
    let mut bench = bench_settled(resting());
    bench.cloud.desire(json!({ "signal": 1 }));
    let stuck = Fault::Instead(Reply::raw("HTTP/1.1 200 OK\r\n", Ending::KeepOpen));
    bench.cloud.faults = [Fault::None, stuck].into();
    assert_eq!(bench.wake().error(), "POST not answered in time");
}

#[test]
fn a_server_that_keeps_the_connection_open_delays_nothing() {
    let mut bench = bench_settled(resting());
    let seen = bench.desire_and_wake(json!({ "sleep": 31 }));
    assert_eq!((seen.awake_ms, seen.methods()), (0, vec!["GET", "POST"]));
}

// On the wire.

#[test]
fn the_length_of_a_body_counts_bytes_not_characters() {
    // The bench refuses a request whose length does not match.
    let mut bench = bench_settled(resting());
    let seen = bench.desire_and_wake(json!({ "note": "café ☃" }));
    assert_eq!(seen.report(), json!({ "note": "café ☃" }));
    assert_eq!(bench.wake().methods(), ["GET"]);
}

#[test]
fn a_colon_in_a_name_is_escaped_on_the_wire_and_signed_that_way() {
    let mut bench = bench(&SIGNAL);
    bench.config.thing_name = "a:b_c-D9";
    let authorization = bench.wake().requests[0].headers["authorization"].clone();
    let signature = "c27198451438b96406414532da9f0328d47ad6191c5899c9e0ff60e8ead6a2cc";
    assert!(authorization.ends_with(&format!("Signature={signature}")), "{authorization}");
    bench.config.shadow_name = Some("cfg:v1");
    let seen = bench.wake();
    assert_eq!(seen.requests[0].target, "/things/a%3Ab_c-D9/shadow?name=cfg%3Av1");
}

#[test]
fn a_session_token_is_sent_and_signed() {
    let mut bench = bench(&SIGNAL);
    bench.config.session_token = Some("AQoDYXdzEPT//////////wEXAMPLEtoken==");
    let headers = &bench.wake().requests[0].headers;
    assert_eq!(headers["x-amz-security-token"], "AQoDYXdzEPT//////////wEXAMPLEtoken==");
    assert!(headers["authorization"].contains("host;x-amz-date;x-amz-security-token"));
}

#[test]
fn answers_of_every_form_are_understood() {
    let body = r#"{"state":{"desired":{"signal":1}}}"#;
    let length = body.len();
    let answers = [
        format!("HTTP/1.1 200\r\nContent-Length: {length}\r\n\r\n{body}"),
        format!("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n{body}"),
        format!("HTTP/1.1 200 OK\ncontent-length: {length}\n\n{body}"),
        format!(
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{length:x}\r\n{body}\r\n0\r\n\r\n"
        ),
        format!("HTTP/1.0 200 OK\r\n\r\n{body}"),
        format!("HTTP/1.1 200 OK\r\nCONTENT-LENGTH: {length}\r\n\r\n{body}more than that"),
    ];
    for answer in &answers {
        for piece_bytes in [1, 7, 1460] {
            let mut bench = bench_settled(resting());
            bench.piece_bytes = piece_bytes;
            bench.cloud.faults = [Fault::Instead(Reply::raw(answer, Ending::Close))].into();
            assert_eq!(bench.wake().lights, 1, "{answer:?} in pieces of {piece_bytes}");
        }
    }
}

#[test]
fn answers_that_are_cut_off_are_told_as_such() {
    let cases = [
        ("", Ending::Close, "GET answer missing: connection ended"),
        ("", Ending::Reset, "GET answer missing: connection ended"),
        ("HTTP/1.1 200 OK\r\n", Ending::Close, "GET answer cut off in its headers"),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}",
            Ending::Close,
            "GET answer cut off after 2 bytes",
        ),
        ("HTTP/1.1 200 OK\r\n\r\n{}", Ending::Reset, "GET answer cut off after 2 bytes"),
        ("HTTP/1.1 403\r\n\r\n", Ending::Close, "GET answered 403"),
        ("HTTP/1.1 302 Found\r\nlocation: x\r\n\r\n", Ending::Close, "GET answered 302 Found"),
        ("HTTP/1.1 204 No Content\r\n\r\n", Ending::Close, "GET answered 204 No Content"),
    ];
    for (answer, ending, error) in cases {
        let mut bench = bench_settled(resting());
        bench.cloud.faults = [Fault::Instead(Reply::raw(answer, ending))].into();
        assert_eq!(bench.wake().error(), error, "{answer:?}");
    }
}

#[test]
fn the_headers_of_a_good_answer_to_a_post_suffice() {
    let mut bench = bench_settled(resting());
    bench.cloud.desire(json!({ "signal": 1 }));
    let headers = "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n";
    let reset = Fault::AnswerLost(Reply::raw(headers, Ending::Reset));
    bench.cloud.faults = [Fault::None, reset].into();
    assert_eq!(bench.wake().error(), "");
    assert_eq!(bench.wake().methods(), ["GET"], "the status was delivered");
}

#[test]
fn only_200_is_success() {
    for status in ["202 Accepted", "204 No Content", "500 Internal Server Error"] {
        let mut bench = bench_settled(resting());
        bench.cloud.desire(json!({ "signal": 1 }));
        bench.cloud.faults = [Fault::None, Fault::Instead(Reply::new(status, ""))].into();
        assert_eq!(bench.wake().error(), format!("POST answered {status}"));
        assert_eq!(bench.wake().status().as_deref(), Some("done: signaled 1 times"));
    }
}
