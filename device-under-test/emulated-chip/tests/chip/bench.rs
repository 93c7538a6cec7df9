//! A chip with a flash in memory, and an assembler for a handful of instructions.

use emulated_chip::{Chip, FlashMemory, Input, Output, ResetKind, Setup};

/// Ticks of a millisecond.
pub(crate) const MS: u64 = 160_000;

/// Where programs are loaded, and where they begin.
pub(crate) const CODE_AT: u32 = 0x4038_0000;

/// Registers by their names.
pub(crate) const A0: u32 = 10;
pub(crate) const A1: u32 = 11;
pub(crate) const A2: u32 = 12;
pub(crate) const RA: u32 = 1;

pub(crate) struct Flash(pub(crate) Vec<u8>);

impl FlashMemory for Flash {
    fn read(&self, address: u32, length: u32) -> &[u8] {
        let start = (address as usize).min(self.0.len());
        &self.0[start..start.saturating_add(length as usize).min(self.0.len())]
    }

    fn size(&self) -> u32 {
        self.0.len() as u32
    }

    fn erase(&mut self, address: u32, length: u32) -> bool {
        let range = address as usize..address as usize + length as usize;
        self.0.get_mut(range).map(|bytes| bytes.fill(0xff)).is_some()
    }

    fn program(&mut self, address: u32, data: &[u8]) -> bool {
        let range = address as usize..address as usize + data.len();
        let cells = self.0.get_mut(range);
        cells
            .map(|cells| cells.iter_mut().zip(data).for_each(|(cell, byte)| *cell &= byte))
            .is_some()
    }

    fn jedec_id(&self) -> [u8; 3] {
        [0xc8, 0x40, 22]
    }
}

/// A program as words.
#[derive(Default)]
pub(crate) struct Program(pub(crate) Vec<u32>);

impl Program {
    pub(crate) fn word(mut self, bits: u32) -> Self {
        self.0.push(bits);
        self
    }

    /// Any value, by `lui` and `addi`.
    pub(crate) fn set(self, register: u32, value: u32) -> Self {
        let low = (value & 0xfff) << 20;
        let high = value.wrapping_sub((low as i32 >> 20) as u32) & 0xffff_f000;
        self.word(high | register << 7 | 0x37).word(low | register << 15 | register << 7 | 0x13)
    }

    /// Stores a value at an address.
    pub(crate) fn store(self, address: u32, value: u32) -> Self {
        self.set(A1, address).set(A2, value).word(A2 << 20 | A1 << 15 | 2 << 12 | 0x23)
    }

    /// Calls what is at an address.
    pub(crate) fn call(self, address: u32) -> Self {
        self.set(RA, address).word(RA << 15 | RA << 7 | 0x67)
    }

    /// Sends a byte on the console.
    pub(crate) fn print(self, byte: u8) -> Self {
        self.set(A0, u32::from(byte)).call(0x4000_0068)
    }

    /// Stays where it is, until an interrupt comes.
    pub(crate) fn stay(self) -> Self {
        self.word(0x1050_0073).word(0xffdf_f06f)
    }
}

pub(crate) struct Bench {
    pub(crate) chip: Chip,
    pub(crate) flash: Flash,
    pub(crate) now: u64,
    pub(crate) seen: Vec<Output>,
}

impl Bench {
    /// A chip that has just been started with this program.
    pub(crate) fn new(Program(words): Program) -> Self {
        let mut flash = Flash(vec![0xff; 0x40_0000]);
        let code: Vec<u8> = words.into_iter().flat_map(|word| word.to_le_bytes()).collect();
        let mut image = vec![0xe9, 1, 0, 0x20];
        image.extend(CODE_AT.to_le_bytes());
        image.resize(24, 0);
        image.extend(CODE_AT.to_le_bytes());
        image.extend((code.len() as u32).to_le_bytes());
        image.extend(code);
        flash.0[..image.len()].copy_from_slice(&image);
        let chip = Chip::new(Setup { mac: [1, 2, 3, 4, 5, 6], seed: 7 }, 0);
        let mut bench = Self { chip, flash, now: 0, seen: Vec::new() };
        bench.start(ResetKind::PowerOn);
        bench
    }

    pub(crate) fn start(&mut self, cause: ResetKind) {
        self.chip.start(self.now, cause, &self.flash, 0).expect("the image is made above");
    }

    /// Lets so many milliseconds pass.
    pub(crate) fn pass(&mut self, ms: u64) {
        for _ in 0..ms {
            self.now += MS;
            self.seen.extend(self.chip.handle(self.now, Input::Tick, &mut self.flash));
        }
    }

    /// What was printed.
    pub(crate) fn console(&self) -> String {
        let bytes = self.seen.iter().filter_map(|output| match output {
            Output::Serial(bytes) => Some(bytes.as_slice()),
            _ => None,
        });
        String::from_utf8_lossy(&bytes.collect::<Vec<_>>().concat()).into_owned()
    }

    /// A word of the RAM.
    pub(crate) fn word(&mut self, address: u32) -> u32 {
        let bytes = self.chip.memory(address).first_chunk().copied();
        u32::from_le_bytes(bytes.expect("the address is in RAM"))
    }
}
