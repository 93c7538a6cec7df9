//! What a serial port is called.

use std::fmt;
use std::path::PathBuf;

/// What stands before the address of a port over TCP.
const RFC2217: &str = "rfc2217://";

/// The name of a serial port, as it stands behind `--board`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum PortName {
    /// A terminal of this machine, such as `/dev/ttyUSB0` or a link to one.
    Device(PathBuf),
    /// A port over TCP with modem lines: `host:port`.
    Rfc2217(String),
}

impl PortName {
    /// Reads a name; `None` where it is none. What has a slash in it is a path, so a bare word never is.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(address) = text.strip_prefix(RFC2217) {
            let (host, port) = address.trim_end_matches('/').rsplit_once(':')?;
            let is_whole = !host.is_empty() && port.parse::<u16>().is_ok();
            return is_whole.then(|| Self::Rfc2217(format!("{host}:{port}")));
        }
        let is_path = text.contains('/') && !text.contains("://");
        is_path.then(|| Self::Device(text.into()))
    }
}

impl fmt::Display for PortName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Device(path) => write!(f, "{}", path.display()),
            Self::Rfc2217(address) => write!(f, "{RFC2217}{address}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<&str>) {
        let name = PortName::parse(text).map(|name| name.to_string());
        assert_eq!(name.as_deref(), expected, "{text}");
    }

    #[test]
    fn a_path_and_an_rfc2217_address_are_names() {
        check("/dev/ttyUSB0", Some("/dev/ttyUSB0"));
        check("./run/board", Some("./run/board"));
        check("rfc2217://127.0.0.1:4000", Some("rfc2217://127.0.0.1:4000"));
        check("rfc2217://bench.local:4000/", Some("rfc2217://bench.local:4000"));
    }

    #[test]
    fn words_and_half_addresses_are_not() {
        for text in ["sim", "my-board", "rfc2217://host", "rfc2217://:1", "http://x:1", ""] {
            check(text, None);
        }
    }
}
