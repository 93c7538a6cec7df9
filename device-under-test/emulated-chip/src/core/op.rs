//! A decoded instruction, made small so that many of them fit into the caches of the machine that this runs on.

/// What an instruction does. Compressed instructions are those that they stand for.
#[expect(missing_docs, reason = "the names are those of the manual")]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
pub enum Kind {
    /// Not decoded yet.
    Unknown,
    /// No instruction of this core; `imm` holds its bits.
    Illegal,
    Lui,
    Auipc,
    Jal,
    Jalr,
    Beq,
    Bne,
    Blt,
    Bge,
    Bltu,
    Bgeu,
    Lb,
    Lh,
    Lw,
    Lbu,
    Lhu,
    Sb,
    Sh,
    Sw,
    Addi,
    Slti,
    Sltiu,
    Xori,
    Ori,
    Andi,
    Slli,
    Srli,
    Srai,
    Add,
    Sub,
    Sll,
    Slt,
    Sltu,
    Xor,
    Srl,
    Sra,
    Or,
    And,
    Fence,
    FenceI,
    Ecall,
    Ebreak,
    Mret,
    Wfi,
    Csrrw,
    Csrrs,
    Csrrc,
    Csrrwi,
    Csrrsi,
    Csrrci,
    Mul,
    Mulh,
    Mulhsu,
    Mulhu,
    Div,
    Divu,
    Rem,
    Remu,
}

/// Where results go that nobody wants: what stands for `x0` as a target.
pub(super) const SINK: u8 = 32;

/// An instruction.
///
/// Its parts are bytes that index the registers without a check: see [`Op::rd`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Op {
    /// What it does.
    pub kind: Kind,
    rd: u8,
    rs1: u8,
    /// Bits 0 to 4: the register. The bits above: the instruction's length in bytes.
    rs2_and_length: u8,
    /// The immediate, its sign extended; the number of the register for `Csr…`; the bits of what is illegal.
    pub imm: i32,
}

impl Op {
    /// A place that is not decoded yet.
    pub const UNKNOWN: Self =
        Self { kind: Kind::Unknown, rd: SINK, rs1: 0, rs2_and_length: 0, imm: 0 };

    /// An instruction of four bytes; `registers` are rd, rs1 and rs2.
    pub(super) const fn new(kind: Kind, registers: [u32; 3], imm: i32) -> Self {
        let [rd, rs1, rs2] = registers;
        let rd = if rd & 31 == 0 { SINK } else { (rd & 31) as u8 };
        Self { kind, rd, rs1: (rs1 & 31) as u8, rs2_and_length: (rs2 & 31) as u8 | 4 << 5, imm }
    }

    /// The same as two bytes.
    pub(super) const fn short(self) -> Self {
        Self { rs2_and_length: self.rs2_and_length & 31 | 2 << 5, ..self }
    }

    /// The target register, 1 to 31, or 32 for none.
    #[must_use]
    pub const fn rd(self) -> usize {
        (self.rd & 63) as usize
    }

    /// The first source.
    #[must_use]
    pub const fn rs1(self) -> usize {
        (self.rs1 & 31) as usize
    }

    /// The second source.
    #[must_use]
    pub const fn rs2(self) -> usize {
        (self.rs2_and_length & 31) as usize
    }

    /// Its length in bytes: 2 or 4.
    #[must_use]
    pub const fn length(self) -> u32 {
        (self.rs2_and_length >> 5) as u32
    }
}

const _: () = assert!(size_of::<Op>() == 8);
