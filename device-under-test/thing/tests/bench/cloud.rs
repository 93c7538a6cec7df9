//! A shadow in a few lines, written for these tests alone.

use std::collections::{BTreeMap, VecDeque};

use serde_json::{Map, Value, json};

/// A request as the server got it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) target: String,
    /// Header names in lower case.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    /// Reads a request, and insists that it is in order.
    pub(crate) fn parse(bytes: &[u8]) -> Self {
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").expect("headers end");
        let head = std::str::from_utf8(&bytes[..end]).expect("headers are text");
        let mut lines = head.split("\r\n");
        let mut words = lines.next().expect("a request line").split(' ');
        let mut word = || words.next().expect("a word").to_owned();
        let (method, target) = (word(), word());
        assert_eq!(word(), "HTTP/1.1");
        let headers: BTreeMap<String, String> = lines
            .map(|line| line.split_once(": ").expect("a header"))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect();
        let body = bytes[end + 4..].to_vec();
        let length =
            headers.get("content-length").map_or(0, |length| length.parse().expect("a number"));
        assert_eq!(body.len(), length, "the body is as long as it is said to be");
        assert_eq!(headers["connection"], "close");
        Self { method, target, headers, body }
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("the body is JSON")
    }
}

/// How the server lets go of a connection.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Ending {
    Close,
    KeepOpen,
    Reset,
}

/// What the server answers.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Reply {
    pub(crate) bytes: Vec<u8>,
    pub(crate) ending: Ending,
}

impl Reply {
    pub(crate) fn new(status: &str, body: &str) -> Self {
        let length = body.len();
        let text = format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\n\r\n{body}");
        Self { bytes: text.into_bytes(), ending: Ending::KeepOpen }
    }

    pub(crate) fn raw(text: &str, ending: Ending) -> Self {
        Self { bytes: text.as_bytes().to_vec(), ending }
    }
}

/// What happens to one request instead of the plain thing.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Fault {
    /// It is served, but this is answered.
    AnswerLost(Reply),
    /// It is not served, and this is answered.
    Instead(Reply),
    /// Nothing goes wrong with this one.
    None,
}

/// How the server keeps its time stamps.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Times {
    /// Those of the keys that were written move.
    EachItsOwn,
    /// All move on each update.
    AllAtOnce,
    /// There are none.
    Missing,
    /// They stay as they were first.
    Stuck,
}

/// The shadow of one thing.
pub(crate) struct Cloud {
    pub(crate) now_s: u64,
    pub(crate) times: Times,
    pub(crate) desired: Map<String, Value>,
    pub(crate) reported: Map<String, Value>,
    desired_times: BTreeMap<String, u64>,
    reported_times: BTreeMap<String, u64>,
    /// One for each request to come; without any all goes well.
    pub(crate) faults: VecDeque<Fault>,
}

impl Cloud {
    pub(crate) fn new() -> Self {
        Self {
            now_s: super::START_UNIX_MS / 1000,
            times: Times::EachItsOwn,
            desired: Map::new(),
            reported: Map::new(),
            desired_times: BTreeMap::new(),
            reported_times: BTreeMap::new(),
            faults: VecDeque::new(),
        }
    }

    pub(crate) fn desire(&mut self, desired: Value) {
        let Value::Object(desired) = desired else {
            panic!("desired is an object: {desired}");
        };
        self.update(desired, Map::new());
    }

    pub(crate) fn report(&mut self, reported: Value) {
        let Value::Object(reported) = reported else {
            panic!("reported is an object: {reported}");
        };
        self.update(Map::new(), reported);
    }

    pub(crate) fn document(&self) -> Value {
        let times = |times: &BTreeMap<String, u64>| {
            times
                .iter()
                .map(|(key, at_s)| (key.clone(), json!({ "timestamp": at_s })))
                .collect::<Map<String, Value>>()
        };
        let mut document = json!({ "state": {} });
        for (name, section) in [("desired", &self.desired), ("reported", &self.reported)] {
            if !section.is_empty() {
                document["state"][name] = section.clone().into();
            }
        }
        if self.times != Times::Missing {
            document["metadata"] = json!({
                "desired": times(&self.desired_times), "reported": times(&self.reported_times),
            });
        }
        document["version"] = 7.into();
        document
    }

    pub(crate) fn serve(&mut self, request: &Request) -> Reply {
        match self.faults.pop_front().unwrap_or(Fault::None) {
            Fault::None => self.answer(request),
            Fault::Instead(reply) => reply,
            Fault::AnswerLost(reply) => {
                self.answer(request);
                reply
            }
        }
    }

    fn answer(&mut self, request: &Request) -> Reply {
        if request.method == "POST" {
            let reported = request.json()["state"]["reported"].clone();
            assert_eq!(request.headers["content-type"], "application/json");
            self.report(reported);
            return Reply::new("200 OK", "{}");
        }
        Reply::new("200 OK", &self.document().to_string())
    }

    fn update(&mut self, desired: Map<String, Value>, reported: Map<String, Value>) {
        let (now_s, times) = (self.now_s, self.times);
        let merge = |section: &mut Map<String, Value>,
                     section_times: &mut BTreeMap<String, u64>,
                     changes: Map<String, Value>| {
            for (key, value) in changes {
                let at_s = section_times.entry(key.clone()).or_insert(now_s);
                if times != Times::Stuck {
                    *at_s = now_s;
                }
                if value.is_null() {
                    section.remove(&key);
                    section_times.remove(&key);
                } else {
                    section.insert(key, value);
                }
            }
        };
        merge(&mut self.desired, &mut self.desired_times, desired);
        merge(&mut self.reported, &mut self.reported_times, reported);
        if times == Times::AllAtOnce {
            let all = self.desired_times.values_mut().chain(self.reported_times.values_mut());
            all.for_each(|at_s| *at_s = now_s);
        }
    }
}
