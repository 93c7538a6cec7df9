//! Ctrl-C, and SIGTERM by which a CI system cancels a job: what runs is stopped with its clean-up.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{SignalKind, signal};

use super::exit;

/// Listens for somebody who wants the run to stop, for as long as it lives.
#[derive(Debug)]
pub(super) struct Interrupt {
    /// Set when somebody wants it.
    pub(super) wanted: Arc<AtomicBool>,
    /// Waits for the signals in a thread of its own, so that a run in virtual time hears of them too.
    _listener: Runtime,
}

impl Interrupt {
    /// Begins to listen. A second signal ends the program at once.
    pub(super) fn listen() -> io::Result<Self> {
        let listener = Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        // Here and not in the task, which may begin late: from now on no signal is missed.
        let (mut interrupted, mut terminated) = {
            let _in_runtime = listener.enter();
            (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?)
        };
        let wanted = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&wanted);
        listener.spawn(async move {
            loop {
                let heard = tokio::select! {
                    heard = interrupted.recv() => heard,
                    heard = terminated.recv() => heard,
                };
                if heard.is_none() {
                    return;
                }
                if told.swap(true, Ordering::SeqCst) {
                    std::process::exit(i32::from(exit::INTERRUPTED));
                }
            }
        });
        Ok(Self { wanted, _listener: listener })
    }

    /// Whether somebody wants the run to stop.
    pub(super) fn is_wanted(&self) -> bool {
        self.wanted.load(Ordering::SeqCst)
    }
}
