//! Call frames of a RISC-V chip, from the registers and the piece of stack in its crash report.
//!
//! A RISC-V chip prints no backtrace: without a frame pointer only the tables of the ELF say where a function keeps the address
//! that it returns to.

use std::collections::BTreeMap;

use gimli::{
    BaseAddresses, CfaRule, Register, RegisterRule, UnwindContext, UnwindSection, UnwindTableRow,
};

use super::crash::CrashReport;
use super::symbols::{Slice, Symbols};

/// The most frames of a backtrace.
pub(super) const FRAMES_MAX: usize = 32;

/// The names of the registers in ESP-IDF's dump, by their numbers in DWARF (RISC-V ELF psABI, "DWARF register numbers").
const NAMES: [&str; 32] = [
    "ZERO", "RA", "SP", "GP", "TP", "T0", "T1", "T2", "S0", "S1", "A0", "A1", "A2", "A3", "A4",
    "A5", "A6", "A7", "S2", "S3", "S4", "S5", "S6", "S7", "S8", "S9", "S10", "S11", "T3", "T4",
    "T5", "T6",
];
const RA: usize = 1;
const SP: usize = 2;

/// The addresses of the calls, innermost first, beginning with where the crash was. Empty where the report does not say.
pub(super) fn unwind(report: &CrashReport, symbols: &Symbols) -> Vec<u64> {
    let Some(mut pc) = report.registers.get("MEPC").copied() else { return Vec::new() };
    let mut registers = NAMES.map(|name| report.registers.get(name).copied().unwrap_or(0));
    let mut frames = vec![pc];
    // What follows a jump to nowhere is known only by where it came from.
    if !symbols.is_code(pc) {
        pc = registers[RA].wrapping_sub(1);
        frames.push(pc);
    }
    while frames.len() < FRAMES_MAX {
        let is_innermost = frames.len() == 1;
        let Some(returns_to) = step(pc, &mut registers, &report.stack, symbols) else {
            // A leaf without a table of its own returns to where the register says.
            if is_innermost && symbols.is_code(registers[RA]) {
                frames.push(registers[RA].wrapping_sub(1));
            }
            return frames;
        };
        // The call is before the address that it returns to.
        let call = returns_to.wrapping_sub(1);
        if !symbols.is_code(call) || call == pc {
            return frames;
        }
        frames.push(call);
        pc = call;
    }
    frames
}

/// Goes up one call: changes the registers to what they were in the caller, and returns the address in it.
fn step(
    pc: u64,
    registers: &mut [u64; 32],
    stack: &BTreeMap<u64, u32>,
    symbols: &Symbols,
) -> Option<u64> {
    let bases = BaseAddresses::default().set_eh_frame(symbols.eh_frame_address);
    row(&symbols.debug_frame, &bases, pc, registers, stack)
        .or_else(|| row(&symbols.eh_frame, &bases, pc, registers, stack))
}

fn row<S: UnwindSection<Slice>>(
    section: &S,
    bases: &BaseAddresses,
    pc: u64,
    registers: &mut [u64; 32],
    stack: &BTreeMap<u64, u32>,
) -> Option<u64> {
    let mut context = UnwindContext::new();
    let row = section.unwind_info_for_address(bases, &mut context, pc, S::cie_from_offset).ok()?;
    apply(row, registers, stack)
}

fn apply(
    row: &UnwindTableRow<usize>,
    registers: &mut [u64; 32],
    stack: &BTreeMap<u64, u32>,
) -> Option<u64> {
    let CfaRule::RegisterAndOffset { register, offset } = row.cfa() else { return None };
    let frame = registers.get(usize::from(register.0))?.wrapping_add_signed(*offset);
    let before = *registers;
    for (number, name) in (0u16..).zip(NAMES) {
        let place = &mut registers[usize::from(number)];
        match row.register(Register(number)) {
            Some(RegisterRule::Offset(offset)) => {
                let word = stack.get(&frame.wrapping_add_signed(offset));
                // Without the address to return to there is nothing to go on with.
                *place = match word {
                    Some(word) => u64::from(*word),
                    None if name == "RA" => return None,
                    None => 0,
                };
            }
            Some(RegisterRule::Register(other)) => {
                *place = before.get(usize::from(other.0)).copied().unwrap_or(0);
            }
            Some(RegisterRule::ValOffset(offset)) => *place = frame.wrapping_add_signed(offset),
            _ => {}
        }
    }
    registers[SP] = frame;
    Some(registers[RA])
}
