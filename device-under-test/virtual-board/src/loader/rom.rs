//! What the ROM of the chips does with a request. Source: disassembly of the ROMs of the ESP32 and of
//! the ESP32-C3, which have the same logic.

use super::effect::{Effect, Restart};
use super::inflate::Inflate;
use super::machine::Next;
use super::packet::{Request, checksum, op};
use super::shared::{Desk, Shared};
use crate::chips::Security;
use crate::flash::SECTOR_BYTES;
use crate::setup::Fidelity;

/// Bytes of a block to flash or to RAM.
const BLOCK_BYTES_MAX: u32 = 0x1800;

/// Bytes that READ_FLASH_SLOW answers, however many were asked for.
const SLOW_READ_BYTES: u32 = 64;

/// How often SYNC is answered.
const SYNC_REPLIES: usize = 8;

/// The value in answers to SYNC: a word of what was received. Tools take zero for a stub.
const SYNC_VALUE: u32 = 0x2012_0707;

/// Why the ROM refuses a request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Refusal {
    InvalidMessage = 0x05,
    FailedToAct = 0x06,
    WrongChecksum = 0x07,
    FlashWrite = 0x08,
    ReadLength = 0x0a,
    Deflate = 0x0b,
    InvalidParameter = 0x64,
}

/// What a request is answered with.
type Answer = Result<Vec<u8>, Refusal>;

/// A write that FLASH_BEGIN began.
#[derive(Debug)]
struct Write {
    size: u32,
    blocks: u32,
    block_size: u32,
    /// Where the next byte goes.
    address: u32,
    sequence: u32,
    written: u32,
    inflate: Option<Inflate>,
    /// The chip is to encrypt what it writes.
    is_encrypted: bool,
}

/// The ROM's loader.
#[derive(Debug, Default)]
pub(crate) struct Rom {
    last_op: u8,
    /// What the last READ_REG or SYNC put into replies; it stays there.
    value: u32,
    is_synced: bool,
    write: Option<Write>,
}

impl Rom {
    /// Whether a SYNC was understood since the reset.
    pub(crate) const fn is_synced(&self) -> bool {
        self.is_synced
    }

    pub(crate) fn handle(
        &mut self,
        shared: &mut Shared,
        desk: &mut Desk<'_>,
        frame: &[u8],
    ) -> Next {
        let Some(request) = Request::read(frame) else {
            return Next::Stay;
        };
        let known = op::FLASH_BEGIN..=shared.table().opcode_max;
        if request.direction != 0 || !known.contains(&request.op) || is_left_out(shared, request.op)
        {
            self.refuse_unknown(shared, desk, request.op);
            return Next::Stay;
        }
        self.last_op = request.op;
        if request.op == op::SYNC {
            self.sync(shared, desk);
            return Next::Stay;
        }
        let answer = match request.is_whole {
            true => self.act(shared, desk, &request),
            false => Err(Refusal::InvalidMessage),
        };
        self.reply(shared, desk, request.op, &answer);
        self.follow(shared, desk, &request, answer.is_ok())
    }

    fn reply(&self, shared: &Shared, desk: &mut Desk<'_>, opcode: u8, answer: &Answer) {
        let mut status = match answer {
            Ok(_) => vec![0, 0],
            Err(refusal) => vec![1, *refusal as u8],
        };
        status.resize(shared.table().status_bytes, 0);
        desk.reply(opcode, self.value, answer.as_deref().unwrap_or_default(), &status);
    }

    /// The ROM answers what it does not know with the opcode of the request before, and as often as
    /// it answered that. Fast boards answer once and with the right opcode, so that no tool has to
    /// wait for an answer that never comes.
    fn refuse_unknown(&self, shared: &Shared, desk: &mut Desk<'_>, asked: u8) {
        let (opcode, times) = match (shared.fidelity, self.last_op) {
            (Fidelity::Fast, _) => (asked, 1),
            (Fidelity::Faithful, op::SYNC) => (op::SYNC, SYNC_REPLIES),
            (Fidelity::Faithful, last_op) => (last_op, 1),
        };
        for _ in 0..times {
            self.reply(shared, desk, opcode, &Err(Refusal::InvalidMessage));
        }
    }

    fn sync(&mut self, shared: &Shared, desk: &mut Desk<'_>) {
        self.value = SYNC_VALUE;
        self.is_synced = true;
        for _ in 0..SYNC_REPLIES {
            self.reply(shared, desk, op::SYNC, &Ok(Vec::new()));
        }
    }

    fn act(&mut self, shared: &mut Shared, desk: &mut Desk<'_>, request: &Request<'_>) -> Answer {
        match request.op {
            op::FLASH_BEGIN => self.flash_begin(shared, desk, request, None),
            op::FLASH_DEFL_BEGIN => self.flash_begin(shared, desk, request, Some(Inflate::new())),
            op::FLASH_DATA | op::FLASH_DEFL_DATA => self.flash_data(desk, request),
            op::FLASH_END | op::FLASH_DEFL_END => self.flash_end(request.op),
            op::MEM_BEGIN => mem_begin(shared, request),
            op::MEM_DATA => mem_data(shared, request),
            op::MEM_END => of(request.data.len() <= 8, Vec::new()),
            op::WRITE_REG => {
                shared.write_registers(desk, request);
                Ok(Vec::new())
            }
            op::READ_REG => {
                self.value = shared.registers.read(request.word(0));
                of(request.data.len() >= 4, Vec::new())
            }
            op::SPI_SET_PARAMS => of(request.data.len() == 24, Vec::new()),
            op::SPI_ATTACH => of(request.data.len() >= 4, Vec::new()),
            op::READ_FLASH_SLOW => read_slow(desk, request),
            op::CHANGE_BAUDRATE => of(request.data.len() >= 4, Vec::new()),
            op::SPI_FLASH_MD5 => {
                let digest = desk.md5(request.word(0), request.word(1));
                let digits = digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
                of(request.data.len() == 16, digits.into_bytes())
            }
            op::GET_SECURITY_INFO => shared.security_info().ok_or(Refusal::InvalidMessage),
            // All that the ROM knows stands above; 0C is in its range, and does nothing.
            _ => Err(Refusal::InvalidMessage),
        }
    }

    /// What happens after the reply.
    fn follow(
        &mut self,
        shared: &Shared,
        desk: &mut Desk<'_>,
        request: &Request<'_>,
        is_good: bool,
    ) -> Next {
        match request.op {
            // Whatever the flag, and also when it failed: this ends the loader.
            op::FLASH_END | op::FLASH_DEFL_END => {
                if request.word(0) == 0 {
                    desk.effects.push(Effect::Raw(vec![0xc0, 0xc0]));
                    desk.effects.push(Effect::Restart(Restart::Software));
                } else {
                    desk.effects.push(Effect::Restart(Restart::Continue));
                }
                Next::Over
            }
            op::MEM_END if is_good && request.word(0) == 0 => {
                if desk.start(shared, request.word(1)) { Next::Stub } else { Next::Over }
            }
            op::CHANGE_BAUDRATE if is_good && request.word(0) > 0 => {
                desk.effects.push(Effect::Raw(vec![0xc0, 0xc0]));
                desk.effects.push(Effect::Baud(request.word(0)));
                Next::Stay
            }
            _ => Next::Stay,
        }
    }

    fn flash_begin(
        &mut self,
        shared: &Shared,
        desk: &mut Desk<'_>,
        request: &Request<'_>,
        inflate: Option<Inflate>,
    ) -> Answer {
        let [size, blocks, block_size, address] = [0, 1, 2, 3].map(|index| request.word(index));
        if request.data.len() != shared.table().begin_bytes || block_size > BLOCK_BYTES_MAX {
            return Err(Refusal::InvalidMessage);
        }
        let is_encrypted = request.word(4) != 0;
        if is_encrypted && inflate.is_some() {
            return Err(Refusal::InvalidParameter);
        }
        let erased = match shared.table().image_id {
            Some(_) => size,
            None => erased_by_esp8266(address, size),
        };
        // The ROM of the ESP8266 erases more than it was asked to, which must not reach beyond the end.
        let room = desk.flash.size().saturating_sub(address);
        let erased = if size <= room { erased.min(room) } else { erased };
        desk.erase(address, erased).map_err(|_| Refusal::FailedToAct)?;
        let (sequence, written) = (0, 0);
        self.write = Some(Write {
            size,
            blocks,
            block_size,
            address,
            sequence,
            written,
            inflate,
            is_encrypted,
        });
        Ok(Vec::new())
    }

    fn flash_data(&mut self, desk: &mut Desk<'_>, request: &Request<'_>) -> Answer {
        let write = self.write.as_mut().ok_or(Refusal::InvalidMessage)?;
        let payload = request.payload().ok_or(Refusal::InvalidMessage)?;
        let is_deflated = request.op == op::FLASH_DEFL_DATA;
        let is_aligned = is_deflated || payload.len() % 4 == 0;
        let is_due =
            request.word(1) == write.sequence && payload.len() <= write.block_size as usize;
        if is_deflated != write.inflate.is_some() || !is_aligned || !is_due {
            return Err(Refusal::InvalidMessage);
        }
        write.sequence += 1;
        if u32::from(checksum(payload)) != request.checksum {
            return Err(Refusal::WrongChecksum);
        }
        // No key is burnt into this chip, so what it writes reads back as something else. None of it is written here.
        if write.is_encrypted {
            return Err(Refusal::FlashWrite);
        }
        let room = desk.flash.size().saturating_sub(write.address) as usize;
        let inflated = match &mut write.inflate {
            Some(inflate) => inflate.push(payload, room).map_err(|_| Refusal::Deflate)?,
            None => payload.to_vec(),
        };
        let length = u32::try_from(inflated.len()).unwrap_or(u32::MAX);
        desk.program(write.address, &inflated).map_err(|_| Refusal::FlashWrite)?;
        let is_there = desk.flash.read(write.address, length) == inflated;
        write.address += length;
        write.written += length;
        if is_there { Ok(Vec::new()) } else { Err(Refusal::FlashWrite) }
    }

    fn flash_end(&mut self, opcode: u8) -> Answer {
        let write = self.write.take().ok_or(Refusal::InvalidMessage)?;
        let is_complete = opcode == op::FLASH_DEFL_END || write.written == write.size;
        if write.sequence == write.blocks && is_complete {
            Ok(Vec::new())
        } else {
            Err(Refusal::FailedToAct)
        }
    }
}

/// Whether the opcode is in the ROM's range, and yet not in this chip's ROM.
fn is_left_out(shared: &Shared, opcode: u8) -> bool {
    opcode == op::GET_SECURITY_INFO && shared.table().security == Security::Unknown
}

fn of(is_good: bool, data: Vec<u8>) -> Answer {
    if is_good { Ok(data) } else { Err(Refusal::InvalidMessage) }
}

/// Bytes that the ROM of the ESP8266 really erases. It counts the sectors before the first boundary
/// of a block twice; tools know and ask for less.
fn erased_by_esp8266(address: u32, size: u32) -> u32 {
    /// Sectors of a block.
    const BLOCK_SECTORS: u32 = 16;
    let sectors = size.div_ceil(SECTOR_BYTES);
    let head = BLOCK_SECTORS - address / SECTOR_BYTES % BLOCK_SECTORS;
    (sectors + head.min(sectors)).saturating_mul(SECTOR_BYTES)
}

fn mem_begin(shared: &mut Shared, request: &Request<'_>) -> Answer {
    let [total, block_size, address] = [0, 2, 3].map(|index| request.word(index));
    if request.data.len() != 16 || block_size > BLOCK_BYTES_MAX {
        return Err(Refusal::InvalidMessage);
    }
    shared.upload.begin(total, block_size, address);
    Ok(Vec::new())
}

fn mem_data(shared: &mut Shared, request: &Request<'_>) -> Answer {
    let current = shared.upload.current.as_mut().ok_or(Refusal::InvalidMessage)?;
    let payload = request.payload().ok_or(Refusal::InvalidMessage)?;
    if payload.len() > current.block_size as usize || request.word(1) != current.sequence {
        return Err(Refusal::InvalidMessage);
    }
    current.sequence += 1;
    match u32::from(checksum(payload)) == request.checksum {
        true => Ok(Vec::new()),
        false => Err(Refusal::WrongChecksum),
    }
}

fn read_slow(desk: &Desk<'_>, request: &Request<'_>) -> Answer {
    if request.word(1) > SLOW_READ_BYTES {
        return Err(Refusal::ReadLength);
    }
    let mut data = desk.flash.read(request.word(0), request.word(1)).to_vec();
    data.resize(SLOW_READ_BYTES as usize, 0);
    Ok(data)
}
