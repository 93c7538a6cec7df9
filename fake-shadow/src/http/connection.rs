//! One connection from its first byte to its end.

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use bytes::BytesMut;
use rustls::ServerConfig;
use rustls::server::Acceptor;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::server::TlsStream;

use super::handshake::{client_hello, refuse_handshake};
use super::max_fragment;
use super::perform::{Left, end, perform};
use super::reading::{
    Call, Next, Over, Patience, Read, Taken, called, plain_request, read_request,
};
use super::seats::Seated;
use super::shared::Shared;
use super::stream::{Overheard, Rewound, Stream};
use super::tls::{ServerIdentity, with_records_of};
use super::tls_flaw::Manner;
use crate::event::{CloudEventKind, ConnectionId, Side};
use crate::fault::{Channel, ConnectFate, OnHandshake, TlsFlaw};

/// How long a TLS handshake may take; small devices compute for seconds.
pub const HANDSHAKE_TIME_MAX: Duration = Duration::from_secs(30);

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

/// Whose connection it is.
pub(super) struct Caller {
    pub(super) id: ConnectionId,
    pub(super) peer: SocketAddr,
    pub(super) seated: Seated,
}

/// Serves a connection until its end.
pub(super) async fn serve_connection(
    context: Context,
    seated: Seated,
    tcp: TcpStream,
    peer: SocketAddr,
) {
    let shared = &context.shared;
    let id = shared.next_connection();
    let caller = Caller { id, peer, seated };
    let channel = if context.tls.is_some() { Channel::Tls } else { Channel::Plain };
    let fate = shared.opened(id, peer, channel);
    let left = tokio::select! {
        biased;
        left = meet(&context, &caller, tcp, fate) => left,
        () = shared.link_broken() => Left::Ended { by: Side::Cloud, reset: false },
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

/// Does to a connection what becomes of it.
async fn meet(context: &Context, caller: &Caller, tcp: TcpStream, fate: ConnectFate) -> Left {
    match fate {
        ConnectFate::Serve => match secured(context, caller, tcp, None).await {
            Ok(stream) => converse(context, caller, stream).await,
            Err(left) => left,
        },
        ConnectFate::Handshake(_, OnHandshake::Flaw(flaw)) => {
            match secured(context, caller, tcp, Some(flaw)).await {
                Ok(stream) => converse(context, caller, stream).await,
                Err(left) => left,
            }
        }
        ConnectFate::Handshake(_, OnHandshake::Perform(steps)) => {
            let mut tcp = tcp;
            caller.seated.is_served();
            // However the client's first words end, the steps end the connection.
            let _ = timeout(HANDSHAKE_TIME_MAX, client_hello(&mut tcp)).await;
            perform(Stream::Plain(tcp), &steps, &mut 0, &context.ending).await
        }
        ConnectFate::Lost(_) | ConnectFate::Refuse(_) => {
            Stream::Plain(tcp).reset();
            Left::Ended { by: Side::Cloud, reset: true }
        }
        ConnectFate::Perform(_, steps) => {
            caller.seated.is_served();
            perform(Stream::Plain(tcp), &steps, &mut 0, &context.ending).await
        }
    }
}

/// The connection with TLS around it where the listener has it, with a flaw or without.
async fn secured(
    context: &Context,
    caller: &Caller,
    tcp: TcpStream,
    flaw: Option<TlsFlaw>,
) -> Result<Stream, Left> {
    let Some(identity) = &context.tls else { return Ok(Stream::Plain(tcp)) };
    let silent = |_| "the client was silent for too long".to_owned();
    let reason = match identity.manner(flaw, context.shared.cloud_time()) {
        Ok(Manner::Config(config)) => {
            let accepted = tokio::select! {
                accepted = timeout(HANDSHAKE_TIME_MAX, accept(tcp, config)) => accepted,
                () = caller.seated.asked_to_leave() => {
                    return Err(Left::Ended { by: Side::Cloud, reset: false });
                }
            };
            match accepted {
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
    context.shared.note(caller.id, CloudEventKind::HandshakeFailed { reason });
    Err(Left::Ended { by: Side::Cloud, reset: false })
}

/// Agrees on TLS, in records as small as the client wants them, if it wants them smaller.
async fn accept(tcp: TcpStream, config: Arc<ServerConfig>) -> io::Result<TlsStream<Overheard>> {
    let overheard = Overheard::new(tcp);
    let mut hello = LazyConfigAcceptor::new(Acceptor::default(), overheard).await?;
    let wanted = max_fragment::wanted_bytes(&hello.io.heard());
    let config = match wanted {
        Some(bytes) if config.max_fragment_size.is_none() => with_records_of(&config, bytes),
        _ => config,
    };
    hello.into_stream(config).await
}

/// Reads request after request and answers them.
async fn converse(context: &Context, caller: &Caller, mut stream: Stream) -> Left {
    let mut read = BytesMut::new();
    let mut called = pin!(called(context.ending.clone(), &caller.seated));
    let mut patience = Patience::new();
    loop {
        let next = plain_request(&mut stream, &mut read, &mut patience, called.as_mut()).await;
        let served = match next {
            Next::Plain(request) => {
                caller.seated.is_served();
                context.shared.deal(caller.id, request).await
            }
            Next::Other => {
                let io = Rewound::new(read.split().freeze(), stream);
                let Read { stream: same, read_ahead, taken } =
                    read_request(context, caller, io, called.as_mut()).await;
                (stream, read) = (same, read_ahead.into());
                match taken {
                    Taken::Request(served) => served,
                    Taken::Nothing(over) => return leave(context, caller, stream, over).await,
                }
            }
            Next::Over(over) => return leave(context, caller, stream, over).await,
        };
        let mut bytes = 0;
        let steps = served.delivery.steps(&served.request);
        let left = perform(stream, &steps, &mut bytes, &context.ending).await;
        let status = served.delivery.status.filter(|_| bytes > 0);
        context.shared.note(caller.id, CloudEventKind::Answered { status, bytes });
        match left {
            Left::Open(open) if served.delivery.keeps_alive && !*context.ending.borrow() => {
                stream = open;
                caller.seated.waits();
            }
            left => return left,
        }
    }
}

async fn leave(context: &Context, caller: &Caller, stream: Stream, over: Over) -> Left {
    caller.seated.is_served();
    let reset = matches!(over, Over::Broken);
    let by = match over {
        Over::Broken | Over::InOrder => Side::Client,
        // Nothing was written that could get lost, and others wait for the end or for the seat.
        Over::Called(Call::Ending | Call::MakeRoom) => {
            return Left::Ended { by: Side::Cloud, reset: false };
        }
        Over::Silent => Side::Cloud,
        Over::Unreadable(reason) => {
            context.shared.note(caller.id, CloudEventKind::Unreadable { reason });
            Side::Cloud
        }
    };
    // hyper has ended its side. Where it ended it because the server is to end, nobody waits for an answer.
    if !reset && !*context.ending.borrow() {
        end(stream).await;
    }
    Left::Ended { by, reset }
}
