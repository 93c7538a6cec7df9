//! The loop of a monitor on a debug probe.

use std::io::{self, Write};

use super::watch::{End, Monitor};
use crate::board::probe::Selector;

#[cfg(not(feature = "board-probe"))]
impl<W: Write, E: Write> Monitor<'_, '_, W, E> {
    /// As with probes, and an error at once.
    pub(super) fn run_on_probe(
        &mut self,
        selector: &Selector,
        _: &[u8],
        _: bool,
    ) -> io::Result<End> {
        Ok(End::Probe(super::super::probe::without(format!("watch {selector}"))))
    }
}

#[cfg(feature = "board-probe")]
impl<W: Write, E: Write> Monitor<'_, '_, W, E> {
    /// Watches the chip on a probe, which runs on as it was.
    pub(super) fn run_on_probe(
        &mut self,
        selector: &Selector,
        elf: &[u8],
        waits: bool,
    ) -> io::Result<End> {
        use super::keys::Typed;
        use super::watch::GLANCE;
        use crate::board::probe::{Ear, Link as _, ProbeLink, Wording, control_block_in};

        let what = format!("watch {selector}");
        let wording = match Wording::of(elf) {
            Ok(wording) => wording,
            Err(why) => {
                self.note(format!("the firmware's defmt is not understood: {why}"))?;
                Wording::default()
            }
        };
        let mut link = ProbeLink::new(selector.clone(), None);
        let mut ear = Ear::new(&wording, control_block_in(elf));
        // Whether it was attached once, and whether it is now.
        let (mut was_there, mut is_there) = (false, false);
        loop {
            if let Some(end) = self.is_over() {
                return Ok(end);
            }
            if !is_there {
                match link.attach() {
                    Ok(chip) => {
                        (was_there, is_there) = (true, true);
                        self.note(format!("watching {chip} on {selector} over RTT"))?;
                    }
                    Err(error) if (was_there || waits) && error.is_away() => {}
                    Err(error) => return Ok(End::Probe(error.stops(what))),
                }
            }
            let written = match self.keys.typed() {
                Some(Typed::End) => return Ok(End::Wanted),
                Some(Typed::Bytes(bytes)) if is_there => ear.write(&mut link, &bytes),
                Some(Typed::Bytes(_)) | None => Ok(()),
            };
            if let Err(error) = written {
                self.note(error.to_string())?;
            }
            let heard = if is_there { ear.hear(&mut link) } else { Ok(Vec::new()) };
            match heard {
                Ok(bytes) => {
                    if bytes.is_empty() {
                        std::thread::sleep(GLANCE);
                    }
                    self.take(&bytes)?;
                }
                Err(error) => {
                    is_there = false;
                    link.detach();
                    let now = self.now();
                    let events = self.console.end(now);
                    self.show(now, &events)?;
                    self.note(format!("{error}; waiting for it"))?;
                }
            }
        }
    }
}
