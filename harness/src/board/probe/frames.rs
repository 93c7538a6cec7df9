//! Frames of defmt, by the library of its makers.

use std::fmt;

use defmt_decoder::{DecodeError, StreamDecoder, Table};

/// The texts of a firmware.
#[derive(Debug)]
pub(super) struct Texts(Table);

/// What understands the frames of a ring.
pub struct Frames<'t> {
    decoder: Box<dyn StreamDecoder + Send + Sync + 't>,
    /// Whether it finds the next frame behind a broken one.
    recovers: bool,
    /// A broken one has come, and it does not.
    is_broken: bool,
}

impl fmt::Debug for Frames<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Frames").field("is_broken", &self.is_broken).finish_non_exhaustive()
    }
}

impl Texts {
    /// What stands in an ELF, if anything does.
    pub(super) fn of(elf: &[u8]) -> Result<Option<Self>, String> {
        // What reads it wants its first byte where the allocator puts one.
        let elf = elf.to_vec();
        let table = Table::parse(&elf).map_err(|error| error.to_string())?;
        Ok(table.map(Self))
    }

    pub(super) fn frames(&self) -> Frames<'_> {
        Frames {
            decoder: self.0.new_stream_decoder(),
            recovers: self.0.encoding().can_recover(),
            is_broken: false,
        }
    }
}

impl Frames<'_> {
    /// Takes in bytes, cut anywhere; gives a line for each frame that is whole.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> String {
        let mut text = String::new();
        if self.is_broken {
            return text;
        }
        self.decoder.received(bytes);
        loop {
            match self.decoder.decode() {
                Ok(frame) => text += &format!("{}\r\n", frame.display_message()),
                Err(DecodeError::UnexpectedEof) => return text,
                Err(DecodeError::Malformed) => {
                    text += "(a broken frame of defmt)\r\n";
                    if !self.recovers {
                        self.is_broken = true;
                        return text;
                    }
                }
            }
        }
    }
}
