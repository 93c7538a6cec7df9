//! Keys and region of an instance of EC2, from its metadata service, version 2.
//!
//! Source: "IMDS credential provider" in the AWS SDKs and Tools Reference Guide. Version 1, which answers whoever asks, is not asked.

use std::time::Duration;

use serde_json::Value;

use super::error::AccountError;
use super::fetch::Question;
use super::given;
use crate::sigv4::Credential;

/// How long one answer may take. Where there is no such service nothing answers at all, so this is what everybody waits who has no keys.
const WITHIN: Duration = Duration::from_secs(1);

/// How long a session lasts, in seconds.
const SESSION: &str = "300";

const ROLES: &str = "/latest/meta-data/iam/security-credentials/";

/// The metadata service, and the proof that we are on its instance.
pub(super) struct Instance {
    origin: String,
    session: String,
}

impl Instance {
    /// Begins a session with the service; none if the environment forbids it.
    pub(super) fn begin(
        variable: &dyn Fn(&str) -> Option<String>,
    ) -> Option<Result<Self, AccountError>> {
        if variable("AWS_EC2_METADATA_DISABLED").is_some_and(|is| is.eq_ignore_ascii_case("true")) {
            return None;
        }
        let in_v6 = variable("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE")
            .is_some_and(|mode| mode.eq_ignore_ascii_case("ipv6"));
        let usual = if in_v6 { "http://[fd00:ec2::254]" } else { "http://169.254.169.254" };
        let origin = variable("AWS_EC2_METADATA_SERVICE_ENDPOINT");
        let origin = origin.unwrap_or_else(|| usual.to_owned()).trim_end_matches('/').to_owned();
        let mut instance = Self { origin, session: String::new() };
        let header = ("x-aws-ec2-metadata-token-ttl-seconds", SESSION.to_owned());
        Some(instance.ask("PUT", "/latest/api/token", header).map(|session| {
            instance.session = session;
            instance
        }))
    }

    /// The keys of the instance's role.
    pub(super) fn credential(&self) -> Result<Credential, AccountError> {
        let roles = self.look(ROLES)?;
        let role = roles.lines().next().unwrap_or_default().trim();
        let given = self.look(&format!("{ROLES}{role}"))?;
        let given: Value = serde_json::from_str(&given).unwrap_or_default();
        given::credential(&given, "Token").ok_or_else(|| {
            let code = given.get("Code").and_then(Value::as_str).unwrap_or("no keys");
            self.failed(format!("it answered {code} for the role {role}"))
        })
    }

    /// The region that the instance is in.
    pub(super) fn region(&self) -> Result<String, AccountError> {
        self.look("/latest/meta-data/placement/region").map(|region| region.trim().to_owned())
    }

    fn look(&self, path: &str) -> Result<String, AccountError> {
        self.ask("GET", path, ("x-aws-ec2-metadata-token", self.session.clone()))
    }

    fn ask(
        &self,
        method: &str,
        path: &str,
        header: (&str, String),
    ) -> Result<String, AccountError> {
        let url = format!("{}{path}", self.origin);
        let (headers, form) = (vec![header], String::new());
        let question = Question { method, url: &url, headers, form, within: WITHIN };
        let answer = question.ask(None).map_err(|reason| self.failed(reason))?;
        match answer.status {
            200 => Ok(String::from_utf8_lossy(&answer.body).into_owned()),
            404 => Err(self.failed("the instance has no role".to_owned())),
            status => Err(self.failed(format!("it answered {status}"))),
        }
    }

    fn failed(&self, reason: String) -> AccountError {
        let service = format!("the instance's metadata service at {}", self.origin);
        AccountError::Service { service, reason }
    }
}
