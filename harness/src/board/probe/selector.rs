//! Which probe: `probe:`, `probe:303a:1001`, `probe:303a:1001:84:F7:03:67:84:6C`.

use std::fmt;

/// Which of the probes of this host is meant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selector {
    /// Its USB vendor and product; `None` for the only one that is there.
    pub usb: Option<(u16, u16)>,
    /// Its serial number, compared without regard to case.
    pub serial: Option<String>,
}

impl Selector {
    /// Reads what stands behind `probe:`: nothing, or `VID:PID` in hex, or `VID:PID:SERIAL`. `None` where it is none of them.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.is_empty() {
            return Some(Self::default());
        }
        let mut parts = text.splitn(3, ':');
        let mut id = || u16::from_str_radix(parts.next()?, 16).ok();
        let usb = (id()?, id()?);
        let serial = match parts.next() {
            Some("") => return None,
            serial => serial.map(str::to_owned),
        };
        Some(Self { usb: Some(usb), serial })
    }

    /// Whether a probe is one that is meant.
    #[must_use]
    pub fn takes(&self, usb: (u16, u16), serial: Option<&str>) -> bool {
        let wanted = self.serial.as_deref();
        self.usb.is_none_or(|wanted| wanted == usb)
            && wanted.is_none_or(|wanted| {
                serial.is_some_and(|serial| serial.eq_ignore_ascii_case(wanted))
            })
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("probe:")?;
        if let Some((vendor, product)) = self.usb {
            write!(f, "{vendor:04x}:{product:04x}")?;
        }
        match &self.serial {
            Some(serial) => write!(f, ":{serial}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_selector_is_read_and_written() {
        let check = |text: &str, usb, serial: Option<&str>| {
            let expected = Selector { usb, serial: serial.map(str::to_owned) };
            assert_eq!(Selector::parse(text), Some(expected.clone()));
            assert_eq!(expected.to_string(), format!("probe:{text}"));
        };
        check("", None, None);
        check("303a:1001", Some((0x303a, 0x1001)), None);
        // The serial number of Espressif's own unit is its MAC, colons and all.
        let mac = "84:F7:03:67:84:6C";
        check(&format!("303a:1001:{mac}"), Some((0x303a, 0x1001)), Some(mac));
        for wrong in ["303a", "usb", "303a:", "303a:xyz", "303a:1001:", ":", "12345:1001"] {
            assert_eq!(Selector::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_selector_takes_what_it_names() {
        let one = Selector::parse("303a:1001:AB:CD").expect("it is one");
        assert!(one.takes((0x303a, 0x1001), Some("ab:cd")));
        assert!(!one.takes((0x303a, 0x1001), Some("ab:ce")));
        assert!(!one.takes((0x303a, 0x1001), None));
        assert!(!one.takes((0x1366, 0x1001), Some("ab:cd")));
        assert!(Selector::default().takes((0x1366, 0x0101), None));
    }
}
