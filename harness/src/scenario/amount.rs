//! Currents, charges and voltages as a person writes them: `25uA`, `0.4mAh`, `2.6V`.

/// What an amount is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantity {
    /// Charge; read as nanocoulombs.
    Charge,
    /// Current; read as nanoamperes.
    Current,
    /// Voltage; read as microvolts.
    Voltage,
}

impl Quantity {
    /// The quantity in the words of a message: `a current with its unit, as 25uA`.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Charge => "a charge with its unit, as 0.4mAh or 2mC",
            Self::Current => "a current with its unit, as 25uA or 80mA",
            Self::Voltage => "a voltage with its unit, as 2.6V or 900mV",
        }
    }

    /// The units, each with how many of the smallest parts it has.
    const fn units(self) -> &'static [(&'static str, f64)] {
        match self {
            Self::Charge => &[
                ("nC", 1.0),
                ("uC", 1e3),
                ("mC", 1e6),
                ("C", 1e9),
                ("nAh", 3.6e3),
                ("uAh", 3.6e6),
                ("mAh", 3.6e9),
                ("Ah", 3.6e12),
            ],
            Self::Current => &[("nA", 1.0), ("uA", 1e3), ("mA", 1e6), ("A", 1e9)],
            Self::Voltage => &[("uV", 1.0), ("mV", 1e3), ("V", 1e6)],
        }
    }

    /// Reads an amount in the smallest parts; `None` without a unit, below zero, or for anything else.
    #[must_use]
    pub fn parse(self, text: &str) -> Option<u64> {
        // Both signs for a millionth that keyboards and catalogs have.
        let text = text.trim().replace(['\u{b5}', '\u{3bc}'], "u");
        let unit_at = text.find(|c: char| c.is_ascii_alphabetic())?;
        let (number, unit) = text.split_at(unit_at);
        let (_, parts) = self.units().iter().find(|(name, _)| *name == unit)?;
        let plain = |c: char| c.is_ascii_digit() || c == '.';
        let number: f64 =
            number.trim_end().parse().ok().filter(|_| number.trim_end().chars().all(plain))?;
        let amount = (number * parts).round();
        (amount < 1e18).then_some(amount as u64)
    }

    /// An amount of the smallest parts as a scenario says it: it reads back as exactly this, up to 2^53.
    #[must_use]
    pub fn exact(self, amount: u64) -> String {
        let text = self.write(amount as f64);
        if self.parse(&text) == Some(amount) {
            return text;
        }
        let (smallest, _) = self.units()[0];
        format!("{amount}{smallest}")
    }

    /// An amount as a person reads it, with at most three digits behind the point.
    #[must_use]
    pub fn write(self, amount: f64) -> String {
        let units = match self {
            // Batteries are sold by ampere-hours.
            Self::Charge => &self.units()[4..],
            Self::Current | Self::Voltage => self.units(),
        };
        let fits = units.iter().rev().find(|(_, parts)| amount.abs() >= *parts);
        let (unit, parts) = fits.or(units.first()).copied().unwrap_or(("", 1.0));
        let text = format!("{:.3}", amount / parts);
        format!("{}{unit}", text.trim_end_matches('0').trim_end_matches('.'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(quantity: Quantity, text: &str, expected: Option<u64>) {
        assert_eq!(quantity.parse(text), expected, "{text}");
    }

    #[test]
    fn amounts_are_read_with_their_units() {
        check(Quantity::Current, "25uA", Some(25_000));
        check(Quantity::Current, "25µA", Some(25_000));
        check(Quantity::Current, "25 μA", Some(25_000));
        check(Quantity::Current, "0.5A", Some(500_000_000));
        check(Quantity::Charge, "0.4mAh", Some(1_440_000_000));
        check(Quantity::Charge, "2mC", Some(2_000_000));
        check(Quantity::Voltage, "2.6V", Some(2_600_000));
    }

    #[test]
    fn an_amount_without_its_unit_or_with_another_is_refused() {
        for text in ["25", "25uAh", "mA", "-3mA", "1e3mA", "25 apples", ""] {
            check(Quantity::Current, text, None);
        }
        check(Quantity::Charge, "25uA", None);
    }

    proptest::proptest! {
        #[test]
        fn an_exact_amount_reads_back_as_what_it_was(amount in 0u64..1 << 53) {
            for quantity in [Quantity::Charge, Quantity::Current, Quantity::Voltage] {
                proptest::prop_assert_eq!(quantity.parse(&quantity.exact(amount)), Some(amount));
            }
        }
    }

    #[test]
    fn amounts_are_written_as_people_read_them() {
        assert_eq!(Quantity::Current.write(25_000.0), "25uA");
        assert_eq!(Quantity::Current.write(82_345_678.0), "82.346mA");
        assert_eq!(Quantity::Charge.write(1_440_000_000.0), "400uAh");
        assert_eq!(Quantity::Current.write(0.0), "0nA");
        assert_eq!(Quantity::Voltage.write(2_600_000.0), "2.6V");
    }
}
