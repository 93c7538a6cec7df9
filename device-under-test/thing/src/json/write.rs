//! Text as a JSON string.

use crate::buffer::Buffer;
use crate::text::Text;

/// Appends `text` with its quotes; all that JSON does not allow in a string is escaped.
pub(crate) fn push_text(buffer: &mut Buffer<'_>, text: &str) {
    buffer.push_str("\"");
    for character in text.chars() {
        match character {
            '"' => buffer.push_str("\\\""),
            '\\' => buffer.push_str("\\\\"),
            '\0'..='\u{1f}' => {
                let mut escape = Text::<6>::of(&["\\u00"]);
                escape.push_hex(&[character as u8]);
                buffer.push_str(escape.as_str());
            }
            other => buffer.push_str(other.encode_utf8(&mut [0; 4])),
        }
    }
    buffer.push_str("\"");
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_written_is_read_back_by_an_independent_parser(text in any::<String>()) {
            let mut memory = [0; 4096];
            let mut buffer = Buffer::new(&mut memory);
            push_text(&mut buffer, &text);
            let read: String = serde_json::from_slice(buffer.written()).unwrap();
            prop_assert_eq!(read, text);
        }
    }
}
