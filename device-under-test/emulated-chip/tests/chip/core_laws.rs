//! Laws of the decoder, and traps.

use emulated_chip::core::{Kind, decode};
use proptest::prelude::*;

use crate::bench::{A0, A1, Bench, CODE_AT, Program};

/// Where the tests write.
const RAM: u32 = 0x3fc9_0000;
/// Where traps go: `CODE_AT` plus this.
const TRAPS: u32 = 0x100;

proptest! {
    #[test]
    fn any_bits_are_decoded_without_a_panic(bits: u32) {
        let op = decode(bits);
        prop_assert_eq!(op.length(), if bits & 3 == 3 { 4 } else { 2 });
        prop_assert!(op.rd() <= 32 && op.rs1() < 32 && op.rs2() < 32);
    }

    #[test]
    fn what_is_illegal_shows_its_bits(bits: u32) {
        let op = decode(bits);
        if op.kind == Kind::Illegal {
            let shown = if bits & 3 == 3 { bits } else { bits & 0xffff };
            prop_assert_eq!(op.imm as u32, shown);
        }
    }

    #[test]
    fn branches_go_where_their_bits_say(to in -2048_i32..2048) {
        let offset = (to * 2) as u32;
        let bits = (offset >> 12 & 1) << 31 | (offset >> 5 & 0x3f) << 25
            | (offset >> 1 & 15) << 8 | (offset >> 11 & 1) << 7 | 0x63;
        prop_assert_eq!((decode(bits).kind, decode(bits).imm), (Kind::Beq, to * 2));
    }

    #[test]
    fn jumps_go_where_their_bits_say(to in -(1_i32 << 19)..1 << 19) {
        let offset = (to * 2) as u32;
        let bits = (offset >> 20 & 1) << 31 | (offset >> 1 & 0x3ff) << 21
            | (offset >> 11 & 1) << 20 | (offset >> 12 & 0xff) << 12 | 0x6f;
        prop_assert_eq!((decode(bits).kind, decode(bits).imm), (Kind::Jal, to * 2));
    }
}

/// A program that does this, with a trap handler that stores `mcause`, `mepc` and `mtval` and stays.
fn trapped(cause: impl FnOnce(Program) -> Program) -> [u32; 3] {
    // csrw mtvec, a0
    let mut program = cause(Program::default().set(A0, CODE_AT + TRAPS).word(0x3055_1073)).stay();
    program.0.resize(TRAPS as usize / 4, 0x13);
    let store = |program: Program, csr: u32, at: u32| {
        program
            .word(csr << 20 | 2 << 12 | A0 << 7 | 0x73)
            .set(A1, RAM + at)
            .word(A0 << 20 | A1 << 15 | 2 << 12 | 0x23)
    };
    let program = [(0x342, 0), (0x341, 4), (0x343, 8)]
        .into_iter()
        .fold(program, |program, (csr, at)| store(program, csr, at))
        .stay();
    let mut bench = Bench::new(program);
    bench.pass(1);
    [0, 4, 8].map(|at| bench.word(RAM + at))
}

/// Where the instruction after the preparation is.
const HERE: u32 = CODE_AT + 12;

#[test]
fn an_access_where_nothing_is_traps_with_its_address() {
    // lw a0, 16(x0); sw x0, 20(x0)
    assert_eq!(trapped(|program| program.word(0x0100_2503)), [5, HERE, 16]);
    assert_eq!(trapped(|program| program.word(0x0000_2a23)), [7, HERE, 20]);
    // The flash cannot be stored to, by memory.
    let store = trapped(|program| program.set(A1, 0x3c00_0000).word(0x0005_a023));
    assert_eq!(store, [7, HERE + 8, 0x3c00_0000]);
}

#[test]
fn what_is_no_instruction_traps_with_its_bits() {
    assert_eq!(trapped(|program| program.word(0xffff_ffff)), [2, HERE, u32::MAX]);
    // A control register that the chip does not have: `satp`.
    assert_eq!(trapped(|program| program.word(0x1800_2573))[..2], [2, HERE]);
}

#[test]
fn calls_for_the_system_and_breakpoints_trap() {
    assert_eq!(trapped(|program| program.word(0x0000_0073))[..2], [11, HERE]);
    assert_eq!(trapped(|program| program.word(0x0010_0073))[..2], [3, HERE]);
}

#[test]
fn a_jump_to_nowhere_faults_there() {
    assert_eq!(trapped(|program| program.word(0x0000_0067)), [1, 0, 0]);
}

#[test]
fn code_that_is_written_over_is_executed_as_it_is_then() {
    // A call of a function that gives 1; then its instruction is changed, and it is called again.
    let function = CODE_AT + 0x200;
    let mut program = Program::default()
        .call(function)
        .set(A1, RAM)
        .word(A0 << 20 | A1 << 15 | 2 << 12 | 0x23)
        .store(function - 0x0070_0000, 0x0020_0513)
        .call(function)
        .set(A1, RAM + 4)
        .word(A0 << 20 | A1 << 15 | 2 << 12 | 0x23)
        .stay();
    program.0.resize(0x200 / 4, 0x13);
    // li a0, 1; ret
    let mut bench = Bench::new(program.word(0x0010_0513).word(0x0000_8067));
    bench.pass(1);
    assert_eq!([bench.word(RAM), bench.word(RAM + 4)], [1, 2]);
}
