//! Checks JSON against a JSON schema, as far as our own schemas go; a word of a schema that is not known here fails the test.

use std::fs;
use std::path::Path;

use serde_json::Value;

/// A schema.
pub(crate) struct Schema(Value);

/// Reads a schema.
pub(crate) fn read(path: &Path) -> Schema {
    let text = fs::read_to_string(path).expect("the schema is there");
    Schema(serde_json::from_str(&text).expect("the schema is JSON"))
}

impl Schema {
    /// Fails the test if a JSON text is not as a part of the schema (`#/$defs/case`, `#` for the whole) says.
    pub(crate) fn check(&self, part: &str, text: &str) {
        let value = serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"));
        self.value(self.part(part), &value, part);
    }

    fn part(&self, part: &str) -> &Value {
        let path = part.trim_start_matches('#');
        self.0.pointer(path).unwrap_or_else(|| panic!("the schema has no {part}"))
    }

    fn value(&self, schema: &Value, value: &Value, place: &str) {
        for (word, rule) in schema.as_object().expect("a schema is an object") {
            let fits = match word.as_str() {
                "$schema" | "$defs" | "title" | "description" => true,
                "$ref" => {
                    self.value(self.part(rule.as_str().expect("a path")), value, place);
                    true
                }
                "anyOf" => {
                    rule.as_array().expect("a list").iter().any(|one| match one.get("type") {
                        Some(kind) => is(kind, value),
                        None => {
                            !value.is_null() && {
                                self.value(one, value, place);
                                true
                            }
                        }
                    })
                }
                "const" => value == rule,
                "enum" => rule.as_array().expect("a list").contains(value),
                "items" => {
                    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                        self.value(rule, item, &format!("{place}[{index}]"));
                    }
                    true
                }
                "minimum" => value.is_null() || value.as_i64() >= rule.as_i64(),
                "properties" => {
                    for (name, rule) in rule.as_object().expect("a map") {
                        if let Some(value) = value.get(name) {
                            self.value(rule, value, &format!("{place}.{name}"));
                        }
                    }
                    // A report holds nothing that its schema does not tell; only events do, by their kind.
                    let known = |name| rule.get(name).is_some() || rule.get("at_us").is_some();
                    value.as_object().expect("an object").keys().all(known)
                }
                "required" => {
                    let names = rule.as_array().expect("a list").iter();
                    names.filter_map(Value::as_str).all(|name| value.get(name).is_some())
                }
                "type" => is(rule, value),
                word => panic!("the schema uses {word}, which this check does not know"),
            };
            assert!(fits, "{place}: {value} breaks {word}: {rule}");
        }
    }
}

fn is(kinds: &Value, value: &Value) -> bool {
    let is = |kind: &str| match kind {
        "array" => value.is_array(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_u64() || value.is_i64(),
        "null" => value.is_null(),
        "object" => value.is_object(),
        "string" => value.is_string(),
        kind => panic!("the schema uses the type {kind}, which this check does not know"),
    };
    match kinds {
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).any(is),
        kind => is(kind.as_str().expect("a type is a word")),
    }
}
