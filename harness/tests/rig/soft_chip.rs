//! A chip on a debug probe, in software: the virtual board, whose console goes into an RTT ring in its memory. It has what our code needs of a
//! probe, and the habits of one: a chip that sleeps is lost, its memory is forgotten, and only a wire to its reset pin reaches it.

use std::collections::VecDeque;
use std::ops::Range;
use std::time::{Duration, Instant};

use shadowrig::board::probe::{Link, Memory, ProbeError};
use shadowrig::flash::Chip;
use shadowrig::flash::image::Part;
use virtual_board::{Activity, Ask, Board, BootMode, Flash, Heard, Input, Order, Output, Setup};
use virtual_board::{Event, Mac, Moment};

/// Where the memory is, its size, and the fuses with the address of the board.
const RAM: u64 = 0x3fc8_0000;
const RAM_BYTES: usize = 16 * 1024;
const MAC_AT: u64 = 0x6000_8844;

/// Where the control block and its rings are; nowhere near the beginning, so that a search has to find it.
const BLOCK: usize = 0x1ff8;
const UP: usize = 0x2100;
const UP_BYTES: u32 = 512;
const DOWN: usize = 0x2400;
const DOWN_BYTES: u32 = 16;
const NAME: usize = 0x2500;

/// How long the debug unit still answers when the chip goes to sleep: firmware waits until its ring was read, and not for ever.
const FLUSH_MAX: Duration = Duration::from_secs(5);

/// What the chip meets where its cloud should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cloud {
    /// Nobody is there.
    None,
    /// Somebody who never answers.
    Silent,
}

/// A chip in software, and a probe on it.
#[derive(Debug)]
pub(crate) struct SoftChip {
    board: Board,
    cloud: Cloud,
    began: Instant,
    ram: Vec<u8>,
    /// What the firmware printed and has no room for in its ring.
    waiting: Vec<u8>,
    /// The first line of the firmware, until it is whole; what the ROM prints goes to its serial port.
    line: Vec<u8>,
    talks: bool,
    asleep_since: Option<Instant>,
}

impl SoftChip {
    /// An ESP32-C3 with this address and an erased flash, with its power on.
    pub(crate) fn new(mac: Mac, cloud: Cloud) -> Self {
        let setup = Setup { mac, ..Setup::new(virtual_board::Chip::Esp32c3) };
        let mut chip = Self {
            board: Board::new(setup, Flash::new()),
            cloud,
            began: Instant::now(),
            ram: vec![0xa5; RAM_BYTES],
            waiting: Vec::new(),
            line: Vec::new(),
            talks: false,
            asleep_since: None,
        };
        chip.handle(Input::Order(Order::PowerRestore { into: BootMode::Run }));
        chip
    }

    fn now(&self) -> Moment {
        Moment { micros: self.began.elapsed().as_micros() as u64 }
    }

    /// Does what is due, and lets the firmware write on.
    fn run(&mut self) {
        for _ in 0..100 {
            let now = self.now();
            if self.board.wake_at().is_none_or(|at| at > now) {
                break;
            }
            self.handle(Input::Tick);
        }
        self.read_input();
        self.print();
    }

    /// The firmware reads its ring to the chip while it is awake.
    fn read_input(&mut self) {
        if !self.talks || self.asleep_since.is_some() {
            return;
        }
        let (written_at, read_at) = (BLOCK + 48 + 12, BLOCK + 48 + 16);
        let (written, mut read) = (self.word(written_at), self.word(read_at));
        let mut typed = Vec::new();
        while read != written {
            typed.push(self.ram[DOWN + read as usize]);
            read = (read + 1) % DOWN_BYTES;
        }
        if !typed.is_empty() {
            self.put_word(read_at, read);
            self.handle(Input::Serial(typed));
        }
    }

    fn handle(&mut self, input: Input) {
        // What an output leads to comes after all that came with it, or the console would be told out of order.
        let mut outputs = VecDeque::from(self.board.handle(self.now(), input));
        while let Some(output) = outputs.pop_front() {
            let (life, heard) = match output {
                Output::Network { life, ask: Ask::Connect { .. } } if self.cloud == Cloud::None => {
                    (life, Heard::ConnectFailed("connection refused".into()))
                }
                // 2026-01-01T00:00:00Z.
                Output::Network { life, ask: Ask::Date { .. } } => {
                    (life, Heard::Date { unix_ms: 1_767_225_600_000 })
                }
                output => {
                    self.take(output);
                    continue;
                }
            };
            outputs.extend(self.board.handle(self.now(), Input::Network { life, heard }));
        }
    }

    fn take(&mut self, output: Output) {
        match output {
            Output::Serial(bytes) => self.hear(&bytes),
            Output::Event(Event::Reset { .. }) => {
                self.ram.fill(0xa5);
                (self.talks, self.asleep_since) = (false, None);
                self.waiting.clear();
                self.line.clear();
            }
            Output::Event(Event::Sleep { .. }) => self.asleep_since = Some(Instant::now()),
            _ => {}
        }
    }

    /// The firmware begins with its first line, and makes its rings.
    fn hear(&mut self, bytes: &[u8]) {
        for byte in bytes {
            if self.talks {
                self.waiting.push(*byte);
                continue;
            }
            self.line.push(*byte);
            if *byte == b'\n' {
                if self.line.starts_with(b"thing ") {
                    self.talks = true;
                    self.make_rings();
                    self.waiting.append(&mut self.line);
                }
                self.line.clear();
            }
        }
    }

    fn make_rings(&mut self) {
        self.ram[NAME..NAME + 9].copy_from_slice(b"Terminal\0");
        self.ram[BLOCK..BLOCK + 16].copy_from_slice(b"SEGGER RTT\0\0\0\0\0\0");
        let at = |offset: usize| RAM as u32 + offset as u32;
        let words = [1, 1, at(NAME), at(UP), UP_BYTES, 0, 0, 2, 0, at(DOWN), DOWN_BYTES, 0, 0, 0];
        for (index, word) in words.into_iter().enumerate() {
            self.put_word(BLOCK + 16 + index * 4, word);
        }
    }

    fn word(&self, at: usize) -> u32 {
        u32::from_le_bytes(self.ram[at..at + 4].try_into().expect("it is four bytes"))
    }

    fn put_word(&mut self, at: usize, word: u32) {
        self.ram[at..at + 4].copy_from_slice(&word.to_le_bytes());
    }

    /// Puts what waits into the ring, as far as there is room; a firmware that blocks waits for more.
    fn print(&mut self) {
        if !self.talks {
            return;
        }
        let (written_at, read_at) = (BLOCK + 24 + 12, BLOCK + 24 + 16);
        let (mut written, read) = (self.word(written_at), self.word(read_at));
        while !self.waiting.is_empty() && (written + 1) % UP_BYTES != read {
            self.ram[UP + written as usize] = self.waiting.remove(0);
            written = (written + 1) % UP_BYTES;
        }
        self.put_word(written_at, written);
    }

    /// Whether the debug unit answers.
    fn answers(&self) -> Result<(), ProbeError> {
        let (written, read) = (self.word(BLOCK + 24 + 12), self.word(BLOCK + 24 + 16));
        let is_read = self.waiting.is_empty() && (!self.talks || written == read);
        let is_gone = self.asleep_since.is_some_and(|since| is_read || since.elapsed() > FLUSH_MAX);
        match self.board.status().activity {
            Activity::Off => Err(ProbeError::Lost("no answer".into())),
            Activity::Asleep if is_gone => Err(ProbeError::Lost("no answer".into())),
            _ => Ok(()),
        }
    }
}

impl Memory for SoftChip {
    fn read(&mut self, address: u64, bytes: &mut [u8]) -> Result<(), ProbeError> {
        self.run();
        self.answers()?;
        let mac = self.board.status().mac.0;
        let fuses: Vec<u8> = mac.iter().rev().copied().chain([0, 0]).collect();
        let (memory, at) = match address {
            MAC_AT.. => (fuses.as_slice(), address - MAC_AT),
            _ => (self.ram.as_slice(), address.wrapping_sub(RAM)),
        };
        let place = usize::try_from(at).ok().and_then(|at| memory.get(at..at + bytes.len()));
        let place = place.ok_or_else(|| ProbeError::Lost(format!("no memory at {address:#x}")))?;
        bytes.copy_from_slice(place);
        Ok(())
    }

    fn write(&mut self, address: u64, bytes: &[u8]) -> Result<(), ProbeError> {
        self.run();
        self.answers()?;
        let at = (address - RAM) as usize;
        self.ram[at..at + bytes.len()].copy_from_slice(bytes);
        Ok(())
    }
}

impl Link for SoftChip {
    fn attach(&mut self) -> Result<Chip, ProbeError> {
        self.run();
        self.answers().map_err(|_| ProbeError::NoChip("no answer".into()))?;
        Ok(Chip::Esp32c3)
    }

    fn ram(&self) -> Vec<Range<u64>> {
        std::iter::once(RAM..RAM + RAM_BYTES as u64).collect()
    }

    fn detach(&mut self) {}

    fn holds(&mut self, part: &Part) -> Result<bool, ProbeError> {
        let there = self.board.flash().read(part.offset, part.bytes.len() as u32);
        Ok(there == part.bytes)
    }

    fn program(&mut self, part: &Part, progress: &mut dyn FnMut(u64)) -> Result<(), ProbeError> {
        let failed = |error| ProbeError::Flash(format!("{error:?}"));
        let length = (part.bytes.len() as u32).next_multiple_of(4096);
        self.board.flash_mut().erase(part.offset, length).map_err(failed)?;
        self.board.flash_mut().program(part.offset, &part.bytes).map_err(failed)?;
        progress(part.bytes.len() as u64);
        match self.holds(part)? {
            true => Ok(()),
            false => Err(ProbeError::Flash("it does not hold what was written".into())),
        }
    }

    fn erase_all(&mut self) -> Result<(), ProbeError> {
        let size = self.board.flash().size();
        let erased = self.board.flash_mut().erase(0, size);
        erased.map(drop).map_err(|error| ProbeError::Flash(format!("{error:?}")))
    }

    fn reset(&mut self) -> Result<(), ProbeError> {
        self.handle(Input::Order(Order::Reset { into: BootMode::Run }));
        Ok(())
    }
}
