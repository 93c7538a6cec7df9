//! The control interface over a real socket.

use crate::support::bench::{Bench, get, post, raw};
use crate::support::{NOW, Signer, unsigned};
use serde_json::{Value, json};

/// Status and body of an answer of the control interface.
async fn call(bench: &Bench, line: &str, body: &Value) -> (u16, Value) {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let mut request = unsigned("localhost", &line.replace(" /", " /_shadowrig/"), body);
    request.headers.push(fake_shadow::message::Header::new("Connection", "close"));
    let mut client = bench.connect().await;
    client.send(&raw(&request)).await;
    let (answer, _) = client.rest().await;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, serde_json::from_str(body).unwrap_or(Value::Null))
}

async fn good(bench: &Bench, line: &str, body: &Value) -> Value {
    let (status, answer) = call(bench, line, body).await;
    assert_eq!(status, 200, "{line}: {answer}");
    answer
}

/// Sends a request to the service and waits for its answer.
async fn ask(bench: &Bench, request: &fake_shadow::message::Request) -> String {
    let mut client = bench.connect().await;
    client.send(&raw(request)).await;
    client.answer().await
}

#[tokio::test]
async fn shadows_are_seen_and_changed_from_the_app_side() {
    let bench = Bench::new().await;
    let on = json!({ "state": { "desired": { "on": true } } });
    assert_eq!(good(&bench, "PUT /things/lamp/shadow", &on).await["version"], 1);
    assert_eq!(good(&bench, "PUT /things/lamp/shadows/config", &on).await["version"], 1);
    let things = good(&bench, "GET /things", &Value::Null).await;
    assert_eq!(
        things,
        json!({ "things": [{ "thing": "lamp", "classic": true, "shadows": ["config"] }] })
    );
    let shadow = good(&bench, "GET /things/lamp/shadow", &Value::Null).await;
    assert_eq!(shadow["state"]["delta"], json!({ "on": true }));
    assert_eq!(
        good(&bench, "DELETE /things/lamp/shadow", &Value::Null).await,
        json!({ "version": 1 })
    );
    let (status, answer) = call(&bench, "GET /things/lamp/shadow", &Value::Null).await;
    assert_eq!((status, answer["error"].as_str()), (404, Some("there is not a shadow lamp")));
    let (status, answer) = call(&bench, "PUT /things/lamp/shadow", &json!({ "state": 5 })).await;
    assert_eq!((status, answer["error"].as_str()), (400, Some("State node must be an object")));
}

#[tokio::test]
async fn requests_are_kept_with_all_that_is_known_about_them() {
    let bench = Bench::new().await;
    ask(&bench, &post(r#"{"state":{"desired":{"on":true}}}"#)).await;
    ask(&bench, &get()).await;
    let list = good(&bench, "GET /requests?after=1", &Value::Null).await;
    assert_eq!(list["requests"].as_array().unwrap().len(), 1);
    let line = &list["requests"][0];
    assert_eq!(line["operation"], "GetThingShadow");
    let by_id = format!("GET /requests/{}", line["id"].as_str().unwrap());
    assert_eq!(good(&bench, &by_id, &Value::Null).await["number"], 2);
    let mut whole = good(&bench, "GET /requests/1", &Value::Null).await;
    whole["headers"] = json!("...");
    insta::assert_json_snapshot!(whole);
}

#[tokio::test]
async fn a_refused_signature_is_explained_and_no_secret_is_shown() {
    let bench = Bench::new().await;
    let mut signer = Signer::default();
    signer.secret.push('\n');
    let mut request = signer.request("GET /things/lamp/shadow", "", NOW);
    request.headers.push(fake_shadow::message::Header::new("X-Amz-Security-Token", "hush-token"));
    ask(&bench, &request).await;
    let whole = good(&bench, "GET /requests/1", &Value::Null).await;
    assert!(!whole["explanation"]["findings"].as_array().unwrap().is_empty(), "{whole}");
    let text = whole.to_string();
    assert!(!text.contains("hush-token") && !text.contains("wJalrXUtnFEMI"), "{text}");
}

#[tokio::test]
async fn faults_are_armed_counted_and_cleared() {
    let bench = Bench::with_shadow().await;
    let fault = json!({ "kind": "status", "code": 503, "to": "GET shadow" });
    assert_eq!(good(&bench, "POST /faults", &fault).await, json!({ "id": 1 }));
    assert!(ask(&bench, &get()).await.starts_with("HTTP/1.1 503"));
    let faults = good(&bench, "GET /faults", &Value::Null).await;
    insta::assert_json_snapshot!(faults);
    assert_eq!(good(&bench, "DELETE /faults/1", &Value::Null).await["met"], 1);
    assert_eq!(call(&bench, "DELETE /faults/1", &Value::Null).await.0, 404);
    good(&bench, "DELETE /faults", &Value::Null).await;
    let (status, answer) = call(&bench, "POST /faults", &json!({ "kind": "reset", "at": 1 })).await;
    assert_eq!(status, 400);
    assert!(answer["error"].as_str().unwrap().starts_with("at: 1 is not one of"), "{answer}");
}

#[tokio::test]
async fn the_clock_is_moved_and_everything_is_reset() {
    let bench = Bench::with_shadow().await;
    let moved = good(&bench, "POST /clock", &json!({ "offset": "-90s" })).await;
    assert_eq!(moved["offset_ms"], -90_000);
    assert_eq!(moved["now"], "2026-11-20T16:07:14.000Z");
    assert!(ask(&bench, &get()).await.contains("date: Fri, 20 Nov 2026 16:07:14 GMT"));
    assert_eq!(call(&bench, "POST /clock", &json!({ "offset": 5 })).await.0, 400);
    good(&bench, "POST /reset", &Value::Null).await;
    assert_eq!(good(&bench, "GET /clock", &Value::Null).await["offset_ms"], 0);
    assert_eq!(good(&bench, "GET /things", &Value::Null).await, json!({ "things": [] }));
    assert_eq!(good(&bench, "GET /requests", &Value::Null).await, json!({ "requests": [] }));
}

#[tokio::test]
async fn a_policy_takes_effect_with_the_next_request() {
    let bench = Bench::with_shadow().await;
    let policy =
        json!({ "Statement": [{ "Effect": "Allow", "Action": "iot:Get*", "Resource": "*" }] });
    good(&bench, "PUT /policies/AKIDEXAMPLE", &policy).await;
    assert!(ask(&bench, &get()).await.starts_with("HTTP/1.1 200"));
    let denied = ask(&bench, &post("{}")).await;
    assert!(
        denied.starts_with("HTTP/1.1 403") && denied.contains("{\"message\":null,"),
        "{denied}"
    );
    good(&bench, "DELETE /policies/AKIDEXAMPLE", &Value::Null).await;
    assert!(ask(&bench, &post(r#"{"state":{}}"#)).await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn events_are_streamed() {
    let bench = Bench::with_shadow().await;
    let mut listener = bench.connect().await;
    listener.send(&raw(&unsigned("localhost", "GET /_shadowrig/events", ""))).await;
    let head = listener.answer().await;
    assert!(head.contains("content-type: text/event-stream"), "{head}");
    ask(&bench, &get()).await;
    bench.server.shutdown().await;
    let (events, _) = listener.rest().await;
    let request = events.lines().skip_while(|line| *line != "event: request").nth(1).unwrap();
    let request: Value = serde_json::from_str(request.strip_prefix("data: ").unwrap()).unwrap();
    assert_eq!(request["operation"], "GetThingShadow");
    assert_eq!(request["status"], 200);
}

#[tokio::test]
async fn a_page_of_another_origin_may_not_act() {
    let bench = Bench::new().await;
    let mut request = unsigned("localhost:1", "POST /_shadowrig/reset", "");
    request.headers.push(fake_shadow::message::Header::new("Origin", "http://evil.example"));
    assert!(ask(&bench, &request).await.starts_with("HTTP/1.1 403"));
    request.headers[1].value = b"http://localhost:1".to_vec().into();
    assert!(ask(&bench, &request).await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn other_paths_say_that_they_are_not_there() {
    let bench = Bench::new().await;
    let (status, answer) = call(&bench, "GET /nothing", &Value::Null).await;
    assert_eq!(status, 404);
    assert!(answer["error"].is_string(), "{answer}");
}
