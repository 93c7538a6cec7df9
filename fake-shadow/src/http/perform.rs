//! Doing to a connection what a delivery says.

use std::future::poll_fn;
use std::io;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::watch;
use tokio::time::timeout;

use super::server::ended;
use super::stream::Stream;
use crate::event::Side;
use crate::message::WireStep;

/// How long a client may take to read what is written to it.
const WRITE_TIME_MAX: Duration = Duration::from_secs(30);

/// How long the end of a connection waits for the client's own end, so that a last answer is not lost to a reset because
/// of bytes that nobody read.
const LINGER_TIME_MAX: Duration = Duration::from_secs(1);

/// How many unread bytes are thrown away while waiting for that.
const LINGER_BYTES_MAX: usize = 1024 * 1024;

/// What is left of a connection after some steps.
#[derive(Debug)]
pub(super) enum Left {
    /// It goes on.
    Open(Stream),
    /// It has ended.
    Ended {
        /// Who ended it.
        by: Side,
        /// Whether by a reset.
        reset: bool,
    },
}

/// Does all steps in order, and counts the bytes that went out. When the server is to end, nothing is waited for any more.
pub(super) async fn perform(
    mut stream: Stream,
    steps: &[WireStep],
    bytes: &mut u64,
    ending: &watch::Receiver<bool>,
) -> Left {
    for step in steps {
        match step {
            WireStep::Wait(span) => {
                // Either way the wait is over.
                let _ = timeout(*span, ended(ending.clone())).await;
            }
            WireStep::Send(content) => {
                if write(&mut stream, content).await.is_err() {
                    // The client has left: many read the status line and reset the connection, which is no fault.
                    return Left::Ended { by: Side::Client, reset: true };
                }
                *bytes = bytes.saturating_add(u64::try_from(content.len()).unwrap_or(u64::MAX));
            }
            WireStep::Close => return end(stream).await,
            WireStep::Reset => {
                stream.reset();
                return Left::Ended { by: Side::Cloud, reset: true };
            }
            WireStep::Hold(span) => return hold(stream, *span, ending).await,
        }
    }
    Left::Open(stream)
}

async fn write(stream: &mut Stream, bytes: &[u8]) -> io::Result<()> {
    let mut written = pin!(async {
        stream.write_all(bytes).await?;
        stream.flush().await
    });
    // Nearly every answer fits into what the system keeps for the client; those have no use for a timer.
    let at_once = poll_fn(|context| Poll::Ready(written.as_mut().poll(context))).await;
    if let Poll::Ready(done) = at_once {
        return done;
    }
    timeout(WRITE_TIME_MAX, written).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

/// Ends a connection in order and waits a little for the client's end.
pub(super) async fn end(mut stream: Stream) -> Left {
    let by = Side::Cloud;
    if timeout(WRITE_TIME_MAX, stream.shutdown()).await.is_ok_and(|done| done.is_ok()) {
        let _ = timeout(LINGER_TIME_MAX, discard(&mut stream, LINGER_BYTES_MAX)).await;
    }
    Left::Ended { by, reset: false }
}

/// Keeps a connection open and silent until the client leaves, the span is over or the server is to end.
async fn hold(mut stream: Stream, span: Duration, ending: &watch::Receiver<bool>) -> Left {
    let left = tokio::select! {
        left = timeout(span, discard(&mut stream, usize::MAX)) => left.ok(),
        () = ended(ending.clone()) => None,
    };
    match left {
        None => end(stream).await,
        Some(read) => Left::Ended { by: Side::Client, reset: read.is_err() },
    }
}

/// Reads until the client's end and throws away what comes.
async fn discard(stream: &mut Stream, bytes_max: usize) -> io::Result<()> {
    let mut buffer = vec![0; 4096];
    let mut bytes = 0_usize;
    while bytes < bytes_max {
        match stream.read(&mut buffer).await? {
            0 => return Ok(()),
            read => bytes = bytes.saturating_add(read),
        }
    }
    Ok(())
}
