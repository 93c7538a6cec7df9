//! A loader that answers: the ROM's, or the stub that was put into RAM.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::FlashError;
use super::packet::{self, Deframer, Reply, op};
use crate::board::port::SerialPort;

/// How long a plain command may take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(3);

/// How long a sync may take.
const SYNC_PATIENCE: Duration = Duration::from_millis(100);

/// Answers to one sync.
const SYNC_REPLIES: usize = 8;

/// Answers to older commands that are passed over.
const STRAY_REPLIES_MAX: usize = 100;

/// Bytes that are read at once.
const READ_BYTES: usize = 4096;

/// Which program answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speaker {
    /// The ROM.
    Rom,
    /// A stub in RAM.
    Stub,
}

/// A loader that answered.
#[derive(Debug)]
pub struct Loader<'a> {
    pub(crate) port: &'a mut SerialPort,
    deframer: Deframer,
    /// Frames that came and were not read.
    waiting: VecDeque<Vec<u8>>,
    /// What came outside of frames.
    outside: Vec<u8>,
    speaker: Speaker,
    status_bytes: usize,
}

impl<'a> Loader<'a> {
    /// A loader that has not answered yet.
    pub(crate) fn new(port: &'a mut SerialPort) -> Self {
        let (deframer, waiting, outside) = Default::default();
        Self { port, deframer, waiting, outside, speaker: Speaker::Rom, status_bytes: 4 }
    }

    /// What a loader found out that answered, to go on with later.
    pub(crate) const fn found(&self) -> (Speaker, usize) {
        (self.speaker, self.status_bytes)
    }

    /// A loader that answered before.
    pub(crate) fn again(
        port: &'a mut SerialPort,
        (speaker, status_bytes): (Speaker, usize),
    ) -> Self {
        Self { speaker, status_bytes, ..Self::new(port) }
    }

    /// Which program answers.
    #[must_use]
    pub const fn speaker(&self) -> Speaker {
        self.speaker
    }

    /// What the chip printed outside of answers.
    pub(crate) fn printed(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.outside)
    }

    /// Asks whether a loader is there; takes 0.1 s when none is.
    pub(crate) fn sync(&mut self) -> Result<bool, FlashError> {
        self.port.write(&packet::request(op::SYNC, &packet::sync(), 0))?;
        let until = Instant::now() + SYNC_PATIENCE;
        let mut replies = 0;
        while replies < SYNC_REPLIES {
            let Some(reply) = self.next_reply(until)? else { break };
            if reply.op == op::SYNC && reply.data.first() == Some(&0) {
                replies += 1;
                // A stub answers with the value 0, a ROM with what it received.
                self.speaker = if reply.value == 0 { Speaker::Stub } else { Speaker::Rom };
                self.status_bytes = reply.data.len();
            }
        }
        Ok(replies > 0)
    }

    /// From here on a stub answers.
    pub(crate) const fn stub_started(&mut self) {
        self.speaker = Speaker::Stub;
        self.status_bytes = 2;
    }

    /// Reads a register.
    pub(crate) fn read_register(&mut self, address: u32) -> Result<u32, FlashError> {
        self.ask("read a register", op::READ_REG, &[address]).map(|reply| reply.value)
    }

    /// Writes a register.
    pub(crate) fn write_register(&mut self, address: u32, value: u32) -> Result<(), FlashError> {
        self.ask("write a register", op::WRITE_REG, &[address, value, u32::MAX, 0]).map(|_| ())
    }

    /// Asks for something whose parameters are words.
    pub(crate) fn ask(
        &mut self,
        asked: &'static str,
        op: u8,
        words: &[u32],
    ) -> Result<Reply, FlashError> {
        self.command(asked, packet::request(op, &packet::words(words), 0), op, PATIENCE)
    }

    /// Sends a framed command and waits for its answer; the status is checked and taken off the data.
    pub(crate) fn command(
        &mut self,
        asked: &'static str,
        request: impl AsRef<[u8]>,
        op: u8,
        patience: Duration,
    ) -> Result<Reply, FlashError> {
        self.port.write(request.as_ref())?;
        let until = Instant::now() + patience;
        for _ in 0..STRAY_REPLIES_MAX {
            let Some(mut reply) = self.next_reply(until)? else {
                return Err(FlashError::Silent { asked });
            };
            let status_at = reply.data.len().saturating_sub(self.status_bytes);
            let status = reply
                .data
                .get(status_at..)
                .and_then(|status| Some((*status.first()?, *status.get(1)?)));
            let Some((is_bad, code)) = status else { return Err(FlashError::BadReply { asked }) };
            // A ROM refuses what it does not know in the name of the command before.
            if reply.op != op && !(is_bad == 1 && code == 5) {
                continue;
            }
            if is_bad != 0 {
                // The stub has its reason in the first byte, the ROM in the second.
                let code = if self.speaker == Speaker::Stub { is_bad } else { code };
                return Err(FlashError::Refused { asked, code });
            }
            reply.data.truncate(status_at);
            return Ok(reply);
        }
        Err(FlashError::BadReply { asked })
    }

    /// The next frame, whatever it says; `None` when none came in time.
    pub(crate) fn next_frame(&mut self, until: Instant) -> Result<Option<Vec<u8>>, FlashError> {
        loop {
            if let Some(frame) = self.waiting.pop_front() {
                return Ok(Some(frame));
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(None);
            }
            let mut buffer = [0; READ_BYTES];
            let count = self.port.read(&mut buffer, left)?;
            let frames = self.deframer.feed(&buffer[..count], &mut self.outside);
            self.waiting.extend(frames);
        }
    }

    fn next_reply(&mut self, until: Instant) -> Result<Option<Reply>, FlashError> {
        while let Some(frame) = self.next_frame(until)? {
            if let Some(reply) = Reply::read(&frame) {
                return Ok(Some(reply));
            }
            self.outside.extend(frame);
        }
        Ok(None)
    }
}
