//! The protocol of Nordic's Power Profiler Kit II, from what is publicly told of it: orders of one byte with arguments, a calibration
//! as text, and then 100,000 samples a second of four bytes each. Pure.
//!
//! A sample is a little-endian word: bits 0 to 13 the converter's value, 14 to 16 the range, 18 to 23 a counter by which lost samples
//! are known, 24 to 31 the logic inputs. The counter has six bits, so a loss of a multiple of 64 samples goes unseen.
//!
//! Source: Nordic's own program, nRF Connect Power Profiler (`serialDevice.ts` of pc-nrfconnect-ppk: bits, default shunts, arithmetic, spike
//! filter), and IRNAS's ppk2-api for Python, which agrees with it.

#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

/// Samples in a second.
pub const SAMPLES_A_SECOND: u64 = 100_000;

/// Bytes of a sample.
const SAMPLE_BYTES: usize = 4;

/// Volts of one step of the converter: its reference, over its steps and the gain before it.
const VOLTS_A_STEP: f64 = 1.8 / 163_840.0;

/// Steps of the converter's own value: it is told without its two lowest bits.
const STEPS_A_COUNT: f64 = 4.0;

/// The converter's highest value: what is there or above is not known.
const COUNT_MAX: u32 = 0x3fff;

/// The ranges of the meter.
pub const RANGES: usize = 5;

/// The range of the highest currents.
const RANGE_HIGHEST: usize = RANGES - 1;

/// Orders, each with its arguments.
pub mod order {
    /// Begin to send samples.
    pub const START: [u8; 1] = [0x06];
    /// Stop sending samples.
    pub const STOP: [u8; 1] = [0x07];
    /// Switch the supply of the board on.
    pub const POWER_ON: [u8; 2] = [0x0c, 1];
    /// Switch it off.
    pub const POWER_OFF: [u8; 2] = [0x0c, 0];
    /// Be a meter for a supply beside it.
    pub const AMPERE_METER: [u8; 2] = [0x11, 1];
    /// Be the supply.
    pub const SOURCE_METER: [u8; 2] = [0x11, 2];
    /// Tell the calibration.
    pub const CALIBRATION: [u8; 1] = [0x19];

    /// Give so many millivolts.
    #[must_use]
    pub const fn source(millivolts: u16) -> [u8; 3] {
        let [high, low] = millivolts.to_be_bytes();
        [0x0d, high, low]
    }
}

/// How the values of one range become a current.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Range {
    /// The shunt in ohms.
    r: f64,
    gain_square: f64,
    gain: f64,
    offset: f64,
    slope: f64,
    intercept: f64,
    user_gain: f64,
}

/// What a meter tells of itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Calibration {
    ranges: [Range; RANGES],
    /// The supply in millivolts.
    vdd_mv: f64,
}

/// The shunts where a meter was never calibrated.
const SHUNTS: [f64; RANGES] = [1031.64, 101.65, 10.15, 0.94, 0.043];

impl Default for Calibration {
    fn default() -> Self {
        let range = |r| Range {
            r,
            gain_square: 1.0,
            gain: 1.0,
            offset: 0.0,
            slope: 0.0,
            intercept: 0.0,
            user_gain: 1.0,
        };
        Self { ranges: SHUNTS.map(range), vdd_mv: 3000.0 }
    }
}

/// What stands behind a calibration.
pub const CALIBRATION_END: &str = "END";

impl Calibration {
    /// Reads lines as `R0: 1031.64` up to `END`; keys that are not known are left out. `None` before the end is there, or where what is
    /// there is no calibration.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let (lines, _) = text.split_once(CALIBRATION_END)?;
        let mut calibration = Self::default();
        let mut known = 0;
        for line in lines.lines() {
            let Some((key, value)) = line.split_once(':') else { continue };
            let Ok(value) = value.trim().parse::<f64>() else { continue };
            known += usize::from(calibration.set(key.trim(), value));
        }
        (known > 0).then_some(calibration)
    }

    /// The same with the supply that the meter was told to give.
    #[must_use]
    pub fn with_supply(self, millivolts: u16) -> Self {
        Self { vdd_mv: millivolts.into(), ..self }
    }

    fn set(&mut self, key: &str, value: f64) -> bool {
        if key.eq_ignore_ascii_case("vdd") {
            self.vdd_mv = value;
            return true;
        }
        let Some((name, range)) = key.split_at_checked(key.len().saturating_sub(1)) else {
            return false;
        };
        let range = range.parse::<usize>().ok().and_then(|index| self.ranges.get_mut(index));
        let Some(range) = range.filter(|_| value.is_finite()) else { return false };
        let slot = match name {
            "R" if value > 0.0 => &mut range.r,
            "GS" => &mut range.gain_square,
            "GI" => &mut range.gain,
            "O" => &mut range.offset,
            "S" => &mut range.slope,
            "I" => &mut range.intercept,
            "UG" => &mut range.user_gain,
            _ => return false,
        };
        *slot = value;
        true
    }

    /// The current of a value in nanoamperes.
    #[must_use]
    pub fn nanoamperes(&self, range: usize, count: u32) -> f64 {
        let Some(range) = self.ranges.get(range) else { return 0.0 };
        let raw = (f64::from(count) * STEPS_A_COUNT - range.offset) * VOLTS_A_STEP / range.r;
        let supply = range.slope * (self.vdd_mv / 1000.0) + range.intercept;
        range.user_gain * (raw * (range.gain_square * raw + range.gain) + supply) * 1e9
    }
}

/// One sample.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Sample {
    /// A current.
    Current {
        /// In nanoamperes.
        na: f64,
        /// Whether it was measured as it stands. The few samples behind a change of the range overshoot: they are told as a moving
        /// average, and are no peak of the board.
        is_settled: bool,
    },
    /// So many samples that never arrived, or that say nothing.
    Lost(u64),
}

/// How many samples a change of the range spoils, the first one in the new range counted. As the maker's own program has it.
const SETTLE_SAMPLES: u32 = 3;

/// How many of these say nothing at all where the change was to the highest range, so that even the averages leave them out. Likewise.
const DEAD_SAMPLES_HIGHEST: u32 = 2;

/// The share that a sample has of the moving average, likewise; in the highest range spikes are longer.
const SHARE: f64 = 0.18;
const SHARE_HIGHEST: f64 = 0.06;

/// Bytes to samples.
#[derive(Debug, Clone)]
pub struct Decoder {
    calibration: Calibration,
    /// The bytes of a sample that is not whole yet.
    open: Vec<u8>,
    next_counter: Option<u32>,
    range: Option<usize>,
    /// Samples since the last change of the range, as far as that matters.
    since_change: u32,
    /// The moving averages in nanoamperes: of all ranges, and the slower one that stands in for spikes of the highest.
    averages: Option<(f64, f64)>,
}

impl Decoder {
    /// A decoder for a meter that has just begun to send.
    #[must_use]
    pub const fn new(calibration: Calibration) -> Self {
        let open = Vec::new();
        let since_change = SETTLE_SAMPLES;
        Self { calibration, open, next_counter: None, range: None, since_change, averages: None }
    }

    /// Takes in bytes, cut anywhere.
    pub fn feed(&mut self, bytes: &[u8]) -> Vec<Sample> {
        let mut samples = Vec::with_capacity(bytes.len() / SAMPLE_BYTES + 1);
        for byte in bytes {
            self.open.push(*byte);
            if let Ok(word) = <[u8; SAMPLE_BYTES]>::try_from(self.open.as_slice()) {
                self.open.clear();
                self.word(u32::from_le_bytes(word), &mut samples);
            }
        }
        samples
    }

    fn word(&mut self, word: u32, samples: &mut Vec<Sample>) {
        let (count, range, counter) =
            (word & COUNT_MAX, ((word >> 14) & 0x7) as usize, (word >> 18) & 0x3f);
        if let Some(expected) = self.next_counter.filter(|expected| *expected != counter) {
            samples.push(Sample::Lost(u64::from(counter.wrapping_sub(expected) & 0x3f)));
        }
        self.next_counter = Some((counter + 1) & 0x3f);
        let has_changed = self.range.replace(range).is_some_and(|before| before != range);
        self.since_change = if has_changed { 0 } else { self.since_change.saturating_add(1) };
        let is_settled = self.since_change >= SETTLE_SAMPLES;
        // A range that no meter has is a broken sample, and at the end of the highest one the current is not known.
        let is_known = range < RANGES && !(range == RANGE_HIGHEST && count == COUNT_MAX);
        if !is_known {
            samples.push(Sample::Lost(1));
            return;
        }
        let measured = self.calibration.nanoamperes(range, count);
        let average = self.average(range, measured);
        let na = if is_settled { measured } else { average };
        samples.push(Sample::Current { na, is_settled });
    }

    /// Takes a sample into the moving averages, and gives the one that stands in for a spike of this range.
    fn average(&mut self, range: usize, na: f64) -> f64 {
        let is_highest = range == RANGE_HIGHEST;
        let (mut average, mut slow) = self.averages.unwrap_or((na, na));
        if !is_highest || self.since_change >= DEAD_SAMPLES_HIGHEST {
            average += SHARE * (na - average);
            slow += SHARE_HIGHEST * (na - slow);
            self.averages = Some((average, slow));
        }
        if is_highest { slow } else { average }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn word(count: u32, range: u32, counter: u32) -> [u8; 4] {
        (count | range << 14 | (counter & 0x3f) << 18).to_le_bytes()
    }

    fn check(words: &[[u8; 4]], expected: &[Sample]) {
        let mut decoder = Decoder::new(Calibration::default());
        assert_eq!(decoder.feed(&words.concat()), expected);
    }

    #[test]
    fn a_calibration_is_read_from_its_lines() {
        let text = "Calibrated: 0\nR0: 1000.0\nGS0: 2.0\nGI0: 3.0\nO0: 40\nS0: 0.001\nI0: 0.5\nUG0: 2\nVDD: 3300\nHW: 9173\nEND";
        let calibration = Calibration::read(text).expect("it is whole");
        // (4 * 110 - 40) steps over 1000 ohms, squared and straight, then the supply, all twice.
        let raw = 400.0 * 1.8 / 163_840.0 / 1000.0;
        let expected = 2.0 * (raw * (2.0 * raw + 3.0) + 0.001 * 3.3 + 0.5) * 1e9;
        assert!((calibration.nanoamperes(0, 110) - expected).abs() < 1e-3);
        assert_eq!(Calibration::read("R0: 1000.0\n"), None, "the end is missing");
        assert_eq!(Calibration::read("hello\nEND"), None, "it is no meter");
    }

    #[test]
    fn samples_in_a_row_are_currents() {
        let na = Calibration::default().nanoamperes(0, 100);
        let sample = Sample::Current { na, is_settled: true };
        check(&[word(100, 0, 62), word(100, 0, 63), word(100, 0, 0)], &[sample; 3]);
    }

    #[test]
    fn a_jump_of_the_counter_is_a_gap() {
        let na = Calibration::default().nanoamperes(0, 100);
        let sample = Sample::Current { na, is_settled: true };
        check(&[word(100, 0, 60), word(100, 0, 5)], &[sample, Sample::Lost(8), sample]);
    }

    #[test]
    fn an_unknown_range_and_the_end_of_the_highest_say_nothing() {
        check(&[word(1, 7, 0)], &[Sample::Lost(1)]);
        check(&[word(COUNT_MAX, 4, 0)], &[Sample::Lost(1)]);
    }

    /// A steady current in range 3, then five samples of another range: their currents in terms of both, and whether they are settled.
    fn behind_a_change(to: u32, count: u32) -> (f64, f64, Vec<(f64, bool)>) {
        let mut words: Vec<_> = (0..200).map(|counter| word(2000, 3, counter)).collect();
        words.extend((200..205).map(|counter| word(count, to, counter)));
        let samples = Decoder::new(Calibration::default()).feed(&words.concat());
        let told = samples.into_iter().map(|sample| match sample {
            Sample::Current { na, is_settled } => (na, is_settled),
            Sample::Lost(_) => panic!("none is lost"),
        });
        let mut told: Vec<_> = told.collect();
        let behind = told.split_off(200);
        // A meter that begins in a range has not changed it.
        assert!(told.iter().all(|(_, is_settled)| *is_settled));
        (told[0].0, Calibration::default().nanoamperes(to as usize, count), behind)
    }

    fn check_behind(to: u32, count: u32, expected: impl Fn(f64, f64) -> [f64; 5]) {
        let (steady, measured, behind) = behind_a_change(to, count);
        for ((na, _), expected) in behind.iter().zip(expected(steady, measured)) {
            assert!((na - expected).abs() < measured * 1e-6, "{na} and not {expected}");
        }
        let settled: Vec<_> = behind.iter().map(|(_, is_settled)| *is_settled).collect();
        assert_eq!(settled, [false, false, false, true, true]);
    }

    #[test]
    fn three_samples_behind_a_change_of_the_range_are_a_moving_average() {
        check_behind(2, 9000, |steady, measured| {
            let left = |samples: i32| measured - 0.82_f64.powi(samples) * (measured - steady);
            [left(1), left(2), left(3), measured, measured]
        });
    }

    #[test]
    fn two_samples_behind_a_change_to_the_highest_range_say_nothing_at_all() {
        check_behind(4, 9000, |steady, measured| {
            [steady, steady, steady + 0.06 * (measured - steady), measured, measured]
        });
    }

    proptest! {
        #[test]
        fn where_the_bytes_are_cut_does_not_matter(bytes: Vec<u8>, cut in 0_usize..200) {
            let whole = Decoder::new(Calibration::default()).feed(&bytes);
            let mut decoder = Decoder::new(Calibration::default());
            let (left, right) = bytes.split_at(cut.min(bytes.len()));
            let mut halves = decoder.feed(left);
            halves.extend(decoder.feed(right));
            prop_assert_eq!(halves, whole);
        }

        #[test]
        fn any_text_is_a_calibration_or_none(text in "\\PC*") {
            let _whatever = Calibration::read(&text);
        }
    }
}
