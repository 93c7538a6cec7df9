//! A crash report and the symbols of the firmware, put together.

use super::Symbols;
use super::crash::CrashReport;
use super::unwind::{self, FRAMES_MAX};
use crate::engine::crash::{Crash, Frame};

/// The most places that are shown when only the stack tells of them.
const GUESSES_MAX: usize = 12;

/// Says where a crash was: by the console's own words, by its backtrace, by call frames, or by what lies on the stack.
pub(super) fn decode(report: &CrashReport, symbols: Option<&Symbols>) -> Crash {
    let mut frames = report.named.clone();
    let addresses = addresses(report, symbols);
    for address in &addresses {
        match symbols {
            Some(symbols) => frames.extend(symbols.places(*address)),
            None => frames.push(Frame { address: Some(*address), ..Frame::default() }),
        }
    }
    if let Some(symbols) = symbols.filter(|_| report.backtrace.is_empty() && addresses.len() < 3) {
        frames.extend(guesses(report, symbols, &addresses));
    }
    let has_addresses = !addresses.is_empty();
    let hint = match (symbols, &report.elf_hash) {
        (None, _) if has_addresses => {
            Some("give the ELF that the board runs to see functions and lines".to_owned())
        }
        (Some(symbols), Some(hash)) if !symbols.are_of(hash) => Some(format!(
            "the names may be wrong: the board runs an ELF whose SHA-256 begins with {hash}, which is not the one given"
        )),
        _ => None,
    };
    Crash { reason: report.reason.clone(), frames, hint }
}

fn addresses(report: &CrashReport, symbols: Option<&Symbols>) -> Vec<u64> {
    if !report.backtrace.is_empty() {
        return report.backtrace.iter().copied().take(FRAMES_MAX).collect();
    }
    if let Some(symbols) = symbols.filter(|symbols| symbols.is_riscv) {
        return unwind::unwind(report, symbols);
    }
    let register = |name: &str| report.registers.get(name).copied().filter(|value| *value != 0);
    let innermost = ["MEPC", "PC", "EPC1"].into_iter().find_map(register);
    let caller = register("RA").or_else(|| {
        // The two highest bits of A0 say how far the register window turns; the rest is the address.
        register("A0")
            .filter(|_| report.registers.contains_key("PS"))
            .map(|a0| a0 & 0x3fff_ffff | 0x4000_0000)
    });
    innermost.into_iter().chain(caller.map(|address| address.wrapping_sub(1))).collect()
}

/// What lies on the stack and points behind a call into a known function.
fn guesses(report: &CrashReport, symbols: &Symbols, known: &[u64]) -> Vec<Frame> {
    report
        .stack
        .values()
        .map(|word| u64::from(*word).wrapping_sub(1))
        .filter(|address| symbols.is_code(*address) && !known.contains(address))
        .map(|address| symbols.places(address))
        .filter(|places| places.iter().any(|place| place.function.is_some()))
        .take(GUESSES_MAX)
        .flatten()
        .map(|place| Frame { is_guess: true, ..place })
        .collect()
}
