//! Starts the image in a file and prints its console, as fast as it goes: for whoever works on the chip.
//!
//! `boot FLASH.bin [SECONDS [IMAGE-OFFSET]]`

use std::error::Error;
use std::io::Write as _;
use std::time::Instant;

use emulated_chip::{Chip, FlashMemory, Input, Output, ResetKind, Setup};

/// Ticks of a second and of a step.
const SECOND: u64 = 160_000_000;
const STEP: u64 = SECOND / 1000;

struct Flash(Vec<u8>);

impl FlashMemory for Flash {
    fn read(&self, address: u32, length: u32) -> &[u8] {
        let start = (address as usize).min(self.0.len());
        let end = start.saturating_add(length as usize).min(self.0.len());
        &self.0[start..end]
    }

    fn size(&self) -> u32 {
        self.0.len() as u32
    }

    fn erase(&mut self, address: u32, length: u32) -> bool {
        let range = address as usize..(address as usize).saturating_add(length as usize);
        self.0.get_mut(range).map(|bytes| bytes.fill(0xff)).is_some()
    }

    fn program(&mut self, address: u32, data: &[u8]) -> bool {
        let range = address as usize..(address as usize).saturating_add(data.len());
        let cells = self.0.get_mut(range);
        cells
            .map(|cells| cells.iter_mut().zip(data).for_each(|(cell, byte)| *cell &= byte))
            .is_some()
    }

    fn jedec_id(&self) -> [u8; 3] {
        [0xc8, 0x40, self.size().ilog2() as u8]
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut flash = Flash(std::fs::read(arguments.next().ok_or("name a file")?)?);
    flash.0.resize(0x40_0000, 0xff);
    let seconds: u64 = arguments.next().map_or(Ok(5), |word| word.parse())?;
    let image_at = arguments.next().map_or(Ok(0x1_0000), |word| word.parse())?;
    let mut out = std::io::stdout();
    let mut chip = Chip::new(Setup { mac: [0x7c, 0xdf, 0xa1, 0xc2, 0x22, 0x10], seed: 1 }, 0);
    chip.start(0, ResetKind::PowerOn, &flash, image_at).map_err(|error| format!("{error:?}"))?;
    let (began, mut now, mut count) = (Instant::now(), 0, 0);
    while now < seconds * SECOND {
        now += STEP;
        for output in chip.handle(now, Input::Tick, &mut flash) {
            match output {
                Output::Serial(bytes) => out.write_all(&bytes)?,
                Output::Reset(kind) => {
                    writeln!(out, "== reset: {kind:?}")?;
                    count += chip.instructions();
                    chip.start(now, kind, &flash, image_at)
                        .map_err(|error| format!("{error:?}"))?;
                }
                Output::Sleep { ticks } => {
                    writeln!(out, "== sleep: {:?} ms", ticks.map(|ticks| ticks / (SECOND / 1000)))?;
                    count += chip.instructions();
                    now += ticks.unwrap_or(seconds * SECOND);
                    chip.start(now, ResetKind::DeepSleep, &flash, image_at)
                        .map_err(|error| format!("{error:?}"))?;
                }
                Output::Frame(frame) => writeln!(out, "== frame of {} bytes", frame.len())?,
                Output::Pin { gpio, is_high } => writeln!(out, "== GPIO {gpio} high: {is_high}")?,
                Output::Note(note) => writeln!(out, "== {note}")?,
            }
        }
    }
    count += chip.instructions();
    let took = began.elapsed().as_secs_f64();
    writeln!(out, "== {count} instructions in {took:.3} s, at {:#x}", chip.pc())?;
    Ok(())
}
