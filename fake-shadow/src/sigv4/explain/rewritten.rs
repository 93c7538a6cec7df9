//! A body's JSON as other libraries write it.

use std::fmt::Write as _;
use std::io;

use serde::Serialize as _;
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter, Serializer};
use serde_json::{Map, Value};

/// In how many ways [`rewritten`] writes.
pub(super) const REWRITINGS: usize = 16;

/// The body's JSON written in another way: by one of four formatters, with keys as they come or sorted, with characters beyond
/// ASCII as they are or escaped, which is what Python's `json.dumps` does.
pub(super) fn rewritten(body: &[u8], way: usize) -> Option<Vec<u8>> {
    let value: Value = serde_json::from_slice(body).ok()?;
    let value = if (way / 4).is_multiple_of(2) { value } else { sorted(value) };
    let text = match way % 4 {
        0 => write(&value, CompactFormatter),
        1 => write(&value, Spaced),
        2 => write(&value, PrettyFormatter::new()),
        _ => write(&value, PrettyFormatter::with_indent(b"    ")),
    }?;
    if way < REWRITINGS / 2 { Some(text) } else { escaped(&text) }
}

/// JSON with all characters beyond ASCII as `\u` and four digits of UTF-16.
fn escaped(json: &[u8]) -> Option<Vec<u8>> {
    let mut out = String::with_capacity(json.len());
    for character in str::from_utf8(json).ok()?.chars() {
        if character.is_ascii() {
            out.push(character);
            continue;
        }
        for unit in character.encode_utf16(&mut [0; 2]) {
            // Writing to a string cannot fail.
            let _ = write!(out, "\\u{unit:04x}");
        }
    }
    Some(out.into_bytes())
}

fn write(value: &Value, formatter: impl Formatter) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    value.serialize(&mut Serializer::with_formatter(&mut out, formatter)).ok()?;
    Some(out)
}

/// The same value with the keys of all objects sorted.
fn sorted(value: Value) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(sorted).collect(),
        Value::Object(members) => {
            let mut members: Vec<(String, Value)> = members.into_iter().collect();
            members.sort_by(|left, right| left.0.cmp(&right.0));
            let members = members.into_iter().map(|(key, member)| (key, sorted(member)));
            Value::Object(members.collect::<Map<String, Value>>())
        }
        other => other,
    }
}

/// Writes a space behind each comma and colon, as Python's `json.dumps` does.
struct Spaced;

impl Formatter for Spaced {
    fn begin_array_value<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> io::Result<()> {
        if first { Ok(()) } else { writer.write_all(b", ") }
    }

    fn begin_object_key<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> io::Result<()> {
        if first { Ok(()) } else { writer.write_all(b", ") }
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b": ")
    }
}
