//! The behaviours in `fixtures/shadow`, run through the service with signed requests.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::support::{NOW, Signer, unsigned};
use fake_shadow::clock::UnixMillis;
use fake_shadow::message::{Request, Response};
use fake_shadow::policy::Policy;
use fake_shadow::shadow::ShadowId;
use fake_shadow::sigv4::Credential;
use fake_shadow::{Exchange, FakeShadow, Settings};
use serde_json::{Value, json};

const THING: &str = "bench:lamp_1";

#[test]
fn every_behaviour_is_kept() {
    let failed = |vector: &Value| run(vector).err().map(|why| format!("{}: {why}", vector["id"]));
    let failures: Vec<String> = vectors("vectors.json").iter().filter_map(failed).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn the_edges_of_the_rules_are_kept() {
    let failed = |vector: &Value| run(vector).err().map(|why| format!("{}: {why}", vector["id"]));
    let failures: Vec<String> = vectors("edges.json").iter().filter_map(failed).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

fn vectors(file: &str) -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/shadow").join(file);
    let file: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let vectors = file["vectors"].as_array().unwrap().clone();
    assert_eq!(vectors.len() as u64, file["count"].as_u64().unwrap());
    vectors
}

fn steps(vector: &Value) -> impl Iterator<Item = &Value> {
    vector["steps"].as_array().unwrap().iter()
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_else(|| panic!("no text {key} in {value}"))
}

fn run(vector: &Value) -> Result<(), String> {
    let mut bench = Bench::new();
    for (index, step) in steps(vector).enumerate() {
        bench.step(step).map_err(|failure| format!("step {}: {failure}", index + 1))?;
    }
    Ok(())
}

/// One cloud with one thing, and what the vector's placeholders stand for so far.
struct Bench {
    cloud: FakeShadow,
    now: UnixMillis,
    bound: BTreeMap<String, Value>,
    next_token: String,
}

impl Bench {
    fn new() -> Self {
        let mut settings = Settings::default();
        settings.keyring.insert(Credential::long_term("AKIDDENIED", "denied"));
        settings.policies.insert("AKIDDENIED".to_owned(), Policy::default());
        Self {
            cloud: FakeShadow::new(settings),
            now: NOW,
            bound: BTreeMap::new(),
            next_token: String::new(),
        }
    }

    fn step(&mut self, step: &Value) -> Result<(), String> {
        let shadow = match step["shadow"].as_str() {
            None => String::new(),
            Some(name) => format!("?name={}", name.replace('/', "%2F")),
        };
        let path = format!("/things/{THING}/shadow{shadow}");
        let exchange = match text(step, "do") {
            "update" => self.send(&format!("POST {path}"), update_body(step)),
            "get" => self.send(&format!("GET {path}"), Vec::new()),
            "delete" => self.send(&format!("DELETE {path}"), Vec::new()),
            // What is published by a client of MQTT can be published by HTTPS, too.
            published @ ("mqtt_delete" | "mqtt_get" | "mqtt_update") => {
                let request = published.trim_start_matches("mqtt_");
                let line = format!("POST /topics/$aws/things/{THING}/shadow/{request}?qos=1");
                let payload = match &step["payload"] {
                    Value::String(text) => text.clone(),
                    payload => payload.to_string(),
                };
                self.send(&line, payload.into())
            }
            "list_named" => {
                let query = step["query"].as_str().map(|query| format!("?{query}"));
                let query = self.filled(&query.unwrap_or_default());
                let line =
                    format!("GET /api/things/shadow/ListNamedShadowsForThing/{THING}{query}");
                self.send(&line, Vec::new())
            }
            "create_thing" => self.send_control(&format!("POST /things/{THING}")),
            "delete_thing" => self.send_control(&format!("DELETE /things/{THING}")),
            "http" => self.http(step),
            "seed_version" => return self.seed(step),
            "sleep" => {
                self.now = self.now.offset_by(step["seconds"].as_i64().unwrap() * 1000);
                return Ok(());
            }
            other => return Err(format!("unknown step {other}")),
        };
        self.now = self.now.offset_by(7);
        self.check(&step["expect"], &exchange)
    }

    fn send(&mut self, line: &str, body: Vec<u8>) -> Exchange {
        self.handle(&Signer::default().request(line, body, self.now))
    }

    fn send_control(&mut self, line: &str) -> Exchange {
        let signer = Signer { service: "iot".to_owned(), ..Signer::default() };
        self.handle(&signer.request(line, "", self.now))
    }

    fn handle(&mut self, request: &Request) -> Exchange {
        self.cloud.handle(self.now, request)
    }

    fn http(&mut self, step: &Value) -> Exchange {
        let path = self.filled(&text(step, "path").replace("$thing", THING));
        let line = format!("{} {path}", text(step, "method"));
        let body = step["body"].as_str().unwrap_or_default();
        let mut signer = Signer::default();
        match text(step, "auth").split_once(':').unwrap_or((text(step, "auth"), "")) {
            ("none", _) => return self.handle(&unsigned("localhost", &line, body)),
            ("ok", _) => {}
            ("signed-but-denied", _) => {
                signer.access_key_id = "AKIDDENIED".to_owned();
                signer.secret = "denied".to_owned();
            }
            ("scope-region", region) => signer.region = region.to_owned(),
            ("scope-service", service) => signer.service = service.to_owned(),
            ("bad-signature", _) => signer.secret.push('x'),
            (other, _) => panic!("unknown auth {other}"),
        }
        self.handle(&signer.request(&line, body, self.now))
    }

    /// A query or path with the token of the answer before in its place.
    fn filled(&self, text: &str) -> String {
        text.replace("$previous", &self.next_token)
    }

    /// Brings the shadow to a version by that many updates from the app side.
    fn seed(&mut self, step: &Value) -> Result<(), String> {
        let id = ShadowId::classic(THING).unwrap();
        for _ in 0..step["version"].as_u64().unwrap() {
            let document = json!({ "state": step["state"] });
            self.cloud.update(self.now, &id, &document).map_err(|error| error.to_string())?;
        }
        Ok(())
    }

    fn check(&mut self, expect: &Value, exchange: &Exchange) -> Result<(), String> {
        let Exchange { response, record } = exchange;
        let body: Value =
            serde_json::from_slice(&response.body).map_err(|error| error.to_string())?;
        if let Some(token) = body["nextToken"].as_str() {
            token.clone_into(&mut self.next_token);
        }
        for (key, wanted) in expect.as_object().unwrap() {
            let held = match key.as_str() {
                "status" => wanted.as_u64() == Some(u64::from(response.status)),
                "events" => wanted.as_array().unwrap().iter().all(|wanted| {
                    let topic = text(wanted, "topic");
                    let event = record.events.iter().find(|event| event.topic.as_str() == topic);
                    event.is_some_and(|event| self.document(wanted, &event.payload()))
                }),
                "no_events" => {
                    wanted.as_array().unwrap().iter().all(|topic| {
                        !record.events.iter().any(|event| topic == event.topic.as_str())
                    })
                }
                "error" => error_is(wanted, response, &body),
                "accepted" | "rejected" if !record.events.is_empty() => {
                    let mut events = record.events.iter();
                    let told = events.find(|event| event.topic.as_str().ends_with(key));
                    told.is_some_and(|event| self.same(wanted, &event.payload()))
                }
                // What MQTT would say of the same request has the words of the answer.
                "rejected" => {
                    wanted["code"].as_u64() == Some(u64::from(response.status))
                        && same_text(&wanted["message"], &body["message"])
                }
                "raw_contains" => {
                    let text = String::from_utf8_lossy(&response.body);
                    wanted
                        .as_array()
                        .unwrap()
                        .iter()
                        .all(|part| text.contains(part.as_str().unwrap()))
                }
                "headers" => wanted.as_object().unwrap().iter().all(|(name, value)| {
                    let header =
                        response.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
                    header.is_some_and(|(_, held)| self.same(value, &json!(held)))
                }),
                _ => self.document_is(key, wanted, &body),
            };
            if !held {
                return Err(format!(
                    "expected {key} {wanted}, got {response:?} {body} {:?}",
                    record.events
                ));
            }
        }
        Ok(())
    }

    fn document(&mut self, expect: &Value, document: &Value) -> bool {
        let mut wanted = expect.as_object().unwrap().iter().filter(|(key, _)| *key != "topic");
        wanted.all(|(key, wanted)| self.document_is(key, wanted, document))
    }

    fn document_is(&mut self, key: &str, wanted: &Value, document: &Value) -> bool {
        let pointers =
            || wanted.as_array().unwrap().iter().map(|pointer| pointer.as_str().unwrap());
        match key {
            "json" => self.same(wanted, document),
            "subset" => self.within(wanted, document),
            "state" | "metadata" => self.same(wanted, &document[key]),
            "absent" => pointers().all(|pointer| document.pointer(pointer).is_none()),
            "present" => pointers().all(|pointer| document.pointer(pointer).is_some()),
            "results_count" => {
                document["results"].as_array().map(|results| results.len() as u64)
                    == wanted.as_u64()
            }
            "results_unordered" => {
                let names = |list: &Value| -> BTreeSet<String> {
                    list.as_array().unwrap().iter().map(ToString::to_string).collect()
                };
                names(wanted) == names(&document["results"])
            }
            "version_greater_than" => document["version"].as_u64() > wanted.as_u64(),
            "differs" => wanted.as_array().unwrap().iter().all(|pair| {
                self.bound[pair[0].as_str().unwrap()] != self.bound[pair[1].as_str().unwrap()]
            }),
            _ => panic!("unknown expectation {key}"),
        }
    }

    /// All members of `wanted` are there and the same.
    fn within(&mut self, wanted: &Value, held: &Value) -> bool {
        match (wanted.as_object(), held.as_object()) {
            (Some(wanted), Some(held)) => wanted
                .iter()
                .all(|(key, wanted)| held.get(key).is_some_and(|held| self.within(wanted, held))),
            _ => self.same(wanted, held),
        }
    }

    /// Both are the same, placeholders filled in; the order of keys does not count.
    fn same(&mut self, wanted: &Value, held: &Value) -> bool {
        match (wanted, held) {
            (Value::String(wanted), held) if wanted.starts_with('$') => self.fits(wanted, held),
            (Value::Object(wanted), Value::Object(held)) => {
                wanted.len() == held.len()
                    && wanted.iter().all(|(key, wanted)| {
                        held.get(key).is_some_and(|held| self.same(wanted, held))
                    })
            }
            (Value::Array(wanted), Value::Array(held)) => {
                wanted.len() == held.len()
                    && wanted.iter().zip(held).all(|(wanted, held)| self.same(wanted, held))
            }
            (Value::String(wanted), held) => *held == wanted.replace("$thing", THING),
            _ => wanted == held,
        }
    }

    fn fits(&mut self, placeholder: &str, held: &Value) -> bool {
        let kind_fits = match placeholder.split(':').next() {
            Some("$ts") => {
                held.as_i64().is_some_and(|secs| (NOW.secs()..=self.now.secs()).contains(&secs))
            }
            Some("$ms") => held.as_i64().is_some_and(|ms| (NOW.0..=self.now.0).contains(&ms)),
            Some("$uuid") => {
                held.as_str().is_some_and(|id| id.len() == 36 && id.matches('-').count() == 4)
            }
            Some("$thing") => held == THING,
            _ => panic!("unknown placeholder {placeholder}"),
        };
        let is_named = placeholder.contains(':');
        kind_fits
            && (!is_named
                || self.bound.entry(placeholder.to_owned()).or_insert_with(|| held.clone()) == held)
    }
}

fn update_body(step: &Value) -> Vec<u8> {
    let generate = &step["generate"];
    match (step["raw"].as_str(), step["raw_hex"].as_str(), generate.is_object()) {
        (Some(raw), ..) => raw.into(),
        (None, Some(hex), _) => {
            let byte = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
            (0..hex.len()).step_by(2).map(byte).collect()
        }
        (None, None, false) => step["body"].to_string().into_bytes(),
        (None, None, true) => {
            let (section, key) = (text(generate, "section"), text(generate, "key"));
            let bytes = usize::try_from(generate["state_bytes"].as_u64().unwrap()).unwrap();
            let padding = "x".repeat(bytes - json!({ key: "" }).to_string().len());
            json!({ "state": { section: { key: padding } } }).to_string().into_bytes()
        }
    }
}

fn error_is(wanted: &Value, response: &Response, body: &Value) -> bool {
    let header = response.headers.iter().find(|(name, _)| name == "x-amzn-ErrorType");
    let code_is = header.is_some_and(|(_, code)| code.strip_suffix(':') == wanted["code"].as_str());
    let alternatives = wanted["message_alternatives"].as_array().into_iter().flatten();
    let mut right = [&wanted["message"]].into_iter().chain(alternatives);
    let message_is = match wanted["match"].as_str() {
        Some("prefix") => right.any(|prefix| {
            let held = body["message"].as_str().unwrap_or_default();
            held.starts_with(prefix.as_str().unwrap())
        }),
        _ => {
            wanted["message"].is_null() || right.any(|message| same_text(message, &body["message"]))
        }
    };
    code_is && message_is
}

fn same_text(wanted: &Value, held: &Value) -> bool {
    wanted.as_str().map(|text| text.replace("$thing", THING)).as_deref() == held.as_str()
}
