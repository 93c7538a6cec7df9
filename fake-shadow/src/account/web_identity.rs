//! Keys for a token of somebody whom the account trusts, as CI services and Kubernetes write it to a file.
//!
//! Source: AssumeRoleWithWebIdentity in the AWS Security Token Service API Reference; "Assume role credential provider" in the AWS
//! SDKs and Tools Reference Guide.

use std::path::PathBuf;
use std::time::Duration;

use super::error::AccountError;
use super::fetch::Question;
use super::given;
use crate::clock::UnixMillis;
use crate::sigv4::Credential;
use crate::sigv4::escape::encode;

/// How long the token service may take.
const WITHIN: Duration = Duration::from_secs(15);

/// What is needed to ask.
pub(super) struct WebIdentity {
    pub(super) token_file: PathBuf,
    pub(super) role_arn: String,
    /// What the session is called in the account's records; none for a name of our own.
    pub(super) session_name: Option<String>,
    /// Where the token service is, if the environment says so.
    pub(super) endpoint: Option<String>,
    pub(super) ca_pem: Option<Vec<u8>>,
}

impl WebIdentity {
    /// Asks the token service of a region for keys.
    pub(super) fn ask(self, region: &str, now: UnixMillis) -> Result<Credential, AccountError> {
        let token = std::fs::read_to_string(&self.token_file).map_err(|error| {
            AccountError::File { path: self.token_file.clone(), reason: error.to_string() }
        })?;
        let end = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
        let url = self.endpoint.unwrap_or_else(|| format!("https://sts.{region}.{end}"));
        let name = self.session_name.unwrap_or_else(|| format!("shadowrig-{}", now.0));
        let form = [
            ("Action", "AssumeRoleWithWebIdentity"),
            ("Version", "2011-06-15"),
            ("RoleArn", &self.role_arn),
            ("RoleSessionName", &name),
            ("WebIdentityToken", token.trim()),
        ];
        let form = form.map(|(key, value)| format!("{key}={}", encode(value.as_bytes()))).join("&");
        let question =
            Question { method: "POST", url: &url, headers: Vec::new(), form, within: WITHIN };
        let failed = |reason: String| AccountError::Service {
            service: format!("the token service at {url}"),
            reason,
        };
        let answer = question.ask(self.ca_pem.as_deref()).map_err(failed)?;
        let body = String::from_utf8_lossy(&answer.body);
        if answer.status != 200 {
            let code = between(&body, "Code").unwrap_or("no code");
            let message = between(&body, "Message").unwrap_or("no message");
            return Err(failed(format!("{} {code}: {message}", answer.status)));
        }
        read(&body).ok_or_else(|| failed("it answered something else than keys".to_owned()))
    }
}

fn read(body: &str) -> Option<Credential> {
    let keys = between(body, "Credentials")?;
    let pair = (between(keys, "AccessKeyId")?, between(keys, "SecretAccessKey")?);
    let (token, until) = (between(keys, "SessionToken")?, between(keys, "Expiration"));
    Some(given::of_texts(pair, Some(token), until))
}

/// What stands between the first such tag and its end. What is asked for here has no entities and no attributes.
fn between<'a>(text: &'a str, tag: &str) -> Option<&'a str> {
    let (_, behind) = text.split_once(&format!("<{tag}>"))?;
    let (content, _) = behind.split_once(&format!("</{tag}>"))?;
    Some(content.trim()).filter(|content| !content.is_empty())
}
