//! The address of a cloud: a scheme, a name, a port.

/// How to talk to a cloud.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Scheme {
    /// In the clear.
    Http,
    /// Over TLS.
    Https,
}

impl Scheme {
    /// The port that is meant when none is said.
    #[must_use]
    pub const fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

/// Where a cloud is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Endpoint<'a> {
    /// How to talk to it.
    pub scheme: Scheme,
    /// Its name or IPv4 address, which is also what a certificate must be for.
    pub name: &'a str,
    /// Its port.
    pub port: u16,
    /// Name and port as they stand in the `Host` header: without the port when it is the scheme's own.
    pub host: &'a str,
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
    /// The scheme is neither `http` nor `https`.
    UnknownScheme,
}

impl EndpointError {
    /// What is wrong, in a few words.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::BadName => "the endpoint's name is empty or holds a character that no name has",
            Self::BadPort => "the endpoint's port is not a number from 1 to 65535",
            Self::HasPath => "the endpoint has a path; the device adds its own",
            Self::UnknownScheme => "the endpoint's scheme is neither http nor https",
        }
    }
}

impl<'a> Endpoint<'a> {
    /// Reads `http://name`, `https://name` or a bare `name`, which is `http`, with `:port` or without. No IPv6.
    ///
    /// # Errors
    ///
    /// What about the text is wrong.
    pub fn parse(text: &'a str) -> Result<Self, EndpointError> {
        let (scheme, rest) = match text.split_once("://") {
            Some(("http", rest)) => (Scheme::Http, rest),
            Some(("https", rest)) => (Scheme::Https, rest),
            Some(_) => return Err(EndpointError::UnknownScheme),
            None => (Scheme::Http, text),
        };
        let authority = rest.strip_suffix('/').unwrap_or(rest);
        if authority.contains(['/', '?', '#']) {
            return Err(EndpointError::HasPath);
        }
        let (name, port) = match authority.split_once(':') {
            Some((name, port)) => (name, port.parse().map_err(|_| EndpointError::BadPort)?),
            None => (authority, scheme.default_port()),
        };
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
        if name.is_empty() || !name.bytes().all(is_name) {
            return Err(EndpointError::BadName);
        }
        if port == 0 {
            return Err(EndpointError::BadPort);
        }
        let host = if port == scheme.default_port() { name } else { authority };
        Ok(Self { scheme, name, port, host })
    }
}

/// The name or address of a server and its port, which is `default_port` where none is said; `None` for a port that is no number
/// from 1 to 65535, and for an empty name.
pub(crate) fn server(text: &str, default_port: u16) -> Option<(&str, u16)> {
    let (name, port) = match text.split_once(':') {
        Some((name, port)) => (name, port.parse().ok()?),
        None => (text, default_port),
    };
    (!name.is_empty() && port != 0).then_some((name, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Result<(Scheme, &str, u16, &str), EndpointError>) {
        let expected =
            expected.map(|(scheme, name, port, host)| Endpoint { scheme, name, port, host });
        assert_eq!(Endpoint::parse(text), expected, "{text}");
    }

    #[test]
    fn an_endpoint_is_a_url_or_an_address() {
        use Scheme::{Http, Https};
        check("http://127.0.0.1:8080", Ok((Http, "127.0.0.1", 8080, "127.0.0.1:8080")));
        check("http://127.0.0.1:8080/", Ok((Http, "127.0.0.1", 8080, "127.0.0.1:8080")));
        check("http://localhost/", Ok((Http, "localhost", 80, "localhost")));
        check("cloud.test:81", Ok((Http, "cloud.test", 81, "cloud.test:81")));
        check("cloud.test", Ok((Http, "cloud.test", 80, "cloud.test")));
        check("https://localhost:443", Ok((Https, "localhost", 443, "localhost")));
        check("https://localhost:80", Ok((Https, "localhost", 80, "localhost:80")));
        let aws = "a1-ats.iot.eu-west-1.amazonaws.com";
        check(&["https://", aws].concat(), Ok((Https, aws, 443, aws)));
    }

    #[test]
    fn what_is_no_endpoint_is_told_why() {
        check("mqtt://x:1", Err(EndpointError::UnknownScheme));
        check("", Err(EndpointError::BadName));
        check("http://", Err(EndpointError::BadName));
        check("http://:80", Err(EndpointError::BadName));
        check("http://a b", Err(EndpointError::BadName));
        check("http://user@host", Err(EndpointError::BadName));
        check("http://[::1]:80", Err(EndpointError::BadPort));
        check("http://x:", Err(EndpointError::BadPort));
        check("http://x:0", Err(EndpointError::BadPort));
        check("http://x:65536", Err(EndpointError::BadPort));
        check("http://x:8080/things", Err(EndpointError::HasPath));
        check("http://x?y", Err(EndpointError::HasPath));
    }
}
