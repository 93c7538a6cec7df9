//! From the bits of an instruction to what it does (volume I, chapter 24).

use super::compressed;
use super::op::{Kind, Op};

/// Decodes the instruction that begins with these bits; of a compressed one only the lower half is looked at.
///
/// What this core does not know becomes [`Kind::Illegal`], with its bits as the immediate.
#[must_use]
pub const fn decode(bits: u32) -> Op {
    if bits & 3 != 3 {
        let bits = bits & 0xffff;
        return match compressed::expand(bits) {
            Some(op) => op.short(),
            None => Op::new(Kind::Illegal, [0; 3], bits as i32).short(),
        };
    }
    match long(bits) {
        Some(op) => op,
        None => Op::new(Kind::Illegal, [0; 3], bits as i32),
    }
}

const fn long(bits: u32) -> Option<Op> {
    let funct3 = bits >> 12 & 7;
    let registers = [bits >> 7 & 31, bits >> 15 & 31, bits >> 20 & 31];
    let (kind, imm) = match bits & 0x7f {
        0x37 => (Kind::Lui, upper(bits)),
        0x17 => (Kind::Auipc, upper(bits)),
        0x6f => (Kind::Jal, jump(bits)),
        0x67 if funct3 == 0 => (Kind::Jalr, immediate(bits)),
        0x63 => match branch_kind(funct3) {
            Some(kind) => (kind, branch(bits)),
            None => return None,
        },
        0x03 => match load_kind(funct3) {
            Some(kind) => (kind, immediate(bits)),
            None => return None,
        },
        0x23 => match store_kind(funct3) {
            Some(kind) => (kind, store(bits)),
            None => return None,
        },
        0x13 => match with_immediate(bits, funct3) {
            Some(found) => found,
            None => return None,
        },
        0x33 => match with_registers(bits >> 25, funct3) {
            Some(kind) => (kind, 0),
            None => return None,
        },
        0x0f if funct3 == 0 => (Kind::Fence, 0),
        0x0f if funct3 == 1 => (Kind::FenceI, 0),
        0x73 => match system(bits, funct3) {
            Some(kind) => (kind, (bits >> 20) as i32),
            None => return None,
        },
        _ => return None,
    };
    // What a store or a branch has in the place of rd is a part of its immediate, and no target.
    let registers = match bits & 0x7f {
        0x63 | 0x23 => [0, registers[1], registers[2]],
        _ => registers,
    };
    Some(Op::new(kind, registers, imm))
}

const fn upper(bits: u32) -> i32 {
    (bits & 0xffff_f000) as i32
}

const fn immediate(bits: u32) -> i32 {
    bits as i32 >> 20
}

const fn store(bits: u32) -> i32 {
    ((bits as i32 >> 25) << 5) | (bits >> 7 & 31) as i32
}

const fn branch(bits: u32) -> i32 {
    ((bits as i32 >> 31) << 12)
        | ((bits >> 7 & 1) as i32 * 0x800)
        | ((bits >> 25 & 0x3f) as i32 * 0x20)
        | ((bits >> 8 & 15) as i32 * 2)
}

const fn jump(bits: u32) -> i32 {
    ((bits as i32 >> 31) << 20)
        | (bits & 0xf_f000) as i32
        | ((bits >> 20 & 1) as i32 * 0x800)
        | ((bits >> 21 & 0x3ff) as i32 * 2)
}

const fn branch_kind(funct3: u32) -> Option<Kind> {
    Some(match funct3 {
        0 => Kind::Beq,
        1 => Kind::Bne,
        4 => Kind::Blt,
        5 => Kind::Bge,
        6 => Kind::Bltu,
        7 => Kind::Bgeu,
        _ => return None,
    })
}

const fn load_kind(funct3: u32) -> Option<Kind> {
    Some(match funct3 {
        0 => Kind::Lb,
        1 => Kind::Lh,
        2 => Kind::Lw,
        4 => Kind::Lbu,
        5 => Kind::Lhu,
        _ => return None,
    })
}

const fn store_kind(funct3: u32) -> Option<Kind> {
    Some(match funct3 {
        0 => Kind::Sb,
        1 => Kind::Sh,
        2 => Kind::Sw,
        _ => return None,
    })
}

const fn with_immediate(bits: u32, funct3: u32) -> Option<(Kind, i32)> {
    let amount = (bits >> 20 & 31) as i32;
    Some(match (funct3, bits >> 25) {
        (0, _) => (Kind::Addi, immediate(bits)),
        (1, 0) => (Kind::Slli, amount),
        (2, _) => (Kind::Slti, immediate(bits)),
        (3, _) => (Kind::Sltiu, immediate(bits)),
        (4, _) => (Kind::Xori, immediate(bits)),
        (5, 0) => (Kind::Srli, amount),
        (5, 0x20) => (Kind::Srai, amount),
        (6, _) => (Kind::Ori, immediate(bits)),
        (7, _) => (Kind::Andi, immediate(bits)),
        _ => return None,
    })
}

const fn with_registers(funct7: u32, funct3: u32) -> Option<Kind> {
    Some(match (funct7, funct3) {
        (0, 0) => Kind::Add,
        (0x20, 0) => Kind::Sub,
        (0, 1) => Kind::Sll,
        (0, 2) => Kind::Slt,
        (0, 3) => Kind::Sltu,
        (0, 4) => Kind::Xor,
        (0, 5) => Kind::Srl,
        (0x20, 5) => Kind::Sra,
        (0, 6) => Kind::Or,
        (0, 7) => Kind::And,
        (1, 0) => Kind::Mul,
        (1, 1) => Kind::Mulh,
        (1, 2) => Kind::Mulhsu,
        (1, 3) => Kind::Mulhu,
        (1, 4) => Kind::Div,
        (1, 5) => Kind::Divu,
        (1, 6) => Kind::Rem,
        (1, 7) => Kind::Remu,
        _ => return None,
    })
}

const fn system(bits: u32, funct3: u32) -> Option<Kind> {
    Some(match funct3 {
        0 => match bits {
            0x0000_0073 => Kind::Ecall,
            0x0010_0073 => Kind::Ebreak,
            0x3020_0073 => Kind::Mret,
            0x1050_0073 => Kind::Wfi,
            _ => return None,
        },
        1 => Kind::Csrrw,
        2 => Kind::Csrrs,
        3 => Kind::Csrrc,
        5 => Kind::Csrrwi,
        6 => Kind::Csrrsi,
        7 => Kind::Csrrci,
        _ => return None,
    })
}
