//! Percent-encoding as AWS's signing rules want it.

use super::refusal::EscapeFault;

/// Upper-case digits: the form that canonical escapes must have.
const HEX_UPPER: &[u8; 16] = b"0123456789ABCDEF";
const HEX_LOWER: &[u8; 16] = b"0123456789abcdef";

/// True for the bytes that are never encoded: RFC 3986, section 2.3.
pub(crate) const fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

/// Appends `byte` as `%XX`.
pub(crate) fn push_escaped(out: &mut String, byte: u8) {
    out.push('%');
    out.push(char::from(HEX_UPPER[usize::from(byte >> 4)]));
    out.push(char::from(HEX_UPPER[usize::from(byte & 15)]));
}

/// Appends `byte`, encoded unless it is unreserved.
pub(crate) fn push_encoded(out: &mut String, byte: u8) {
    if is_unreserved(byte) {
        out.push(char::from(byte));
    } else {
        push_escaped(out, byte);
    }
}

/// Encodes all bytes but the unreserved ones.
pub(crate) fn encode(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for &byte in bytes {
        push_encoded(&mut out, byte);
    }
    out
}

/// Encodes all bytes but the unreserved ones and `/`.
pub(crate) fn encode_path(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for &byte in bytes {
        if byte == b'/' {
            out.push('/');
        } else {
            push_encoded(&mut out, byte);
        }
    }
    out
}

/// Decodes a part of a query string: `%XX`, and `+` as a space.
///
/// # Errors
///
/// If a `%` is not followed by two hexadecimal digits.
pub(crate) fn decode_query(text: &str) -> Result<Vec<u8>, EscapeFault> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'%' => {
                let (Some(&high), Some(&low)) = (bytes.get(at + 1), bytes.get(at + 2)) else {
                    return Err(EscapeFault::Incomplete);
                };
                let (Some(high_value), Some(low_value)) = (hex_value(high), hex_value(low)) else {
                    let digits = String::from_utf8_lossy(&[high, low]).into_owned();
                    return Err(EscapeFault::IllegalHex { digits });
                };
                out.push(high_value * 16 + low_value);
                at += 3;
            }
            b'+' => {
                out.push(b' ');
                at += 1;
            }
            _ => {
                out.push(byte);
                at += 1;
            }
        }
    }
    Ok(out)
}

/// Decodes what can be decoded and leaves the rest as it stands; `+` is no space here.
pub(crate) fn decode_lossy(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let escape = match bytes.get(at..at + 3) {
            Some([b'%', high, low]) => hex_value(*high).zip(hex_value(*low)),
            _ => None,
        };
        if let Some((high, low)) = escape {
            out.push(high * 16 + low);
            at += 3;
        } else {
            out.push(byte);
            at += 1;
        }
    }
    out
}

/// Lower-case hexadecimal, the form of hashes and signatures.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() * 2);
    for &byte in bytes {
        push_hex(&mut out, byte);
    }
    out
}

/// Appends two lower-case digits.
pub(crate) fn push_hex(out: &mut String, byte: u8) {
    out.push(char::from(HEX_LOWER[usize::from(byte >> 4)]));
    out.push(char::from(HEX_LOWER[usize::from(byte & 15)]));
}

pub(crate) const fn hex_value(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}
