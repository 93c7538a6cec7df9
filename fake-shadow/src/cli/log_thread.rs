//! Writes the log beside the server, so that a slow terminal holds up no request.

use std::collections::VecDeque;
use std::io::Write;
use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;

use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use crate::clock::UnixMillis;
use crate::event::{CloudEvent, CloudEventKind};
use crate::log::{self, LogForm};
use crate::service::Explainer;
use crate::sigv4::explain::Explanation;

/// How many refused signatures are explained within each second; a device in a loop would else keep the machine busy.
const EXPLAINED_PER_SECOND_MAX: usize = 3;

/// How long the end waits for what is left to be written: a pipe that nobody reads must not keep the program.
pub(super) const LOG_TIME_MAX: Duration = Duration::from_secs(1);

/// The thread that writes.
pub(super) struct LogThread {
    /// Is disconnected when the thread is done.
    running: mpsc::Receiver<()>,
}

impl LogThread {
    /// Waits until all is written, for [`LOG_TIME_MAX`] at most. The server and all its connections are to be gone.
    pub(super) fn finish(self) {
        // Nothing is ever sent: it is either done or too slow.
        let _ = self.running.recv_timeout(LOG_TIME_MAX);
    }
}

/// Writes all events until the server and all its connections are gone.
pub(super) fn start(
    mut events: Receiver<Arc<CloudEvent>>,
    form: LogForm,
    explainer: Explainer,
    mut out: impl Write + Send + 'static,
) -> LogThread {
    let (done, running) = mpsc::channel();
    std::thread::spawn(move || {
        let _done: mpsc::Sender<()> = done;
        let mut explained = VecDeque::new();
        loop {
            let lines = match events.blocking_recv() {
                Ok(event) => {
                    let explanation = explanation(&event, &explainer, &mut explained);
                    log::lines(form, &event, explanation.as_ref())
                }
                Err(RecvError::Lagged(lost)) => {
                    Some(log::note(form, &format!("{lost} events came too fast to be logged")))
                }
                Err(RecvError::Closed) => return,
            };
            // A log that cannot be written is no reason to stop serving.
            let _ = lines.map(|lines| out.write_all(lines.as_bytes()));
        }
    });
    LogThread { running }
}

fn explanation(
    event: &CloudEvent,
    explainer: &Explainer,
    explained: &mut VecDeque<UnixMillis>,
) -> Option<Explanation> {
    let CloudEventKind::Request(served) = &event.kind else { return None };
    let cloud_time = served.delivery.exchange.as_ref()?.record.cloud_time;
    let refusal = served.delivery.verdict()?.as_ref().err()?;
    while explained.front().is_some_and(|at| at.after(Duration::from_secs(1)) <= event.at) {
        explained.pop_front();
    }
    if explained.len() >= EXPLAINED_PER_SECOND_MAX {
        return None;
    }
    explained.push_back(event.at);
    Some(explainer.explain(cloud_time, &served.request, refusal))
}
