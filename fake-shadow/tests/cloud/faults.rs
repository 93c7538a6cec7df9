//! What each kind of fault does, in the pure machine.

use std::fmt::Write as _;

use crate::support::bench::{get, http_1_0, lamp, post};
use crate::support::{NOW, Signer};
use fake_shadow::dns::Carrier;
use fake_shadow::fault::{
    Channel, ConnectFate, Delivery, Fault, FaultId, Faulty, Kind, Place, WifiFlaw,
};
use fake_shadow::message::{Request, WireStep};
use fake_shadow::{FakeShadow, Settings};
use insta::assert_snapshot;
use serde_json::{Value, json};

/// A description of each kind, with parameters where they change much.
fn descriptions() -> Vec<Value> {
    vec![
        json!({ "aws-error": "ThrottlingException" }),
        json!({ "aws-error": "ForbiddenException" }),
        json!({ "kind": "bandwidth", "rate": 2000 }),
        json!({ "chunked": true }),
        json!({ "close": "mid-body" }),
        json!({ "close": "accept" }),
        json!({ "conflict": true }),
        json!({ "wifi": "drop" }),
        json!({ "wifi": "deauth" }),
        json!({ "dns": "nxdomain" }),
        json!({ "dns": { "flaw": "slow", "by": "2s" } }),
        json!({ "dns": { "flaw": "wrong", "address": "10.0.0.1" } }),
        json!({ "drip": { "bytes": 200, "every": "400ms" } }),
        json!({ "empty": true }),
        json!({ "empty": "body" }),
        json!({ "garbage": 8 }),
        json!({ "hang": "60s" }),
        json!({ "hang": { "for": "5s", "at": "body" } }),
        json!({ "hang": { "for": "5s", "at": "accept" } }),
        json!({ "html-error": 504 }),
        json!({ "http-version": "1.0" }),
        json!({ "interim": true }),
        json!({ "keep-open": "2m" }),
        json!({ "latency": "3s" }),
        json!({ "latency": "3s", "before": "body" }),
        json!({ "lost-answer": true }),
        json!({ "lost-answer": "close" }),
        json!({ "malformed": "json" }),
        json!({ "malformed": "header" }),
        json!({ "malformed": "chunk" }),
        json!({ "no-reason-phrase": true }),
        json!({ "ntp": "silent" }),
        json!({ "ntp": { "offset": "-90s" } }),
        json!({ "ntp": { "drift": 500 } }),
        json!({ "ntp": "kiss-of-death", "code": "DENY" }),
        json!({ "profile": "busy-region", "chance": 1 }),
        json!({ "refuse": true }),
        json!({ "reset": true }),
        json!({ "reset": "accept" }),
        json!({ "reset": "tls" }),
        json!({ "hang": { "at": "tls" } }),
        json!({ "reset": "after-headers" }),
        json!({ "reset": "mid-body" }),
        json!({ "shadow-deep": true }),
        json!({ "shadow-large": 20 }),
        json!({ "shadow-missing": true }),
        json!({ "shadow-version": -3 }),
        json!({ "skew": "+20m" }),
        json!({ "status": 503, "body": "", "headers": { "retry-after": 7 } }),
        json!({ "status": 503 }),
        json!({ "throttle": true }),
        json!({ "tls": "expired" }),
        json!({ "tls": { "flaw": "max-fragment", "bytes": 512 } }),
        json!({ "truncate": "60%" }),
        json!({ "truncate": 5, "length": "corrected" }),
    ]
}

/// The choices that a refusal names.
fn choices(fault: &Value) -> Vec<String> {
    let error = Fault::read(fault).map_err(|error| error.to_string()).unwrap_err();
    let listed = error.split_once("is not one of ").map_or("", |(_, listed)| listed);
    listed.split(", ").filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// What has to be shown and met is in a table; it has all that the program can do.
#[test]
fn the_table_of_variants_has_each_kind_and_each_choice() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/faults/variants.json");
    let table: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let listed: Vec<_> = table.as_object().unwrap().keys().filter(|key| !key.is_empty()).collect();
    assert_eq!(listed, Kind::NAMES);
    let asked = Kind::NAMES.iter().map(|kind| json!({ *kind: "?" })).chain([
        json!({ "hang": { "at": "?" } }),
        json!({ "latency": { "delay": "1s", "before": "?" } }),
        json!({ "ntp": { "flaw": "kiss-of-death", "code": "?" } }),
        json!({ "truncate": { "keep": 1, "length": "?" } }),
    ]);
    let mut found = 0;
    for fault in asked {
        let kind = fault.as_object().unwrap().keys().next().unwrap().clone();
        let Err(_) = Fault::read(&fault) else { continue };
        for choice in choices(&fault) {
            found += 1;
            assert!(table[&kind].as_array().unwrap().contains(&json!(choice)), "{kind}: {choice}");
        }
    }
    assert!(found > 50, "only {found} choices were found");
}

/// A cloud whose lamp is at version 5.
fn cloud() -> Faulty {
    let mut cloud = FakeShadow::new(Settings::default());
    for _ in 0..5 {
        let document = json!({ "state": { "reported": { "on": true } } });
        cloud.update(NOW, &lamp(), &document).unwrap();
    }
    Faulty::new(cloud)
}

fn version(cloud: &Faulty) -> u64 {
    cloud.cloud().shadow(NOW, &lamp()).unwrap()["version"].as_u64().unwrap()
}

fn armed(fault: &Value) -> Faulty {
    let mut cloud = cloud();
    cloud.arm(Fault::read(fault).unwrap());
    cloud
}

/// What is done to a connection, the bytes as text.
fn shown(steps: &[WireStep]) -> String {
    let mut out = String::new();
    for step in steps {
        match step {
            WireStep::Send(bytes) => {
                let text = String::from_utf8_lossy(bytes).replace('\r', "");
                for line in text.lines() {
                    writeln!(out, "    | {}", line.chars().take(150).collect::<String>()).unwrap();
                }
                writeln!(out, "    {} bytes", bytes.len()).unwrap();
            }
            other => writeln!(out, "    {other:?}").unwrap(),
        }
    }
    out
}

fn told(cloud: &mut Faulty, request: &Request) -> String {
    let before = version(cloud);
    let delivery = cloud.handle(NOW, request);
    let done = match (&delivery.exchange, version(cloud) - before) {
        (None, 0) => "never seen",
        (Some(_), 0) => "answered",
        (Some(_), 1) => "done",
        _ => "done without being seen",
    };
    let Delivery { status, wire, keeps_alive, .. } = &delivery;
    let goes_on = if *keeps_alive { "goes on" } else { "ends" };
    let wire = shown(wire.as_deref().expect("the fault acts"));
    format!("  {} {done}, status {status:?}, {goes_on}\n{wire}", request.method)
}

#[test]
fn each_kind_does_what_it_says() {
    let mut all = String::new();
    for description in descriptions() {
        writeln!(all, "{description}").unwrap();
        if let Some((_, flaw, _)) = armed(&description).time(NOW) {
            writeln!(all, "  time {flaw:?}").unwrap();
            continue;
        }
        let radio = [WifiFlaw::Drop, WifiFlaw::Deauth];
        if let Some(flaw) =
            radio.into_iter().find(|flaw| armed(&description).radio(NOW, *flaw).is_some())
        {
            writeln!(all, "  radio {flaw:?}").unwrap();
            continue;
        }
        if let Some((_, flaw)) = armed(&description).name(NOW, Carrier::Udp) {
            writeln!(all, "  name {flaw:?}").unwrap();
            continue;
        }
        match armed(&description).connect(NOW, Channel::Tls) {
            ConnectFate::Serve => {
                all += &told(&mut armed(&description), &get());
                all += &told(&mut armed(&description), &http_1_0(post(r#"{"state":{}}"#)));
            }
            ConnectFate::Lost(_) => all += "  connect lost\n",
            ConnectFate::Refuse(_) => all += "  connect refused\n",
            ConnectFate::Perform(_, steps) => {
                writeln!(all, "  connect\n{}", shown(&steps)).unwrap()
            }
            ConnectFate::Handshake(_, act) => writeln!(all, "  handshake {act:?}").unwrap(),
        }
    }
    assert_snapshot!(all);
}

#[test]
fn no_kind_is_left_out_here() {
    let described: Vec<&str> = descriptions()
        .iter()
        .map(|description| Fault::read(description).unwrap().kind.name())
        .collect();
    for name in Kind::NAMES {
        assert!(described.contains(name), "{name}");
    }
}

/// Which of some requests a fault acts on, one letter each.
fn acts_on(fault: &Value, requests: &[Request]) -> String {
    let mut cloud = armed(fault);
    let mut act = |request: &Request| match cloud.handle(NOW, request).fault {
        Some(_) => 'x',
        None => '.',
    };
    requests.iter().map(&mut act).collect()
}

#[test]
fn a_fault_acts_once_unless_it_says_otherwise() {
    let gets = vec![get(); 6];
    let check =
        |fault: Value, expected: &str| assert_eq!(acts_on(&fault, &gets), expected, "{fault}");
    check(json!({ "conflict": true }), "x.....");
    check(json!({ "conflict": true, "times": 3 }), "xxx...");
    check(json!({ "conflict": true, "times": 0 }), "xxxxxx");
    check(json!({ "conflict": true, "after": 2 }), "..x...");
    check(json!({ "conflict": true, "after": 1, "times": 2 }), ".xx...");
    check(json!({ "throttle": { "rate": 2 } }), "..xxxx");
    check(json!({ "conflict": true, "chance": 0, "times": 0 }), "......");
}

#[test]
fn a_fault_acts_on_what_it_is_meant_for() {
    let named = Signer::default().request("GET /things/lamp/shadow?name=config", "", NOW);
    let other = Signer::default().request("GET /things/door/shadow", "", NOW);
    let requests = [get(), post("{}"), named, other];
    let check = |to: &str, expected: &str| {
        let fault = json!({ "conflict": true, "times": 0, "to": to });
        assert_eq!(acts_on(&fault, &requests), expected, "{to}");
    };
    check("any", "xxxx");
    check("GET shadow", "x.xx");
    check("POST shadow", ".x..");
    check("GET shadow/", "x..x");
    check("GET shadow/config", "..x.");
    check("any shadow of lamp", "xxx.");
    check("DELETE shadow", "....");
}

#[test]
fn chance_is_of_the_seed() {
    let fault = json!({ "conflict": true, "times": 0, "chance": 0.5 });
    let gets = vec![get(); 40];
    let first = acts_on(&fault, &gets);
    assert_eq!(first, acts_on(&fault, &gets));
    assert!(first.contains("x") && first.contains("."), "{first}");
}

#[test]
fn a_profile_acts_on_some_requests_and_the_same_ones_for_the_same_seed() {
    let gets = vec![get(); 60];
    for name in ["flaky-wifi", "busy-region"] {
        let fault = json!({ "profile": name });
        let acted = acts_on(&fault, &gets);
        assert_eq!(acted, acts_on(&fault, &gets), "{name}");
        let met = acted.matches('x').count();
        assert!((10..=35).contains(&met), "{name}: {acted}");
    }
    let always = acts_on(&json!({ "profile": "flaky-wifi", "chance": 1 }), &gets);
    assert!(!always.contains('.'), "{always}");
}

#[test]
fn a_rate_is_counted_over_a_second() {
    let mut cloud = armed(&json!({ "throttle": { "rate": 1 } }));
    let mut status_at = |millis| {
        let now = NOW.offset_by(millis);
        cloud.handle(now, &Signer::default().request("GET /things/lamp/shadow", "", now)).status
    };
    assert_eq!(status_at(0), Some(200));
    assert_eq!(status_at(999), Some(429));
    assert_eq!(status_at(1000), Some(200));
    assert_eq!(status_at(1001), Some(429));
}

#[test]
fn of_several_faults_the_first_that_fits_acts_and_each_counts_its_own() {
    let mut cloud = armed(&json!({ "status": 500, "to": "POST shadow" }));
    cloud.arm(Fault::read(&json!({ "status": 501, "times": 2 })).unwrap());
    assert_eq!(cloud.handle(NOW, &get()).status, Some(501));
    assert_eq!(cloud.handle(NOW, &post("{}")).status, Some(500));
    assert_eq!(cloud.handle(NOW, &post("{}")).status, Some(501));
    assert_eq!(cloud.handle(NOW, &get()).status, Some(200));
    let met: Vec<_> = cloud.armed().iter().map(|fault| (fault.met, fault.is_spent())).collect();
    assert_eq!(met, [(1, true), (2, true)]);
    assert_eq!(cloud.disarm(FaultId(1)).map(|fault| fault.met), Some(1));
    assert_eq!(cloud.disarm(FaultId(1)), None);
    cloud.clear();
    assert!(cloud.armed().is_empty());
}

#[test]
fn what_cannot_be_kept_is_answered_with_the_service_s_own_failure() {
    let mut cloud = cloud();
    let request = post(r#"{"state":{}}"#);
    let delivery = cloud.handle(NOW, &request);
    let failed = cloud.fail(NOW, &request, delivery);
    assert_eq!(failed.status, Some(500));
    let steps = shown(&failed.steps(&request));
    assert!(steps.contains("HTTP/1.1 500 Internal Server Error"), "{steps}");
    assert!(steps.contains(r#"{"message":"Internal service failure","traceId":"#), "{steps}");
}

#[test]
fn a_description_that_is_wrong_is_refused_with_what_would_be_right() {
    let mut all = String::new();
    for description in [
        json!([]),
        json!({}),
        json!({ "kind": "explode" }),
        json!({ "reset": true, "close": true }),
        json!({ "reset": "sometimes" }),
        json!({ "reset": true, "rate": 3 }),
        json!({ "latency": 5 }),
        json!({ "latency": "-5s" }),
        json!({ "kind": "latency" }),
        json!({ "status": 99 }),
        json!({ "status": 200, "headers": { "a": "b\r\nc: d" } }),
        json!({ "aws-error": "Oops" }),
        json!({ "truncate": "110%" }),
        json!({ "conflict": true, "to": "get shadow" }),
        json!({ "conflict": true, "times": -1 }),
        json!({ "conflict": true, "chance": 2 }),
        json!({ "tls": true }),
        json!({ "profile": "bad-day" }),
        json!({ "ntp": true }),
        json!({ "ntp": "late" }),
        json!({ "ntp": "silent", "offset": "5s" }),
        json!({ "ntp": { "drift": 1.5 } }),
        json!({ "dns": "wrong", "address": "here" }),
        json!({ "dns": "nxdomain", "by": "3s" }),
        json!({ "tls": "rusty" }),
        json!({ "tls": "max-fragment", "bytes": 20000 }),
        json!({ "tls": "expired", "bytes": 512 }),
    ] {
        let error = Fault::read(&description).unwrap_err();
        writeln!(all, "{description}\n  {error}").unwrap();
    }
    assert_snapshot!(all);
}

#[test]
fn a_fault_of_the_handshake_waits_for_a_connection_with_tls() {
    for fault in [json!({ "tls": "expired" }), json!({ "hang": { "at": "tls" } })] {
        let mut cloud = armed(&fault);
        assert_eq!(cloud.armed()[0].fault.kind.place(), Place::Handshake);
        assert_eq!(cloud.connect(NOW, Channel::Plain), ConnectFate::Serve);
        assert_eq!(cloud.handle(NOW, &get()).fault, None);
        assert!(matches!(cloud.connect(NOW, Channel::Tls), ConnectFate::Handshake(..)));
        assert_eq!(cloud.connect(NOW, Channel::Tls), ConnectFate::Serve);
    }
}
