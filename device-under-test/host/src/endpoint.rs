//! The address of a cloud: a scheme, a name, a port.

use std::net::Ipv6Addr;

/// How to talk to a cloud.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Scheme {
    /// In the clear.
    Http,
    /// Over TLS.
    Https,
}

impl Scheme {
    const fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

/// Where a cloud is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Endpoint {
    /// How to talk to it.
    pub scheme: Scheme,
    /// Its name or address; an IPv6 address stands without brackets.
    pub name: String,
    /// Its port.
    pub port: u16,
}

/// Why a text is no endpoint.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum EndpointError {
    /// The name is empty, or holds a character that no name has.
    BadName,
    /// The port is not a number from 1 to 65535.
    BadPort,
    /// Something follows the port; the device adds the path itself.
    HasPath,
    /// It does not begin with `http://` or `https://`.
    NoScheme,
}

impl Endpoint {
    /// Reads `http://name`, `https://name`, with `:port` or without.
    ///
    /// # Errors
    ///
    /// What about the text is wrong.
    pub fn parse(text: &str) -> Result<Self, EndpointError> {
        let (scheme, rest) = if let Some(rest) = text.strip_prefix("http://") {
            (Scheme::Http, rest)
        } else if let Some(rest) = text.strip_prefix("https://") {
            (Scheme::Https, rest)
        } else {
            return Err(EndpointError::NoScheme);
        };
        let authority = rest.strip_suffix('/').unwrap_or(rest);
        if authority.contains(['/', '?', '#']) {
            return Err(EndpointError::HasPath);
        }
        let (name, port) = split_port(authority)?;
        let port = match port {
            None => scheme.default_port(),
            Some(port) => port.parse().map_err(|_| EndpointError::BadPort)?,
        };
        if port == 0 {
            return Err(EndpointError::BadPort);
        }
        Ok(Self { scheme, name: name.to_owned(), port })
    }

    /// The `Host` header: the port only if it is not the scheme's own.
    #[must_use]
    pub fn host_header(&self) -> String {
        let is_v6 = self.name.contains(':');
        let name = if is_v6 { format!("[{}]", self.name) } else { self.name.clone() };
        if self.port == self.scheme.default_port() { name } else { format!("{name}:{}", self.port) }
    }
}

/// The name without brackets, and the text of the port if there is one.
fn split_port(authority: &str) -> Result<(&str, Option<&str>), EndpointError> {
    if let Some(bracketed) = authority.strip_prefix('[') {
        let (name, rest) = bracketed.split_once(']').ok_or(EndpointError::BadName)?;
        name.parse::<Ipv6Addr>().map_err(|_| EndpointError::BadName)?;
        return match rest.strip_prefix(':') {
            Some(port) => Ok((name, Some(port))),
            None if rest.is_empty() => Ok((name, None)),
            None => Err(EndpointError::BadName),
        };
    }
    let (name, port) = match authority.split_once(':') {
        Some((name, port)) => (name, Some(port)),
        None => (authority, None),
    };
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    if name.is_empty() || !name.bytes().all(is_name) {
        return Err(EndpointError::BadName);
    }
    Ok((name, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Result<(Scheme, &str, u16, &str), EndpointError>) {
        let read = Endpoint::parse(text);
        let expected = expected.map(|(scheme, name, port, host)| {
            (Endpoint { scheme, name: name.to_owned(), port }, host.to_owned())
        });
        assert_eq!(read.map(|endpoint| (endpoint.clone(), endpoint.host_header())), expected);
    }

    #[test]
    fn an_endpoint_has_the_port_of_its_scheme_unless_it_says_another() {
        use Scheme::{Http, Https};
        check("http://127.0.0.1:8080", Ok((Http, "127.0.0.1", 8080, "127.0.0.1:8080")));
        check("http://localhost/", Ok((Http, "localhost", 80, "localhost")));
        check("https://localhost:443", Ok((Https, "localhost", 443, "localhost")));
        check("https://x-ats.iot.eu-west-1.amazonaws.com", {
            let name = "x-ats.iot.eu-west-1.amazonaws.com";
            Ok((Https, name, 443, name))
        });
        check("http://[::1]:8080", Ok((Http, "::1", 8080, "[::1]:8080")));
        check("http://[::1]", Ok((Http, "::1", 80, "[::1]")));
    }

    #[test]
    fn what_is_no_endpoint_is_told_why() {
        check("127.0.0.1:8080", Err(EndpointError::NoScheme));
        check("ftp://x", Err(EndpointError::NoScheme));
        check("", Err(EndpointError::NoScheme));
        check("http://", Err(EndpointError::BadName));
        check("http://a b", Err(EndpointError::BadName));
        check("http://user@host", Err(EndpointError::BadName));
        check("http://[::1", Err(EndpointError::BadName));
        check("http://[x]:1", Err(EndpointError::BadName));
        check("http://[::1]x", Err(EndpointError::BadName));
        check("http://x:", Err(EndpointError::BadPort));
        check("http://x:0", Err(EndpointError::BadPort));
        check("http://x:65536", Err(EndpointError::BadPort));
        check("http://x:8080/things", Err(EndpointError::HasPath));
        check("http://x?y", Err(EndpointError::HasPath));
    }
}
