//! One connection from its first byte to its end.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::body::{Body as _, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt as _;

use super::control::CONTROL_PREFIX;
use super::handshake::{client_hello, refuse_handshake};
use super::perform::{Left, end, perform};
use super::server::ended;
use super::shared::Shared;
use super::stream::{Rewound, Stream};
use super::tls::ServerIdentity;
use super::tls_flaw::Manner;
use crate::event::{CloudEventKind, ConnectionId, Served, Side};
use crate::fault::{Channel, ConnectFate, Faulty, OnHandshake, TlsFlaw};
use crate::message::{Header, HttpVersion, Request};
use crate::page;
use crate::shadow::MESSAGE_BYTES_MAX;

/// How long a client may take to send the head of a request, and how long a connection may be idle.
pub const HEAD_TIME_MAX: Duration = Duration::from_secs(30);

/// How long a client may take to send the body of a request.
pub const BODY_TIME_MAX: Duration = Duration::from_secs(30);

/// How long a TLS handshake may take; small devices compute for seconds.
pub const HANDSHAKE_TIME_MAX: Duration = Duration::from_secs(30);

/// Bytes of the head of a request. A signed request has about 700.
const HEAD_BYTES_MAX: usize = 64 * 1024;

/// What all connections of one server have in common.
#[derive(Clone)]
pub(super) struct Context {
    pub(super) shared: Arc<Shared>,
    pub(super) control: Router,
    /// How connections are secured; none for plain HTTP.
    pub(super) tls: Option<ServerIdentity>,
    /// Becomes true when the server is to end.
    pub(super) ending: watch::Receiver<bool>,
}

/// Serves a connection until its end.
pub(super) async fn serve_connection(mut context: Context, tcp: TcpStream, peer: SocketAddr) {
    let shared = Arc::clone(&context.shared);
    let id = shared.next_connection();
    let channel = if context.tls.is_some() { Channel::Tls } else { Channel::Plain };
    let left = match shared.opened(id, peer.to_string(), channel) {
        ConnectFate::Serve => match secured(&context, id, tcp, None).await {
            Ok(stream) => converse(&mut context, id, stream, peer).await,
            Err(left) => left,
        },
        ConnectFate::Handshake(_, OnHandshake::Flaw(flaw)) => {
            match secured(&context, id, tcp, Some(flaw)).await {
                Ok(stream) => converse(&mut context, id, stream, peer).await,
                Err(left) => left,
            }
        }
        ConnectFate::Handshake(_, OnHandshake::Perform(steps)) => {
            let mut tcp = tcp;
            // However the client's first words end, the steps end the connection.
            let _ = timeout(HANDSHAKE_TIME_MAX, client_hello(&mut tcp)).await;
            perform(Stream::Plain(tcp), &steps, &mut 0, &context.ending).await
        }
        ConnectFate::Refuse(_) => {
            Stream::Plain(tcp).reset();
            Left::Ended { by: Side::Cloud, reset: true }
        }
        ConnectFate::Perform(_, steps) => {
            perform(Stream::Plain(tcp), &steps, &mut 0, &context.ending).await
        }
    };
    let left = match left {
        Left::Open(stream) => end(stream).await,
        ended @ Left::Ended { .. } => ended,
    };
    if let Left::Ended { by, reset } = left {
        let kind = if reset { CloudEventKind::Reset { by } } else { CloudEventKind::Closed { by } };
        shared.note(id, kind);
    }
}

/// The connection with TLS around it where the listener has it, with a flaw or without.
async fn secured(
    context: &Context,
    id: ConnectionId,
    tcp: TcpStream,
    flaw: Option<TlsFlaw>,
) -> Result<Stream, Left> {
    let Some(identity) = &context.tls else { return Ok(Stream::Plain(tcp)) };
    let silent = |_| "the client was silent for too long".to_owned();
    let reason = match identity.manner(flaw, context.shared.cloud_time()) {
        Ok(Manner::Config(config)) => {
            let accepting = TlsAcceptor::from(config).accept(tcp);
            match timeout(HANDSHAKE_TIME_MAX, accepting).await {
                Ok(Ok(tls)) => return Ok(Stream::Tls(Box::new(tls))),
                Ok(Err(error)) => error.to_string(),
                Err(elapsed) => silent(elapsed),
            }
        }
        Ok(Manner::Refusal(refusal)) => {
            let refusing = refuse_handshake(tcp, refusal);
            timeout(HANDSHAKE_TIME_MAX, refusing).await.unwrap_or_else(silent)
        }
        Err(error) => error.to_string(),
    };
    context.shared.note(id, CloudEventKind::HandshakeFailed { reason });
    Err(Left::Ended { by: Side::Cloud, reset: false })
}

/// Reads request after request and answers them.
async fn converse(
    context: &mut Context,
    id: ConnectionId,
    stream: Stream,
    peer: SocketAddr,
) -> Left {
    let mut io = Rewound::new(Bytes::new(), stream);
    loop {
        let Read { stream, read_ahead, taken } = read_request(context, id, io, peer).await;
        let served = match taken {
            Taken::Request(served) => served,
            Taken::Nothing(over) => return leave(context, id, stream, over).await,
        };
        let mut bytes = 0;
        let steps = served.delivery.steps(&served.request);
        let left = perform(stream, &steps, &mut bytes, &context.ending).await;
        let status = served.delivery.status.filter(|_| bytes > 0);
        context.shared.note(id, CloudEventKind::Answered { status, bytes });
        match left {
            Left::Open(stream) if served.delivery.keeps_alive && !*context.ending.borrow() => {
                io = Rewound::new(read_ahead, stream);
            }
            left => return left,
        }
    }
}

/// What came of reading.
struct Read {
    stream: Stream,
    /// Bytes behind the request that were read with it.
    read_ahead: Bytes,
    taken: Taken,
}

enum Taken {
    /// A request of the service, which has dealt with it; nothing has been written.
    Request(Arc<Served>),
    /// None: the connection is over.
    Nothing(Over),
}

/// How a connection was over before a request of the service came.
enum Over {
    /// It broke.
    Broken,
    /// In order: the client ended it, or said before that it would send no more.
    InOrder,
    /// The client was silent for too long.
    Silent,
    /// What came is no request; hyper has answered it.
    Unreadable(String),
}

async fn leave(context: &Context, id: ConnectionId, stream: Stream, over: Over) -> Left {
    let reset = matches!(over, Over::Broken);
    let by = match over {
        Over::Broken | Over::InOrder => Side::Client,
        Over::Silent => Side::Cloud,
        Over::Unreadable(reason) => {
            context.shared.note(id, CloudEventKind::Unreadable { reason });
            Side::Cloud
        }
    };
    // hyper has ended its side. Where it ended it because the server is to end, nobody waits for an answer.
    if !reset && !*context.ending.borrow() {
        end(stream).await;
    }
    Left::Ended { by, reset }
}

/// Lets hyper read until a request of the service is there, or the connection is over. Requests to the control interface
/// are answered on the way.
///
/// hyper is told of an error when it has handed a request over: it then leaves the connection alone, with all that it has
/// read, and writes nothing.
async fn read_request(
    context: &mut Context,
    id: ConnectionId,
    io: Rewound,
    peer: SocketAddr,
) -> Read {
    let slot = Arc::new(Mutex::new(None));
    let service = service_fn(|request: hyper::Request<Incoming>| {
        let (shared, control) = (Arc::clone(&context.shared), context.control.clone());
        let slot = Arc::clone(&slot);
        async move {
            if request.uri().path().starts_with(CONTROL_PREFIX) || wants_page(&request) {
                return Ok(control_answer(control, request, peer).await);
            }
            let served = receive(&shared, id, request).await;
            *slot.lock().unwrap_or_else(PoisonError::into_inner) = served;
            Err(HandedOver)
        }
    });
    let mut reading = http1::Builder::new()
        .half_close(true)
        .max_header_size(HEAD_BYTES_MAX)
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME_MAX)
        .serve_connection(TokioIo::new(io), service);
    let end = tokio::select! {
        end = &mut reading => end,
        () = ended(context.ending.clone()) => {
            Pin::new(&mut reading).graceful_shutdown();
            (&mut reading).await
        }
    };
    let parts = reading.into_parts();
    let Rewound { before, stream, is_broken } = parts.io.into_inner();
    let read_ahead =
        if before.is_empty() { parts.read_buf } else { [parts.read_buf, before].concat().into() };
    let served = slot.lock().unwrap_or_else(PoisonError::into_inner).take();
    let taken = match (served, end) {
        (Some(served), _) => Taken::Request(served),
        (None, Ok(())) if !is_broken => Taken::Nothing(Over::InOrder),
        (None, Err(error)) if error.is_parse() => {
            Taken::Nothing(Over::Unreadable(error.to_string()))
        }
        (None, Err(error)) if error.is_timeout() => Taken::Nothing(Over::Silent),
        (None, _) => Taken::Nothing(Over::Broken),
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
    peer: SocketAddr,
) -> hyper::Response<Body> {
    request.extensions_mut().insert(ConnectInfo(peer));
    match control.oneshot(request.map(Body::new)).await {
        Ok(response) => response,
        Err(impossible) => match impossible {},
    }
}

/// Reads the body and lets the cloud deal with the request; none if the client left or was too slow.
async fn receive(
    shared: &Shared,
    id: ConnectionId,
    request: hyper::Request<Incoming>,
) -> Option<Arc<Served>> {
    let (head, body) = request.into_parts();
    let mut request = from_head(&head);
    let announced_bytes = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    if announced_bytes > MESSAGE_BYTES_MAX {
        return Some(shared.served(id, request, Faulty::refuse_too_large));
    }
    let body =
        timeout(BODY_TIME_MAX, Limited::new(body, MESSAGE_BYTES_MAX).collect()).await.ok()?;
    match body {
        Ok(body) => {
            request.body = body.to_bytes().into();
            Some(shared.served(id, request, Faulty::handle))
        }
        Err(error) if error.is::<LengthLimitError>() => {
            Some(shared.served(id, request, Faulty::refuse_too_large))
        }
        Err(_) => None,
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
