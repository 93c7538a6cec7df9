//! Asking the real service on the rig's own behalf.

use serde_json::Value;

use super::answer::PassedAnswer;
use super::error::PassError;
use super::passage::Signer;
use super::upstream::Upstream;
use crate::message::{Header, HttpVersion, Request};
use crate::sigv4::{SignFor, sign};
use crate::system_time::system_time;

/// The name of the data plane in signatures, where shadows are.
pub const DATA_SERVICE: &str = "iotdata";

/// The name of the control plane in signatures, where things and endpoints are.
pub const CONTROL_SERVICE: &str = "iot";

/// Asks one half of the real service, with the keys of an account.
#[derive(Debug, Clone)]
pub struct Client {
    upstream: Upstream,
    signer: Signer,
    service: &'static str,
}

impl Client {
    /// Asks at this endpoint, with these keys, for this name of the service in signatures.
    #[must_use]
    pub const fn new(upstream: Upstream, signer: Signer, service: &'static str) -> Self {
        Self { upstream, signer, service }
    }

    /// Sends one request, with a body or without. An answer that refuses is an answer. Bounded as [`Upstream::ask`] is.
    ///
    /// # Errors
    ///
    /// [`PassError`] if no answer came.
    pub async fn call(
        &self,
        method: &str,
        target: &str,
        body: Option<&Value>,
    ) -> Result<PassedAnswer, PassError> {
        let body = body.map_or_else(Vec::new, |body| body.to_string().into_bytes());
        let mut headers = vec![
            Header::new("host", self.upstream.endpoint().authority()),
            Header::new("connection", "close"),
        ];
        if !body.is_empty() {
            headers.push(Header::new("content-type", "application/json"));
            headers.push(Header::new("content-length", body.len().to_string()));
        }
        let (method, target) = (method.to_owned(), target.to_owned());
        let mut request = Request { method, target, version: HttpVersion::Http11, headers, body };
        let Signer { keys, region } = &self.signer;
        let scope = SignFor { region, service: self.service, at: system_time() };
        sign(&mut request, &keys.now(), scope).map_err(|_| PassError::Unsignable)?;
        self.upstream.ask(&request).await
    }

    /// The account's own endpoint of shadows, by DescribeEndpoint; none if the answer names none, with that answer.
    ///
    /// # Errors
    ///
    /// [`PassError`] if no answer came.
    pub async fn data_endpoint(&self) -> Result<Result<String, PassedAnswer>, PassError> {
        let answer = self.call("GET", "/endpoint?endpointType=iot%3AData-ATS", None).await?;
        let body: Option<Value> = serde_json::from_slice(&answer.body).ok();
        let address = body.as_ref().and_then(|body| body.get("endpointAddress")?.as_str());
        Ok(address.map(str::to_owned).ok_or(answer))
    }
}

/// Where the control plane of a region is.
#[must_use]
pub fn control_endpoint(region: &str) -> String {
    let end = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
    format!("https://iot.{region}.{end}")
}
