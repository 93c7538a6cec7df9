//! Names of things and shadows, checked once.

use std::fmt;

use compact_str::CompactString;

use super::limits::{SHADOW_NAME_BYTES_MAX, THING_NAME_BYTES_MAX};

/// The name of a thing: 1 to 128 of `a-z A-Z 0-9 : _ -`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ThingName(CompactString);

/// The name of a named shadow: 1 to 64 of `a-z A-Z 0-9 : _ - $`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ShadowName(CompactString);

/// Which shadow: a thing's classic one, or one of its named ones.
///
/// Shown as the service shows it in its messages: `lamp`, or `lamp~config`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ShadowId {
    /// The thing.
    pub thing: ThingName,
    /// The named shadow; none for the classic one.
    pub name: Option<ShadowName>,
}

/// Why a text is no name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NameError {
    /// The text is no name of a shadow; it is inside.
    Shadow(String),
    /// The text is no name of a thing; it is inside.
    Thing(String),
}

impl ThingName {
    /// Checks a name.
    ///
    /// # Errors
    /// [`NameError::Thing`] if it is empty, over 128 bytes, or holds another character.
    pub fn new(name: impl AsRef<str>) -> Result<Self, NameError> {
        let name = name.as_ref();
        let fits =
            (1..=THING_NAME_BYTES_MAX).contains(&name.len()) && name.bytes().all(is_name_byte);
        if fits { Ok(Self(name.into())) } else { Err(NameError::Thing(name.to_owned())) }
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl ShadowName {
    /// Checks a name.
    ///
    /// # Errors
    /// [`NameError::Shadow`] if it is empty, over 64 bytes, or holds another character.
    pub fn new(name: impl AsRef<str>) -> Result<Self, NameError> {
        let name = name.as_ref();
        let fits = (1..=SHADOW_NAME_BYTES_MAX).contains(&name.len())
            && name.bytes().all(|byte| is_name_byte(byte) || byte == b'$');
        if fits { Ok(Self(name.into())) } else { Err(NameError::Shadow(name.to_owned())) }
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl ShadowId {
    /// The classic shadow of a thing.
    ///
    /// # Errors
    /// [`NameError`] if that is no name of a thing.
    pub fn classic(thing: &str) -> Result<Self, NameError> {
        Ok(Self { thing: ThingName::new(thing)?, name: None })
    }

    /// A named shadow of a thing.
    ///
    /// # Errors
    /// [`NameError`] if one of the two is no name.
    pub fn named(thing: &str, name: &str) -> Result<Self, NameError> {
        Ok(Self { thing: ThingName::new(thing)?, name: Some(ShadowName::new(name)?) })
    }
}

impl fmt::Display for ThingName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Display for ShadowName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Display for ShadowId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            None => write!(formatter, "{}", self.thing),
            Some(name) => write!(formatter, "{}~{name}", self.thing),
        }
    }
}

impl fmt::Display for NameError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shadow(name) => {
                write!(formatter, "'{name}' is no shadow name: 1 to 64 of a-z A-Z 0-9 : _ - $")
            }
            Self::Thing(name) => {
                write!(formatter, "'{name}' is no thing name: 1 to 128 of a-z A-Z 0-9 : _ -")
            }
        }
    }
}

impl std::error::Error for NameError {}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b':' | b'_' | b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(thing: &str, shadow: &str, expected: bool) {
        assert_eq!(ShadowId::named(thing, shadow).is_ok(), expected, "{thing:?} {shadow:?}");
    }

    #[test]
    fn names_follow_the_patterns_of_the_api_reference() {
        check("my:thing_a-B9", "cfg:v1$x", true);
        check("t", "s", true);
        check("", "s", false);
        check("t", "", false);
        check("a/b", "s", false);
        check("t", "a/b", false);
        check("a$b", "s", false);
        check("é", "s", false);
    }

    #[test]
    fn names_have_a_longest_length() {
        check(&"t".repeat(128), &"s".repeat(64), true);
        check(&"t".repeat(129), "s", false);
        check("t", &"s".repeat(65), false);
    }

    #[test]
    fn a_shadow_is_shown_as_the_service_shows_it() {
        assert_eq!(ShadowId::classic("lamp").unwrap().to_string(), "lamp");
        assert_eq!(ShadowId::named("lamp", "cfg").unwrap().to_string(), "lamp~cfg");
    }
}
