//! The answer to a request, read as it comes, in pieces of any size.
//!
//! Follows RFC 9112 where a server follows it, and is lenient where servers are known not to: no
//! reason phrase, lines that end with a line feed alone, header names in any case.

use crate::limits::{HEAD_BYTES_MAX, INTERIM_ANSWERS_MAX};
use crate::text::Text;

/// Bytes of a header line that are looked at: enough for the longest that means something.
const LINE_BYTES_MAX: usize = 120;

/// A line of the head, cut when it is longer.
type Line = Text<LINE_BYTES_MAX>;

/// Bytes of the reason phrase that are kept for the console.
const REASON_BYTES_MAX: usize = 40;

/// Why an answer cannot be used, whatever its status.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum AnswerError {
    /// The size of a chunk is not a number.
    BadChunk,
    /// The Content-Length is not one number.
    BadLength,
    /// The first line is not the first line of an answer.
    BadStatusLine,
    /// The connection ended, or broke, after this many bytes of the body.
    CutOff { body_bytes: usize },
    /// The connection ended, or broke, before the headers did.
    CutOffInHead,
    /// The headers do not end within [`HEAD_BYTES_MAX`].
    HeadTooLong,
    /// The connection ended, or broke, without a single byte.
    NoAnswer,
    /// The body is longer than the room for it.
    TooLong { bytes_max: usize },
    /// More than [`INTERIM_ANSWERS_MAX`] interim answers.
    TooManyInterim,
    /// A transfer coding other than `chunked`.
    UnknownCoding,
}

/// How far an answer has come.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Progress {
    /// The headers are not complete.
    Head,
    /// The headers are complete, the body is not.
    Body,
    /// All is there. Whatever follows does not belong to it.
    Complete,
}

/// What comes next.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Part {
    StatusLine,
    Header,
    /// A body of known length, with what is missing.
    Counted(u64),
    /// A body that lasts until the server closes.
    UntilClose,
    ChunkSize,
    /// The data of a chunk, with what is missing.
    Chunk(u64),
    ChunkEnd,
    Trailer,
    Complete,
}

/// The reader of one answer.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    part: Part,
    line: Line,
    /// Bytes of the line under way, also those that are not kept.
    line_bytes: usize,
    status: u16,
    reason: Text<REASON_BYTES_MAX>,
    content_length: Option<u64>,
    is_chunked: bool,
    interim_answers: u8,
    head_bytes: usize,
    body_bytes: usize,
}

impl Answer {
    pub(crate) const fn new() -> Self {
        Self {
            part: Part::StatusLine,
            line: Text::new(),
            line_bytes: 0,
            status: 0,
            reason: Text::new(),
            content_length: None,
            is_chunked: false,
            interim_answers: 0,
            head_bytes: 0,
            body_bytes: 0,
        }
    }

    /// The status; zero until the first line was read.
    pub(crate) const fn status(&self) -> u16 {
        self.status
    }

    /// The reason phrase, which may be empty.
    pub(crate) fn reason(&self) -> &str {
        self.reason.as_str()
    }

    /// Bytes of the body that were received.
    pub(crate) const fn body_bytes(&self) -> usize {
        self.body_bytes
    }

    pub(crate) const fn progress(&self) -> Progress {
        match self.part {
            Part::StatusLine | Part::Header => Progress::Head,
            Part::Complete => Progress::Complete,
            _ => Progress::Body,
        }
    }

    /// Takes some bytes; those of the body are put into `body`.
    pub(crate) fn receive(&mut self, bytes: &[u8], body: &mut [u8]) -> Result<(), AnswerError> {
        let mut rest = bytes;
        while let Some((first, others)) = rest.split_first() {
            match self.part {
                Part::Complete => return Ok(()),
                Part::Counted(missing) => {
                    let (piece, after) = split(rest, missing);
                    self.keep(piece, body)?;
                    rest = after;
                    self.part = match missing - piece.len() as u64 {
                        0 => Part::Complete,
                        missing => Part::Counted(missing),
                    };
                }
                Part::Chunk(missing) => {
                    let (piece, after) = split(rest, missing);
                    self.keep(piece, body)?;
                    rest = after;
                    self.part = match missing - piece.len() as u64 {
                        0 => Part::ChunkEnd,
                        missing => Part::Chunk(missing),
                    };
                }
                Part::UntilClose => {
                    self.keep(rest, body)?;
                    rest = &[];
                }
                _ => {
                    self.line_byte(*first, body.len())?;
                    rest = others;
                }
            }
        }
        Ok(())
    }

    /// The server closed in good order: an answer without a length is complete by that.
    pub(crate) const fn close(&mut self) -> Result<(), AnswerError> {
        if matches!(self.part, Part::UntilClose) {
            self.part = Part::Complete;
        }
        self.broke()
    }

    /// The connection broke: an answer that is not complete never will be.
    pub(crate) const fn broke(&self) -> Result<(), AnswerError> {
        match self.progress() {
            Progress::Complete => Ok(()),
            Progress::Body => Err(AnswerError::CutOff { body_bytes: self.body_bytes }),
            Progress::Head if self.head_bytes == 0 => Err(AnswerError::NoAnswer),
            Progress::Head => Err(AnswerError::CutOffInHead),
        }
    }

    fn keep(&mut self, piece: &[u8], body: &mut [u8]) -> Result<(), AnswerError> {
        let bytes_max = body.len();
        let end = self.body_bytes.saturating_add(piece.len());
        let Some(room) = body.get_mut(self.body_bytes..end) else {
            return Err(AnswerError::TooLong { bytes_max });
        };
        room.copy_from_slice(piece);
        self.body_bytes = end;
        Ok(())
    }

    /// Takes one byte of a line; the line feed ends it.
    fn line_byte(&mut self, byte: u8, body_bytes_max: usize) -> Result<(), AnswerError> {
        self.head_bytes += 1;
        if self.head_bytes > HEAD_BYTES_MAX {
            return Err(AnswerError::HeadTooLong);
        }
        if byte == b'\n' {
            let line = self.line;
            let is_empty = self.line_bytes == 0;
            self.line.clear();
            self.line_bytes = 0;
            return self.end_of_line(&line, is_empty, body_bytes_max);
        }
        if byte != b'\r' {
            self.line_bytes += 1;
            // Bytes beyond ASCII carry no meaning here; `?` keeps the line text.
            self.line.push_char(if byte.is_ascii() { char::from(byte) } else { '?' });
        }
        Ok(())
    }

    fn end_of_line(
        &mut self,
        line: &Line,
        is_empty: bool,
        body_bytes_max: usize,
    ) -> Result<(), AnswerError> {
        match self.part {
            // Empty lines before an answer are to be ignored (RFC 9112, section 2.2).
            Part::StatusLine if is_empty => {}
            Part::StatusLine => self.status_line(line.as_str())?,
            Part::Header if is_empty => self.end_of_head(body_bytes_max)?,
            Part::Header => self.header(line)?,
            Part::ChunkSize => self.part = chunk(line)?,
            Part::ChunkEnd if is_empty => {
                // Chunks are data, and data is bounded by the room for it, not by the head's bound.
                self.head_bytes = 0;
                self.part = Part::ChunkSize;
            }
            Part::ChunkEnd => return Err(AnswerError::BadChunk),
            Part::Trailer if is_empty => self.part = Part::Complete,
            Part::Trailer
            | Part::Counted(_)
            | Part::UntilClose
            | Part::Chunk(_)
            | Part::Complete => {}
        }
        Ok(())
    }

    /// `HTTP/1.1 200 OK`, with or without the reason.
    fn status_line(&mut self, line: &str) -> Result<(), AnswerError> {
        let (version, rest) = line.split_at_checked(9).ok_or(AnswerError::BadStatusLine)?;
        let (status, reason) = rest.split_at_checked(3).ok_or(AnswerError::BadStatusLine)?;
        let is_status = status.bytes().all(|byte| byte.is_ascii_digit());
        let is_apart = reason.is_empty() || reason.starts_with(' ');
        if !matches!(version, "HTTP/1.0 " | "HTTP/1.1 ") || !is_status || !is_apart {
            return Err(AnswerError::BadStatusLine);
        }
        self.status = status.bytes().fold(0, |sum, digit| sum * 10 + u16::from(digit - b'0'));
        self.reason = Text::new();
        self.reason.push_visible(reason.get(1..).unwrap_or_default());
        self.part = Part::Header;
        Ok(())
    }

    fn header(&mut self, line: &Line) -> Result<(), AnswerError> {
        let Some((name, value)) = split_at_byte(line.as_str(), b':') else {
            // A folded or broken line means nothing that matters here.
            return Ok(());
        };
        let value = value.trim_ascii();
        if name.eq_ignore_ascii_case("content-length") {
            let length =
                value.bytes().all(|byte| byte.is_ascii_digit()).then(|| value.parse().ok());
            let length = length.flatten().ok_or(AnswerError::BadLength)?;
            if self.content_length.is_some_and(|earlier| earlier != length) {
                return Err(AnswerError::BadLength);
            }
            self.content_length = Some(length);
        } else if name.eq_ignore_ascii_case("transfer-encoding") {
            if line.is_cut() || !value.eq_ignore_ascii_case("chunked") {
                return Err(AnswerError::UnknownCoding);
            }
            self.is_chunked = true;
        }
        Ok(())
    }

    fn end_of_head(&mut self, body_bytes_max: usize) -> Result<(), AnswerError> {
        if (100..200).contains(&self.status) {
            self.interim_answers += 1;
            if self.interim_answers > INTERIM_ANSWERS_MAX {
                return Err(AnswerError::TooManyInterim);
            }
            (self.content_length, self.is_chunked) = (None, false);
            self.part = Part::StatusLine;
            return Ok(());
        }
        // The order of RFC 9112, section 6.3.
        self.part = match self.content_length {
            _ if matches!(self.status, 204 | 304) => Part::Complete,
            _ if self.is_chunked => {
                self.head_bytes = 0;
                Part::ChunkSize
            }
            Some(0) => Part::Complete,
            Some(length) => Part::Counted(length),
            None => Part::UntilClose,
        };
        match self.part {
            Part::Counted(length) if length > body_bytes_max as u64 && self.status == 200 => {
                Err(AnswerError::TooLong { bytes_max: body_bytes_max })
            }
            _ => Ok(()),
        }
    }
}

/// What follows the line with the size of a chunk.
fn chunk(line: &Line) -> Result<Part, AnswerError> {
    let (size, _) = split_at_byte(line.as_str(), b';').unwrap_or((line.as_str(), ""));
    let size = size.trim_ascii();
    let is_size = !size.is_empty() && size.bytes().all(|byte| byte.is_ascii_hexdigit());
    match u64::from_str_radix(size, 16) {
        Ok(0) if is_size => Ok(Part::Trailer),
        Ok(size) if is_size => Ok(Part::Chunk(size)),
        _ => Err(AnswerError::BadChunk),
    }
}

/// What stands before and after the first of these bytes, which is ASCII.
fn split_at_byte(line: &str, byte: u8) -> Option<(&str, &str)> {
    let at = line.bytes().position(|other| other == byte)?;
    Some((line.get(..at)?, line.get(at + 1..)?))
}

/// The first `count` bytes, or all if there are fewer, and those after them.
fn split(bytes: &[u8], count: u64) -> (&[u8], &[u8]) {
    let at = usize::try_from(count).unwrap_or(usize::MAX).min(bytes.len());
    bytes.split_at(at)
}
