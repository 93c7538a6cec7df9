//! What the log says.

use std::sync::Arc;

use crate::support::bench::{get, post};
use crate::support::{NOW, Signer, unsigned};
use fake_shadow::event::{CloudEvent, CloudEventKind, ConnectionId, Served};
use fake_shadow::fault::{Fault, Faulty};
use fake_shadow::log::{LogForm, lines};
use fake_shadow::message::Request;
use fake_shadow::{FakeShadow, Settings};
use insta::assert_snapshot;
use serde_json::{Value, json};

/// The log of some requests to a cloud with a fault.
fn log(form: LogForm, fault: &Value, requests: Vec<Request>) -> String {
    let mut cloud = Faulty::new(FakeShadow::new(Settings::default()));
    let explainer = cloud.cloud().explainer();
    cloud.arm(Fault::read(fault).unwrap());
    let mut log = String::new();
    for request in requests {
        let delivery = cloud.handle(NOW, &request);
        let refusal =
            delivery.exchange.as_ref().and_then(|exchange| exchange.record.verdict.as_ref().err());
        let explanation = refusal.map(|refusal| explainer.explain(NOW, &request, refusal));
        let kind = CloudEventKind::Request(Arc::new(Served { request, delivery }));
        let event = CloudEvent { at: NOW, connection: ConnectionId(1), kind };
        log += &lines(form, &event, explanation.as_ref()).unwrap();
    }
    log
}

fn requests() -> Vec<Request> {
    let token = "GET /things/lamp/shadow?X-Amz-Security-Token=hush&X-Amz-Date=1";
    vec![
        post(r#"{"state":{"desired":{"on":true}}}"#),
        get(),
        post(r#"{"state":5}"#),
        Signer::default().request("GET /things/lamp/shadow?name=config", "", NOW),
        Signer::default().request("PATCH /things/a%1b%5B2Jb/shadow", "", NOW),
        unsigned("localhost", token, ""),
    ]
}

#[test]
fn text_has_a_line_for_each_request_and_explains_refused_signatures() {
    let fault = json!({ "lost-answer": true, "to": "GET shadow" });
    assert_snapshot!(log(LogForm::Text, &fault, requests()));
}

#[test]
fn json_has_one_object_for_each_request() {
    let fault = json!({ "status": 503, "to": "GET shadow" });
    let text = log(LogForm::Json, &fault, requests());
    assert!(!text.contains("hush"), "{text}");
    for line in text.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        assert_eq!(line["event"], "request");
    }
    assert_snapshot!(text.lines().next().unwrap());
}
