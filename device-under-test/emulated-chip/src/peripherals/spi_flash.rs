//! The controller through which a program talks to the flash itself: who it is, how it is. Reads and writes go through the ROM.

use super::plain::Plain;

const CMD: u32 = 0x00;
const USER2: u32 = 0x20;
const STATUS: u32 = 0x2c;
const W0: u32 = 0x58;

/// Commands that the controller knows: to ask who the flash is, to ask how it is, and any that is described in registers.
const READ_ID: u32 = 1 << 28;
const READ_STATUS: u32 = 1 << 27;
const WRITE_ENABLE: u32 = 1 << 30;
const WRITE_DISABLE: u32 = 1 << 29;
const DESCRIBED: u32 = 1 << 18;

/// The flash's own commands.
const ID: u32 = 0x9f;
const STATUS_1: u32 = 0x05;

/// `RDSR`: writing is enabled.
const WRITE_ENABLED: u32 = 1 << 1;

/// The controller.
#[derive(Debug, Default)]
pub(super) struct SpiFlash {
    status: u32,
    others: Plain,
}

impl SpiFlash {
    pub(super) fn read(&self, offset: u32) -> u32 {
        match offset {
            // Commands are done at once.
            CMD => 0,
            STATUS => self.status,
            _ => self.others.read(offset),
        }
    }

    pub(super) fn write(&mut self, offset: u32, value: u32, jedec_id: [u8; 3]) -> Option<()> {
        if offset != CMD {
            self.others.write(offset, value);
            return Some(());
        }
        let [manufacturer, kind, size] = jedec_id;
        let id = u32::from_le_bytes([manufacturer, kind, size, 0]);
        match value & (READ_ID | READ_STATUS | WRITE_ENABLE | WRITE_DISABLE | DESCRIBED) {
            READ_ID => self.others.write(W0, id),
            READ_STATUS => {}
            WRITE_ENABLE => self.status |= WRITE_ENABLED,
            WRITE_DISABLE => self.status &= !WRITE_ENABLED,
            DESCRIBED => match self.others.read(USER2) & 0xff {
                ID => self.others.write(W0, id),
                STATUS_1 => self.others.write(W0, self.status),
                _ => return None,
            },
            0 => {}
            _ => return None,
        }
        Some(())
    }
}
