//! A status of one's own.

use std::borrow::Cow;

use serde_json::Value;

use super::act::{Act, Behavior, Met};
use super::aws_error::AwsError;
use super::error::FaultError;
use super::params::{Params, bad};
use crate::answer;

/// Answers with a status; the service never sees the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// The status, 200 to 599.
    pub code: u16,
    /// The body; none for the service's own error of that status.
    pub body: Option<String>,
    /// Headers to add, or to put in place of the service's own.
    pub headers: Vec<(String, String)>,
}

impl Behavior for Status {
    fn read(params: &mut Params<'_>) -> Result<Self, FaultError> {
        let code = params.number("code", 200..=599)?;
        let code = params.needed("code", code)?;
        let body = params.take("body").map(|body| match body {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        });
        let mut headers = Vec::new();
        if let Some(value) = params.take("headers") {
            let members = value.as_object().ok_or_else(|| bad("headers", value, "an object"))?;
            for (name, value) in members {
                headers.push((name.clone(), header_value(name, value)?));
            }
        }
        Ok(Self { code: u16::try_from(code).unwrap_or(599), body, headers })
    }

    fn act(&self, met: &mut Met<'_>) -> Act {
        let mut response = match &self.body {
            Some(body) => answer::success(met.request_id, body.clone().into_bytes()),
            None => AwsError::of_status(self.code).response(met),
        };
        response.status = self.code;
        for (name, value) in &self.headers {
            response.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
            response.headers.push((Cow::Owned(name.clone()), value.clone()));
        }
        Act::Answer(response)
    }
}

/// A line break inside would let a header look like two.
fn header_value(name: &str, value: &Value) -> Result<String, FaultError> {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let is_line = |text: &str| !text.contains(['\r', '\n', '\0']);
    if is_line(&text) && is_line(name) && !name.is_empty() {
        Ok(text)
    } else {
        Err(bad(name, value, "a header of one line"))
    }
}
