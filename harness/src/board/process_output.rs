//! What a program on this machine says, and how it ends.

use std::io::{Read, Write as _};
use std::process::{Child, ExitStatus};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::Sink;
use super::console::{Console, Patterns};
use super::process::Device;
use super::process_writes::{StateWrites, WriteOrders};
use crate::engine::Event;
use crate::time::Moment;

/// How often a program that has closed its output is asked whether it has ended.
const END_POLL: Duration = Duration::from_millis(20);

/// Tells what the bytes of a console mean until they end.
fn tell_console(
    (heard, patterns): (&Receiver<Vec<u8>>, Patterns),
    sink: &Sink,
    watched: Option<&Watched>,
) {
    let mut writes = watched.map(|watched| StateWrites::new(watched, sink));
    let began = Instant::now();
    let now = || Moment::at(began.elapsed());
    let mut console = Console::new(patterns);
    loop {
        let bytes = match console.wake_at() {
            Some(at) => heard.recv_timeout(at.since(now())),
            None => heard.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        let (events, has_ended) = match bytes {
            Ok(bytes) => (console.feed(now(), &bytes), false),
            Err(RecvTimeoutError::Timeout) => (console.tick(now()), false),
            Err(RecvTimeoutError::Disconnected) => (console.end(now()), true),
        };
        for event in events {
            let is_of_write = writes.as_mut().is_some_and(|writes| writes.take(&event));
            if !is_of_write {
                sink.tell(event);
            }
        }
        if has_ended {
            return;
        }
    }
}

/// What a reader needs to say how the program ended.
pub(super) struct Watched {
    pub(super) child: Arc<Mutex<Child>>,
    pub(super) expected_end: Arc<AtomicBool>,
    pub(super) orders: WriteOrders,
    pub(super) device: Weak<Mutex<Device>>,
}

impl Watched {
    /// The cuts that are ordered.
    pub(super) const fn orders(&self) -> &WriteOrders {
        &self.orders
    }

    /// Writes a line to the program. One that has ended hears nothing, which it shows by its end.
    pub(super) fn reply(&self, line: &str) {
        let mut child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(stdin) = child.stdin.as_mut() {
            let written = stdin.write_all(format!("{line}\n").as_bytes());
            let _has_ended = written.and_then(|()| stdin.flush());
        }
    }

    /// Kills the program without a word, and has it brought back after a while.
    pub(super) fn cut(&self, off: Duration) {
        self.expected_end.store(true, Ordering::SeqCst);
        {
            let mut child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
            // It waits for this, and does not end by itself.
            let _has_ended = child.kill();
        }
        let (device, child) = (self.device.clone(), Arc::clone(&self.child));
        std::thread::spawn(move || {
            std::thread::sleep(off);
            // A board that is gone meanwhile needs nothing.
            if let Some(device) = device.upgrade() {
                device.lock().unwrap_or_else(PoisonError::into_inner).bring_back(&child);
            }
        });
    }

    /// Waits for the end of a program whose output has ended. The lock is not held meanwhile: it may have to be killed.
    fn end(&self) -> std::io::Result<ExitStatus> {
        loop {
            let ended = self.child.lock().unwrap_or_else(PoisonError::into_inner).try_wait()?;
            if let Some(status) = ended {
                return Ok(status);
            }
            std::thread::sleep(END_POLL);
        }
    }
}

/// Reads a pipe to its end in a thread of its own; with a child, says how it ended when that was not our doing.
pub(super) fn read_lines(
    mut pipe: Box<dyn Read + Send>,
    patterns: Patterns,
    sink: Sink,
    watched: Option<Watched>,
) -> JoinHandle<()> {
    std::thread::spawn(move || {
        let (bytes, heard) = mpsc::channel::<Vec<u8>>();
        let reader = std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = pipe.read(&mut buffer) {
                if bytes.send(buffer[..count].to_vec()).is_err() {
                    break;
                }
            }
        });
        tell_console((&heard, patterns), &sink, watched.as_ref());
        // It ends with its pipe, and does not panic.
        let _ended = reader.join();
        let Some(watched) = watched else { return };
        let status = watched.end();
        if watched.expected_end.load(Ordering::SeqCst) {
            return;
        }
        let events = match status {
            Ok(status) if status.success() => {
                vec![Event::Note { text: "the program has ended".into() }]
            }
            Ok(status) => vec![
                Event::Note { text: format!("the program has ended: {status}") },
                Event::Reset { cause: "panic".into() },
            ],
            Err(error) => vec![Event::Note { text: format!("the program is lost: {error}") }],
        };
        events.into_iter().for_each(|event| sink.tell(event));
    })
}
