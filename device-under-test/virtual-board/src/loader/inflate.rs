//! Undoes the compression of what tools send.

use miniz_oxide::inflate::stream::{InflateState, inflate};
use miniz_oxide::{DataFormat, MZError, MZFlush, MZStatus};

/// Bytes that come out in one turn.
const PIECE_BYTES: usize = 32 * 1024;

/// The stream is not what it should be.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Damaged;

/// A compressed stream that comes in pieces.
pub(crate) struct Inflate {
    state: Box<InflateState>,
    is_done: bool,
}

impl Inflate {
    pub(crate) fn new() -> Self {
        Self { state: InflateState::new_boxed(DataFormat::Zlib), is_done: false }
    }

    /// Takes a piece and gives what comes out of it, `bytes_max` bytes at most: a few bytes can stand
    /// for gigabytes. What comes after the end of the stream is passed over.
    pub(crate) fn push(&mut self, mut piece: &[u8], bytes_max: usize) -> Result<Vec<u8>, Damaged> {
        let mut out = Vec::new();
        let mut buffer = vec![0; PIECE_BYTES];
        while !self.is_done && out.len() < bytes_max {
            let result = inflate(&mut self.state, piece, &mut buffer, MZFlush::None);
            piece = piece.get(result.bytes_consumed..).unwrap_or_default();
            out.extend(buffer.iter().take(result.bytes_written));
            match result.status {
                Ok(MZStatus::StreamEnd) => self.is_done = true,
                // There is nothing to do until more comes.
                Err(MZError::Buf) => break,
                Ok(_) if result.bytes_consumed + result.bytes_written == 0 => break,
                Ok(_) => {}
                Err(_) => return Err(Damaged),
            }
        }
        out.truncate(bytes_max);
        Ok(out)
    }
}

impl std::fmt::Debug for Inflate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inflate").field("is_done", &self.is_done).finish_non_exhaustive()
    }
}
