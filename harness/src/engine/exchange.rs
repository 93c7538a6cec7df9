//! What device and cloud say to each other: requests, their answers, and what the real cloud said.

use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::scenario::request_pattern::{RequestPattern, Target};
use crate::time;

/// A request as the cloud saw it.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// Its number in this run, from 1.
    pub id: u64,
    /// The connection that it came on; none where that is not known, as in logs of earlier versions.
    pub connection: Option<u64>,
    /// The method as sent.
    pub method: String,
    /// The raw target as sent.
    pub target: String,
    /// What it asks of which shadow, if the cloud knows it.
    pub pattern: Option<RequestPattern>,
    /// The headers, secrets masked.
    pub headers: Vec<(String, String)>,
    /// The body as text.
    pub body: String,
    /// What the cloud says of its signature.
    pub signature: Signature,
}

/// What the cloud says of a signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Signature {
    /// It is right.
    Good,
    /// It was not looked at, since a fault came first.
    Unchecked,
    /// It was refused.
    Refused {
        /// What AWS says.
        message: String,
        /// What we found out, several lines.
        explanation: String,
    },
}

/// An answer as the cloud sent it.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The number of its request.
    pub request: u64,
    /// The status; `None` when a fault let no status out.
    pub status: Option<u16>,
    /// The body as text.
    pub body: String,
    /// The fault that had its hand in it.
    pub fault: Option<String>,
}

/// A request that the rig passed on, and what the real cloud said; what the device got of that is in the [`Answer`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PassedOn {
    /// The number of the request.
    pub request: u64,
    /// The real cloud, as `https://prefix-ats.iot.eu-west-1.amazonaws.com`.
    pub to: String,
    /// How: `as it came` or `signed anew`.
    pub how: String,
    /// How long the answer took.
    pub took: Duration,
    /// The status; `None` if there was no answer.
    pub status: Option<u16>,
    /// The body as text.
    pub body: String,
    /// Why there was no answer.
    pub error: Option<String>,
}

impl Request {
    /// The request in short, as `GET shadow`; method and target where the cloud does not know it.
    #[must_use]
    pub fn short(&self) -> String {
        self.pattern
            .as_ref()
            .map_or_else(|| format!("{} {}", self.method, self.target), ToString::to_string)
    }

    /// The body as JSON, or as text where it is not JSON; nothing for an empty one.
    #[must_use]
    pub fn body_value(&self) -> Option<Value> {
        body_value(&self.body)
    }

    /// The shadow it is about.
    #[must_use]
    pub fn shadow_name(&self) -> Option<&str> {
        match &self.pattern.as_ref()?.target {
            Target::Named(name) => Some(name),
            Target::Classic | Target::List => None,
        }
    }
}

/// A body as JSON, or as text where it is not JSON; nothing for an empty one.
#[must_use]
pub fn body_value(body: &str) -> Option<Value> {
    if body.is_empty() {
        return None;
    }
    Some(serde_json::from_str(body).unwrap_or_else(|_| Value::String(body.to_owned())))
}

impl PassedOn {
    pub(super) fn words(&self) -> String {
        let Self { request, to, how, took, status, error, .. } = self;
        let answer = match (status, error) {
            (Some(status), _) => status.to_string(),
            (None, error) => error.clone().unwrap_or_default(),
        };
        format!("#{request} passed on {how} to {to}: {answer} ({})", time::span(*took))
    }

    pub(super) fn to_json(&self) -> Value {
        json!({
            "request": self.request, "to": self.to, "how": self.how,
            "took_us": u64::try_from(self.took.as_micros()).unwrap_or(u64::MAX),
            "status": self.status, "body": self.body, "error": self.error,
        })
    }
}

impl Request {
    pub(super) fn to_json(&self) -> Value {
        // A name that was sent twice has a list of its values, so that the log loses none.
        let mut headers = Map::new();
        for (name, value) in &self.headers {
            let value = Value::from(value.as_str());
            match headers.get_mut(name) {
                None => drop(headers.insert(name.clone(), value)),
                Some(Value::Array(values)) => values.push(value),
                Some(first) => *first = Value::Array(vec![first.take(), value]),
            }
        }
        let (signature, message, explanation) = match &self.signature {
            Signature::Good => ("good", None, None),
            Signature::Unchecked => ("unchecked", None, None),
            Signature::Refused { message, explanation } => {
                ("refused", Some(message), Some(explanation))
            }
        };
        json!({
            "id": self.id, "connection": self.connection, "method": self.method, "target": self.target,
            "short": self.short(), "headers": headers, "body": self.body,
            "signature": signature, "refusal": message, "explanation": explanation,
        })
    }
}
