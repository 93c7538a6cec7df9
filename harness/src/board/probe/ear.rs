//! From the memory of a chip to the bytes of its console, across restarts of the firmware. Whoever owns it waits and does the rest.

use std::time::{Duration, Instant};

use super::defmt::{Wording, Words};
use super::error::ProbeError;
use super::link::Link;
use super::rtt::{Ring, Rtt, Search};

/// How often a firmware that talks is asked whether it is still the one that made the control block.
const LOOK: Duration = Duration::from_millis(250);

/// Listens to one firmware.
#[derive(Debug)]
pub struct Ear<'w> {
    wording: &'w Wording,
    /// Where the control block is; `None` to search the memory for it.
    control_block: Option<u64>,
    search: Search,
    looked: Instant,
    /// The rings, once the firmware has made them.
    rings: Option<(Rtt, Ring, Words<'w>)>,
}

impl<'w> Ear<'w> {
    /// An ear for a firmware that starts.
    #[must_use]
    pub fn new(wording: &'w Wording, control_block: Option<u64>) -> Self {
        let (search, looked) = (Search::default(), Instant::now());
        Self { wording, control_block, search, looked, rings: None }
    }

    /// Forgets the rings: the chip starts anew, and its firmware makes others.
    pub fn restart(&mut self) {
        self.rings = None;
    }

    /// What the firmware has said since the last time, as text; nothing while it has not begun. Takes as long as reading it does.
    ///
    /// # Errors
    ///
    /// The chip does not answer, or the rings are broken; the ear begins anew then.
    pub fn hear(&mut self, link: &mut dyn Link) -> Result<Vec<u8>, ProbeError> {
        let heard = match &self.rings {
            None => self.begin(link).map(|()| Vec::new()),
            Some(_) => self.take(link),
        };
        if heard.is_err() {
            self.restart();
        }
        heard
    }

    /// Writes on the firmware's input.
    ///
    /// # Errors
    ///
    /// The chip does not answer, has no input, or does not read it.
    pub fn write(&self, link: &mut dyn Link, bytes: &[u8]) -> Result<(), ProbeError> {
        let Some((rtt, ..)) = &self.rings else {
            return Err(ProbeError::NoInput("its firmware has made no RTT rings yet".into()));
        };
        let Some(ring) = rtt.down.first() else {
            return Err(ProbeError::NoInput("its firmware has no RTT ring for it".into()));
        };
        let put = ring.put(link, bytes)?;
        if put < bytes.len() {
            let why = format!("its ring took {put} of {} bytes; it is not read", bytes.len());
            return Err(ProbeError::NoInput(why));
        }
        Ok(())
    }

    fn begin(&mut self, link: &mut dyn Link) -> Result<(), ProbeError> {
        let at = match self.control_block {
            Some(at) => Some(at),
            None => self.search.next(link)?,
        };
        let Some(at) = at else { return Ok(()) };
        let Some(rtt) = Rtt::read(link, at)? else { return Ok(()) };
        if let Some(ring) = rtt.console().cloned() {
            let words = self.wording.words(&ring.name);
            self.rings = Some((rtt, ring, words));
            self.looked = Instant::now();
        }
        Ok(())
    }

    fn take(&mut self, link: &mut dyn Link) -> Result<Vec<u8>, ProbeError> {
        let Some((rtt, ring, words)) = &mut self.rings else { return Ok(Vec::new()) };
        if self.looked.elapsed() > LOOK {
            self.looked = Instant::now();
            if !rtt.is_there(link)? {
                self.rings = None;
                return Ok(Vec::new());
            }
        }
        let bytes = ring.take(link)?;
        Ok(words.feed(&bytes))
    }
}
