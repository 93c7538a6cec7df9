//! Requests as they go over the wire, with signatures made by AWS's own signer.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use fake_shadow::settings::{DEFAULT_REGION, TEST_ACCESS_KEY_ID, TEST_SECRET_ACCESS_KEY};

const HOST: &str = "a1b2c3d4e5f6g7-ats.iot.us-east-1.amazonaws.com";

/// What is asked for: method, end of the path and body.
pub(crate) type Line = (&'static str, &'static str, &'static str);

pub(crate) const GET: Line = ("GET", "/shadow", "");

/// A report as a device sends it when it wakes.
pub(crate) const UPDATE: Line = (
    "POST",
    "/shadow",
    r#"{"state":{"reported":{"sleep":30,"signal":2,"status":"done: signaled 2 times","battery":{"mv":3712,"percent":81}}}}"#,
);

/// The first document of a thing, of which a GET answers about 600 bytes.
const FIRST: Line = (
    "POST",
    "/shadow",
    r#"{"state":{"desired":{"sleep":30,"signal":0,"name":"bench","limits":{"low":10,"high":90}},"reported":{"sleep":30,"signal":0,"status":"asleep"}}}"#,
);

/// One request for each of so many things.
pub(crate) fn requests(line: Line, things: usize) -> Vec<Vec<u8>> {
    (0..things).map(|thing| request(line, "iotdata", thing)).collect()
}

/// The bytes of a request about a thing, signed now for a service.
fn request((method, end, body): Line, service: &str, thing: usize) -> Vec<u8> {
    let target = format!("/things/bench-{thing}{end}");
    let headers = signature(method, &target, body, service);
    let length =
        if body.is_empty() { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
    format!("{method} {target} HTTP/1.1\r\nHost: {HOST}\r\n{headers}{length}\r\n{body}")
        .into_bytes()
}

fn signature(method: &str, target: &str, body: &str, service: &str) -> String {
    let keys = Credentials::new(TEST_ACCESS_KEY_ID, TEST_SECRET_ACCESS_KEY, None, None, "bench");
    let keys = keys.into();
    let params = v4::SigningParams::builder()
        .identity(&keys)
        .region(DEFAULT_REGION)
        .name(service)
        .time(SystemTime::now())
        .settings(SigningSettings::default())
        .build()
        .unwrap()
        .into();
    let uri = format!("https://{HOST}{target}");
    let body = SignableBody::Bytes(body.as_bytes());
    let signable = SignableRequest::new(method, uri, [("host", HOST)].into_iter(), body).unwrap();
    let (instructions, _) = sign(signable, &params).unwrap().into_parts();
    instructions.headers().map(|(name, value)| format!("{name}: {value}\r\n")).collect()
}

/// Makes the things with their first documents. Moto wants them in its registry first.
pub(crate) fn make_things(address: SocketAddr, things: usize) {
    for thing in 0..things {
        ask(address, &request(("POST", "", "{}"), "iot", thing));
        ask(address, &request(FIRST, "iotdata", thing));
    }
}

/// The body that answers a request about the first thing.
pub(crate) fn body_of(address: SocketAddr, line: Line) -> String {
    ask(address, &request(line, "iotdata", 0))
}

/// The body that answers a request.
pub(crate) fn ask(address: SocketAddr, request: &[u8]) -> String {
    let text = String::from_utf8_lossy(request).replacen("\r\n", "\r\nConnection: close\r\n", 1);
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(text.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    answer.split_once("\r\n\r\n").unwrap().1.to_owned()
}

/// An update that fills a thing's shadow with 1 KB, in both sections together.
pub(crate) fn kilobyte(thing: usize) -> Vec<u8> {
    let section: Vec<String> =
        (0..16).map(|key| format!(r#""setting-{key:02}":"{:016}""#, thing + key)).collect();
    let section = section.join(",");
    let body = format!(r#"{{"state":{{"desired":{{{section}}},"reported":{{{section}}}}}}}"#);
    let body: &'static str = Box::leak(body.into_boxed_str());
    request(("POST", "/shadow", body), "iotdata", thing)
}
