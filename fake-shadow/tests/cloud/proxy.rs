//! The proxy: a cloud before a second one that plays the real service over TLS, with other keys and another region.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::support::bench::{Client, PATIENCE, lamp, raw};
use crate::support::{NOW, Signer, unsigned};
use fake_shadow::account::Keys;
use fake_shadow::event::{CloudEvent, CloudEventKind, Served};
use fake_shadow::fault::{Channel, Fault, Faulty, Kind, Place};
use fake_shadow::http::{Server, ServerIdentity, Shared, serve, serve_tls};
use fake_shadow::proxy::{self, Client as RealClient, DATA_SERVICE, Endpoint, How, Upstream};
use fake_shadow::sigv4::Credential;
use fake_shadow::{FakeShadow, Settings};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::broadcast::Receiver;

const REAL_REGION: &str = "eu-west-1";
const ON: &str = r#"{"state":{"reported":{"on":true}}}"#;

fn real_key() -> Credential {
    Credential::long_term("AKIDREAL", "the real secret")
}

fn real_signer() -> proxy::Signer {
    proxy::Signer { keys: Keys::new(real_key()), region: REAL_REGION.to_owned() }
}

/// The second cloud, which stands for the real service: over TLS, or not.
struct Far {
    shared: Arc<Shared>,
    _server: Server,
    upstream: Upstream,
}

impl Far {
    async fn new(channel: Channel) -> Self {
        let keyring = [real_key()].into_iter().collect();
        let settings = Settings { region: REAL_REGION.into(), keyring, ..Settings::default() };
        let shared = Shared::new(Faulty::new(FakeShadow::new(settings)), || NOW);
        let shared = Arc::new(shared);
        let document = json!({ "state": { "desired": { "on": true } } });
        shared.with(|cloud, now| cloud.cloud_mut().update(now, &lamp(), &document)).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let host = "127.0.0.1".to_owned();
        let names = ["127.0.0.1".to_owned()];
        let identity = ServerIdentity::of_private_ca(None, &names).unwrap();
        let server = match channel {
            Channel::Plain => serve(listener, Arc::clone(&shared)),
            Channel::Tls => serve_tls(listener, Arc::clone(&shared), &identity),
        };
        let ca_pem = identity.ca_pem().map(str::as_bytes);
        let upstream = Upstream::new(Endpoint { channel, host, port }, ca_pem).unwrap();
        Self { shared, _server: server.unwrap(), upstream }
    }

    fn version(&self) -> Value {
        let shadow = self.shared.with(|cloud, now| cloud.cloud().shadow(now, &lamp()));
        shadow.map_or(Value::Null, |shadow| shadow["version"].clone())
    }
}

/// The proxy, to which devices talk.
struct Near {
    shared: Arc<Shared>,
    server: Server,
    events: Receiver<Arc<CloudEvent>>,
}

impl Near {
    async fn before(upstream: Upstream, signer: Option<proxy::Signer>) -> Self {
        let cloud = Faulty::new(FakeShadow::new(Settings::default()));
        let shared = Arc::new(Shared::new(cloud, || NOW).passing_on_to(upstream, signer));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = serve(listener, Arc::clone(&shared)).unwrap();
        let events = shared.subscribe();
        Self { shared, server, events }
    }

    async fn connect(&self) -> Client {
        Client { stream: TcpStream::connect(self.server.local_addr()).await.unwrap() }
    }

    /// What a device hears that signs with its own key for the proxy's host, until the connection ends.
    async fn ask(&self, line: &str, body: &str) -> (String, bool) {
        let mut client = self.connect().await;
        client
            .send(&raw(&closing(&device(self.server.local_addr().to_string()), line, body)))
            .await;
        client.rest().await
    }

    /// The next request of the log.
    async fn served(&mut self) -> Arc<Served> {
        let next = async {
            loop {
                if let CloudEventKind::Request(served) = &self.events.recv().await.unwrap().kind {
                    return Arc::clone(served);
                }
            }
        };
        tokio::time::timeout(PATIENCE, next).await.expect("no request came")
    }
}

fn device(host: String) -> Signer {
    Signer { host, ..Signer::default() }
}

/// A signed request behind which the connection ends.
fn closing(signer: &Signer, line: &str, body: &str) -> fake_shadow::message::Request {
    let mut request = signer.request(line, body, NOW);
    request.headers.push(fake_shadow::message::Header::new("Connection", "close"));
    request
}

#[tokio::test]
async fn what_is_signed_for_the_proxy_is_signed_anew_and_both_sides_are_told() {
    let far = Far::new(Channel::Tls).await;
    let mut near = Near::before(far.upstream.clone(), Some(real_signer())).await;
    let (answer, _) = near.ask("POST /things/lamp/shadow", ON).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    // The service's own headers, in its own case.
    assert!(answer.contains("\r\nx-amzn-RequestId: ") && answer.contains("\r\nconnection: close"));
    assert_eq!(far.version(), 2);
    let served = near.served().await;
    let passed = served.delivery.passed.as_ref().unwrap();
    assert_eq!((passed.how, passed.answer.as_ref().unwrap().status), (How::SignedAnew, 200));
    assert_eq!(served.delivery.exchange.as_ref().unwrap().record.version, Some(2));
    assert!(served.delivery.verdict().unwrap().is_ok());
    // The cloud of the proxy itself holds nothing.
    assert!(near.shared.with(|cloud, now| cloud.cloud().shadow(now, &lamp())).is_none());
}

#[tokio::test]
async fn a_wrong_signature_is_refused_and_explained_and_goes_no_further() {
    let far = Far::new(Channel::Tls).await;
    let mut near = Near::before(far.upstream.clone(), Some(real_signer())).await;
    let wrong = Signer { secret: "wrong".into(), ..device(near.server.local_addr().to_string()) };
    let mut client = near.connect().await;
    client.send(&raw(&closing(&wrong, "POST /things/lamp/shadow", ON))).await;
    let (answer, _) = client.rest().await;
    assert!(answer.starts_with("HTTP/1.1 403 Forbidden\r\n"), "{answer}");
    assert!(answer.contains("x-amzn-ErrorType: ForbiddenException:"), "{answer}");
    assert_eq!(far.version(), 1);
    let served = near.served().await;
    assert!(served.delivery.passed.is_none() && served.delivery.verdict().unwrap().is_err());
}

#[tokio::test]
async fn what_is_signed_for_the_service_itself_goes_on_as_it_came() {
    let far = Far::new(Channel::Tls).await;
    // Neither the key of the device nor any other is known here.
    let mut near = Near::before(far.upstream.clone(), None).await;
    let signer = Signer {
        access_key_id: "AKIDREAL".into(),
        secret: "the real secret".into(),
        region: REAL_REGION.into(),
        host: far.upstream.endpoint().authority(),
        ..Signer::default()
    };
    let mut client = near.connect().await;
    client.send(&raw(&signer.request("POST /things/lamp/shadow", ON, NOW))).await;
    assert!(client.answer().await.starts_with("HTTP/1.1 200 OK\r\n"));
    assert_eq!(far.version(), 2);
    let served = near.served().await;
    assert_eq!(served.delivery.passed.as_ref().unwrap().how, How::AsItCame);
    assert_eq!(served.delivery.verdict(), None);
    // The connection goes on, although each request has its own to the service.
    client.send(&raw(&signer.request("GET /things/lamp/shadow", "", NOW))).await;
    assert!(client.answer().await.contains(r#""on":true"#));
}

#[tokio::test]
async fn what_the_service_refuses_the_device_hears_in_its_words() {
    let far = Far::new(Channel::Tls).await;
    let signer = proxy::Signer {
        keys: Keys::new(Credential::long_term("AKIDREAL", "not the real secret")),
        ..real_signer()
    };
    let near = Near::before(far.upstream.clone(), Some(signer)).await;
    let (answer, _) = near.ask("GET /things/lamp/shadow", "").await;
    assert!(answer.starts_with("HTTP/1.1 403 Forbidden\r\n"), "{answer}");
    let near = Near::before(far.upstream.clone(), Some(real_signer())).await;
    let (answer, _) = near.ask("GET /things/none/shadow", "").await;
    assert!(answer.starts_with("HTTP/1.1 404 Not Found\r\n"), "{answer}");
    assert!(answer.contains("No shadow exists with name: 'none'"), "{answer}");
}

/// A fault of each kind that acts on requests, as through a proxy it must not change.
fn one_of_each_kind() -> Vec<Value> {
    vec![
        json!({ "aws-error": "ThrottlingException" }),
        json!({ "bandwidth": 100_000 }),
        json!({ "chunked": true }),
        json!({ "close": "after-headers" }),
        json!({ "conflict": true }),
        json!({ "drip": { "bytes": 400, "every": "1ms" } }),
        json!({ "empty": "body" }),
        json!({ "garbage": 40 }),
        json!({ "hang": { "at": "body", "for": "1ms" } }),
        json!({ "html-error": 503 }),
        json!({ "http-version": "1.0" }),
        json!({ "interim": true }),
        json!({ "keep-open": "1ms" }),
        json!({ "latency": "1ms" }),
        json!({ "lost-answer": "close" }),
        json!({ "malformed": "json" }),
        json!({ "no-reason-phrase": true }),
        json!({ "reset": "mid-body" }),
        json!({ "shadow-deep": true }),
        json!({ "shadow-large": true }),
        json!({ "shadow-missing": true }),
        json!({ "shadow-version": -3 }),
        json!({ "status": 503 }),
        json!({ "throttle": 0 }),
        json!({ "truncate": "50%" }),
    ]
}

/// What a device hears, without what differs from answer to answer.
fn plain((heard, in_order): (String, bool)) -> (String, bool) {
    let line = |line: &str| match line.split_once(": ") {
        Some((name, _)) if name == "x-amzn-RequestId" => format!("{name}: (id)\n"),
        _ => format!("{}\n", line.split(r#""traceId":"#).next().unwrap_or_default()),
    };
    (heard.lines().map(line).collect(), in_order)
}

#[tokio::test]
async fn each_kind_of_fault_does_through_the_proxy_what_it_does_on_the_fake() {
    let mut covered = BTreeSet::new();
    for fault in one_of_each_kind() {
        let far = Far::new(Channel::Plain).await;
        let before = Near::before(far.upstream.clone(), Some(real_signer())).await;
        // The same cloud without a proxy before it.
        let settings = Settings { region: REAL_REGION.into(), ..Settings::default() };
        let alone = Shared::new(Faulty::new(FakeShadow::new(settings.clone())), || NOW);
        let document = json!({ "state": { "desired": { "on": true } } });
        alone.with(|cloud, now| cloud.cloud_mut().update(now, &lamp(), &document)).unwrap();
        let alone = Arc::new(alone);
        let server = serve(TcpListener::bind("127.0.0.1:0").await.unwrap(), Arc::clone(&alone));
        let alone = Near { events: alone.subscribe(), shared: alone, server: server.unwrap() };
        let mut heard = Vec::new();
        for (cloud, region) in [(&before, "us-east-1"), (&alone, REAL_REGION)] {
            let read = Fault::read(&fault).unwrap();
            covered.insert(read.kind.name());
            cloud.shared.with(|cloud, _| cloud.arm(read));
            let signer =
                Signer { region: region.into(), ..device(cloud.server.local_addr().to_string()) };
            let mut client = cloud.connect().await;
            client.send(&raw(&closing(&signer, "POST /things/lamp/shadow", ON))).await;
            heard.push(plain(client.rest().await));
            assert_eq!(cloud.shared.with(|cloud, _| cloud.armed()[0].met), 1, "{fault}");
        }
        assert_eq!(heard[0], heard[1], "{fault}");
        // Whether the service has done it is the same as well.
        let version = alone.shared.with(|cloud, now| cloud.cloud().shadow(now, &lamp()));
        assert_eq!(far.version(), version.unwrap()["version"], "{fault}");
    }
    // The rest acts before a request is known, on other servers, or moves the clock; profiles are made of these.
    let place = |name: &str| Fault::read(&json!({ "kind": name })).map(|fault| fault.kind.place());
    let elsewhere: BTreeSet<&str> = Kind::NAMES
        .iter()
        .copied()
        .filter(|name| !covered.contains(name))
        .filter(|name| !matches!(place(name), Ok(Place::Connection | Place::Handshake)))
        .collect();
    assert_eq!(elsewhere, BTreeSet::from(["dns", "ntp", "profile", "skew", "tls", "wifi"]));
}

#[tokio::test]
async fn of_a_skewed_clock_the_device_sees_the_date() {
    let far = Far::new(Channel::Plain).await;
    let near = Near::before(far.upstream.clone(), Some(real_signer())).await;
    near.shared.with(|cloud, _| cloud.arm(Fault::read(&json!({ "skew": "-1h" })).unwrap()));
    let (late, _) = near.ask("GET /things/lamp/shadow", "").await;
    let (right, _) = near.ask("GET /things/lamp/shadow", "").await;
    let date = |answer: &str| {
        answer.lines().find_map(|line| Some(line.strip_prefix("date: ")?.to_owned())).unwrap()
    };
    assert_eq!(
        (date(&late).as_str(), date(&right).as_str()),
        ("Fri, 20 Nov 2026 15:08:44 GMT", "Fri, 20 Nov 2026 16:08:44 GMT")
    );
}

/// A service that answers one request with these bytes and ends the connection.
async fn odd(answer: &'static [u8]) -> Upstream {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut read = Vec::new();
        while !read.ends_with(b"\r\n\r\n") {
            stream.read_buf(&mut read).await.unwrap();
        }
        stream.write_all(answer).await.unwrap();
    });
    let (channel, host) = (Channel::Plain, "127.0.0.1".to_owned());
    Upstream::new(Endpoint { channel, host, port }, None).unwrap()
}

#[tokio::test]
async fn an_odd_answer_of_the_service_arrives_as_what_it_means() {
    for (answer, heard) in [
        (
            b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 503 Slow Down\r\nContent-Type: text/html\r\n\r\n<p>".as_slice(),
            "HTTP/1.1 503 Slow Down\r\nContent-Type: text/html\r\ncontent-length: 3\r\nconnection: close\r\n\r\n<p>",
        ),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}",
        ),
        (
            b"HTTP/1.1 204 No Content\r\nX-Odd: 1\r\n\r\n",
            "HTTP/1.1 204 No Content\r\nX-Odd: 1\r\nconnection: close\r\n\r\n",
        ),
    ] {
        let near = Near::before(odd(answer).await, Some(real_signer())).await;
        assert_eq!(near.ask("GET /things/lamp/shadow", "").await.0, heard);
    }
}

/// The rig's own answer is 502, which the service never gives, and the reason is told.
async fn not_passed(upstream: Upstream, signer: Option<proxy::Signer>, reason: &str) {
    let mut near = Near::before(upstream, signer).await;
    let (answer, _) = near.ask("GET /things/lamp/shadow", "").await;
    assert!(answer.starts_with("HTTP/1.1 502 Bad Gateway\r\n"), "{answer}");
    assert!(answer.contains("shadowrig could not pass the request on"), "{answer}");
    let served = near.served().await;
    let error = served.delivery.passed.as_ref().unwrap().answer.as_ref().unwrap_err().to_string();
    assert!(error.contains(reason), "{error}");
}

#[tokio::test]
async fn a_service_that_cannot_be_reached_is_the_rigs_own_failure() {
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = nobody.local_addr().unwrap().port();
    drop(nobody);
    let endpoint = |channel| Endpoint { channel, host: "127.0.0.1".into(), port };
    let refused = Upstream::new(endpoint(Channel::Plain), None).unwrap();
    not_passed(refused, Some(real_signer()), "failed to connect to 127.0.0.1").await;
    let cut = odd(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}").await;
    not_passed(cut, Some(real_signer()), "ended before its end").await;
    let no_http = odd(b"SSH-2.0-OpenSSH\r\n").await;
    not_passed(no_http, Some(real_signer()), "no HTTP").await;
    // A certificate that leads to no CA that browsers trust.
    let far = Far::new(Channel::Tls).await;
    let doubtful = Upstream::new(far.upstream.endpoint().clone(), None).unwrap();
    not_passed(doubtful, Some(real_signer()), "UnknownIssuer").await;
    not_passed(far.upstream.clone(), None, "no credentials").await;
}

#[tokio::test(start_paused = true)]
async fn a_silent_service_is_not_waited_for_without_end() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (channel, host) = (Channel::Plain, "127.0.0.1".to_owned());
    let silent = Upstream::new(Endpoint { channel, host, port }, None).unwrap();
    not_passed(silent, Some(real_signer()), "failed to hear from 127.0.0.1").await;
    drop(listener);
}

#[tokio::test]
async fn the_rig_asks_on_its_own_behalf() {
    let far = Far::new(Channel::Tls).await;
    let client = RealClient::new(far.upstream.clone(), real_signer(), DATA_SERVICE);
    // The far cloud's clock stands still, far from that of this machine.
    let answer = client.call("GET", "/things/lamp/shadow", None).await.unwrap();
    assert_eq!(answer.status, 403);
    assert!(String::from_utf8(answer.body).unwrap().contains("Signature"));
}

#[tokio::test]
async fn without_a_signature_nothing_is_passed_on() {
    let far = Far::new(Channel::Plain).await;
    let mut near = Near::before(far.upstream.clone(), Some(real_signer())).await;
    let mut client = near.connect().await;
    let host = near.server.local_addr().to_string();
    client.send(&raw(&unsigned(&host, "GET /things/lamp/shadow", ""))).await;
    assert!(client.answer().await.starts_with("HTTP/1.1 403 Forbidden\r\n"));
    assert!(near.served().await.delivery.passed.is_none());
}
