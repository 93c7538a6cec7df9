//! Requests signed by AWS's own signer, which knows nothing of our verifier.
pub(crate) mod bench;

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    SignableBody, SignableRequest, SigningParams, SigningSettings, sign,
};
use aws_sigv4::sign::v4;
use fake_shadow::clock::UnixMillis;
use fake_shadow::message::{Header, HttpVersion, Request};
use fake_shadow::settings::{DEFAULT_REGION, TEST_ACCESS_KEY_ID, TEST_SECRET_ACCESS_KEY};

/// A time for tests that do not care.
pub(crate) const NOW: UnixMillis = UnixMillis::from_secs(1_795_190_924);

/// Who signs, and for what.
#[derive(Clone)]
pub(crate) struct Signer {
    pub(crate) access_key_id: String,
    pub(crate) secret: String,
    pub(crate) region: String,
    pub(crate) service: String,
    pub(crate) host: String,
}

impl Default for Signer {
    fn default() -> Self {
        Self {
            access_key_id: TEST_ACCESS_KEY_ID.to_owned(),
            secret: TEST_SECRET_ACCESS_KEY.to_owned(),
            region: DEFAULT_REGION.to_owned(),
            service: "iotdata".to_owned(),
            host: "a1b2c3d4e5f6g7-ats.iot.us-east-1.amazonaws.com".to_owned(),
        }
    }
}

impl Signer {
    /// A request with `Host` and the headers of its signature.
    pub(crate) fn request(&self, line: &str, body: impl Into<Vec<u8>>, at: UnixMillis) -> Request {
        let mut request = unsigned(&self.host, line, body);
        let keys = Credentials::new(&self.access_key_id, &self.secret, None, None, "test").into();
        let since_1970 = Duration::from_millis(u64::try_from(at.0).unwrap());
        let params: SigningParams<'_> = v4::SigningParams::builder()
            .identity(&keys)
            .region(&self.region)
            .name(&self.service)
            .time(SystemTime::UNIX_EPOCH + since_1970)
            .settings(SigningSettings::default())
            .build()
            .unwrap()
            .into();
        let uri = format!("https://{}{}", self.host, request.target);
        let headers = [("host", self.host.as_str())].into_iter();
        let body = SignableBody::Bytes(&request.body);
        let signable = SignableRequest::new(&request.method, uri, headers, body).unwrap();
        let (instructions, _) = sign(signable, &params).unwrap().into_parts();
        let added = instructions.headers().map(|(name, value)| Header::new(name, value));
        let added: Vec<_> = added.collect();
        request.headers.extend(added);
        request
    }
}

/// A request without a signature; `line` is method and target.
pub(crate) fn unsigned(host: &str, line: &str, body: impl Into<Vec<u8>>) -> Request {
    let (method, target) = line.split_once(' ').unwrap();
    Request {
        method: method.to_owned(),
        target: target.to_owned(),
        version: HttpVersion::Http11,
        headers: vec![Header::new("Host", host)],
        body: body.into(),
    }
}
