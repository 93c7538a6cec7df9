//! The names that are known, and the addresses that they have.
#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

use std::fmt;
use std::net::IpAddr;

/// Which names lead to the rig, and where that is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    /// Where all of them lead.
    addresses: Vec<IpAddr>,
    patterns: Vec<Pattern>,
}

/// A name, or all names below one.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Pattern {
    is_below: bool,
    /// In lower case.
    name: String,
}

/// Why a text is no name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameError {
    /// The text.
    pub text: String,
}

/// How long a name may be: RFC 1035, section 2.3.4.
const NAME_LETTERS_MAX: usize = 253;

impl Names {
    /// AWS IoT's names in all regions, leading to these addresses. An address of all interfaces leads nowhere and is left
    /// out.
    #[must_use]
    pub fn of_aws(addresses: &[IpAddr]) -> Self {
        let addresses = addresses.iter().copied().filter(|address| !address.is_unspecified());
        Self { addresses: addresses.collect(), patterns: Vec::new() }
    }

    /// Adds a name, or by `*.` in front all names below one.
    ///
    /// # Errors
    /// [`NameError`] if it is none.
    pub fn add(&mut self, text: &str) -> Result<(), NameError> {
        let (is_below, name) = text.strip_prefix("*.").map_or((false, text), |below| (true, below));
        let name = name.strip_suffix('.').unwrap_or(name);
        let is_label = |label: &str| {
            let is_letter = |letter: u8| letter.is_ascii_alphanumeric() || b"-_".contains(&letter);
            (1..=63).contains(&label.len()) && label.bytes().all(is_letter)
        };
        if name.len() > NAME_LETTERS_MAX || !name.split('.').all(is_label) {
            return Err(NameError { text: text.to_owned() });
        }
        self.patterns.push(Pattern { is_below, name: name.to_ascii_lowercase() });
        Ok(())
    }

    /// The addresses of a name; none if there is no such name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&[IpAddr]> {
        let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
        let is_known = is_aws_iot(&name) || self.patterns.iter().any(|pattern| pattern.fits(&name));
        is_known.then_some(self.addresses.as_slice())
    }
}

impl Pattern {
    fn fits(&self, name: &str) -> bool {
        match name.strip_suffix(self.name.as_str()) {
            Some("") => !self.is_below,
            Some(before) => self.is_below && before.ends_with('.'),
            None => false,
        }
    }
}

/// The names of AWS IoT Core's data plane, with `-ats` or without, of its control plane, and those of China's regions. AWS
/// General Reference, "AWS IoT Core endpoints and quotas".
fn is_aws_iot(name: &str) -> bool {
    let Some(before) =
        name.strip_suffix(".amazonaws.com").or_else(|| name.strip_suffix(".amazonaws.com.cn"))
    else {
        return false;
    };
    let labels: Vec<&str> = before.split('.').collect();
    match labels.as_slice() {
        ["iot", region] | [_, "iot", region] => is_region(region),
        _ => false,
    }
}

/// A region, as `eu-west-1` or `us-gov-east-1`.
fn is_region(label: &str) -> bool {
    let parts: Vec<&str> = label.split('-').collect();
    let is_word =
        |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase());
    match parts.split_last() {
        Some((number, words)) => {
            (2..=3).contains(&words.len())
                && words.iter().all(is_word)
                && !number.is_empty()
                && number.bytes().all(|byte| byte.is_ascii_digit())
        }
        None => false,
    }
}

impl fmt::Display for NameError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "'{}' is no name of a host", self.text)
    }
}

impl std::error::Error for NameError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, is_known: bool) {
        let mut names = Names::of_aws(&["127.0.0.1".parse().unwrap(), "0.0.0.0".parse().unwrap()]);
        names.add("Pool.NTP.org").unwrap();
        names.add("*.my-devices.example.").unwrap();
        let found = names.find(name).map(<[_]>::len);
        assert_eq!(found, is_known.then_some(1), "{name}");
    }

    #[test]
    fn aws_s_endpoints_are_known_in_all_regions() {
        check("a1b2c3d4e5f6g7-ats.iot.us-east-1.amazonaws.com", true);
        check("A1B2C3D4E5F6G7.IoT.eu-west-1.AmazonAWS.com.", true);
        check("iot.us-gov-east-1.amazonaws.com", true);
        check("a1b2-ats.iot.cn-north-1.amazonaws.com.cn", true);
        check("s3.us-east-1.amazonaws.com", false);
        check("a.b.iot.us-east-1.amazonaws.com", false);
        check("a.iot.moon.amazonaws.com", false);
        check("a.iot.us-east-1.amazonaws.com.evil.example", false);
        check("iot.us-east-1.notamazonaws.com", false);
    }

    #[test]
    fn names_that_are_told_are_known_and_no_others() {
        check("pool.ntp.org", true);
        check("0.pool.ntp.org", false);
        check("one.my-devices.example", true);
        check("a.b.my-devices.example", true);
        check("my-devices.example", false);
        check("notmy-devices.example", false);
        check("", false);
    }

    #[test]
    fn what_is_no_name_is_refused() {
        let mut names = Names::of_aws(&[]);
        for text in ["", "a..b", "*.", "a b", "ümlaut.example", &"a".repeat(64), &"a.".repeat(200)]
        {
            assert!(names.add(text).is_err(), "{text}");
        }
    }
}
