//! Blots out what must not be shown.

use crate::message::Request;
use crate::sigv4::credential::Keyring;
use crate::sigv4::escape::{decode_lossy, encode, encode_path};

/// Stands where something was blotted out.
pub(super) const BLOT: &str = "<not shown>";

/// Shorter secrets are words that texts are full of, such as `test`.
const SECRET_BYTES_MIN: usize = 8;

/// The name of the header and, in another case, of the parameter that holds a session token.
const TOKEN_NAME: &str = "x-amz-security-token";

/// Knows which texts must not be shown. It keeps only secrets that occur in the request, so that its work is small.
pub(super) struct Redactor {
    /// In lower case, the longest first.
    hidden: Vec<String>,
}

impl Redactor {
    /// `told` is what the device sent along in a form of its own, decoded.
    pub(super) fn new(keyring: &Keyring, request: &Request, told: &[u8]) -> Self {
        let haystack = haystack(request, told);
        let mut hidden: Vec<String> = Vec::new();
        for credential in keyring.iter() {
            let token = credential.session_token.as_ref().map(|token| token.reveal());
            for secret in [Some(credential.secret.reveal()), token].into_iter().flatten() {
                let forms = forms(secret);
                if forms.iter().any(|form| haystack.contains(form)) {
                    hidden.extend(forms);
                }
            }
        }
        let tokens =
            request.headers.iter().filter(|header| header.name.eq_ignore_ascii_case(TOKEN_NAME));
        for token in tokens {
            hidden.extend(forms(&String::from_utf8_lossy(&token.value)));
        }
        hidden.sort_by_key(|form| std::cmp::Reverse(form.len()));
        hidden.dedup();
        Self { hidden }
    }

    /// The text with everything blotted out that must not be shown.
    pub(super) fn clean(&self, text: &str) -> String {
        let mut text = blot_token_values(text);
        for form in &self.hidden {
            text = replace_in_any_case(&text, form);
        }
        text
    }
}

/// All bytes of a request in lower case, as sent and decoded.
fn haystack(request: &Request, told: &[u8]) -> String {
    let mut bytes = request.target.clone().into_bytes();
    for header in &request.headers {
        bytes.push(b'\n');
        bytes.extend_from_slice(header.name.as_bytes());
        bytes.push(b'\n');
        bytes.extend_from_slice(&header.value);
    }
    bytes.push(b'\n');
    bytes.extend_from_slice(&request.body);
    bytes.push(b'\n');
    bytes.extend_from_slice(told);
    let decoded = decode_lossy(&bytes);
    bytes.push(b'\n');
    bytes.extend_from_slice(&decoded);
    String::from_utf8_lossy(&bytes).to_ascii_lowercase()
}

/// The forms, in lower case, in which a secret may occur: whole, without its first or last character, and encoded.
fn forms(secret: &str) -> Vec<String> {
    if secret.len() < SECRET_BYTES_MIN {
        return Vec::new();
    }
    let mut characters = secret.chars();
    characters.next();
    let without_first = characters.as_str();
    let mut characters = secret.chars();
    characters.next_back();
    let without_last = characters.as_str();
    let mut forms = Vec::new();
    for part in [secret, without_first, without_last] {
        forms.push(part.to_ascii_lowercase());
        for once in [encode(part.as_bytes()), encode_path(part.as_bytes())] {
            forms.push(encode(once.as_bytes()).to_ascii_lowercase());
            forms.push(encode_path(once.as_bytes()).to_ascii_lowercase());
            forms.push(once.to_ascii_lowercase());
        }
    }
    forms
}

/// Blots out what follows the name of the token in a header line or in a query, whether the token is known or not.
fn blot_token_values(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    while let Some(found) = lower[from..].find(TOKEN_NAME) {
        let name_end = from + found + TOKEN_NAME.len();
        let rest = &text[name_end..];
        let value = rest.trim_start_matches([' ', ':', '=']);
        let separator = &rest[..rest.len() - value.len()];
        let end = if separator.contains('=') { ['&', '\n', '\r'] } else { ['\n', '\r', '\0'] };
        let length = if separator.is_empty() { 0 } else { value.find(end).unwrap_or(value.len()) };
        out.push_str(&text[from..name_end]);
        out.push_str(separator);
        if length > 0 {
            out.push_str(BLOT);
        }
        from = name_end + separator.len() + length;
    }
    out.push_str(&text[from..]);
    out
}

fn replace_in_any_case(text: &str, lower_needle: &str) -> String {
    let lower = text.to_ascii_lowercase();
    if lower_needle.is_empty() || !lower.contains(lower_needle) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    while let Some(found) = lower[from..].find(lower_needle) {
        out.push_str(&text[from..from + found]);
        out.push_str(BLOT);
        from += found + lower_needle.len();
    }
    out.push_str(&text[from..]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{Header, HttpVersion};
    use crate::sigv4::Credential;

    fn check(text: &str, expected: &str) {
        let request = Request {
            method: "GET".to_owned(),
            target: "/?leak=abc%2Fdefghij".to_owned(),
            version: HttpVersion::Http11,
            headers: vec![Header::new("X-Amz-Security-Token", "Token/of+session==")],
            body: Vec::new(),
        };
        let keyring: Keyring = [Credential::long_term("id", "abc/defghij")].into_iter().collect();
        assert_eq!(Redactor::new(&keyring, &request, b"").clean(text), expected);
    }

    #[test]
    fn secrets_are_blotted_out_in_every_form() {
        check("see abc/defghij.", "see <not shown>.");
        check("see ABC/DEFGHIJ.", "see <not shown>.");
        check("q=abc%2Fdefghij&r", "q=<not shown>&r");
        check("q=abc%252Fdefghij", "q=<not shown>");
        check("cut: abc/defghi", "cut: <not shown>");
        check("nothing here", "nothing here");
    }

    #[test]
    fn tokens_are_blotted_out_known_or_not() {
        check(
            "x-amz-security-token:Token/of+session==\nhost",
            "x-amz-security-token:<not shown>\nhost",
        );
        check("X-Amz-Security-Token=unknown&b=1", "X-Amz-Security-Token=<not shown>&b=1");
        check("X-Amz-Security-Token: unknown\r\n", "X-Amz-Security-Token: <not shown>\r\n");
        check("host;x-amz-security-token;x-b\nhash", "host;x-amz-security-token;x-b\nhash");
        check("a token/of+session== b", "a <not shown> b");
    }
}
