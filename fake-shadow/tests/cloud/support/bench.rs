//! A cloud on a real socket, with a clock that stands still.

use std::sync::Arc;
use std::time::Duration;

use fake_shadow::clock::UnixMillis;
use fake_shadow::event::{CloudEvent, CloudEventKind};
use fake_shadow::fault::{Fault, Faulty};
use fake_shadow::http::{Server, Shared, serve};
use fake_shadow::message::{HttpVersion, Request};
use fake_shadow::shadow::ShadowId;
use fake_shadow::{FakeShadow, Settings};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::broadcast::Receiver;

use super::{NOW, Signer};

/// How long a test waits for what must come; only a broken build takes so long.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// A cloud that is served.
pub(crate) struct Bench {
    pub(crate) shared: Arc<Shared>,
    pub(crate) server: Server,
    pub(crate) events: Receiver<Arc<CloudEvent>>,
}

impl Bench {
    pub(crate) async fn new() -> Self {
        Self::at(NOW, Settings::default()).await
    }

    /// A cloud whose clock stands still at a time.
    pub(crate) async fn at(now: UnixMillis, settings: Settings) -> Self {
        let cloud = Faulty::new(FakeShadow::new(settings));
        let shared = Arc::new(Shared::new(cloud, move || now));
        let events = shared.subscribe();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = serve(listener, Arc::clone(&shared)).unwrap();
        Self { shared, server, events }
    }

    /// A cloud with one shadow of the thing `lamp`, at version 1.
    pub(crate) async fn with_shadow() -> Self {
        let bench = Self::new().await;
        let document = serde_json::json!({ "state": { "desired": { "on": true } } });
        bench.shared.with(|cloud, now| cloud.cloud_mut().update(now, &lamp(), &document)).unwrap();
        bench
    }

    pub(crate) fn arm(&self, fault: &Value) {
        let fault = Fault::read(fault).unwrap();
        self.shared.with(|cloud, _| cloud.arm(fault));
    }

    pub(crate) fn shadow(&self) -> Option<Value> {
        self.shared.with(|cloud, now| cloud.cloud().shadow(now, &lamp()))
    }

    pub(crate) fn version(&self) -> u64 {
        self.shadow().map_or(0, |shadow| shadow["version"].as_u64().unwrap())
    }

    pub(crate) async fn connect(&self) -> Client {
        Client { stream: TcpStream::connect(self.server.local_addr()).await.unwrap() }
    }

    /// Waits for an event that fits.
    pub(crate) async fn event(
        &mut self,
        fits: impl Fn(&CloudEventKind) -> bool,
    ) -> Arc<CloudEvent> {
        let wait = async {
            loop {
                let event = self.events.recv().await.unwrap();
                if fits(&event.kind) {
                    return event;
                }
            }
        };
        tokio::time::timeout(PATIENCE, wait).await.expect("the event did not come")
    }
}

pub(crate) fn lamp() -> ShadowId {
    ShadowId::classic("lamp").unwrap()
}

/// The other end.
pub(crate) struct Client {
    pub(crate) stream: TcpStream,
}

impl Client {
    pub(crate) async fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
    }

    /// All bytes until the end of the connection, and whether that was in order.
    pub(crate) async fn rest(&mut self) -> (String, bool) {
        let mut bytes = Vec::new();
        let read = tokio::time::timeout(PATIENCE, self.stream.read_to_end(&mut bytes));
        let in_order = read.await.expect("the connection did not end").is_ok();
        (String::from_utf8_lossy(&bytes).into_owned(), in_order)
    }

    /// One answer with the length that it says; the connection goes on.
    pub(crate) async fn answer(&mut self) -> String {
        let mut bytes = Vec::new();
        let read = async {
            while whole_length(&bytes).is_none_or(|length| bytes.len() < length) {
                let byte = self.stream.read_u8().await.unwrap();
                bytes.push(byte);
            }
        };
        tokio::time::timeout(PATIENCE, read).await.expect("no answer came");
        String::from_utf8(bytes).unwrap()
    }
}

/// Bytes of head and body, once the head is there.
fn whole_length(bytes: &[u8]) -> Option<usize> {
    let text = String::from_utf8_lossy(bytes);
    let head = text.find("\r\n\r\n")? + 4;
    let length = text.lines().find_map(|line| line.strip_prefix("content-length: "));
    Some(head + length.map_or(0, |length| length.parse().unwrap()))
}

/// A signed GET of the lamp's shadow.
pub(crate) fn get() -> Request {
    Signer::default().request("GET /things/lamp/shadow", "", NOW)
}

/// A signed update of the lamp's shadow.
pub(crate) fn post(body: &str) -> Request {
    Signer::default().request("POST /things/lamp/shadow", body, NOW)
}

/// The bytes of a request, with the length of its body if it has one.
pub(crate) fn raw(request: &Request) -> Vec<u8> {
    let version = match request.version {
        HttpVersion::Http10 => "HTTP/1.0",
        HttpVersion::Http11 => "HTTP/1.1",
    };
    let mut head = format!("{} {} {version}\r\n", request.method, request.target);
    for header in &request.headers {
        let value = String::from_utf8_lossy(&header.value);
        head += &format!("{}: {value}\r\n", header.name);
    }
    if !request.body.is_empty() && request.header("content-length").is_none() {
        head += &format!("Content-Length: {}\r\n", request.body.len());
    }
    head += "\r\n";
    [head.as_bytes(), &request.body].concat()
}

pub(crate) fn http_1_0(request: Request) -> Request {
    Request { version: HttpVersion::Http10, ..request }
}
