//! A request, ready to be sent.

use crate::buffer::Buffer;
use crate::config::Config;
use crate::sign::{Covered, Path, percent_encode, write_authorization};
use crate::text::Text;
use crate::time::Stamp;

/// What is asked of a shadow.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Method {
    Get,
    Post,
}

impl Method {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
        }
    }
}

/// Bytes of `name=` and a shadow name of which each byte takes three.
const QUERY_BYTES_MAX: usize = "name=".len() + 3 * crate::limits::SHADOW_NAME_BYTES_MAX;

/// Writes a whole signed request; the buffer says if it did not fit.
///
/// The length of the body is counted in bytes, which for text beyond ASCII is not its number of
/// characters.
pub(crate) fn write_request(
    buffer: &mut Buffer<'_>,
    config: &Config<'_>,
    method: Method,
    stamp: &Stamp,
    body: &[u8],
) {
    let mut path = Path::of(&["/things/"]);
    percent_encode(config.thing_name, &mut |part| path.push_str(part));
    path.push_str("/shadow");
    let mut query = Text::<QUERY_BYTES_MAX>::new();
    if let Some(shadow_name) = config.shadow_name {
        query.push_str("name=");
        percent_encode(shadow_name, &mut |part| query.push_str(part));
    }
    let (path, query) = (path.as_str(), query.as_str());
    let covered = Covered { method: method.name(), path, query, body, stamp };

    let mut put = |text: &str| buffer.push_str(text);
    put(method.name());
    put(" ");
    put(path);
    put(if query.is_empty() { "" } else { "?" });
    put(query);
    for part in [" HTTP/1.1\r\nHost: ", config.host, "\r\nx-amz-date: ", stamp.as_str()] {
        put(part);
    }
    if let Some(token) = config.session_token {
        put("\r\nx-amz-security-token: ");
        put(token);
    }
    put("\r\nAuthorization: ");
    write_authorization(config, &covered, &mut put);
    if method == Method::Post {
        let mut length = Text::<20>::new();
        length.push_number(body.len() as u64);
        put("\r\nContent-Type: application/json\r\nContent-Length: ");
        put(length.as_str());
    }
    put("\r\nConnection: close\r\n\r\n");
    buffer.push(body);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::stamp;

    const CONFIG: Config<'_> = Config {
        thing_name: "a:b_c-D9",
        shadow_name: None,
        host: "127.0.0.1:8080",
        region: "us-east-1",
        access_key_id: "AKIDEXAMPLE",
        secret_access_key: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
        session_token: None,
    };

    fn written(config: &Config<'_>, method: Method, body: &str) -> String {
        let mut memory = vec![0; 4096];
        let mut buffer = Buffer::new(&mut memory);
        write_request(&mut buffer, config, method, &stamp(1_556_454_896), body.as_bytes());
        assert!(!buffer.is_overflown());
        String::from_utf8(buffer.written().to_vec()).unwrap()
    }

    #[test]
    fn a_get_names_the_thing_with_its_colon_escaped() {
        insta::assert_snapshot!(written(&CONFIG, Method::Get, ""));
    }

    #[test]
    fn a_post_counts_bytes_and_names_the_shadow() {
        let token = Some("AQoDYXdzEPT//////////wEXAMPLEtoken==");
        let config = Config { shadow_name: Some("cfg:v1"), session_token: token, ..CONFIG };
        insta::assert_snapshot!(written(&config, Method::Post, "{\"note\":\"café ☃\"}"));
    }

    #[test]
    fn a_request_that_does_not_fit_says_so() {
        let mut memory = [0; 64];
        let mut buffer = Buffer::new(&mut memory);
        write_request(&mut buffer, &CONFIG, Method::Get, &stamp(0), b"");
        assert!(buffer.is_overflown());
    }
}
