//! What the service does beside shadows: the registry, lists in pages, messages and what topics retain.

use crate::support::{NOW, Signer};
use fake_shadow::event::ShadowTopic;
use fake_shadow::policy::Policy;
use fake_shadow::shadow::ShadowId;
use fake_shadow::{Exchange, FakeShadow, Settings};
use serde_json::{Value, json};

struct Bench {
    cloud: FakeShadow,
}

impl Bench {
    fn new() -> Self {
        Self { cloud: FakeShadow::new(Settings::default()) }
    }

    fn exchange(&mut self, service: &str, line: &str, body: &str) -> Exchange {
        let signer = Signer { service: service.to_owned(), ..Signer::default() };
        self.cloud.handle(NOW, &signer.request(line, body, NOW))
    }

    fn ask(&mut self, service: &str, line: &str, body: &str) -> (u16, Value) {
        let response = self.exchange(service, line, body).response;
        (response.status, serde_json::from_slice(&response.body).unwrap())
    }

    fn good(&mut self, service: &str, line: &str, body: &str) -> Value {
        let (status, answer) = self.ask(service, line, body);
        assert_eq!(status, 200, "{line}: {answer}");
        answer
    }

    /// The name of the error of a request that is refused.
    fn refused(&mut self, service: &str, line: &str, body: &str) -> String {
        let response = self.exchange(service, line, body).response;
        let is_type = |name: &str| name == "x-amzn-ErrorType";
        let header = response.headers.into_iter().find(|(name, _)| is_type(name));
        format!("{} {}", response.status, header.unwrap().1)
    }
}

#[test]
fn things_are_created_described_changed_and_deleted() {
    let mut bench = Bench::new();
    let red = r#"{"attributePayload":{"attributes":{"color":"red"}}}"#;
    let created = bench.good("iot", "POST /things/lamp", red);
    assert_eq!(created["thingArn"], "arn:aws:iot:us-east-1:123456789012:thing/lamp");
    assert_eq!(bench.good("iot", "POST /things/lamp", red)["thingId"], created["thingId"]);
    assert_eq!(bench.refused("iot", "POST /things/lamp", ""), "409 ResourceAlreadyExistsException");
    let merged =
        r#"{"attributePayload":{"attributes":{"size":"9"},"merge":true},"expectedVersion":1}"#;
    bench.good("iot", "PATCH /things/lamp", merged);
    assert_eq!(bench.refused("iot", "PATCH /things/lamp", merged), "409 VersionConflictException");
    let thing = bench.good("iot", "GET /things/lamp", "");
    assert_eq!(thing["attributes"], json!({ "color": "red", "size": "9" }));
    assert_eq!((&thing["version"], &thing["defaultClientId"]), (&json!(2), &json!("lamp")));
    bench.good("iot", "PATCH /things/lamp", r#"{"attributePayload":{"attributes":{"color":""}}}"#);
    assert_eq!(bench.good("iot", "GET /things/lamp", "")["attributes"], json!({}));
    bench.good("iot", "DELETE /things/lamp", "");
    bench.good("iot", "DELETE /things/lamp", "");
    assert_eq!(bench.refused("iot", "GET /things/lamp", ""), "404 ResourceNotFoundException");
}

#[test]
fn things_are_listed_in_pages_and_by_attribute() {
    let mut bench = Bench::new();
    for name in ["a", "b", "c"] {
        let body = json!({ "attributePayload": { "attributes": { "is": name } } }).to_string();
        bench.good("iot", &format!("POST /things/{name}"), &body);
    }
    let names = |list: &Value| -> Vec<String> {
        let things = list["things"].as_array().unwrap().iter();
        things.map(|thing| thing["thingName"].as_str().unwrap().to_owned()).collect()
    };
    let first = bench.good("iot", "GET /things?maxResults=2", "");
    assert_eq!(names(&first), ["a", "b"]);
    let token = first["nextToken"].as_str().unwrap();
    let second = bench.good("iot", &format!("GET /things?maxResults=2&nextToken={token}"), "");
    assert_eq!((names(&second), second.get("nextToken")), (vec!["c".to_owned()], None));
    let filtered = bench.good("iot", "GET /things?attributeName=is&attributeValue=b", "");
    assert_eq!(names(&filtered), ["b"]);
}

#[test]
fn a_shadow_outlives_its_thing() {
    let mut bench = Bench::new();
    bench.good("iot", "POST /things/lamp", "");
    bench.good("iotdata", "POST /things/lamp/shadow", r#"{"state":{"desired":{"on":true}}}"#);
    bench.good("iot", "DELETE /things/lamp", "");
    assert_eq!(bench.good("iotdata", "GET /things/lamp/shadow", "")["version"], 1);
}

#[test]
fn the_two_planes_are_signed_for_by_their_names_and_refuse_in_their_own_forms() {
    let mut bench = Bench::new();
    assert_eq!(bench.refused("iotdata", "GET /things/lamp", ""), "403 InvalidSignatureException");
    assert_eq!(bench.refused("iot", "GET /things/lamp/shadow", ""), "403 ForbiddenException:");
    let endpoint = bench.good("iot", "GET /endpoint?endpointType=iot%3AData-ATS", "");
    assert_eq!(endpoint, json!({ "endpointAddress": Signer::default().host }));
}

#[test]
fn named_shadows_are_listed_in_pages() {
    let mut bench = Bench::new();
    for name in ["c", "a", "b"] {
        let id = ShadowId::named("lamp", name).unwrap();
        bench.cloud.update(NOW, &id, &json!({ "state": {} })).unwrap();
    }
    let list = "GET /api/things/shadow/ListNamedShadowsForThing/lamp?pageSize=2";
    let first = bench.good("iotdata", list, "");
    assert_eq!(first["results"], json!(["a", "b"]));
    let token = first["nextToken"].as_str().unwrap();
    let second = bench.good("iotdata", &format!("{list}&nextToken={token}"), "");
    assert_eq!(second, json!({ "results": ["c"], "timestamp": NOW.secs() }));
}

#[test]
fn a_message_to_the_topic_of_a_shadow_updates_it() {
    let mut bench = Bench::new();
    let line = "POST /topics/%24aws%2Fthings%2Flamp%2Fshadow%2Fupdate?qos=1";
    let exchange = bench.exchange("iotdata", line, r#"{"state":{"reported":{"on":true}}}"#);
    assert_eq!(exchange.response.status, 200);
    let topics: Vec<_> = exchange.record.events.iter().map(|event| event.topic).collect();
    assert_eq!(topics, [ShadowTopic::UpdateDocuments, ShadowTopic::UpdateAccepted]);
    let refused = bench.exchange("iotdata", line, "no JSON");
    assert_eq!(refused.response.status, 200);
    let told: Vec<_> =
        refused.record.events.iter().map(|event| (event.topic, event.payload())).collect();
    let rejected = json!({ "code": 400, "message": "Invalid JSON" });
    assert_eq!(told, [(ShadowTopic::UpdateRejected, rejected)]);
    assert_eq!(bench.good("iotdata", "GET /things/lamp/shadow", "")["version"], 1);
}

#[test]
fn topics_retain_messages_until_an_empty_one() {
    let mut bench = Bench::new();
    for (topic, body) in [("a/b", "one"), ("a/b", "second"), ("c", "x"), ("$aws/x", "y")] {
        bench.good("iotdata", &format!("POST /topics/{topic}?qos=1&retain=true"), body);
    }
    bench.good("iotdata", "POST /topics/d", "not retained");
    let list = bench.good("iotdata", "GET /retainedMessage?maxResults=1", "");
    let expected = json!([
        { "topic": "a/b", "payloadSize": 6, "qos": 1, "lastModifiedTime": NOW.0 }
    ]);
    assert_eq!(list["retainedTopics"], expected);
    let token = list["nextToken"].as_str().unwrap();
    let rest = bench.good("iotdata", &format!("GET /retainedMessage?nextToken={token}"), "");
    assert_eq!(rest["retainedTopics"].as_array().unwrap().len(), 1);
    let message = bench.good("iotdata", "GET /retainedMessage/a%2Fb", "");
    let expected =
        json!({ "topic": "a/b", "payload": "c2Vjb25k", "qos": 1, "lastModifiedTime": NOW.0 });
    assert_eq!(message, expected);
    bench.good("iotdata", "POST /topics/a/b?retain=true", "");
    let gone = bench.refused("iotdata", "GET /retainedMessage/a/b", "");
    assert_eq!(gone, "404 ResourceNotFoundException:");
}

#[test]
fn retaining_wants_an_action_of_its_own() {
    let mut bench = Bench::new();
    let policy =
        json!({ "Statement": { "Effect": "Allow", "Action": "iot:Publish", "Resource": "*" } });
    let policy: Policy = serde_json::from_value(policy).unwrap();
    bench.cloud.set_policy("AKIDEXAMPLE", Some(policy));
    assert_eq!(bench.ask("iotdata", "POST /topics/a", "x").0, 200);
    let (status, answer) = bench.ask("iotdata", "POST /topics/a?retain=true", "x");
    assert_eq!((status, &answer["message"]), (403, &Value::Null));
    assert_eq!(bench.refused("iot", "GET /things/lamp", ""), "403 AccessDeniedException");
}
