//! Asks LLVM's disassembler which bits are instructions of RV32IMC, and compares with our decoder: every compressed encoding, and
//! long ones that differ in all fields that choose the instruction. `conformance.sh` installs LLVM and starts this.

use std::collections::BTreeSet;
use std::error::Error;
use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Stdio};

use emulated_chip::core::{Kind, decode};

/// Debian's assembler and disassembler of LLVM.
const LLVM: &str = "llvm-mc";

/// Instructions that LLVM knows without being asked for their extensions, and this core does not have: the supervisor's, those of
/// debuggers, and returns that are not from machine mode.
const NOT_HERE: [u32; 7] =
    [0x0020_0073, 0x1020_0073, 0x7020_0073, 0x7b20_0073, 0x1200_0073, 0xc000_1073, 0x0ff0_000f];

/// Where LLVM does not do as the manual says; volume I, in this order: fields of fences that are to be ignored (2.7), shifts by 32 and
/// more (2.4.1 and 16.5), `c.lui` of nothing (16.5), and the one encoding that is always illegal (16.5), which LLVM has a name for.
const fn manual_decides(bits: u32) -> bool {
    let (low, funct3, is_wide) = (bits & 3, bits >> 13 & 7, bits >> 12 & 1 == 1);
    match bits & 0x7f {
        0x0f => bits >> 12 & 7 < 2,
        0x13 => bits >> 25 & 0x5f == 1 && matches!(bits >> 12 & 7, 1 | 5),
        0x33 => false,
        _ => match (low, funct3) {
            (2, 0) => is_wide,
            (1, 4) => is_wide && bits >> 11 & 1 == 0,
            (1, 3) => !is_wide && bits >> 2 & 31 == 0,
            (0, 0) => bits == 0,
            _ => false,
        },
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let short = (0..=0xffff_u32).filter(|bits| bits & 3 != 3);
    let long = (0..1 << 15).map(|fields: u32| {
        // Opcode, funct3 and the upper seven bits decide, with registers and immediates of no special meaning.
        let (opcode, funct3, upper) = (fields & 31, fields >> 5 & 7, fields >> 8 & 127);
        opcode << 2 | 3 | 9 << 7 | funct3 << 12 | 10 << 15 | 11 << 20 | upper << 25
    });
    let all: Vec<u32> = short.chain(long).filter(|bits| !NOT_HERE.contains(bits)).collect();
    let refused = refused_by_llvm(&all)?;
    let differ = |(line, bits): (usize, &u32)| {
        let is_ours = decode(*bits).kind != Kind::Illegal;
        let is_theirs = !refused.contains(&line);
        (is_ours != is_theirs && !manual_decides(*bits))
            .then(|| format!("{bits:#010x}: ours {is_ours}, LLVM's {is_theirs}"))
    };
    let differences: Vec<_> = all.iter().enumerate().filter_map(differ).collect();
    if !differences.is_empty() {
        let shown = differences.iter().take(40).cloned().collect::<Vec<_>>().join("\n");
        return Err(format!("{} encodings differ:\n{shown}", differences.len()).into());
    }
    let mut out = std::io::stdout();
    writeln!(out, "{} passed, 0 failed", all.len())?;
    Ok(())
}

/// The places in the list of what LLVM takes for no instruction.
fn refused_by_llvm(all: &[u32]) -> Result<BTreeSet<usize>, Box<dyn Error>> {
    let mut text = String::new();
    for bits in all {
        let length = if bits & 3 == 3 { 4 } else { 2 };
        for byte in bits.to_le_bytes().iter().take(length) {
            write!(text, "{byte:#04x} ")?;
        }
        text.push('\n');
    }
    let features = "--mattr=+m,+c";
    let child = Command::new(LLVM)
        .args(["--disassemble", "--triple=riscv32", features])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = child.map_err(|error| format!("{LLVM}: {error}; install llvm"))?;
    let mut input = child.stdin.take().ok_or("no way to write to it")?;
    let writer = std::thread::spawn(move || input.write_all(text.as_bytes()));
    let output = child.wait_with_output()?;
    writer.join().map_err(|_| "writing to it failed")??;
    let complaints = String::from_utf8_lossy(&output.stderr);
    let line = |complaint: &str| {
        let rest = complaint.strip_prefix("<stdin>:")?;
        let (line, rest) = rest.split_once(':')?;
        rest.contains("invalid instruction").then_some(())?;
        line.parse::<usize>().ok()?.checked_sub(1)
    };
    Ok(complaints.lines().filter_map(line).collect())
}
