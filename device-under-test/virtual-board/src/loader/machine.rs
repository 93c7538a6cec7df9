//! The loader as a whole: bytes in, effects out, ROM or stub.

use super::effect::{Effect, FlashTiming};
use super::rom::Rom;
use super::shared::{Desk, Shared};
use super::stub::Stub;
use crate::chips::{Chip, Mac};
use crate::flash::Flash;
use crate::setup::Fidelity;
use crate::slip::Decoder;

/// Who answers.
#[derive(Debug)]
enum Stage {
    Rom(Rom),
    Stub(Box<Stub>),
}

/// What a frame leads to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Next {
    /// The same one answers.
    Stay,
    /// A stub was started, or started again.
    Stub,
    /// Nobody answers any more.
    Over,
}

/// The loader from its start to its end.
#[derive(Debug)]
pub(crate) struct Loader {
    decoder: Decoder,
    shared: Shared,
    stage: Stage,
    is_over: bool,
}

impl Loader {
    /// The ROM's loader as it waits for a download.
    pub(crate) fn new(chip: Chip, fidelity: Fidelity, mac: Mac) -> Self {
        Self {
            decoder: Decoder::new(),
            shared: Shared::new(chip, fidelity, mac),
            stage: Stage::Rom(Rom::default()),
            is_over: false,
        }
    }

    /// Whether the stub answers.
    pub(crate) const fn is_stub(&self) -> bool {
        matches!(self.stage, Stage::Stub(_))
    }

    /// Whether the ROM still finds out the rate of the line by itself, as it does until it is synced.
    pub(crate) const fn finds_baud(&self) -> bool {
        matches!(&self.stage, Stage::Rom(rom) if !rom.is_synced())
    }

    /// Takes bytes in any pieces and gives all that follows, in order. Performs an amount of work that
    /// is bounded by the bytes given and the size of the flash.
    pub(crate) fn feed(
        &mut self,
        flash: &mut Flash,
        timing: FlashTiming,
        bytes: &[u8],
    ) -> Vec<Effect> {
        let mut desk = Desk { flash, timing, effects: Vec::new() };
        for byte in bytes {
            let Some(frame) = self.decoder.push(*byte) else {
                continue;
            };
            if self.is_over {
                break;
            }
            let next = match &mut self.stage {
                Stage::Rom(rom) => rom.handle(&mut self.shared, &mut desk, &frame),
                Stage::Stub(stub) => stub.handle(&mut self.shared, &mut desk, &frame),
            };
            match next {
                Next::Stay => {}
                Next::Stub => self.stage = Stage::Stub(Box::default()),
                Next::Over => self.is_over = true,
            }
        }
        desk.effects
    }
}
