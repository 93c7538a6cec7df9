//! The first line of a firmware: who it is.

use core::fmt;

/// The address that a board is known by, as its factory burned it in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Mac(
    /// Its six bytes, in the order in which they are written.
    pub [u8; 6],
);

impl fmt::Display for Mac {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [first, rest @ ..] = self.0;
        write!(formatter, "{first:02x}")?;
        rest.iter().try_for_each(|byte| write!(formatter, ":{byte:02x}"))
    }
}

/// Who a firmware is. Its text is the first line of every boot.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Identity<'a> {
    /// The program's name, as in its application descriptor.
    pub name: &'a str,
    /// Its version, likewise.
    pub version: &'a str,
    /// The chip, as esptool calls it.
    pub chip: &'a str,
    /// Which board.
    pub mac: Mac,
    /// Why it was reset, by the ROM's word.
    pub reset: &'a str,
    /// The cloud that it was provisioned for.
    pub endpoint: Option<&'a str>,
}

impl fmt::Display for Identity<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, version, chip, mac, reset, endpoint } = self;
        let endpoint = endpoint.unwrap_or("none");
        write!(formatter, "firmware {name} {version} chip: {chip} mac: {mac} reset: {reset} ")?;
        write!(formatter, "endpoint: {endpoint}")
    }
}
