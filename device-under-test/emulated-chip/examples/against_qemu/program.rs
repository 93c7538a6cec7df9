//! Random programs that end: every jump goes forward, every access to memory stays inside.

/// Where the code is.
pub(crate) const CODE_AT: u32 = 0x0001_0000;
/// Where the memory is that a program writes in the end.
pub(crate) const MEMORY_AT: u32 = 0x0004_0000;
/// Its bytes. The first 128 hold the registers in the end.
pub(crate) const MEMORY_BYTES: u32 = 4096;

/// The register that holds [`MEMORY_AT`] and is no target: `gp`.
const BASE: u32 = 3;

/// Instructions of a program, about.
const LENGTH: usize = 1500;

/// A program as bytes.
pub(crate) struct Program {
    pub(crate) code: Vec<u8>,
}

/// Numbers by chance (xorshift64*).
struct Chance(u64);

impl Chance {
    fn word(&mut self) -> u32 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 32) as u32
    }

    fn below(&mut self, end: u32) -> u32 {
        self.word() % end
    }

    /// A register that may be a target.
    fn target(&mut self) -> u32 {
        match self.below(32) {
            BASE => 4,
            register => register,
        }
    }

    /// A value of the kind at which arithmetic goes wrong, or any.
    fn value(&mut self) -> u32 {
        let any = self.word();
        let edges = [
            0,
            1,
            u32::MAX,
            0x7fff_ffff,
            0x8000_0000,
            0x8000_0001,
            any & 0xff,
            0x7fff,
            0xffff_8000,
        ];
        edges.get(self.below(20) as usize).copied().unwrap_or(any)
    }
}

/// Pieces between which a jump may land, with the jumps that are not yet decided.
#[derive(Default)]
struct Pieces {
    bytes: Vec<u8>,
    starts: Vec<usize>,
}

impl Pieces {
    fn long(&mut self, bits: u32) {
        self.bytes.extend(bits.to_le_bytes());
    }

    fn short(&mut self, bits: u32) {
        self.bytes.extend((bits as u16).to_le_bytes());
    }

    /// `lui` and `addi`: any value.
    fn set(&mut self, register: u32, value: u32) {
        let low = (value & 0xfff) as i32;
        let low = if low >= 0x800 { low - 0x1000 } else { low };
        self.long(value.wrapping_sub(low as u32) & 0xffff_f000 | register << 7 | 0x37);
        self.long((low as u32 & 0xfff) << 20 | register << 15 | register << 7 | 0x13);
    }
}

impl Program {
    pub(crate) fn random(seed: u64) -> Self {
        let mut chance = Chance(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        let mut pieces = Pieces::default();
        for register in (1..32).filter(|register| *register != BASE) {
            let value = chance.value();
            pieces.set(register, value);
        }
        pieces.set(BASE, MEMORY_AT);
        while pieces.starts.len() < LENGTH {
            let start = pieces.bytes.len();
            pieces.starts.push(start);
            match chance.below(16) {
                0 => jump(&mut pieces, &mut chance),
                1 | 2 => branch(&mut pieces, &mut chance),
                3..=5 => access(&mut pieces, &mut chance),
                6..=10 => short(&mut pieces, &mut chance),
                11 => {
                    let (register, value) = (chance.target(), chance.value());
                    pieces.set(register.max(1), value);
                }
                _ => arithmetic(&mut pieces, &mut chance),
            }
        }
        end(&mut pieces);
        Self { code: pieces.bytes }
    }
}

fn arithmetic(pieces: &mut Pieces, chance: &mut Chance) {
    let (rd, rs1, rs2) = (chance.target(), chance.below(32), chance.below(32));
    let funct3 = chance.below(8);
    let bits = match chance.below(6) {
        0 => chance.word() & 0xffff_f000 | rd << 7 | 0x37,
        1 => chance.word() & 0xffff_f000 | rd << 7 | 0x17,
        2 | 3 => {
            let immediate = match funct3 {
                1 => chance.below(32),
                5 => chance.below(32) | chance.below(2) << 10,
                _ => chance.below(4096),
            };
            immediate << 20 | rs1 << 15 | funct3 << 12 | rd << 7 | 0x13
        }
        4 => 1 << 25 | rs2 << 20 | rs1 << 15 | funct3 << 12 | rd << 7 | 0x33,
        _ => {
            let funct7 = if funct3 == 0 || funct3 == 5 { chance.below(2) << 5 } else { 0 };
            funct7 << 25 | rs2 << 20 | rs1 << 15 | funct3 << 12 | rd << 7 | 0x33
        }
    };
    pieces.long(bits);
}

/// A load or a store, by a register that was pointed into the memory just before.
fn access(pieces: &mut Pieces, chance: &mut Chance) {
    let width = chance.below(3);
    let at = 128 + (chance.below(MEMORY_BYTES - 256) & !((1 << width) - 1));
    match chance.below(6) {
        // c.lw, c.sw
        kind @ (0 | 1) => {
            let (base, data) = (chance.below(8), chance.below(8));
            let offset = chance.below(32) * 4;
            pieces.set(base + 8, MEMORY_AT + (at & !3) - offset.min(at & !3));
            let offset = offset.min(at & !3);
            let fields = (offset >> 3 & 7) << 10 | (offset >> 2 & 1) << 6 | (offset >> 6 & 1) << 5;
            pieces.short([0x4000, 0xc000][kind as usize] | fields | base << 7 | data << 2);
        }
        // c.lwsp
        2 => {
            pieces.set(2, MEMORY_AT + 128);
            let (offset, rd) = (chance.below(64) * 4, chance.target().max(1));
            let fields = (offset >> 5 & 1) << 12 | (offset >> 2 & 7) << 4 | (offset >> 6 & 3) << 2;
            pieces.short(0x4002 | fields | rd << 7);
        }
        // c.swsp
        3 => {
            pieces.set(2, MEMORY_AT + 128);
            let (offset, rs2) = (chance.below(64) * 4, chance.below(32));
            let fields = (offset >> 2 & 15) << 9 | (offset >> 6 & 3) << 7;
            pieces.short(0xc002 | fields | rs2 << 2);
        }
        kind => {
            let base = chance.target().max(1);
            let offset = chance.below(4096) as i32 - 2048;
            pieces.set(base, (MEMORY_AT + at).wrapping_sub(offset as u32));
            let offset = offset as u32 & 0xfff;
            if kind == 4 {
                let is_unsigned = if width < 2 { chance.below(2) << 2 } else { 0 };
                let rd = chance.target();
                pieces.long(offset << 20 | base << 15 | (width | is_unsigned) << 12 | rd << 7 | 3);
            } else {
                let (high, low) = (offset >> 5, offset & 31);
                let data = chance.below(32);
                pieces.long(high << 25 | data << 20 | base << 15 | width << 12 | low << 7 | 0x23);
            }
        }
    }
}

/// Compressed arithmetic, written down from the table of the manual (16.5 to 16.7) rather than from our decoder.
fn short(pieces: &mut Pieces, chance: &mut Chance) {
    let (rd, narrow, other) = (chance.target().max(1), chance.below(8), chance.below(8));
    let six = chance.word() & 0x107c;
    let not_zero = if six == 0 { 4 } else { six };
    let rs2 = chance.below(31) + 1;
    let amount = (chance.below(31) + 1) << 2;
    pieces.short(match chance.below(12) {
        // c.addi4spn, c.addi, c.li
        0 => (chance.below(255) + 1) << 5 | narrow << 2,
        1 => 0x0001 | six | rd << 7,
        2 => 0x4001 | six | rd << 7,
        // c.addi16sp, c.lui
        3 => 0x6101 | not_zero,
        4 if rd == 2 => 0x0001,
        4 => 0x6001 | not_zero | rd << 7,
        // c.srli, c.srai, c.andi
        5 => 0x8001 | amount | narrow << 7,
        6 => 0x8401 | amount | narrow << 7,
        7 => 0x8801 | six | narrow << 7,
        // c.sub, c.xor, c.or, c.and
        8 => 0x8c01 | chance.below(4) << 5 | narrow << 7 | other << 2,
        // c.slli, c.mv, c.add
        9 => 0x0002 | amount | rd << 7,
        10 => 0x8002 | rd << 7 | rs2 << 2,
        _ => 0x9002 | rd << 7 | rs2 << 2,
    });
}

/// Jumps over a few instructions that are never executed; each kind of jump.
fn jump(pieces: &mut Pieces, chance: &mut Chance) {
    let skipped = chance.below(4) * 2 + 2;
    let rd = chance.target();
    match chance.below(5) {
        // jal
        0 => {
            let to = 4 + skipped;
            pieces.long((to & 0x7fe) << 20 | rd << 7 | 0x6f);
        }
        // auipc, jalr
        1 => {
            let base = chance.target().max(1);
            pieces.long(base << 7 | 0x17);
            pieces.long((8 + skipped) << 20 | base << 15 | rd << 7 | 0x67);
        }
        // c.j, c.jal
        kind @ (2 | 3) => {
            let to = 2 + skipped;
            let fields = (to >> 3 & 1) << 5 | (to >> 1 & 3) << 3 | (to >> 1 & 4) << 3;
            pieces.short([0xa001, 0x2001][kind as usize - 2] | fields);
        }
        // c.jr, c.jalr
        _ => {
            let base = chance.target().max(1);
            let here = CODE_AT + pieces.bytes.len() as u32;
            pieces.set(base, here + 10 + skipped);
            pieces.short(0x8002 | chance.below(2) << 12 | base << 7);
        }
    }
    skip(pieces, skipped);
}

/// What must not be executed: it is no instruction.
fn skip(pieces: &mut Pieces, bytes: u32) {
    for _ in 0..bytes / 2 {
        pieces.short(0);
    }
}

/// A branch over an instruction that changes a register.
fn branch(pieces: &mut Pieces, chance: &mut Chance) {
    if chance.below(2) == 0 {
        let funct3 = [0, 1, 4, 5, 6, 7][chance.below(6) as usize];
        let (rs1, rs2) = (chance.below(32), chance.below(32));
        pieces.long(rs2 << 20 | rs1 << 15 | funct3 << 12 | 8 << 7 | 0x63);
    } else {
        // c.beqz, c.bnez: over six bytes.
        let funct3 = [0xc001, 0xe001][chance.below(2) as usize];
        pieces.short(funct3 | chance.below(8) << 7 | 3 << 3);
    }
    arithmetic(pieces, chance);
}

/// Stores the registers, writes the memory, and exits.
fn end(pieces: &mut Pieces) {
    for register in 0..32_u32 {
        let offset = register * 4;
        pieces.long(
            (offset >> 5) << 25 | register << 20 | BASE << 15 | 2 << 12 | (offset & 31) << 7 | 0x23,
        );
    }
    for (register, value) in [(10, 1), (11, MEMORY_AT), (12, MEMORY_BYTES), (17, 64)] {
        pieces.set(register, value);
    }
    pieces.long(0x73);
    for (register, value) in [(10, 0), (17, 93)] {
        pieces.set(register, value);
    }
    pieces.long(0x73);
}
