//! What the flash holds, read back over the line and compared byte by byte: an independent look, where the checksum is the stub's own.

use std::time::Instant;

use md5::{Digest, Md5};

use super::FlashError;
use super::image::Part;
use super::loader::{Loader, PATIENCE, Speaker};
use super::packet::{self, op};
use super::region::SECTOR_BYTES;
use crate::board::port::SerialPort;

/// Bytes of a packet: a sector, as all tools ask for.
const PACKET_BYTES: u32 = SECTOR_BYTES;

/// What is being done, for errors.
const ASKED: &str = "read the flash";

/// Syncs with a stub that has just worked.
const SYNCS_MAX: usize = 5;

/// Reads all parts back from a chip whose stub runs, and compares them.
///
/// # Errors
///
/// The line fails, or the flash holds something else ([`FlashError::VerifyFailed`] names the sector).
pub(super) fn compare(port: &mut SerialPort, parts: &[Part]) -> Result<(), FlashError> {
    let mut loader = Loader::new(port);
    let mut is_there = false;
    for _ in 0..SYNCS_MAX {
        is_there = is_there || loader.sync()?;
    }
    if !is_there || loader.speaker() != Speaker::Stub {
        return Err(FlashError::Silent { asked: ASKED });
    }
    for part in parts {
        let length = part.bytes.len() as u32;
        let found = loader.read_by_stub(part.offset, length)?;
        let differs = found.iter().zip(&part.bytes).position(|(found, wanted)| found != wanted);
        if let Some(at) = differs {
            let sector = (part.offset + at as u32) / SECTOR_BYTES * SECTOR_BYTES;
            let what = format!("{}, sector {sector:#x}", part.what());
            return Err(FlashError::VerifyFailed { what: Some(what) });
        }
    }
    Ok(())
}

impl Loader<'_> {
    /// Reads flash by the stub, packet by packet, each acknowledged.
    fn read_by_stub(&mut self, offset: u32, size: u32) -> Result<Vec<u8>, FlashError> {
        self.ask(ASKED, op::READ_FLASH, &[offset, size, PACKET_BYTES, 1])?;
        let mut bytes = Vec::with_capacity(size as usize);
        while bytes.len() < size as usize {
            let packet = self.next_frame(Instant::now() + PATIENCE)?;
            let packet = packet.ok_or(FlashError::Silent { asked: ASKED })?;
            let left = size as usize - bytes.len();
            if packet.is_empty() || packet.len() > left {
                return Err(FlashError::BadReply { asked: ASKED });
            }
            bytes.extend(packet);
            self.port.write(&packet::frame(&(bytes.len() as u32).to_le_bytes()))?;
        }
        let digest = self.next_frame(Instant::now() + PATIENCE)?;
        // What was lost or changed on the way is the line's fault, and not the flash's.
        if digest.as_deref() != Some(Md5::digest(&bytes).as_slice()) {
            return Err(FlashError::BadReply { asked: ASKED });
        }
        Ok(bytes)
    }
}
