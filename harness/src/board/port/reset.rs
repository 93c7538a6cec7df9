//! What sets and releases the reset and boot pins of a chip over DTR and RTS.

use std::time::Duration;

/// What a chip does after a reset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BootInto {
    /// The ROM waits for a download.
    Download,
    /// What was flashed runs.
    Run,
}

/// How DTR and RTS act on the chip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wiring {
    /// The two transistors of development boards.
    Classic,
    /// A board of its own kind: what to do for a download, and for a run.
    Custom {
        /// Into download mode.
        download: Sequence,
        /// Into what was flashed.
        run: Sequence,
    },
    /// There are no lines, as on a pseudo-terminal.
    None,
    /// The USB-Serial-JTAG unit inside newer chips.
    UsbSerialJtag,
}

/// What is done with the lines, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sequence(pub Vec<LineStep>);

/// One step with the lines; `true` is asserted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineStep {
    /// Set DTR.
    Dtr(bool),
    /// Set RTS.
    Rts(bool),
    /// Wait.
    Wait(Duration),
}

/// How long the pins are given in a reset. Some boards need the longer one, some work only with the shorter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// 50 ms.
    Quick,
    /// 550 ms, as esptool does where the shorter one fails.
    Slow,
}

impl Pace {
    /// How long the boot pin is held behind a reset.
    pub(crate) const fn settle(self) -> Duration {
        Duration::from_millis(match self {
            Self::Quick => 50,
            Self::Slow => 550,
        })
    }
}

/// A longer sleep than this is a slip of the pen.
const WAIT_MAX: Duration = Duration::from_secs(10);

impl Sequence {
    /// Reads the notation of esptool's `custom_reset_sequence`: `D0|R1|W0.1|D1|R0|W0.5|D0`, where `D` is DTR, `R` is RTS, `W`
    /// waits seconds, and `U1,0` sets DTR and RTS, one right after the other. `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut steps = Vec::new();
        for word in text.split('|') {
            let (verb, value) = word.trim().split_at_checked(1)?;
            match verb {
                "D" => steps.push(LineStep::Dtr(level(value)?)),
                "R" => steps.push(LineStep::Rts(level(value)?)),
                "U" => {
                    let (dtr, rts) = value.split_once(',')?;
                    steps.extend([LineStep::Dtr(level(dtr)?), LineStep::Rts(level(rts)?)]);
                }
                "W" => {
                    let wait = Duration::try_from_secs_f64(value.parse().ok()?).ok()?;
                    steps.push(LineStep::Wait(Some(wait).filter(|wait| *wait <= WAIT_MAX)?));
                }
                _ => return None,
            }
        }
        Some(Self(steps))
    }
}

fn level(text: &str) -> Option<bool> {
    match text {
        "0" => Some(false),
        "1" => Some(true),
        _ => None,
    }
}

impl Wiring {
    /// What to do for a reset; `None` without lines.
    #[must_use]
    pub fn sequence(&self, into: BootInto, pace: Pace) -> Option<Sequence> {
        use LineStep::{Dtr, Rts, Wait};
        let short = Wait(Duration::from_millis(100));
        let settle = Wait(pace.settle());
        Some(Sequence(match (self, into) {
            (Self::None, _) => return None,
            (Self::Custom { download, .. }, BootInto::Download) => return Some(download.clone()),
            (Self::Custom { run, .. }, BootInto::Run) => return Some(run.clone()),
            (Self::Classic, BootInto::Download) => {
                vec![Dtr(false), Rts(true), short, Dtr(true), Rts(false), settle, Dtr(false)]
            }
            // DTR is off before and after, so that RTS alone reaches the reset pin and the boot pin stays high.
            (Self::Classic, BootInto::Run) => vec![Dtr(false), Rts(true), short, Rts(false)],
            // The way leads through (1,1), which does nothing, and not through (0,0), which would forget the choice.
            (Self::UsbSerialJtag, BootInto::Download) => vec![
                Rts(false),
                Dtr(false),
                short,
                Dtr(true),
                Rts(false),
                short,
                Rts(true),
                Dtr(false),
                Rts(true),
                short,
                Dtr(false),
                Rts(false),
            ],
            (Self::UsbSerialJtag, BootInto::Run) => {
                vec![Rts(false), Dtr(false), short, Rts(true), short, Rts(false)]
            }
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the transistors make of a sequence: whether the chip starts, and into what, the last time.
    fn classic(sequence: &Sequence) -> Option<BootInto> {
        let (mut dtr, mut rts, mut is_held, mut started) = (false, false, false, None);
        for step in &sequence.0 {
            match step {
                LineStep::Dtr(level) => dtr = *level,
                LineStep::Rts(level) => rts = *level,
                LineStep::Wait(_) => continue,
            }
            match (dtr, rts) {
                (false, true) => is_held = true,
                (_, false) if is_held => {
                    is_held = false;
                    started = Some(if dtr { BootInto::Download } else { BootInto::Run });
                }
                _ => {}
            }
        }
        assert_eq!((dtr, rts), (false, false), "the lines are let go");
        started
    }

    #[test]
    fn a_classic_board_starts_into_what_was_asked_for() {
        for (into, pace) in [(BootInto::Download, Pace::Quick), (BootInto::Download, Pace::Slow)] {
            assert_eq!(classic(&Wiring::Classic.sequence(into, pace).unwrap()), Some(into));
        }
        let run = Wiring::Classic.sequence(BootInto::Run, Pace::Quick).unwrap();
        assert_eq!(classic(&run), Some(BootInto::Run));
    }

    #[test]
    fn a_sequence_of_esptool_is_read() {
        let read = Sequence::parse("D0|R1|W0.1|D1|R0|W0.05|D0").unwrap();
        assert_eq!(Some(read), Wiring::Classic.sequence(BootInto::Download, Pace::Quick));
        let tight = Sequence::parse("U1,0").unwrap();
        assert_eq!(tight.0, [LineStep::Dtr(true), LineStep::Rts(false)]);
    }

    #[test]
    fn anything_else_is_refused() {
        for text in ["", "D", "D2", "X1", "W-1", "W1e9", "U1", "D0|", "D0||R1", "é"] {
            assert_eq!(Sequence::parse(text), None, "{text}");
        }
    }
}
