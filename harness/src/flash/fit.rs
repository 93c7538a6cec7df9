//! A firmware fitted to the board that is on a port: who is there, and what goes where on it.

use super::connect::ask;
use super::image::{Image, Target};
use super::{Chip, FlashError, Identity, Mac, Notes, Source, nvs_region};
use crate::board::pins::Pins;
use crate::board::port::SerialPort;
use crate::engine::ActionError;

/// The size of a flash that does not say.
pub(crate) const FLASH_BYTES_ASSUMED: u32 = 4 << 20;

/// What is wanted of a board.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wanted<'a> {
    /// The only board that may be flashed; `None` for whichever is there.
    pub mac: Option<Mac>,
    /// The partition that a program goes to; `None` for `factory`, or else the first for programs.
    pub partition: Option<&'a str>,
}

/// A firmware that fits the board that is there.
#[derive(Debug, Clone)]
pub struct Fitted {
    /// The board.
    pub identity: Identity,
    /// What goes where.
    pub image: Image,
    /// Where it keeps settings: offset and size.
    pub nvs: (u32, u32),
}

/// Asks who is on the port, and fits a firmware to it; nothing is written. `find` gives the firmware for the chip that is there.
///
/// # Errors
///
/// Nobody answers, it is another board than the one that is meant, there is no such firmware, or it does not fit.
pub fn fit(
    (port, pins): (&mut SerialPort, &mut dyn Pins),
    wanted: &Wanted<'_>,
    find: impl FnOnce(Chip) -> Result<Source, Failed>,
    notes: &mut Notes<'_>,
) -> Result<Fitted, Failed> {
    let (mut find, mut source) = (Some(find), None);
    let (identity, table) = ask(port, pins, notes, |loader| {
        let identity = loader.identify()?;
        if let Some(wanted) = wanted.mac.filter(|wanted| *wanted != identity.mac) {
            return Err(FlashError::AnotherBoard { wanted, found: identity.mac });
        }
        if let Some(find) = find.take() {
            source = Some(find(identity.chip));
        }
        let table = match &source {
            Some(Ok(source)) if source.needs_table(identity.chip) => {
                loader.read_table(&identity)?
            }
            _ => None,
        };
        Ok((identity, table))
    })?;
    // Whoever was identified had its firmware looked for.
    let source = source.unwrap_or(Err(FlashError::Silent { asked: "identify" }.into()))?;
    let flash_bytes = identity.flash_bytes.unwrap_or(FLASH_BYTES_ASSUMED);
    let (chip, partition) = (identity.chip, wanted.partition);
    let target = Target { chip, flash_bytes, table: table.as_deref(), partition };
    let image = source.image(&target).map_err(FlashError::from)?;
    let nvs = nvs_region(chip, flash_bytes, &image.table);
    Ok(Fitted { identity, image, nvs })
}

/// Why a firmware was not fitted.
#[derive(Debug)]
pub enum Failed {
    /// It was not found.
    Action(ActionError),
    /// The board, the line, or the firmware itself.
    Flash(FlashError),
}

impl From<FlashError> for Failed {
    fn from(error: FlashError) -> Self {
        Self::Flash(error)
    }
}

impl Failed {
    /// The reason why something could not be done.
    #[must_use]
    pub fn stops(self, what: &str) -> ActionError {
        match self {
            Self::Action(error) => error,
            Self::Flash(error) => error.stops(what),
        }
    }
}
