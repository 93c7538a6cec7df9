//! Values that no output may show, and what is put in their place.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use serde_json::{Map, Value};

/// What stands for a secret, as in the logs of CI systems.
pub const MASKED: &str = "***";

/// The least length of a secret, in bytes. A shorter one would be found in every other line, and masking it would tell it.
pub const LENGTH_MIN: usize = 4;

/// Finds secrets in texts, in the forms in which they travel: as they are, escaped in JSON, percent-encoded and in base64.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Mask {
    /// Longest first, so that a secret inside another leaves nothing of the longer one.
    forms: Vec<String>,
}

impl std::fmt::Debug for Mask {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Mask of {} forms", self.forms.len())
    }
}

impl Mask {
    /// A mask for these values; each line of one with several lines counts for itself too.
    #[must_use]
    pub fn new<'a>(values: impl IntoIterator<Item = &'a str>) -> Self {
        let mut forms: Vec<String> = values
            .into_iter()
            .flat_map(|value| std::iter::once(value).chain(value.lines()))
            .filter(|value| value.len() >= LENGTH_MIN)
            .flat_map(forms)
            .collect();
        forms.sort_by(|a, b| b.len().cmp(&a.len()).then(a.cmp(b)));
        forms.dedup();
        Self { forms }
    }

    /// A mask that hides what this one hides, and what the other does.
    #[must_use]
    pub fn with(&self, other: Self) -> Self {
        let mut forms = [self.forms.clone(), other.forms].concat();
        forms.sort_by(|a, b| b.len().cmp(&a.len()).then(a.cmp(b)));
        forms.dedup();
        Self { forms }
    }

    /// Whether there is nothing to hide.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.forms.is_empty()
    }

    /// The text with every secret masked.
    #[must_use]
    pub fn text(&self, text: &str) -> String {
        let mut masked = text.to_owned();
        // Taking one out may join two halves of another, so this goes on until nothing is left; each round makes the text shorter.
        while let Some(form) = self.forms.iter().find(|form| masked.contains(form.as_str())) {
            let put = if form.len() > MASKED.len() { MASKED } else { "" };
            masked = masked.replace(form.as_str(), put);
        }
        masked
    }

    /// The same in place.
    pub fn apply(&self, text: &mut String) {
        if self.forms.iter().any(|form| text.contains(form.as_str())) {
            *text = self.text(text);
        }
    }

    /// The text with every secret covered by as many stars, so that places in it stay where they are.
    #[must_use]
    pub fn cover(&self, text: &str) -> String {
        let mut covered = text.to_owned();
        for form in &self.forms {
            covered = covered.replace(form.as_str(), &"*".repeat(form.len()));
        }
        covered
    }

    /// The value with every secret masked: in texts, in keys, and in the digits of numbers.
    #[must_use]
    pub fn json(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.text(text)),
            Value::Number(number) => {
                let digits = number.to_string();
                let masked = self.text(&digits);
                if masked == digits { value.clone() } else { Value::String(masked) }
            }
            Value::Array(items) => Value::Array(items.iter().map(|item| self.json(item)).collect()),
            Value::Object(map) => Value::Object(
                map.iter()
                    .map(|(key, value)| (self.text(key), self.json(value)))
                    .collect::<Map<_, _>>(),
            ),
            Value::Null | Value::Bool(_) => value.clone(),
        }
    }
}

/// The forms in which a secret travels.
fn forms(value: &str) -> Vec<String> {
    let json = Value::String(value.to_owned()).to_string();
    let percent = |lower: bool| {
        let byte = |byte: u8| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(byte).to_string()
            }
            byte if lower => format!("%{byte:02x}"),
            byte => format!("%{byte:02X}"),
        };
        value.bytes().map(byte).collect::<String>()
    };
    vec![
        value.to_owned(),
        json.trim_matches('"').to_owned(),
        percent(false),
        percent(true),
        STANDARD.encode(value),
        STANDARD_NO_PAD.encode(value),
        URL_SAFE_NO_PAD.encode(value),
    ]
    .into_iter()
    .filter(|form| form.len() >= LENGTH_MIN)
    .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn check(secret: &str, text: &str, expected: &str) {
        assert_eq!(Mask::new([secret]).text(text), expected, "{text}");
    }

    #[test]
    fn a_secret_is_masked_in_the_forms_in_which_it_travels() {
        check("pa\"ss word", "<pa\"ss word>", "<***>");
        check("pa\"ss word", r#"{"p":"pa\"ss word"}"#, r#"{"p":"***"}"#);
        check("pa\"ss word", "p=pa%22ss%20word&x", "p=***&x");
        check("opensesame", "Basic b3BlbnNlc2FtZQ==", "Basic ***");
        check("12345678", "n=12345678.", "n=***.");
        check("first line\nsecond line", "it says second line here", "it says *** here");
    }

    #[test]
    fn what_is_too_short_to_be_masked_is_left() {
        check("abc", "abc", "abc");
    }

    #[test]
    fn numbers_and_keys_are_masked_too() {
        let masked =
            Mask::new(["12345678"]).json(&json!({ "k12345678": [12345678, "12345678", 5] }));
        assert_eq!(masked, json!({ "k***": ["***", "***", 5] }));
    }

    proptest! {
        #[test]
        fn no_text_holds_a_secret_when_it_is_masked(
            secret in "[ -~é\\n]{4,12}", before in "\\PC{0,12}", after in "\\PC{0,12}", twice in any::<bool>(),
        ) {
            let half = &secret[..secret.floor_char_boundary(secret.len() / 2)];
            let rest = &secret[half.len()..];
            // A secret inside the halves of itself comes together when the inner one goes.
            let text = if twice { format!("{before}{half}{secret}{rest}{after}") } else { format!("{before}{secret}{after}") };
            let mask = Mask::new([secret.as_str()]);
            prop_assert!(!mask.text(&text).contains(&secret));
            let covered = mask.cover(&text);
            prop_assert!(covered.len() == text.len());
            let json = mask.json(&json!([text]));
            prop_assert!(!json[0].as_str().unwrap().contains(&secret));
        }
    }
}
