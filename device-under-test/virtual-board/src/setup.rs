//! What a board is made of.
#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

use crate::app::Provisioning;
use crate::chips::{Chip, Mac};

/// How closely the board keeps to the habits of real ones.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Fidelity {
    /// Takes no time, and answers unknown commands in a way that no tool has to wait for.
    #[default]
    Fast,
    /// Takes the time of the line and of the flash, garbles bytes at the wrong rate, and answers unknown
    /// commands as the ROM does.
    Faithful,
}

/// What the boot pin says when the chip starts.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum BootMode {
    /// Wait for a download.
    Download,
    /// Boot from the flash.
    #[default]
    Run,
}

/// How DTR and RTS act on the chip.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Circuit {
    /// The two transistors of development boards.
    #[default]
    Classic,
    /// The lines go nowhere.
    None,
    /// The USB-Serial-JTAG unit inside newer chips.
    UsbSerialJtag,
}

/// How what was flashed runs.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Programs {
    /// Its machine code is executed, where there is a chip in software for it: the ESP32-C3. On other chips as
    /// [`Programs::Recognized`].
    Executed,
    /// A thing of this project is recognized by the name in its image, and runs as a part of the board.
    #[default]
    Recognized,
}

/// What a board is made of, its flash aside.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The chip.
    pub chip: Chip,
    /// How closely it keeps to real ones.
    pub fidelity: Fidelity,
    /// The address in its efuses.
    pub mac: Mac,
    /// How DTR and RTS act on it.
    pub circuit: Circuit,
    /// How what was flashed runs.
    pub programs: Programs,
    /// What programs are told that find nothing in the flash. A program that is executed is not told.
    pub provisioning: Provisioning,
}

impl Setup {
    /// A fast board with this chip.
    #[must_use]
    pub fn new(chip: Chip) -> Self {
        Self {
            chip,
            fidelity: Fidelity::default(),
            mac: Mac::default(),
            circuit: Circuit::default(),
            programs: Programs::default(),
            provisioning: Provisioning::default(),
        }
    }
}
