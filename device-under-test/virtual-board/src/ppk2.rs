//! A current meter beside the board, in the protocol of Nordic's Power Profiler Kit II: orders of a few bytes in, a calibration as
//! text and samples of four bytes out. It is never wrong, and its current is what the board does.
#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

use std::time::Duration;

use crate::io::Activity;

/// How long a sample takes.
pub(crate) const SAMPLE: Duration = Duration::from_micros(10);

/// The shunts of the ranges in ohms.
const SHUNTS: [f64; 5] = [1000.0, 100.0, 10.0, 1.0, 0.05];

/// What each range adds to a current, in amperes: a calibration that is left out is seen.
const INTERCEPT: f64 = 2e-6;

/// What the converter tells where nothing flows, in its steps: more than the intercept takes away, so that nothing is told, too.
const OFFSET: f64 = 400.0;

const VOLTS_A_STEP: f64 = 1.8 / 163_840.0;

/// The converter leaves its two lowest bits out.
const STEPS_A_COUNT: f64 = 4.0;

/// Above this value the meter takes the next range.
const COUNT_HIGH: f64 = 12_000.0;

/// What a board draws while it does something, in amperes.
pub(crate) const fn amperes(activity: Activity) -> f64 {
    match activity {
        Activity::Off => 0.0,
        Activity::Asleep => 8e-6,
        Activity::Rom | Activity::Stub | Activity::Stuck => 0.022,
        Activity::Run => 0.082,
    }
}

/// The meter.
#[derive(Debug, Default)]
pub(crate) struct Ppk2 {
    open: Vec<u8>,
    counter: u32,
    is_sending: bool,
}

impl Ppk2 {
    /// Whether samples are to be sent.
    pub(crate) const fn is_sending(&self) -> bool {
        self.is_sending
    }

    /// Takes in orders; gives what is answered. Orders that are not known are one byte long, and nothing comes of them.
    pub(crate) fn orders(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.open.extend_from_slice(bytes);
        let mut answer = Vec::new();
        while let Some(order) = self.open.first().copied() {
            let length = match order {
                0x0d => 3,
                0x0c | 0x11 => 2,
                _ => 1,
            };
            if self.open.len() < length {
                break;
            }
            self.open.drain(..length);
            match order {
                0x06 => self.is_sending = true,
                0x07 => self.is_sending = false,
                0x19 => answer.extend(calibration().into_bytes()),
                _ => {}
            }
        }
        answer
    }

    /// So many samples of a current.
    pub(crate) fn samples(&mut self, amperes: f64, count: u64) -> Vec<u8> {
        let (range, value) = encode(amperes);
        let mut bytes = Vec::new();
        for _ in 0..count {
            let word = value | range << 14 | (self.counter & 0x3f) << 18;
            self.counter = self.counter.wrapping_add(1);
            bytes.extend(word.to_le_bytes());
        }
        bytes
    }
}

fn calibration() -> String {
    let mut text = "Calibrated: 1\n".to_owned();
    for (range, shunt) in SHUNTS.iter().enumerate() {
        text += &format!(
            "R{range}: {shunt}\nGS{range}: 0\nGI{range}: 1\nO{range}: {OFFSET}\nS{range}: 0\nI{range}: {INTERCEPT}\nUG{range}: 1\n"
        );
    }
    text + "VDD: 3300\nHW: 1\nmode: 2\nIA: 56\nEND"
}

/// The range of a current, and what the converter tells there.
fn encode(amperes: f64) -> (u32, u32) {
    let steps = |shunt: f64| (amperes - INTERCEPT) * shunt / VOLTS_A_STEP + OFFSET;
    let counts = SHUNTS.map(|shunt| (steps(shunt) / STEPS_A_COUNT).round());
    let fits = counts.iter().position(|count| *count < COUNT_HIGH).unwrap_or(SHUNTS.len() - 1);
    // From zero to the converter's end, so that it fits.
    let value = counts[fits].clamp(0.0, f64::from(0x3fff_u32)) as u32;
    (u32::try_from(fits).unwrap_or(0), value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_may_come_in_pieces() {
        let mut meter = Ppk2::default();
        assert_eq!(meter.orders(&[0x0d, 0x0c]), b"");
        assert_eq!(meter.orders(&[0xe4, 0x11, 2, 0x06]), b"");
        assert!(meter.is_sending(), "the bytes of a voltage are no orders");
        meter.orders(&[0x07]);
        assert!(!meter.is_sending());
        let text = String::from_utf8(meter.orders(&[0x19])).expect("it is text");
        assert!(text.contains("R4: 0.05\n") && text.ends_with("END"), "{text}");
    }

    #[test]
    fn small_currents_are_told_in_small_ranges() {
        assert_eq!(encode(8e-6).0, 0);
        assert_eq!(encode(0.082).0, 3);
        assert_eq!(encode(0.0).0, 0);
        assert_eq!(encode(100.0), (4, 0x3fff));
    }
}
