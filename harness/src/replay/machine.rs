//! The recorded requests meet the cloud, one after the other at their times.

use std::collections::BTreeMap;
use std::time::Duration;

use fake_shadow::clock::UnixMillis;
use fake_shadow::fault::Faulty;
use fake_shadow::message::{Header, HttpVersion, Request as CloudRequest};
use fake_shadow::settings::{TEST_ACCESS_KEY_ID, TEST_SECRET_ACCESS_KEY};
use fake_shadow::sigv4::{Credential, SignFor, sign};
use fake_shadow::{FakeShadow, Settings};
use serde_json::{Value, json};

use crate::drive::cloud_side::{self, CloudSide};
use crate::drive::sim::timing::EPOCH;
use crate::engine::action::ClockOrder;
use crate::engine::event::{Answer, Request, Signature, body_value};
use crate::engine::{Action, ActionError, Event, Log};
use crate::recording::acts::{Act, acts};
use crate::report::exchanges;
use crate::scenario::json_diff;
use crate::scenario::matcher::Difference;
use crate::scenario::node::Span;
use crate::scenario::plan::StartShadow;

/// The name of a thing whose requests name none.
const THING_DEFAULT: &str = "thing-1";

/// What became of a recording.
#[derive(Debug, Default)]
pub struct Replayed {
    /// Each request that was recorded, in order.
    pub requests: Vec<Seen>,
    /// What the app side did then and the cloud refuses now, in words.
    pub refused: Vec<String>,
}

/// A request that was recorded.
#[derive(Debug)]
pub struct Seen {
    /// Its number in the recording.
    pub id: u64,
    /// The request in short, as `GET shadow`.
    pub short: String,
    /// When it came, from the beginning of the recording.
    pub at: Duration,
    /// When it came, from the wake before it; `None` where none was seen.
    pub in_cycle: Option<(usize, Duration)>,
    /// What became of it.
    pub compared: Compared,
}

/// How two answers compare.
#[derive(Debug)]
pub enum Compared {
    /// They differ: what was recorded is what is expected.
    Different(Vec<Difference>),
    /// They say the same.
    Equal,
    /// They cannot be compared.
    Not(Why),
}

/// Why two answers cannot be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// A fault had its hand in the recorded one.
    Fault,
    /// The recorded signature was refused, and there is no telling how it would be wrong today.
    SignatureRefused,
    /// The recording ended before it was answered.
    Unanswered,
}

/// Lets the requests of a log meet the cloud; with other shadows at the beginning than those of the log where they are given.
#[must_use]
pub fn replay(log: &Log, shadows: Option<&BTreeMap<Option<String>, StartShadow>>) -> Replayed {
    let mut player = Player {
        cloud: Faulty::new(FakeShadow::new(Settings::default())),
        side: CloudSide::new(thing(log)),
        first_versions: (None, None),
        replayed: Replayed::default(),
    };
    let acts = acts(log);
    for (name, shadow) in shadows.into_iter().flatten() {
        player.act(EPOCH, &Action::SetShadow { name: name.clone(), shadow: shadow.clone() });
    }
    let mut wake = None;
    let mut cycle = 0;
    for (index, entry) in log.from(0) {
        let now = EPOCH.after(entry.at.since_start());
        match acts.get(&index) {
            // Other shadows are there instead.
            Some(Act::SetUp(_)) if shadows.is_some() => {}
            Some(Act::SetUp(action) | Act::Later(action)) => player.act(now, action),
            None => {}
        }
        match &entry.event {
            Event::Wake { .. } => {
                cycle += 1;
                wake = Some(entry.at);
            }
            Event::Request(request) => {
                let compared = player.ask(now, request, log);
                let in_cycle = wake.map(|wake| (cycle, entry.at.since(wake)));
                let at = entry.at.since_start();
                let (id, short) = (request.id, request.short());
                player.replayed.requests.push(Seen { id, short, at, in_cycle, compared });
            }
            Event::Clock { offset_ms } => {
                player.act(now, &Action::Clock(ClockOrder::Skew(*offset_ms)))
            }
            _ => {}
        }
    }
    player.replayed
}

struct Player {
    cloud: Faulty,
    side: CloudSide,
    /// The first version of each shadow that was seen, in the recording and now.
    first_versions: (Option<i64>, Option<i64>),
    replayed: Replayed,
}

impl Player {
    fn act(&mut self, now: UnixMillis, action: &Action) {
        if let Err(ActionError { what, why, .. }) = self.side.perform(&mut self.cloud, now, action)
        {
            self.replayed.refused.push(format!("failed to {what}: {why}"));
        }
    }

    fn ask(&mut self, now: UnixMillis, request: &Request, log: &Log) -> Compared {
        match request.signature {
            Signature::Good => {}
            // The service never saw it.
            Signature::Unchecked => return Compared::Not(Why::Fault),
            Signature::Refused { .. } => return Compared::Not(Why::SignatureRefused),
        }
        let sent = self.signed(now, request);
        let delivery = self.cloud.handle(now, &sent);
        let Event::Answer(answer) = cloud_side::answer_event(request.id, &delivery) else {
            return Compared::Not(Why::Unanswered);
        };
        match log.answer_to(request.id) {
            None => Compared::Not(Why::Unanswered),
            Some((_, recorded)) if recorded.fault.is_some() => Compared::Not(Why::Fault),
            Some((_, recorded)) => self.compare(recorded, &answer),
        }
    }

    fn compare(&mut self, recorded: &Answer, now: &Answer) -> Compared {
        let recorded = comparable(recorded, &mut self.first_versions.0);
        let now = comparable(now, &mut self.first_versions.1);
        let differences = json_diff::differences(&recorded, &now, Span::default());
        if differences.is_empty() { Compared::Equal } else { Compared::Different(differences) }
    }

    /// The request as the device would send it now: its signature is over the time.
    fn signed(&self, now: UnixMillis, request: &Request) -> CloudRequest {
        let mut sent = CloudRequest {
            method: request.method.clone(),
            target: unsigned(&request.target),
            version: HttpVersion::Http11,
            headers: request
                .headers
                .iter()
                .map(|(name, value)| Header::new(name, value.as_str()))
                .collect(),
            body: request.body.clone().into_bytes(),
        };
        let credential = Credential::long_term(TEST_ACCESS_KEY_ID, TEST_SECRET_ACCESS_KEY);
        let cloud = self.cloud.cloud();
        let region = &cloud.settings().region;
        let scope = SignFor { region, service: "iotdata", at: cloud.cloud_time(now) };
        // A query that cannot be read is refused whoever signs it, and then the answer says so.
        let _unreadable = sign(&mut sent, &credential, scope);
        sent
    }
}

/// An answer without what differs from run to run.
fn comparable(answer: &Answer, first_version: &mut Option<i64>) -> Value {
    let body = body_value(&answer.body).map(|body| exchanges::plain(body, first_version));
    json!({ "status": answer.status, "body": body })
}

/// A target without a signature that stood in its query.
fn unsigned(target: &str) -> String {
    let Some((path, query)) = target.split_once('?') else { return target.to_owned() };
    let is_ours = |pair: &&str| !pair.to_ascii_lowercase().starts_with("x-amz-");
    let left: Vec<_> = query.split('&').filter(is_ours).collect();
    if left.is_empty() { path.to_owned() } else { format!("{path}?{}", left.join("&")) }
}

/// The thing that the requests of a log are about.
fn thing(log: &Log) -> String {
    let name = log.entries().iter().find_map(|entry| {
        let Event::Request(request) = &entry.event else { return None };
        request.pattern.as_ref()?;
        let rest = request.target.split_once("/things/")?.1;
        Some(rest.split(['/', '?']).next()?.to_owned())
    });
    name.map_or_else(|| THING_DEFAULT.to_owned(), |name| decoded(&name))
}

/// A name of a path without its escapes.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        let code = behind.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        match (first, code.and_then(|digits| u8::from_str_radix(digits, 16).ok())) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &behind[2..];
            }
            _ => {
                bytes.push(*first);
                rest = behind;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
