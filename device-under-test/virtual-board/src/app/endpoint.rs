//! Reads an endpoint.

/// The address to connect to, `host:port`, or why it cannot be used.
pub(crate) fn address(endpoint: &str) -> Result<String, &'static str> {
    let authority = match endpoint.split_once("://") {
        Some(("http", rest)) => rest,
        Some(("https", _)) => return Err("this board has no TLS; give an http:// endpoint"),
        Some(_) => return Err("the endpoint's scheme is not http"),
        None => endpoint,
    };
    let authority = authority.split('/').next().unwrap_or_default();
    if authority.is_empty() {
        return Err("the endpoint has no host");
    }
    let has_port = authority.rsplit_once(':').is_some_and(|(_, port)| {
        !port.is_empty() && port.bytes().all(|digit| digit.is_ascii_digit())
    });
    Ok(if has_port { authority.to_owned() } else { format!("{authority}:80") })
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
