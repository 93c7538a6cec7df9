//! Instructions of two bytes, as the ones that they stand for (volume I, chapter 16).

use super::op::{Kind, Op};

/// The registers that compressed instructions know by name.
const RA: u32 = 1;
const SP: u32 = 2;

/// What these 16 bits stand for; nothing when they are reserved, or belong to an extension that this core does not have.
pub(super) const fn expand(bits: u32) -> Option<Op> {
    let funct3 = bits >> 13;
    match bits & 3 {
        0 => quadrant_0(bits, funct3),
        1 => quadrant_1(bits, funct3),
        _ => quadrant_2(bits, funct3),
    }
}

/// Bit `from` as bit `to`.
const fn bit(bits: u32, from: u32, to: u32) -> u32 {
    (bits >> from & 1) << to
}

/// The bits from `high` to `low`, moved so that the lowest of them is bit `to`.
const fn field(bits: u32, high: u32, low: u32, to: u32) -> u32 {
    (bits >> low & ((1 << (high - low + 1)) - 1)) << to
}

/// A register of three bits.
const fn narrow(bits: u32, low: u32) -> u32 {
    8 + (bits >> low & 7)
}

const fn sign_extended(value: u32, bits: u32) -> i32 {
    let unused = 32 - bits;
    (value << unused) as i32 >> unused
}

/// The immediate of six bits.
const fn immediate(bits: u32) -> i32 {
    sign_extended(bit(bits, 12, 5) | field(bits, 6, 2, 0), 6)
}

const fn quadrant_0(bits: u32, funct3: u32) -> Option<Op> {
    let (low, base) = (narrow(bits, 2), narrow(bits, 7));
    let word_at = (field(bits, 12, 10, 3) | bit(bits, 6, 2) | bit(bits, 5, 6)) as i32;
    Some(match funct3 {
        0 => {
            let amount =
                field(bits, 12, 11, 4) | field(bits, 10, 7, 6) | bit(bits, 6, 2) | bit(bits, 5, 3);
            if amount == 0 {
                return None;
            }
            Op::new(Kind::Addi, [low, SP, 0], amount as i32)
        }
        2 => Op::new(Kind::Lw, [low, base, 0], word_at),
        6 => Op::new(Kind::Sw, [0, base, low], word_at),
        _ => return None,
    })
}

const fn quadrant_1(bits: u32, funct3: u32) -> Option<Op> {
    let (rd, imm) = (bits >> 7 & 31, immediate(bits));
    Some(match funct3 {
        0 => Op::new(Kind::Addi, [rd, rd, 0], imm),
        1 => Op::new(Kind::Jal, [RA, 0, 0], jump(bits)),
        2 => Op::new(Kind::Addi, [rd, 0, 0], imm),
        3 if rd == SP => {
            let amount = bit(bits, 12, 9)
                | bit(bits, 6, 4)
                | bit(bits, 5, 6)
                | field(bits, 4, 3, 7)
                | bit(bits, 2, 5);
            if amount == 0 {
                return None;
            }
            Op::new(Kind::Addi, [SP, SP, 0], sign_extended(amount, 10))
        }
        3 if imm == 0 => return None,
        3 => Op::new(Kind::Lui, [rd, 0, 0], imm << 12),
        4 => return arithmetic(bits, imm),
        5 => Op::new(Kind::Jal, [0, 0, 0], jump(bits)),
        6 => Op::new(Kind::Beq, [0, narrow(bits, 7), 0], branch(bits)),
        _ => Op::new(Kind::Bne, [0, narrow(bits, 7), 0], branch(bits)),
    })
}

const fn arithmetic(bits: u32, imm: i32) -> Option<Op> {
    let (rd, rs2) = (narrow(bits, 7), narrow(bits, 2));
    let is_wide = bits >> 12 & 1 == 1;
    // Shifts by 32 and more are reserved for longer registers.
    let kind = match (bits >> 10 & 3, bits >> 5 & 3) {
        (0 | 1, _) if is_wide => return None,
        (0, _) => return Some(Op::new(Kind::Srli, [rd, rd, 0], imm & 31)),
        (1, _) => return Some(Op::new(Kind::Srai, [rd, rd, 0], imm & 31)),
        (2, _) => return Some(Op::new(Kind::Andi, [rd, rd, 0], imm)),
        _ if is_wide => return None,
        (_, 0) => Kind::Sub,
        (_, 1) => Kind::Xor,
        (_, 2) => Kind::Or,
        _ => Kind::And,
    };
    Some(Op::new(kind, [rd, rd, rs2], 0))
}

const fn jump(bits: u32) -> i32 {
    let to = bit(bits, 12, 11)
        | bit(bits, 11, 4)
        | field(bits, 10, 9, 8)
        | bit(bits, 8, 10)
        | bit(bits, 7, 6)
        | bit(bits, 6, 7)
        | field(bits, 5, 3, 1)
        | bit(bits, 2, 5);
    sign_extended(to, 12)
}

const fn branch(bits: u32) -> i32 {
    let to = bit(bits, 12, 8)
        | field(bits, 11, 10, 3)
        | field(bits, 6, 5, 6)
        | field(bits, 4, 3, 1)
        | bit(bits, 2, 5);
    sign_extended(to, 9)
}

const fn quadrant_2(bits: u32, funct3: u32) -> Option<Op> {
    let (rd, rs2) = (bits >> 7 & 31, bits >> 2 & 31);
    let is_second = bits >> 12 & 1 == 1;
    Some(match funct3 {
        0 if is_second => return None,
        0 => Op::new(Kind::Slli, [rd, rd, 0], rs2 as i32),
        2 if rd == 0 => return None,
        2 => {
            let at = bit(bits, 12, 5) | field(bits, 6, 4, 2) | field(bits, 3, 2, 6);
            Op::new(Kind::Lw, [rd, SP, 0], at as i32)
        }
        4 => match (is_second, rd, rs2) {
            (false, 0, 0) => return None,
            (false, _, 0) => Op::new(Kind::Jalr, [0, rd, 0], 0),
            (false, ..) => Op::new(Kind::Add, [rd, 0, rs2], 0),
            (true, 0, 0) => Op::new(Kind::Ebreak, [0; 3], 0),
            (true, _, 0) => Op::new(Kind::Jalr, [RA, rd, 0], 0),
            (true, ..) => Op::new(Kind::Add, [rd, rd, rs2], 0),
        },
        6 => {
            let at = field(bits, 12, 9, 2) | field(bits, 8, 7, 6);
            Op::new(Kind::Sw, [0, SP, rs2], at as i32)
        }
        _ => return None,
    })
}
