//! What the stub does that tools upload into RAM. Source: espressif/esp-flasher-stub.

use super::effect::{Effect, Restart};
use super::inflate::Inflate;
use super::machine::Next;
use super::packet::{Request, checksum, op};
use super::reading::Reading;
use super::shared::{Desk, Shared};
use crate::flash::SECTOR_BYTES;

/// Bytes of a packet of READ_FLASH.
const PACKET_BYTES_MAX: u32 = 4096;

/// How often SYNC is answered.
const SYNC_REPLIES: usize = 8;

/// Why the stub refuses a request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Refusal {
    BadLength = 0xc0,
    BadChecksum = 0xc1,
    UnknownCommand = 0xc3,
    FlashFailed = 0xc4,
    NotInFlashMode = 0xc6,
    Inflate = 0xc7,
    NotEnoughData = 0xc8,
    TooMuchData = 0xc9,
    NotImplemented = 0xff,
}

/// What a request is answered with: the value and the data.
type Answer = Result<(u32, Vec<u8>), Refusal>;

const DONE: Answer = Ok((0, Vec::new()));

/// A write that FLASH_BEGIN began.
#[derive(Debug)]
struct Write {
    /// Bytes of what was announced that are not written yet.
    remaining: u32,
    address: u32,
    /// Everything before this is erased.
    erased_to: u32,
    inflate: Option<Inflate>,
    /// The chip is to encrypt what it writes, for which it has no key.
    is_encrypted: bool,
}

/// The stub.
#[derive(Debug, Default)]
pub(crate) struct Stub {
    write: Option<Write>,
    reading: Option<Reading>,
    /// What went wrong after the last reply; told with the next.
    late_refusal: Option<Refusal>,
}

impl Stub {
    pub(crate) fn handle(
        &mut self,
        shared: &mut Shared,
        desk: &mut Desk<'_>,
        frame: &[u8],
    ) -> Next {
        if let Some(reading) = self.reading.take() {
            self.reading = reading.acknowledged(desk, frame);
            return Next::Stay;
        }
        let Some(request) = Request::read(frame) else {
            return Next::Stay;
        };
        if request.op == op::RUN_USER_CODE && request.direction == 0 {
            desk.effects.push(Effect::Restart(Restart::Software));
            return Next::Over;
        }
        let answer = match (request.direction, request.is_whole) {
            (1.., _) => Err(Refusal::UnknownCommand),
            (0, false) => Err(Refusal::BadLength),
            (0, true) => match self.late_refusal.take() {
                Some(refusal) => Err(refusal),
                None => self.act(shared, desk, &request),
            },
        };
        let times = if request.op == op::SYNC && answer.is_ok() { SYNC_REPLIES } else { 1 };
        for _ in 0..times {
            reply(desk, request.op, &answer);
        }
        if answer.is_ok() { self.follow(shared, desk, &request) } else { Next::Stay }
    }

    fn act(&mut self, shared: &mut Shared, desk: &mut Desk<'_>, request: &Request<'_>) -> Answer {
        let length = request.data.len();
        match request.op {
            op::SYNC => expect(length == 36),
            op::FLASH_BEGIN => self.flash_begin(desk, request, None),
            op::FLASH_DEFL_BEGIN => self.flash_begin(desk, request, Some(Inflate::new())),
            op::FLASH_DATA | op::FLASH_DEFL_DATA => self.flash_data(request),
            op::FLASH_END | op::FLASH_DEFL_END => self.flash_end(length),
            op::MEM_BEGIN => {
                expect(length == 16)?;
                shared.upload.begin(request.word(0), request.word(2), request.word(3));
                DONE
            }
            op::MEM_DATA => mem_data(shared, request),
            op::MEM_END => {
                expect(length == 8)?;
                shared.upload.current.take().map_or(Err(Refusal::NotInFlashMode), |_| DONE)
            }
            op::WRITE_REG if length == 0 || !length.is_multiple_of(16) => {
                Err(Refusal::NotEnoughData)
            }
            op::WRITE_REG => {
                shared.write_registers(desk, request);
                DONE
            }
            op::READ_REG => {
                expect(length == 4)?;
                Ok((shared.registers.read(request.word(0)), Vec::new()))
            }
            op::SPI_SET_PARAMS => expect(length == 24),
            op::SPI_ATTACH => expect(length == 4),
            op::CHANGE_BAUDRATE => expect(length == 8),
            op::SPI_FLASH_MD5 => {
                expect(length == 16)?;
                Ok((0, desk.md5(request.word(0), request.word(1)).to_vec()))
            }
            op::GET_SECURITY_INFO => {
                expect(length == 0)?;
                shared.security_info().map_or(Err(Refusal::NotImplemented), |info| Ok((0, info)))
            }
            op::ERASE_FLASH => {
                expect(length == 0)?;
                erase(desk, 0, desk.flash.size())
            }
            op::ERASE_REGION => {
                let is_aligned =
                    [0, 1].iter().all(|at| request.word(*at).is_multiple_of(SECTOR_BYTES));
                expect(length == 8 && is_aligned)?;
                erase(desk, request.word(0), request.word(1))
            }
            op::READ_FLASH => expect(length == 16),
            _ => Err(Refusal::UnknownCommand),
        }
    }

    /// What happens after the reply: the stub answers first and works then, so that the next block
    /// comes in while this one is written.
    fn follow(&mut self, shared: &Shared, desk: &mut Desk<'_>, request: &Request<'_>) -> Next {
        match request.op {
            op::FLASH_DATA | op::FLASH_DEFL_DATA => {
                self.late_refusal = self.write_data(desk, request).err();
            }
            op::READ_FLASH if request.word(2) > PACKET_BYTES_MAX => {
                self.late_refusal = Some(Refusal::BadLength);
            }
            op::READ_FLASH => {
                let [address, size, packet] = [0, 1, 2].map(|index| request.word(index));
                self.reading = Reading::begin(desk, address, size, packet);
            }
            op::CHANGE_BAUDRATE if request.word(0) > 0 => {
                desk.effects.push(Effect::Baud(request.word(0)));
            }
            op::MEM_END if request.word(0) == 0 => {
                return if desk.start(shared, request.word(1)) { Next::Stub } else { Next::Over };
            }
            _ => {}
        }
        Next::Stay
    }

    fn flash_begin(
        &mut self,
        desk: &mut Desk<'_>,
        request: &Request<'_>,
        inflate: Option<Inflate>,
    ) -> Answer {
        expect(matches!(request.data.len(), 16 | 20))?;
        let (size, address) = (request.word(0), request.word(3));
        let is_inside = address.checked_add(size).is_some_and(|end| end <= desk.flash.size());
        if !is_inside {
            return Err(Refusal::FlashFailed);
        }
        let erased_to = address - address % SECTOR_BYTES;
        let is_encrypted = request.word(4) != 0;
        self.write = Some(Write { remaining: size, address, erased_to, inflate, is_encrypted });
        DONE
    }

    fn flash_data(&self, request: &Request<'_>) -> Answer {
        if request.data.len() < 16 {
            return Err(Refusal::NotEnoughData);
        }
        if self.write.is_none() {
            return Err(Refusal::NotInFlashMode);
        }
        let payload = request.payload().ok_or(Refusal::TooMuchData)?;
        if u32::from(checksum(payload)) != request.checksum {
            return Err(Refusal::BadChecksum);
        }
        DONE
    }

    fn write_data(&mut self, desk: &mut Desk<'_>, request: &Request<'_>) -> Result<(), Refusal> {
        let (Some(write), Some(payload)) = (&mut self.write, request.payload()) else {
            return Err(Refusal::NotInFlashMode);
        };
        if write.is_encrypted {
            return Err(Refusal::FlashFailed);
        }
        // Bytes beyond the announced size are dropped.
        let room = write.remaining as usize;
        let data = match (&mut write.inflate, request.op) {
            (Some(inflate), op::FLASH_DEFL_DATA) => {
                inflate.push(payload, room).map_err(|_| Refusal::Inflate)?
            }
            (None, op::FLASH_DEFL_DATA) => return Err(Refusal::Inflate),
            _ => payload.iter().copied().take(room).collect(),
        };
        // At most `remaining`, which is a u32.
        let length = data.len() as u32;
        let end = write.address + length;
        if end > write.erased_to {
            let to_erase = (end - write.erased_to).next_multiple_of(SECTOR_BYTES);
            desk.erase(write.erased_to, to_erase).map_err(|_| Refusal::FlashFailed)?;
            write.erased_to += to_erase;
        }
        desk.program(write.address, &data).map_err(|_| Refusal::FlashFailed)?;
        write.address = end;
        write.remaining -= length;
        Ok(())
    }

    fn flash_end(&mut self, length: usize) -> Answer {
        expect(length == 4)?;
        let write = self.write.as_ref().ok_or(Refusal::NotInFlashMode)?;
        expect(write.remaining == 0)?;
        self.write = None;
        DONE
    }
}

fn reply(desk: &mut Desk<'_>, opcode: u8, answer: &Answer) {
    match answer {
        Ok((value, data)) => desk.reply(opcode, *value, data, &[0, 0]),
        Err(refusal) => desk.reply(opcode, 0, &[], &[*refusal as u8, 0]),
    }
}

const fn expect(is_good: bool) -> Answer {
    if is_good { DONE } else { Err(Refusal::BadLength) }
}

fn erase(desk: &mut Desk<'_>, address: u32, length: u32) -> Answer {
    desk.erase(address, length).map_err(|_| Refusal::FlashFailed)?;
    DONE
}

fn mem_data(shared: &mut Shared, request: &Request<'_>) -> Answer {
    if request.data.len() < 16 {
        return Err(Refusal::NotEnoughData);
    }
    let current = shared.upload.current.as_mut().ok_or(Refusal::NotInFlashMode)?;
    let payload = request.payload().ok_or(Refusal::TooMuchData)?;
    let left = current.remaining.checked_sub(payload.len() as u32);
    current.remaining = left.ok_or(Refusal::TooMuchData)?;
    DONE
}
