//! TOML text to a tree in which every key and value knows its place. The only module that knows which TOML library reads it.

#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

use std::ops::Range;

use serde_json::Number;
use toml_edit::{Document, Item, TableLike, Value};

use crate::scenario::node::{Data, Key, Node, Span};
use crate::scenario::problem::{Problem, ProblemKind};

/// Reads a TOML document.
///
/// # Errors
///
/// The first place where the text is not TOML, a key that stands twice included.
pub fn parse(text: &str) -> Result<Node, Box<Problem>> {
    let reader = Reader { text };
    match Document::parse(text) {
        Ok(document) => {
            Ok(Node { span: reader.span(Some(0..0)), data: reader.table(document.as_table()) })
        }
        Err(error) => {
            let reason = error.message().lines().next().unwrap_or_default().to_owned();
            let span = reader.span(error.span());
            Err(Box::new(Problem::new(span, ProblemKind::NotToml { reason })))
        }
    }
}

struct Reader<'a> {
    text: &'a str,
}

impl Reader<'_> {
    fn span(&self, range: Option<Range<usize>>) -> Span {
        let range = range.unwrap_or(0..0);
        let start = self.text.floor_char_boundary(range.start);
        let before = self.text.get(..start).unwrap_or_default();
        let line = before.rsplit('\n').next().unwrap_or_default();
        Span {
            start,
            len: range.end.saturating_sub(range.start),
            line: before.matches('\n').count() + 1,
            column: line.chars().count() + 1,
            ..Span::default()
        }
    }

    fn table(&self, table: &dyn TableLike) -> Data {
        let entries = table.iter().filter_map(|(name, _)| table.get_key_value(name));
        let entries = entries.map(|(key, item)| {
            let key = Key { span: self.span(key.span()), name: key.get().to_owned() };
            let node = self.item(item, key.span);
            (key, node)
        });
        Data::Map(entries.collect())
    }

    /// An item; `key` is its place where it has none of its own, as a table made by dotted keys.
    fn item(&self, item: &Item, key: Span) -> Node {
        let span = item.span().map_or(key, |range| self.span(Some(range)));
        let data = match item {
            Item::None => Data::Null,
            Item::Value(value) => self.value(value, key),
            Item::Table(table) => self.table(table),
            Item::ArrayOfTables(tables) => {
                let node = |table: &toml_edit::Table| Node {
                    span: table.span().map_or(key, |range| self.span(Some(range))),
                    data: self.table(table),
                };
                Data::List(tables.iter().map(node).collect())
            }
        };
        Node { span, data }
    }

    fn value(&self, value: &Value, key: Span) -> Data {
        match value {
            Value::String(text) => Data::Text(text.value().clone()),
            Value::Integer(number) => Data::Number((*number.value()).into()),
            Value::Float(number) => {
                Number::from_f64(*number.value()).map_or(Data::Null, Data::Number)
            }
            Value::Boolean(value) => Data::Bool(*value.value()),
            Value::Datetime(date) => Data::Text(date.value().to_string()),
            Value::Array(items) => {
                let node = |value: &Value| Node {
                    span: value.span().map_or(key, |range| self.span(Some(range))),
                    data: self.value(value, key),
                };
                Data::List(items.iter().map(node).collect())
            }
            Value::InlineTable(table) => self.table(table),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn keys_and_values_know_their_lines_and_columns() {
        let root = parse("# boards\n[[board]]\nname = \"a\"\nusb = { path = \"1-1\" }\n").unwrap();
        let board = &root.get("board").unwrap().items()[0];
        let (key, value) = board.entry("name").unwrap();
        assert_eq!((key.span.line, key.span.column), (3, 1));
        assert_eq!((value.span.line, value.span.column), (3, 8));
        let (key, value) = board.get("usb").unwrap().entry("path").unwrap();
        assert_eq!((key.span.line, key.span.column, value.text()), (4, 9, Some("1-1")));
    }

    #[test]
    fn what_is_not_toml_is_told_with_its_place() {
        let problem = parse("[[board]]\nname = shade\n").unwrap_err();
        assert_eq!((problem.span.line, problem.span.column), (2, 8));
        let problem = parse("[[board]]\nname = \"a\"\nname = \"b\"\n").unwrap_err();
        assert_eq!(problem.span.line, 3);
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "\\PC*") {
            let _whatever = parse(&text);
        }
    }
}
