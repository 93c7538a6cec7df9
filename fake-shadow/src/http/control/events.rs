//! The stream of events, as server-sent events.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use hyper::body::Frame;
use serde_json::{Value, json};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::watch;
use tokio::time::timeout;

use super::router::Control;
use crate::event::CloudEvent;
use crate::http::server::ended;
use crate::show;

/// How long the stream may be silent; then a comment shows that it lives, and finds out whether anybody reads.
const SILENCE_MAX: Duration = Duration::from_secs(15);

pub(super) async fn stream(State(control): State<Control>) -> Response {
    let source = Source { events: control.shared.subscribe(), ending: control.ending };
    let headers =
        [(header::CONTENT_TYPE, "text/event-stream"), (header::CACHE_CONTROL, "no-cache")];
    (headers, Body::new(Events { next: Some(Box::pin(source.next())) })).into_response()
}

struct Source {
    events: Receiver<Arc<CloudEvent>>,
    ending: watch::Receiver<bool>,
}

impl Source {
    /// Waits for what is to be sent next, and gives itself back; none when the server ends.
    async fn next(mut self) -> Option<(Bytes, Self)> {
        let received = tokio::select! {
            received = timeout(SILENCE_MAX, self.events.recv()) => received,
            () = ended(self.ending.clone()) => return None,
        };
        let text = match received {
            Err(_) => ": nothing happened\n\n".to_owned(),
            Ok(Ok(event)) => message(show::event_name(&event.kind), &show::event(&event)),
            Ok(Err(RecvError::Lagged(lost))) => message("lost", &json!({ "lost": lost })),
            Ok(Err(RecvError::Closed)) => return None,
        };
        Some((text.into(), self))
    }
}

fn message(name: &str, data: &Value) -> String {
    format!("event: {name}\ndata: {data}\n\n")
}

type Next = Pin<Box<dyn Future<Output = Option<(Bytes, Source)>> + Send>>;

/// A body that ends when the server does.
struct Events {
    next: Option<Next>,
}

impl hyper::body::Body for Events {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let next = &mut self.get_mut().next;
        let Some(waiting) = next else { return Poll::Ready(None) };
        let Poll::Ready(arrived) = waiting.as_mut().poll(context) else { return Poll::Pending };
        *next = None;
        let Some((bytes, source)) = arrived else { return Poll::Ready(None) };
        *next = Some(Box::pin(source.next()));
        Poll::Ready(Some(Ok(Frame::data(bytes))))
    }
}
