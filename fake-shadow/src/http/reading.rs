//! Reading requests off a connection: plain ones here, all others by hyper.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use bytes::{Bytes, BytesMut};
use http::header::{ACCEPT, AUTHORIZATION, CONNECTION};
use http::{HeaderValue, StatusCode};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::body::{Body as _, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::AsyncReadExt as _;
use tokio::sync::watch;
use tokio::time::{Instant, Sleep, sleep_until, timeout};
use tower::ServiceExt as _;

use super::connection::{Caller, Context};
use super::control::CONTROL_PREFIX;
use super::plain;
use super::seats::Seated;
use super::server::ended;
use super::shared::Shared;
use super::stream::{Rewound, Stream};
use super::strictness;
use crate::event::Served;
use crate::fault::Faulty;
use crate::message::{Header, HttpVersion, Request};
use crate::page;
use crate::shadow::MESSAGE_BYTES_MAX;

/// How long a client may take to send the head of a request, and how long a connection may be idle.
pub const HEAD_TIME_MAX: Duration = Duration::from_secs(30);

/// How long a client may take to send the body of a request.
pub const BODY_TIME_MAX: Duration = Duration::from_secs(30);

/// Bytes of the head of a request. A signed request has about 700.
const HEAD_BYTES_MAX: usize = 64 * 1024;

/// How much is read at once where a request is awaited. A signed request has about 1000 bytes.
const READ_BYTES: usize = 4096;

/// Why a connection is to end although its client has done nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Call {
    /// The server ends.
    Ending,
    /// There is no room for another one, and this has been waiting longest.
    MakeRoom,
}

/// Waits for a reason to end.
pub(super) async fn called(ending: watch::Receiver<bool>, seated: &Seated) -> Call {
    tokio::select! {
        biased;
        () = ended(ending) => Call::Ending,
        () = seated.asked_to_leave() => Call::MakeRoom,
    }
}

/// What a connection has next.
pub(super) enum Next {
    /// A request that came whole and has nothing unusual in it.
    Plain(Request),
    /// Something else, for hyper to read.
    Other,
    Over(Over),
}

/// How long a client is waited for, again and again. Setting a timer costs more than reading the time, so it is only set anew
/// when it runs out: once in [`HEAD_TIME_MAX`] and not for each request.
pub(super) struct Patience {
    until: Instant,
    timer: Pin<Box<Sleep>>,
}

impl Patience {
    pub(super) fn new() -> Self {
        let until = Instant::now() + HEAD_TIME_MAX;
        Self { until, timer: Box::pin(sleep_until(until)) }
    }

    /// Waiting begins now.
    fn begin(&mut self) {
        self.until = Instant::now() + HEAD_TIME_MAX;
    }

    async fn is_over(&mut self) {
        loop {
            self.timer.as_mut().await;
            if Instant::now() >= self.until {
                return;
            }
            self.timer.as_mut().reset(self.until);
        }
    }
}

/// Waits for what comes next, and takes it if it is plain.
pub(super) async fn plain_request(
    stream: &mut Stream,
    read: &mut BytesMut,
    patience: &mut Patience,
    called: Pin<&mut impl Future<Output = Call>>,
) -> Next {
    if read.is_empty() {
        read.reserve(READ_BYTES);
        patience.begin();
        let came = tokio::select! {
            biased;
            came = stream.read_buf(read) => came,
            call = called => return Next::Over(Over::Called(call)),
            () = patience.is_over() => return Next::Over(Over::Silent),
        };
        match came {
            Ok(0) => return Next::Over(Over::InOrder),
            Ok(_) => {}
            Err(_) => return Next::Over(Over::Broken),
        }
    }
    plain::take(read).map_or(Next::Other, Next::Plain)
}

/// What came of reading.
pub(super) struct Read {
    pub(super) stream: Stream,
    /// Bytes behind the request that were read with it.
    pub(super) read_ahead: Bytes,
    pub(super) taken: Taken,
}

/// What was read.
pub(super) enum Taken {
    /// A request of the service, which has dealt with it; nothing has been written.
    Request(Arc<Served>),
    /// None: the connection is over.
    Nothing(Over),
}

/// How a connection was over before a request of the service came.
pub(super) enum Over {
    /// It broke.
    Broken,
    /// It is to end.
    Called(Call),
    /// In order: the client ended it, or said before that it would send no more.
    InOrder,
    /// The client was silent for too long.
    Silent,
    /// What came is no request; hyper has answered it.
    Unreadable(String),
}

/// Lets hyper read until a request of the service is there, or the connection is over. Requests to the control interface
/// are answered on the way.
///
/// hyper is told of an error when it has handed a request over: it then leaves the connection alone, with all that it has
/// read, and writes nothing.
pub(super) async fn read_request(
    context: &Context,
    caller: &Caller,
    io: Rewound,
    called: Pin<&mut impl Future<Output = Call>>,
) -> Read {
    let slot = Arc::new(Mutex::new(None));
    let heard = io.heard.clone();
    let service = service_fn(|request: hyper::Request<Incoming>| {
        let (slot, heard) = (Arc::clone(&slot), heard.clone());
        async move {
            let keep = |received| *slot.lock().unwrap_or_else(PoisonError::into_inner) = received;
            if let Some((status, reason)) = strictness::fault(&request, &heard.take()) {
                keep(Some(Received::Unreadable(reason.to_owned())));
                return Ok(bare_answer(status));
            }
            if request.uri().path().starts_with(CONTROL_PREFIX) || wants_page(&request) {
                // Whoever watches the server is not one of those who make room for others.
                caller.seated.is_served();
                let answer = control_answer(context.control.clone(), request, caller).await;
                heard.begin();
                return Ok(answer);
            }
            let received = receive(&context.shared, caller, request).await;
            let is_unreadable = matches!(received, Some(Received::Unreadable(_)));
            keep(received);
            if is_unreadable { Ok(bare_answer(StatusCode::BAD_REQUEST)) } else { Err(HandedOver) }
        }
    });
    let mut reading = http1::Builder::new()
        .half_close(true)
        .max_header_size(HEAD_BYTES_MAX)
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME_MAX)
        .serve_connection(TokioIo::new(io), service);
    let end = tokio::select! {
        end = &mut reading => Ok(end),
        call = called => match call {
            Call::Ending => {
                Pin::new(&mut reading).graceful_shutdown();
                Ok((&mut reading).await)
            }
            Call::MakeRoom => Err(call),
        }
    };
    let parts = reading.into_parts();
    let Rewound { before, stream, is_broken, .. } = parts.io.into_inner();
    let read_ahead =
        if before.is_empty() { parts.read_buf } else { [parts.read_buf, before].concat().into() };
    let received = slot.lock().unwrap_or_else(PoisonError::into_inner).take();
    let taken = match (received, end) {
        (Some(Received::Request(served)), _) => Taken::Request(served),
        (Some(Received::Unreadable(reason)), _) => Taken::Nothing(Over::Unreadable(reason)),
        (None, Err(call)) => Taken::Nothing(Over::Called(call)),
        (None, Ok(Ok(()))) if !is_broken => Taken::Nothing(Over::InOrder),
        (None, Ok(Err(error))) if error.is_parse() => {
            Taken::Nothing(Over::Unreadable(error.to_string()))
        }
        (None, Ok(Err(error))) if error.is_timeout() => Taken::Nothing(Over::Silent),
        (None, Ok(_)) => Taken::Nothing(Over::Broken),
    };
    Read { stream, read_ahead, taken }
}

fn wants_page(request: &hyper::Request<Incoming>) -> bool {
    let text = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
    let target = request.uri().path_and_query().map_or("", |target| target.as_str());
    let is_signed = text(AUTHORIZATION).is_some_and(|value| value.starts_with("AWS4"));
    !is_signed
        && page::is_wanted(request.method().as_str(), target, text(ACCEPT).unwrap_or_default())
}

/// What hyper is told when a request is answered without it.
#[derive(Debug)]
struct HandedOver;

impl std::fmt::Display for HandedOver {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("the request is answered elsewhere")
    }
}

impl std::error::Error for HandedOver {}

async fn control_answer(
    control: Router,
    mut request: hyper::Request<Incoming>,
    caller: &Caller,
) -> hyper::Response<Body> {
    request.extensions_mut().insert(ConnectInfo(caller.peer));
    match control.oneshot(request.map(Body::new)).await {
        Ok(response) => response,
        Err(impossible) => match impossible {},
    }
}

/// What became of a request whose head could be read.
enum Received {
    /// The service has dealt with it.
    Request(Arc<Served>),
    /// It cannot be read to its end, or not be understood.
    Unreadable(String),
}

/// As hyper answers what it cannot read.
fn bare_answer(status: StatusCode) -> hyper::Response<Body> {
    let mut answer = hyper::Response::new(Body::empty());
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    answer
}

/// Reads the body and lets the cloud deal with the request; none if the client left or was too slow.
async fn receive(
    shared: &Shared,
    caller: &Caller,
    request: hyper::Request<Incoming>,
) -> Option<Received> {
    let (head, body) = request.into_parts();
    let mut request = from_head(&head);
    let announced_bytes = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    let refuse = |request| {
        caller.seated.is_served();
        Some(Received::Request(shared.served(caller.id, request, Faulty::refuse_too_large)))
    };
    if announced_bytes > MESSAGE_BYTES_MAX {
        return refuse(request);
    }
    let body =
        timeout(BODY_TIME_MAX, Limited::new(body, MESSAGE_BYTES_MAX).collect()).await.ok()?;
    match body {
        Ok(body) => {
            request.body = body.to_bytes().into();
            caller.seated.is_served();
            Some(Received::Request(shared.deal(caller.id, request).await))
        }
        Err(error) if error.is::<LengthLimitError>() => refuse(request),
        Err(error) => strictness::chunk_fault(error.as_ref()).map(Received::Unreadable),
    }
}

/// The head as it came: the target is taken raw, as the signature covers it so. Of the absolute form the scheme and the
/// authority are left out; the signature covers the path and the `Host` header.
fn from_head(head: &http::request::Parts) -> Request {
    let target = match head.uri.path_and_query() {
        Some(path_and_query) => path_and_query.as_str().to_owned(),
        None => head.uri.to_string(),
    };
    let header = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
        Header::new(name.as_str(), value.as_bytes())
    };
    Request {
        method: head.method.as_str().to_owned(),
        target,
        version: if head.version == http::Version::HTTP_10 {
            HttpVersion::Http10
        } else {
            HttpVersion::Http11
        },
        headers: head.headers.iter().map(header).collect(),
        body: Vec::new(),
    }
}
