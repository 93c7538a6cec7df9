//! Text of a device for readers: nothing in it moves a cursor, turns the line around or hides.

/// The text with characters that cannot be seen made visible; line ends and tabs stay.
///
/// Control characters become their pictures (`␛`), those that turn or hide text their numbers (`\u{202e}`).
#[must_use]
pub fn visible(text: &str) -> String {
    let mut seen = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\t' => seen.push(c),
            '\0'..='\u{1f}' => {
                seen.push(char::from_u32(0x2400 + u32::from(c)).unwrap_or('\u{fffd}'))
            }
            '\u{7f}' => seen.push('\u{2421}'),
            '\u{80}'..='\u{9f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{fffe}'..='\u{ffff}' => seen.extend(c.escape_unicode()),
            _ => seen.push(c),
        }
    }
    seen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_is_shown() {
        assert_eq!(visible("\u{1b}[31mred\r\n\ttab é"), "␛[31mred␍\n\ttab é");
        assert_eq!(visible("a\u{202e}b\u{9b}c\u{7f}"), "a\\u{202e}b\\u{9b}c␡");
    }
}
