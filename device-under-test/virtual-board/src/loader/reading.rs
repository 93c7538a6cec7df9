//! READ_FLASH of the stub: one packet, wait until it is acknowledged, the next; at the end the MD5.

use md5::{Digest, Md5};

use super::packet::word;
use super::shared::Desk;

/// A read that is under way.
#[derive(Clone, Debug)]
pub(crate) struct Reading {
    address: u32,
    remaining: u32,
    packet_bytes: u32,
    size: u32,
    md5: Md5,
}

impl Reading {
    /// Begins, and sends the first packet. Gives `None` when there is nothing to wait for.
    pub(crate) fn begin(
        desk: &mut Desk<'_>,
        address: u32,
        size: u32,
        packet_bytes: u32,
    ) -> Option<Self> {
        let md5 = Md5::new();
        let reading = Self { address, remaining: size, packet_bytes, size, md5 };
        reading.go_on(desk, 0)
    }

    /// Takes an acknowledgement: the number of bytes that arrived so far. Anything else ends the read.
    pub(crate) fn acknowledged(self, desk: &mut Desk<'_>, frame: &[u8]) -> Option<Self> {
        if frame.len() == 4 {
            self.go_on(desk, word(frame, 0))
        } else {
            desk.frame(&self.md5.finalize());
            None
        }
    }

    fn go_on(mut self, desk: &mut Desk<'_>, arrived: u32) -> Option<Self> {
        if self.remaining == 0 && arrived >= self.size {
            desk.frame(&self.md5.finalize());
            return None;
        }
        let length = self.remaining.min(self.packet_bytes);
        if length > 0 {
            let mut packet = desk.flash.read(self.address, length).to_vec();
            // The chip wraps around at its end; whoever reads there gets no sense either way.
            packet.resize(length as usize, 0xff);
            self.md5.update(&packet);
            desk.frame(&packet);
            self.address = self.address.saturating_add(length);
            self.remaining -= length;
        }
        Some(self)
    }
}
