//! Listens on the control socket.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::FileTypeExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Sender};
use std::thread;

use super::orders;
use crate::io::Status;
use crate::shell::error::ShellError;
use crate::shell::running::Message;

/// Bytes of a line; the longest order has about a hundred.
const LINE_BYTES_MAX: u64 = 64 * 1024;

/// The socket, until it is dropped.
#[derive(Debug)]
pub(crate) struct Control {
    path: PathBuf,
    is_over: Arc<AtomicBool>,
}

impl Control {
    pub(crate) fn listen(path: &Path, sender: &Sender<Message>) -> Result<Self, ShellError> {
        remove_socket(path);
        let listener = UnixListener::bind(path)
            .map_err(|error| ShellError::Control { path: path.to_owned(), error })?;
        let sender = sender.clone();
        let is_over = Arc::new(AtomicBool::new(false));
        let ends = Arc::clone(&is_over);
        thread::Builder::new()
            .name("board-control".into())
            .spawn(move || accept(&listener, &sender, &ends))
            .map_err(ShellError::Thread)?;
        Ok(Self { path: path.to_owned(), is_over })
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        // The thread waits for a connection; this one lets it look. If it fails, the thread is gone.
        let _ = UnixStream::connect(&self.path);
        remove_socket(&self.path);
    }
}

fn accept(listener: &UnixListener, sender: &Sender<Message>, is_over: &AtomicBool) {
    for stream in listener.incoming().flatten() {
        if is_over.load(Ordering::Relaxed) {
            return;
        }
        let sender = sender.clone();
        // Without a thread the connection is closed, which its owner sees.
        let _ = thread::Builder::new()
            .name("board-order".into())
            .spawn(move || serve(&stream, &sender));
    }
}

/// Answers each line of a connection until it ends.
fn serve(stream: &UnixStream, sender: &Sender<Message>) {
    let mut reader = BufReader::new(stream);
    let mut writer = stream;
    loop {
        let mut line = String::new();
        match (&mut reader).take(LINE_BYTES_MAX).read_line(&mut line) {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        let answer = match orders::read(&line) {
            Ok(order) => {
                let (to_answer, receiver) = mpsc::channel::<Status>();
                if sender.send(Message::Order(order, to_answer)).is_err() {
                    return;
                }
                let Ok(status) = receiver.recv() else {
                    return;
                };
                orders::status(&status)
            }
            Err(reason) => orders::error(&reason),
        };
        if writer.write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}

/// Removes a socket that is left from before; anything else stays, and makes binding fail.
fn remove_socket(path: &Path) {
    if fs::symlink_metadata(path).is_ok_and(|found| found.file_type().is_socket()) {
        let _ = fs::remove_file(path);
    }
}
