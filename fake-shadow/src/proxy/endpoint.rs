//! Where a service is, as people write it.
#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

use std::fmt;
use std::str::FromStr;

use crate::fault::Channel;

/// Where a service is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// TLS or not.
    pub channel: Channel,
    /// Its name or address, without brackets.
    pub host: String,
    /// Its port.
    pub port: u16,
}

/// Why a text is no endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EndpointError {
    /// It has no host, or a host with characters that no host has.
    Host,
    /// Something stands behind the host and its port.
    Path {
        /// What.
        rest: String,
    },
    /// The port is no number from 1 to 65535.
    Port {
        /// What stands there.
        text: String,
    },
    /// It is neither http nor https.
    Scheme {
        /// What stands there.
        scheme: String,
    },
}

impl Endpoint {
    const fn default_port(channel: Channel) -> u16 {
        match channel {
            Channel::Plain => 80,
            Channel::Tls => 443,
        }
    }

    /// What stands in the `Host` header of a request to it: the port is left out where it is the usual one.
    #[must_use]
    pub fn authority(&self) -> String {
        let host =
            if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        if self.port == Self::default_port(self.channel) {
            host
        } else {
            format!("{host}:{}", self.port)
        }
    }

    /// Whether a `Host` header means it, with the usual port said or not.
    #[must_use]
    pub fn is_meant_by(&self, host: &str) -> bool {
        let with_scheme = format!("{}://{host}", self.scheme());
        with_scheme.parse::<Self>().is_ok_and(|meant| {
            meant.port == self.port && meant.host.eq_ignore_ascii_case(&self.host)
        })
    }

    const fn scheme(&self) -> &'static str {
        match self.channel {
            Channel::Plain => "http",
            Channel::Tls => "https",
        }
    }
}

/// Reads `https://host`, `http://host:port` or `host`, which is `https://host`; a slash may end it.
impl FromStr for Endpoint {
    type Err = EndpointError;

    fn from_str(text: &str) -> Result<Self, EndpointError> {
        let (scheme, rest) = text.trim().split_once("://").unwrap_or(("https", text.trim()));
        let channel = match scheme.to_ascii_lowercase().as_str() {
            "http" => Channel::Plain,
            "https" => Channel::Tls,
            _ => return Err(EndpointError::Scheme { scheme: scheme.to_owned() }),
        };
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, behind) = rest.split_at(end);
        if !matches!(behind, "" | "/") {
            return Err(EndpointError::Path { rest: behind.to_owned() });
        }
        let (host, port) = match authority.strip_prefix('[').and_then(|six| six.split_once(']')) {
            Some((host, port)) => (host, port),
            None => authority.find(':').map_or((authority, ""), |colon| authority.split_at(colon)),
        };
        let is_of_host = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | ':');
        if host.is_empty() || !host.chars().all(is_of_host) {
            return Err(EndpointError::Host);
        }
        let port = match port {
            "" => Self::default_port(channel),
            text => text
                .strip_prefix(':')
                .and_then(|digits| digits.parse().ok())
                .filter(|port| *port != 0)
                .ok_or_else(|| EndpointError::Port { text: text.to_owned() })?,
        };
        Ok(Self { channel, host: host.to_owned(), port })
    }
}

/// Writes what is read back as the same.
impl fmt::Display for Endpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}://{}", self.scheme(), self.authority())
    }
}

impl fmt::Display for EndpointError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Host => formatter.write_str("it names no host"),
            Self::Path { rest } => {
                write!(formatter, "{rest:?} stands behind the host, where nothing may stand")
            }
            Self::Port { text } => write!(formatter, "{text:?} is no port"),
            Self::Scheme { scheme } => write!(formatter, "{scheme:?} is neither http nor https"),
        }
    }
}

impl std::error::Error for EndpointError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Result<(Channel, &str, u16), EndpointError>) {
        let read = text.parse::<Endpoint>();
        if let Ok(endpoint) = &read {
            assert_eq!(endpoint.to_string().parse().as_ref(), Ok(endpoint), "{text}");
        }
        let expected = expected.map(|(channel, host, port)| {
            let host = host.to_owned();
            Endpoint { channel, host, port }
        });
        assert_eq!(read, expected, "{text}");
    }

    #[test]
    fn endpoints_are_read() {
        let aws = "prefix-ats.iot.eu-west-1.amazonaws.com";
        check(aws, Ok((Channel::Tls, aws, 443)));
        check(&format!("https://{aws}/"), Ok((Channel::Tls, aws, 443)));
        check("HTTP://127.0.0.1:8080", Ok((Channel::Plain, "127.0.0.1", 8080)));
        check("https://[::1]:8443", Ok((Channel::Tls, "::1", 8443)));
        check("http://[::1]", Ok((Channel::Plain, "::1", 80)));
        check("mqtt://h", Err(EndpointError::Scheme { scheme: "mqtt".to_owned() }));
        check("https://h/things", Err(EndpointError::Path { rest: "/things".to_owned() }));
        check("https://h:0", Err(EndpointError::Port { text: ":0".to_owned() }));
        check("https://h:x", Err(EndpointError::Port { text: ":x".to_owned() }));
        check("", Err(EndpointError::Host));
        check("https://user@h", Err(EndpointError::Host));
    }

    #[test]
    fn the_usual_port_need_not_be_said() {
        let endpoint: Endpoint = "https://h".parse().unwrap();
        assert_eq!(endpoint.authority(), "h");
        for (host, is_meant) in
            [("h", true), ("H:443", true), ("h:80", false), ("i", false), ("", false)]
        {
            assert_eq!(endpoint.is_meant_by(host), is_meant, "{host}");
        }
    }
}
