//! What a firmware is told by keys of its NVS partition: `provision` of `firmware` and of `flash`.

#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::node::{Data, Node, Span};
use super::problem::{Problem, ProblemKind};
use super::scope::collect_names;
use super::template::{self, Variables};
use crate::nvs::{NAME_BYTES_MAX, Value};

/// What the rig knows when a board is flashed, in the names that a program finds in its environment.
pub const RIG_VARIABLES: &[&str] = &[
    "AWS_ACCESS_KEY_ID",
    "AWS_REGION",
    "AWS_SECRET_ACCESS_KEY",
    "SHADOWRIG_CA",
    "SHADOWRIG_ENDPOINT",
    "SHADOWRIG_HOST",
    "SHADOWRIG_NAME_SERVER",
    "SHADOWRIG_NTP_SERVER",
    "SHADOWRIG_PORT",
    "SHADOWRIG_THING_NAME",
    "SHADOWRIG_WIFI_PASSWORD",
    "SHADOWRIG_WIFI_SSID",
];

/// Those of them that must not stay on a board, nor be shown.
const SECRETS: &[&str] = &["AWS_SECRET_ACCESS_KEY", "SHADOWRIG_WIFI_PASSWORD"];

/// The namespace in which the rig notes what it has to take off again.
pub const NOTE_NAMESPACE: &str = "shadowrig";

/// The types of values, in the words of Espressif's generator.
pub const TYPES: &[&str] =
    &["base64", "hex2bin", "i16", "i32", "i64", "i8", "string", "u16", "u32", "u64", "u8"];

/// What a value of `provision` is, in words for a message.
pub const VALUE_WORDS: &str = "a text, or a value with its type as { u16: 8080 }, { u8: 1 } or { base64: 'AQID' }: \
                               firmware finds a key only by the type that it has";

/// One key with its value. `Debug` hides the value.
#[derive(Clone, PartialEq, Eq)]
pub struct Setting {
    /// The namespace.
    pub namespace: String,
    /// The key.
    pub key: String,
    /// The word for its type, one of [`TYPES`].
    pub kind: String,
    /// The value as text, possibly with `${name}` in it.
    pub text: String,
    /// Whether it must not be shown, nor stay on the board.
    pub is_secret: bool,
}

impl std::fmt::Debug for Setting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}: {} (hidden)", self.namespace, self.key, self.kind)
    }
}

impl Setting {
    /// The same with what is known filled in.
    #[must_use]
    pub fn filled(&self, known: &Variables) -> Self {
        Self { text: template::plain(&template::fill(&self.text, known)), ..self.clone() }
    }

    /// What goes into the partition.
    ///
    /// # Errors
    ///
    /// What the text is not, in words that stand behind "it is not".
    pub fn value(&self) -> Result<Value, &'static str> {
        fn number<T: std::str::FromStr>(
            text: &str,
            words: &'static str,
        ) -> Result<T, &'static str> {
            text.parse().map_err(|_| words)
        }
        let text = self.text.as_str();
        match self.kind.as_str() {
            "u8" => number(text, "a whole number from 0 to 255").map(Value::U8),
            "i8" => number(text, "a whole number from -128 to 127").map(Value::I8),
            "u16" => number(text, "a whole number from 0 to 65535").map(Value::U16),
            "i16" => number(text, "a whole number from -32768 to 32767").map(Value::I16),
            "u32" => number(text, "a whole number of 32 bits from 0").map(Value::U32),
            "i32" => number(text, "a whole number of 32 bits").map(Value::I32),
            "u64" => number(text, "a whole number of 64 bits from 0").map(Value::U64),
            "i64" => number(text, "a whole number of 64 bits").map(Value::I64),
            "hex2bin" => hex(text).ok_or("pairs of hexadecimal digits").map(Value::Blob),
            "base64" => STANDARD.decode(text).map_err(|_| "base64").map(Value::Blob),
            _ => Ok(Value::Text(text.as_bytes().to_vec())),
        }
    }

    /// The names that are still to be filled in.
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        template::names(&self.text)
    }
}

fn hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> =
        text.chars().map(|c| c.to_digit(16).map(|digit| digit as u8)).collect();
    let digits = digits.filter(|digits| digits.len().is_multiple_of(2))?;
    Some(digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}

/// Reads a checked `provision`.
#[must_use]
pub fn read(node: Option<&Node>) -> Vec<Setting> {
    let namespaces = node.map_or(&[][..], Node::entries);
    let keys = namespaces.iter().flat_map(|(namespace, keys)| {
        keys.entries().iter().map(move |(key, value)| (&namespace.name, &key.name, value))
    });
    keys.filter_map(|(namespace, key, value)| {
        let (kind, text) = typed(value)?;
        let is_secret = template::names(&text)
            .iter()
            .any(|name| SECRETS.contains(name) || name.starts_with("secrets."));
        let (namespace, key) = (namespace.clone(), key.clone());
        Some(Setting { namespace, key, kind: kind.to_owned(), text, is_secret })
    })
    .collect()
}

/// The type and the text of a value; `None` for what is neither.
fn typed(node: &Node) -> Option<(&str, String)> {
    let scalar = |node: &Node| match &node.data {
        Data::Text(text) => Some(text.clone()),
        Data::Number(number) => Some(number.to_string()),
        Data::Null | Data::Bool(_) | Data::List(_) | Data::Map(_) => None,
    };
    match &node.data {
        Data::Text(text) => Some(("string", text.clone())),
        Data::Map(entries) => match entries.as_slice() {
            [(kind, value)] if TYPES.contains(&kind.name.as_str()) => {
                Some((kind.name.as_str(), scalar(value)?))
            }
            _ => None,
        },
        Data::Null | Data::Bool(_) | Data::List(_) | Data::Number(_) => None,
    }
}

/// Adds to `problems` all that is wrong with a `provision`.
pub fn check(node: &Node, problems: &mut Vec<Problem>) {
    let wrong_kind = |node: &Node, wanted: &str| {
        let got = node.text().map_or_else(|| node.kind().to_owned(), |text| format!("`{text}`"));
        Problem::new(node.span, ProblemKind::WrongKind { wanted: wanted.to_owned(), got })
    };
    if !matches!(node.data, Data::Map(_)) {
        problems.push(wrong_kind(node, "a map of namespaces, each a map of keys"));
        return;
    }
    for (namespace, keys) in node.entries() {
        check_name("a namespace", (&namespace.name, namespace.span), problems);
        if namespace.name == NOTE_NAMESPACE {
            let (what, range) = ("a namespace", "any but the one in which the rig keeps its note");
            let kind = ProblemKind::OutOfRange { what, text: namespace.name.clone(), range };
            problems.push(Problem::new(namespace.span, kind));
        }
        if !matches!(keys.data, Data::Map(_)) {
            problems.push(wrong_kind(keys, "a map of keys, each with its value"));
            continue;
        }
        for (key, value) in keys.entries() {
            check_name("a key of NVS", (&key.name, key.span), problems);
            let setting = typed(value).map(|(kind, text)| Setting {
                namespace: String::new(),
                key: String::new(),
                kind: kind.to_owned(),
                text,
                is_secret: false,
            });
            match setting {
                None => problems.push(wrong_kind(value, VALUE_WORDS)),
                Some(setting) if setting.names().is_empty() => {
                    if let Err(wanted) = setting.value() {
                        let wanted = format!("{wanted}, for `{}`", setting.kind);
                        let got = format!("`{}`", setting.text);
                        let kind = ProblemKind::WrongKind { wanted, got };
                        problems.push(Problem::new(value.span, kind));
                    }
                }
                Some(_) => {}
            }
        }
    }
}

fn check_name(what: &'static str, (name, span): (&str, Span), problems: &mut Vec<Problem>) {
    if name.is_empty() || name.len() > NAME_BYTES_MAX || name.contains('\0') {
        let range = "a name of 1 to 15 bytes";
        let kind = ProblemKind::OutOfRange { what, text: format!("`{name}`"), range };
        problems.push(Problem::new(span, kind));
    }
}

/// The names that a file's provisions ask for; `None` where nothing is provisioned.
#[must_use]
pub fn asked(root: &Node) -> Option<BTreeSet<String>> {
    let mut asked = None;
    let mut left: Vec<&Node> = vec![root];
    while let Some(node) = left.pop() {
        match &node.data {
            Data::Map(entries) => {
                for (key, value) in entries {
                    if matches!(key.name.as_str(), "firmware" | "flash")
                        && let Some(provision) = value.get("provision")
                    {
                        collect_names(provision, asked.get_or_insert_with(BTreeSet::new));
                    }
                    left.push(value);
                }
            }
            Data::List(items) => left.extend(items),
            Data::Null | Data::Bool(_) | Data::Number(_) | Data::Text(_) => {}
        }
    }
    asked
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(kind: &str, text: &str, expected: &Result<Value, &'static str>) {
        let setting = Setting {
            namespace: "n".into(),
            key: "k".into(),
            kind: kind.into(),
            text: text.into(),
            is_secret: false,
        };
        assert!(setting.value() == *expected, "{kind} {text}: {:?}", setting.value());
    }

    #[test]
    fn values_have_the_type_that_is_written() {
        check("u8", "255", &Ok(Value::U8(255)));
        check("u8", "256", &Err("a whole number from 0 to 255"));
        check("i8", "-128", &Ok(Value::I8(-128)));
        check("u16", "8080", &Ok(Value::U16(8080)));
        check("i64", "-1", &Ok(Value::I64(-1)));
        check("u32", "0x10", &Err("a whole number of 32 bits from 0"));
        check("string", "8080", &Ok(Value::Text(b"8080".to_vec())));
        check("hex2bin", "00fF", &Ok(Value::Blob(vec![0, 255])));
        check("hex2bin", "0", &Err("pairs of hexadecimal digits"));
        check("base64", "AQID", &Ok(Value::Blob(vec![1, 2, 3])));
        check("base64", "AQ", &Err("base64"));
    }

    #[test]
    fn debug_hides_the_value() {
        let setting = Setting {
            namespace: "wifi".into(),
            key: "password".into(),
            kind: "string".into(),
            text: "opensesame".into(),
            is_secret: true,
        };
        assert_eq!(format!("{setting:?}"), "wifi/password: string (hidden)");
    }
}
