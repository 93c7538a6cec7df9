//! A firmware onto the chip on a probe: who is there, what goes where, and what of it has to be written.

use super::error::ProbeError;
use super::link::Link;
use crate::engine::ActionError;
use crate::flash::image::{Image, Part, Target};
use crate::flash::{
    Chip, EraseFirst, FLASH_BYTES_ASSUMED, FlashError, Identity, Mac, Rewrite, Source, Update,
    Watcher, Written, nvs_region,
};

/// A firmware that fits the chip that is there.
#[derive(Debug)]
pub struct Fitted {
    /// The board; nobody asks its flash for its size.
    pub identity: Identity,
    /// The firmware.
    pub source: Source,
    /// What goes where.
    pub image: Image,
    /// Where it keeps settings: offset and size.
    pub nvs: (u32, u32),
}

/// Attaches, asks who is there, and fits a firmware to it; nothing is written. `find` gives the firmware for the chip that is there.
///
/// # Errors
///
/// Nobody is there, it is another board than the one that is meant, there is no such firmware, or it does not fit.
pub fn fit(
    link: &mut dyn Link,
    (mac, partition): (Option<Mac>, Option<&str>),
    what: &str,
    find: impl FnOnce(Chip) -> Result<Source, ActionError>,
) -> Result<Fitted, ActionError> {
    let stops = |error: ProbeError| error.stops(what);
    let chip = link.attach().map_err(stops)?;
    let found = read_mac(link, chip).map_err(stops)?;
    if let Some(wanted) = mac.filter(|wanted| *wanted != found) {
        return Err(stops(ProbeError::AnotherBoard { wanted, found }));
    }
    let source = find(chip)?;
    if source.needs_table(chip) {
        let why = "a program alone goes where the board's partition table says, and a probe does not read that";
        return Err(ActionError::new(what, why)
            .help("take the ELF, a merged image, or the flasher_args.json of the build"));
    }
    let flash_bytes = FLASH_BYTES_ASSUMED;
    let target = Target { chip, flash_bytes, table: None, partition };
    let image = source.image(&target).map_err(|error| FlashError::from(error).stops(what))?;
    let nvs = nvs_region(chip, flash_bytes, &image.table);
    let identity = Identity { chip, mac: found, flash_bytes: None };
    Ok(Fitted { identity, source, image, nvs })
}

/// The address in the fuses, which are read as memory is.
fn read_mac(link: &mut dyn Link, chip: Chip) -> Result<Mac, ProbeError> {
    let no_chip = || ProbeError::NoChip(format!("an {chip} has no debug unit"));
    let at = chip.mac_words_at().ok_or_else(no_chip)?;
    let mut words = [0; 8];
    link.read(at.into(), &mut words)?;
    // The low word first, each with its lowest byte first; an address is written from its highest.
    let [f, e, d, c, b, a, ..] = words;
    Ok(Mac([a, b, c, d, e, f]))
}

/// Writes parts and verifies them; what is there already is skipped, unless it is to be written again. The chip is halted afterwards, or
/// runs what it ran: reset it.
///
/// # Errors
///
/// The chip is lost, or its flash does not hold what is written.
pub fn write(
    link: &mut dyn Link,
    parts: &[Part],
    (erase, rewrite): (EraseFirst, Rewrite),
    watcher: &mut Watcher<'_>,
) -> Result<Written, ProbeError> {
    if erase == EraseFirst::All {
        watcher(Update::Erasing);
        link.erase_all()?;
    }
    let mut written = Written::default();
    for part in parts {
        let bytes = part.bytes.len() as u64;
        let what = format!("{} at {:#x}", part.name, part.offset);
        watcher(Update::Begins { what, bytes });
        let skipped = rewrite == Rewrite::IfChanged && link.holds(part)?;
        if skipped {
            written.skipped += 1;
        } else {
            link.program(part, &mut |bytes| watcher(Update::At(bytes)))?;
            written.written += 1;
            written.bytes += bytes;
        }
        watcher(Update::Over { skipped });
    }
    Ok(written)
}
