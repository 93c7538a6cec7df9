//! Runs random programs on our core and on QEMU, and compares all registers and memory after each: our reading of the manual
//! against somebody else's. `conformance.sh` installs QEMU and starts this.
//!
//! `against_qemu [PROGRAMS] [SEED]`

mod elf;
mod flat;
mod program;

use std::error::Error;
use std::io::Write;
use std::process::Command;

use program::{MEMORY_AT, MEMORY_BYTES, Program};

/// Debian's QEMU that runs Linux programs of another processor.
const QEMU: &str = "qemu-riscv32";

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1).map(|word| word.parse::<u64>());
    let programs = arguments.next().unwrap_or(Ok(200))?;
    let seed = arguments.next().unwrap_or(Ok(1))?;
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("program");
    let mut instructions = 0;
    for seed in seed..seed + programs {
        let program = Program::random(seed);
        let (ours, count) = flat::run(&program.code);
        instructions += count;
        let theirs = on_qemu(&path, &program)?;
        if ours != theirs {
            let at = ours.iter().zip(&theirs).position(|(ours, theirs)| ours != theirs);
            let at = at.map_or(0, |at| at / 4 * 4);
            let kept = folder.keep();
            return Err(format!(
                "seed {seed}: the word at {at:#x} of the result differs: ours {:02x?}, QEMU's {:02x?}; words 0 to 31 are \
                 the registers; the program is in {}",
                &ours[at..at + 4],
                theirs.get(at..at + 4),
                kept.display()
            )
            .into());
        }
    }
    writeln!(std::io::stdout(), "{programs} passed, 0 failed")?;
    writeln!(std::io::stdout(), "{instructions} instructions had the same effect on QEMU")?;
    Ok(())
}

/// What the program writes when QEMU runs it.
fn on_qemu(path: &std::path::Path, program: &Program) -> Result<Vec<u8>, Box<dyn Error>> {
    elf::write(path, &program.code)?;
    let output = Command::new(QEMU).arg(path).output();
    let output = output.map_err(|error| format!("{QEMU}: {error}; install qemu-user"))?;
    if !output.status.success() || output.stdout.len() != MEMORY_BYTES as usize {
        return Err(format!("{QEMU} ended with {} at {MEMORY_AT:#x}", output.status).into());
    }
    Ok(output.stdout)
}
