//! The JSON schema of the scenario format, made from the tables that check files.

use std::collections::BTreeMap;

use fake_shadow::fault::Kind;
use serde_json::{Map, Value, json};

use super::fault_keys::{FaultKeys, KINDS};
use super::field::{Field, Need, Shape};
use super::matcher::{MATCHERS, TYPES};
use super::provision;
use super::top::{COMMON, TOP};
use crate::engine::steps::VERBS;

/// Where the schema says it lives.
const ID: &str = "scenario.v1.json";

/// The schema as JSON.
#[must_use]
pub fn schema() -> Value {
    let mut root = map_schema(TOP, "A Shadowrig scenario: one test case for one device.");
    if let Value::Object(root) = &mut root {
        root.insert("$schema".into(), "https://json-schema.org/draft/2020-12/schema".into());
        root.insert("$id".into(), ID.into());
        root.insert("title".into(), "Shadowrig scenario".into());
        root.insert("$defs".into(), json!({ "step": step(), "pattern": pattern() }));
        if let Some(version) = root.get_mut("properties").and_then(|all| all.get_mut("version")) {
            *version = json!({ "const": super::parse::VERSION, "description": "the version of the format" });
        }
    }
    root
}

fn step() -> Value {
    let mut properties = Map::new();
    for field in COMMON.iter().chain(VERBS.iter().flat_map(|verb| verb.beside)) {
        properties.insert(field.name.to_owned(), described(&field.shape, field.doc));
    }
    for verb in VERBS {
        let mut schema = described(&verb.shape, verb.doc);
        if let Value::Object(schema) = &mut schema {
            schema.insert("examples".into(), json!([verb.example]));
        }
        properties.insert(verb.name.to_owned(), schema);
    }
    let one_verb: Vec<_> = VERBS.iter().map(|verb| json!({ "required": [verb.name] })).collect();
    json!({
        "type": "object", "properties": properties, "additionalProperties": false, "oneOf": one_verb,
    })
}

/// A fault: a kind alone, or a map with a kind and its keys, which stand behind it or beside it.
fn fault() -> Value {
    let mut properties = Map::new();
    let mut beside: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    for (FaultKeys { kind, keys, .. }, (_, sentence)) in KINDS.iter().zip(Kind::SENTENCES) {
        let main = keys.first().map(|key| shape_schema(&key.shape));
        let alone = json!({ "enum": [true, null] });
        let shapes: Vec<_> =
            main.into_iter().chain([map_schema(&optional(keys), ""), alone]).collect();
        properties.insert((*kind).to_owned(), json!({ "anyOf": shapes, "description": sentence }));
        for key in *keys {
            let doc = format!("{kind}: {}", key.doc);
            beside.entry(key.name).or_default().push(described(&key.shape, &doc));
        }
    }
    for (name, shapes) in beside {
        let schema = properties.entry(name).or_insert_with(|| json!({ "anyOf": [] }));
        if let Some(Value::Array(known)) = schema.get_mut("anyOf") {
            known.extend(shapes);
        }
    }
    let kinds = json!({ "enum": Kind::NAMES });
    properties.insert("kind".into(), kinds.clone());
    json!({ "anyOf": [
        { "type": "object", "properties": properties, "additionalProperties": false },
        kinds,
        { "type": "string", "pattern": "^\\$\\{" },
    ] })
}

/// The same keys, none of which must be there: one may stand for itself.
fn optional(keys: &[Field]) -> Vec<Field> {
    keys.iter().map(|key| Field { need: Need::Optional, ..*key }).collect()
}

fn pattern() -> Value {
    let matchers: Map<String, Value> = MATCHERS
        .iter()
        .map(|(name, doc)| {
            let schema = match *name {
                "$any" => json!({ "enum": TYPES, "description": doc }),
                _ => json!({ "description": doc }),
            };
            ((*name).to_owned(), schema)
        })
        .collect();
    json!({ "description": "a value to compare with; a map with one $ key is a matcher",
            "properties": matchers })
}

fn map_schema(fields: &[Field], doc: &str) -> Value {
    let properties: Map<String, Value> = fields
        .iter()
        .map(|field| (field.name.to_owned(), described(&field.shape, field.doc)))
        .collect();
    let required: Vec<_> = fields
        .iter()
        .filter(|field| field.need == Need::Required)
        .map(|field| field.name)
        .collect();
    json!({
        "type": "object", "description": doc, "properties": properties, "required": required,
        "additionalProperties": false,
    })
}

fn described(shape: &Shape, doc: &str) -> Value {
    let mut schema = shape_schema(shape);
    if let Value::Object(schema) = &mut schema {
        schema.insert("description".into(), doc.into());
    }
    schema
}

fn shape_schema(shape: &Shape) -> Value {
    let text = |pattern: &str| json!({ "type": "string", "pattern": pattern });
    match shape {
        Shape::Amount(_) => text("^[0-9.]+ ?[a-zA-Zµμ]+$|^\\$\\{"),
        Shape::AnyKeys(inner) => {
            json!({ "type": "object", "additionalProperties": shape_schema(inner) })
        }
        Shape::Choice(words) => json!({ "anyOf": [{ "enum": words }, text("^\\$\\{")] }),
        Shape::Fault => fault(),
        Shape::Json => json!({}),
        Shape::Line | Shape::TopicFilter => {
            json!({ "anyOf": [{ "type": "string" }, { "$ref": "#/$defs/pattern" }] })
        }
        Shape::List(item) => {
            let item = shape_schema(item);
            json!({ "anyOf": [{ "type": "array", "items": item }, item] })
        }
        Shape::Map(fields) => map_schema(fields, ""),
        Shape::Object => json!({ "type": "object" }),
        Shape::OneOf(shapes) => {
            json!({ "anyOf": shapes.iter().map(shape_schema).collect::<Vec<_>>() })
        }
        Shape::Path => text("^\\$"),
        Shape::Pattern => json!({ "$ref": "#/$defs/pattern" }),
        Shape::Percent => text("^[0-9.]+%$|^\\$\\{"),
        Shape::Provision => {
            let scalar = json!({ "type": ["string", "number"] });
            let typed: Map<String, Value> =
                provision::TYPES.iter().map(|kind| ((*kind).to_owned(), scalar.clone())).collect();
            let typed = json!({
                "type": "object", "properties": typed, "additionalProperties": false,
                "minProperties": 1, "maxProperties": 1,
            });
            let value = json!({ "anyOf": [{ "type": "string" }, typed] });
            let keys = json!({ "type": "object", "additionalProperties": value });
            json!({ "type": "object", "additionalProperties": keys })
        }
        Shape::Regex => json!({ "type": "string", "format": "regex" }),
        Shape::Request => text("^(GET|POST|DELETE) (shadow(/.+)?|shadows)$|^\\$\\{"),
        Shape::SignedSpan => text("^[+-]?([0-9]+(\\.[0-9]+)?(ms|s|m|h|d) *)+$|^\\$\\{"),
        Shape::Span => text("^\\+?([0-9]+(\\.[0-9]+)?(ms|s|m|h|d) *)+$|^\\$\\{"),
        Shape::Steps => json!({ "type": "array", "items": { "$ref": "#/$defs/step" } }),
        Shape::Topic => text("^[^+#]+$"),
        Shape::Text => json!({ "type": ["string", "number"] }),
        Shape::TrueFalse => json!({ "anyOf": [{ "type": "boolean" }, text("^\\$\\{")] }),
        Shape::Number => json!({ "anyOf": [{ "type": "number" }, text("^\\$\\{")] }),
        Shape::Integer => json!({ "anyOf": [{ "type": "integer" }, text("^\\$\\{")] }),
        Shape::Whole => json!({ "anyOf": [{ "type": "integer", "minimum": 0 }, text("^\\$\\{")] }),
    }
}
