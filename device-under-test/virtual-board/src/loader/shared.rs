//! What the ROM and the stub have in common.

use md5::{Digest, Md5};

use super::effect::{Effect, FlashTiming, Restart};
use super::packet::{Request, reply};
use super::registers::Registers;
use super::spi;
use super::upload::Upload;
use crate::chips::{Chip, ChipTable, Mac, Security, WATCHDOG_KEY};
use crate::flash::{Flash, FlashError};
use crate::setup::Fidelity;
use crate::slip;

/// Starts the watchdog, in its first register.
const WATCHDOG_ENABLE: u32 = 1 << 31;

/// The state that lives through the start of the stub.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) chip: Chip,
    pub(crate) fidelity: Fidelity,
    pub(crate) registers: Registers,
    pub(crate) upload: Upload,
}

/// What one call works on.
#[derive(Debug)]
pub(crate) struct Desk<'a> {
    pub(crate) flash: &'a mut Flash,
    pub(crate) timing: FlashTiming,
    pub(crate) effects: Vec<Effect>,
}

impl Shared {
    pub(crate) fn new(chip: Chip, fidelity: Fidelity, mac: Mac) -> Self {
        let registers = Registers::new(chip.table(), mac);
        Self { chip, fidelity, registers, upload: Upload::default() }
    }

    pub(crate) const fn table(&self) -> &'static ChipTable {
        self.chip.table()
    }

    /// Performs each entry of a WRITE_REG.
    pub(crate) fn write_registers(&mut self, desk: &mut Desk<'_>, request: &Request<'_>) {
        /// Words of an entry: address, value, mask, delay.
        const ENTRY_WORDS: usize = 4;
        for entry in 0..request.data.len() / (ENTRY_WORDS * 4) {
            let [address, value, mask] =
                [0, 1, 2].map(|field| request.word(entry * ENTRY_WORDS + field));
            self.write_register(desk, address, value & mask | self.registers.read(address) & !mask);
        }
    }

    fn write_register(&mut self, desk: &mut Desk<'_>, address: u32, value: u32) {
        self.registers.write(address, value);
        let table = self.table();
        if address == table.spi.base {
            spi::run(&table.spi, &mut self.registers, desk.flash);
        }
        let Some(watchdog) = &table.watchdog else {
            return;
        };
        let is_open = self.registers.read(watchdog.protect) == WATCHDOG_KEY;
        if address == watchdog.config0 && value & WATCHDOG_ENABLE != 0 && is_open {
            desk.effects.push(Effect::Restart(Restart::Watchdog));
        }
    }

    /// The answer to GET_SECURITY_INFO; `None` when the chip has none.
    pub(crate) fn security_info(&self) -> Option<Vec<u8>> {
        let table = self.table();
        // No flag is set, no key is burnt.
        let mut info = vec![0; 12];
        match table.security {
            Security::Unknown => return None,
            Security::Short => {}
            Security::Full { version } => {
                info.extend(table.image_id.map_or(0, u32::from).to_le_bytes());
                info.extend(version.to_le_bytes());
            }
        }
        Some(info)
    }
}

impl Desk<'_> {
    pub(crate) fn reply(&mut self, op: u8, value: u32, data: &[u8], status: &[u8]) {
        let bytes = reply(op, value, data, status);
        self.effects.push(Effect::Reply { op, bytes });
    }

    /// Sends bytes that are no reply to a command, in a frame.
    pub(crate) fn frame(&mut self, bytes: &[u8]) {
        self.effects.push(Effect::Raw(slip::encode(bytes)));
    }

    pub(crate) fn erase(&mut self, address: u32, length: u32) -> Result<(), FlashError> {
        let sectors = self.flash.erase(address, length)?;
        self.busy(self.timing.erase(sectors));
        Ok(())
    }

    pub(crate) fn program(&mut self, address: u32, data: &[u8]) -> Result<(), FlashError> {
        self.flash.program(address, data)?;
        self.busy(self.timing.program(data.len()));
        Ok(())
    }

    fn busy(&mut self, span: std::time::Duration) {
        if !span.is_zero() {
            self.effects.push(Effect::Busy(span));
        }
    }

    pub(crate) fn md5(&mut self, address: u32, length: u32) -> [u8; 16] {
        let digest = Md5::digest(self.flash.read(address, length)).into();
        self.flash.was_checked(address, length);
        digest
    }

    /// Starts what was uploaded. Gives whether it is a stub.
    pub(crate) fn start(&mut self, shared: &Shared, entry: u32) -> bool {
        let segment = shared.upload.segment_of(entry);
        let is_stub = segment.is_some_and(|at| shared.table().stubs_at.contains(&at));
        if is_stub {
            self.effects.push(Effect::StubStarted);
            self.frame(b"OHAI");
        } else {
            self.effects.push(Effect::UserProgram { entry });
        }
        is_stub
    }
}
