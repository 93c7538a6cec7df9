//! A serial port in memory, for whoever has the board in the same process.

use std::io::{self, Read, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::Duration;

use super::running::{Message, ToPort};
use crate::io::Input;

/// The host's end of a serial line in memory, with modem lines.
#[derive(Debug)]
pub struct MemoryPort {
    sender: Sender<Message>,
    receiver: Receiver<ToPort>,
    /// What arrived and was not read.
    pending: Vec<u8>,
    timeout: Duration,
}

impl MemoryPort {
    pub(crate) const fn new(sender: Sender<Message>, receiver: Receiver<ToPort>) -> Self {
        Self { sender, receiver, pending: Vec::new(), timeout: Duration::from_secs(3) }
    }

    /// Sets how long [`Read::read`] waits for the first byte. Default 3 s.
    pub const fn set_timeout(&mut self, timeout: Duration) {
        self.timeout = timeout;
    }

    /// Sets DTR and RTS, both at once.
    ///
    /// # Errors
    ///
    /// The board is gone.
    pub fn set_lines(&self, dtr: bool, rts: bool) -> io::Result<()> {
        self.tell(Input::Lines { dtr, rts })
    }

    /// Sets the rate of this end.
    ///
    /// # Errors
    ///
    /// The board is gone.
    pub fn set_baud(&self, baud: u32) -> io::Result<()> {
        self.tell(Input::HostBaud(baud))
    }

    fn tell(&self, input: Input) -> io::Result<()> {
        let gone = |_| io::Error::from(io::ErrorKind::BrokenPipe);
        self.sender.send(Message::Input(input)).map_err(gone)
    }
}

impl Read for MemoryPort {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.pending.is_empty() {
            match self.receiver.recv_timeout(self.timeout) {
                Ok(ToPort::Bytes(bytes)) => self.pending = bytes,
                // A port in memory has no name that could change.
                Ok(ToPort::Gone { .. }) => {}
                Err(RecvTimeoutError::Timeout) => return Err(io::ErrorKind::TimedOut.into()),
                Err(RecvTimeoutError::Disconnected) => return Ok(0),
            }
        }
        let count = self.pending.len().min(buffer.len());
        for (to, from) in buffer.iter_mut().zip(self.pending.drain(..count)) {
            *to = from;
        }
        Ok(count)
    }
}

impl Write for MemoryPort {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.tell(Input::Serial(bytes.to_vec()))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
