//! Which endpoints this board can connect to.

use firmware::{Endpoint, Scheme};

/// The address to connect to, `host:port`, or why it cannot be used.
pub(crate) fn address(endpoint: &str) -> Result<String, &'static str> {
    let endpoint = Endpoint::parse(endpoint).map_err(firmware::EndpointError::reason)?;
    match endpoint.scheme {
        Scheme::Http => Ok(format!("{}:{}", endpoint.name, endpoint.port)),
        Scheme::Https => Err("this board has no TLS; give an http:// endpoint"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(endpoint: &str, expected: Option<&str>) {
        assert_eq!(address(endpoint).ok().as_deref(), expected, "{endpoint}");
    }

    #[test]
    fn an_endpoint_is_a_url_or_an_address() {
        check("http://127.0.0.1:8080", Some("127.0.0.1:8080"));
        check("http://127.0.0.1:8080/", Some("127.0.0.1:8080"));
        check("cloud.test:81", Some("cloud.test:81"));
        check("cloud.test", Some("cloud.test:80"));
    }

    #[test]
    fn what_this_board_cannot_speak_is_refused() {
        check("https://a.iot.us-east-1.amazonaws.com", None);
        check("mqtt://x:1", None);
        check("http://", None);
    }
}
