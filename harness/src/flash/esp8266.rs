//! Writes an ESP8266, which the espflash library does not: by the same protocol and with the official stub.

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest, Md5};
use miniz_oxide::deflate::compress_to_vec_zlib;
use serde::Deserialize;

use super::FlashError;
use super::image::Part;
use super::loader::{Loader, PATIENCE, Speaker};
use super::packet::{self, op};
use super::write::{EraseFirst, Job, Rewrite, Update, Watcher, Written};
use crate::board::port::{BAUD_DEFAULT, SerialPort};

/// The official stub; `stub/README.md` says where it is from.
const STUB: &str = include_str!("stub/esp8266.json");

/// What the stub says when it runs.
const STUB_HELLO: &[u8] = b"OHAI";

/// Blocks of an upload into RAM, and of data for the flash.
const RAM_BLOCK_BYTES: usize = 0x1800;
const FLASH_BLOCK_BYTES: usize = 0x4000;

/// What the stub may take: for the whole flash, and for a megabyte that is erased, written or hashed, at least ten seconds.
const ERASE_ALL_PATIENCE: Duration = Duration::from_secs(120);
const MEGABYTE_PATIENCE: Duration = Duration::from_secs(40);
const PART_PATIENCE_MIN: Duration = Duration::from_secs(10);

/// Compression: as small as it gets, since the line is slow.
const DEFLATE_LEVEL: u8 = 9;

/// The stub as its makers publish it.
#[derive(Debug, Deserialize)]
struct Stub {
    entry: u32,
    text: String,
    text_start: u32,
    data: String,
    data_start: u32,
}

/// Does a job on the ESP8266 whose loader answers on this port.
pub(super) fn write(
    port: &mut SerialPort,
    job: &Job<'_>,
    baud: u32,
    watcher: &mut Watcher<'_>,
) -> Result<Written, FlashError> {
    let mut loader = Loader::new(port);
    if !loader.sync()? {
        return Err(FlashError::Silent { asked: "sync" });
    }
    if loader.speaker() == Speaker::Rom {
        start_stub(&mut loader)?;
    }
    if baud != BAUD_DEFAULT {
        loader.ask("change the rate", op::CHANGE_BAUDRATE, &[baud, BAUD_DEFAULT])?;
        loader.port.set_baud(baud)?;
    }
    if job.erase == EraseFirst::All {
        watcher(Update::Erasing);
        let request = packet::request(op::ERASE_FLASH, &[], 0);
        loader.command("erase the flash", request, op::ERASE_FLASH, ERASE_ALL_PATIENCE)?;
    }
    let mut written = Written::default();
    for part in job.parts {
        watcher(Update::Begins { what: part.what(), bytes: part.bytes.len() as u64 });
        let skipped = job.rewrite == Rewrite::IfChanged && holds(&mut loader, part)?;
        if skipped {
            written.skipped += 1;
        } else {
            write_part(&mut loader, part, watcher)?;
            watcher(Update::Verifying);
            if !holds(&mut loader, part)? {
                return Err(FlashError::VerifyFailed { what: Some(part.what()) });
            }
            written.written += 1;
            written.bytes += part.bytes.len() as u64;
        }
        watcher(Update::Over { skipped });
    }
    Ok(written)
}

fn start_stub(loader: &mut Loader<'_>) -> Result<(), FlashError> {
    let asked = "start the stub";
    let broken = |_| FlashError::BadReply { asked };
    // The stub is part of this program, and a test reads it; so this fails only in a broken build.
    let stub: Stub = serde_json::from_str(STUB).map_err(|_| FlashError::BadReply { asked })?;
    for (text, at) in [(&stub.text, stub.text_start), (&stub.data, stub.data_start)] {
        let bytes = STANDARD.decode(text).map_err(broken)?;
        let blocks = bytes.len().div_ceil(RAM_BLOCK_BYTES);
        loader.ask(
            asked,
            op::MEM_BEGIN,
            &[word(bytes.len()), word(blocks), word(RAM_BLOCK_BYTES), at],
        )?;
        for (sequence, block) in bytes.chunks(RAM_BLOCK_BYTES).enumerate() {
            let (data, checksum) = packet::block(word(sequence), block);
            loader.command(
                asked,
                packet::request(op::MEM_DATA, &data, checksum),
                op::MEM_DATA,
                PATIENCE,
            )?;
        }
    }
    loader.ask(asked, op::MEM_END, &[0, stub.entry])?;
    let until = Instant::now() + PATIENCE;
    while let Some(frame) = loader.next_frame(until)? {
        if frame == STUB_HELLO {
            loader.stub_started();
            return Ok(());
        }
    }
    Err(FlashError::Silent { asked })
}

/// Whether the flash holds a part already, by its MD5.
fn holds(loader: &mut Loader<'_>, part: &Part) -> Result<bool, FlashError> {
    let asked = "hash the flash";
    let length = part.bytes.len();
    let request =
        packet::request(op::FLASH_MD5, &packet::words(&[part.offset, word(length), 0, 0]), 0);
    let reply = loader.command(asked, request, op::FLASH_MD5, patience(length))?;
    Ok(reply.data == Md5::digest(&part.bytes).as_slice())
}

fn write_part(
    loader: &mut Loader<'_>,
    part: &Part,
    watcher: &mut Watcher<'_>,
) -> Result<(), FlashError> {
    let asked = "write the flash";
    let packed = compress_to_vec_zlib(&part.bytes, DEFLATE_LEVEL);
    let blocks = packed.len().div_ceil(FLASH_BLOCK_BYTES);
    let begin = [word(part.bytes.len()), word(blocks), word(FLASH_BLOCK_BYTES), part.offset];
    let begin = packet::request(op::FLASH_DEFL_BEGIN, &packet::words(&begin), 0);
    loader.command(asked, begin, op::FLASH_DEFL_BEGIN, patience(part.bytes.len()))?;
    for (sequence, block) in packed.chunks(FLASH_BLOCK_BYTES).enumerate() {
        let (data, checksum) = packet::block(word(sequence), block);
        let request = packet::request(op::FLASH_DEFL_DATA, &data, checksum);
        loader.command(asked, request, op::FLASH_DEFL_DATA, patience(part.bytes.len()))?;
        watcher(Update::At(part.bytes.len() as u64 * (sequence as u64 + 1) / blocks as u64));
    }
    // An answer to this means that the last block is in the flash, too: the stub answers before it writes.
    loader.chip().map(|_| ())
}

fn patience(bytes: usize) -> Duration {
    let megabytes = bytes as f64 / f64::from(1 << 20);
    MEGABYTE_PATIENCE.mul_f64(megabytes).max(PART_PATIENCE_MIN)
}

/// Sizes of what fits a flash, which is far below 4 GiB.
fn word(size: usize) -> u32 {
    u32::try_from(size).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stub_is_whole() {
        let stub: Stub = serde_json::from_str(STUB).unwrap();
        let text = STANDARD.decode(&stub.text).unwrap();
        let end = stub.text_start + word(text.len());
        assert!((stub.text_start..end).contains(&stub.entry));
        assert!(!STANDARD.decode(&stub.data).unwrap().is_empty());
    }
}
