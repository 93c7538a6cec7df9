//! The vocabulary of scenarios, word by word: it is as `fixtures/vocabulary.txt` says, each key is in the reference and in the
//! schema, and each is used by a scenario that runs.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use serde_json::Value;
use shadowrig::engine::steps::{VERBS, find};
use shadowrig::scenario::fault_keys::KINDS;
use shadowrig::scenario::field::{Field, Shape};
use shadowrig::scenario::matcher::MATCHERS;
use shadowrig::scenario::node::{Data, Node};
use shadowrig::scenario::top::{COMMON, TOP};
use shadowrig::scenario::{reference, schema, yaml};

use crate::support::{files, root};

/// Folders with scenarios that a test runs.
const RUN: &[&str] = &[
    "scenarios",
    "fixtures/scenarios/passing",
    "fixtures/scenarios/failing",
    "fixtures/scenarios/observed",
    "fixtures/scenarios/skipped",
    "fixtures/scenarios/contract",
    "fixtures/scenarios/parts",
];

/// All keys, each with the table that it stands in: a table that several places share is told at its first one.
#[derive(Default)]
struct Words {
    /// Paths by their table and the key.
    keys: BTreeMap<(String, &'static str), String>,
}

/// What tells a table from others: its sentences.
fn table_of(fields: &[Field]) -> String {
    fields.iter().map(|field| field.doc).collect()
}

impl Words {
    fn all() -> Self {
        let mut words = Self::default();
        words.table(TOP, "top");
        words.table(COMMON, "beside");
        for verb in VERBS {
            words.keys.insert(("verb".into(), verb.name), format!("verb {}", verb.name));
            words.shape(&verb.shape, verb.name);
            words.table(verb.beside, verb.name);
        }
        for (name, _) in MATCHERS {
            words.keys.insert(("matcher".into(), name), format!("matcher {name}"));
        }
        for kind in KINDS {
            words.keys.insert(("fault".into(), kind.kind), format!("fault {}", kind.kind));
            words.table(kind.keys, &format!("fault {}", kind.kind));
        }
        words
    }

    fn table(&mut self, fields: &'static [Field], place: &str) {
        for field in fields {
            let path = format!("{place} {}", field.name);
            if let std::collections::btree_map::Entry::Vacant(entry) =
                self.keys.entry((table_of(fields), field.name))
            {
                entry.insert(path.clone());
                self.shape(&field.shape, &path);
            }
        }
    }

    fn shape(&mut self, shape: &'static Shape, place: &str) {
        match shape {
            Shape::Map(fields) => self.table(fields, place),
            Shape::AnyKeys(inner) | Shape::List(inner) => self.shape(inner, place),
            Shape::OneOf(shapes) => shapes.iter().for_each(|shape| self.shape(shape, place)),
            _ => {}
        }
    }

    fn paths(&self) -> BTreeSet<&str> {
        self.keys.values().map(String::as_str).collect()
    }
}

/// Walks a file along the tables, and notes each key that it uses.
#[derive(Default)]
struct Used(BTreeSet<(String, String)>);

impl Used {
    fn table(&mut self, fields: &[Field], node: &Node) {
        for (key, value) in node.entries() {
            if let Some(field) = fields.iter().find(|field| field.name == key.name) {
                self.0.insert((table_of(fields), key.name.clone()));
                self.shape(&field.shape, value);
            }
        }
    }

    fn shape(&mut self, shape: &Shape, node: &Node) {
        match shape {
            Shape::Map(fields) => self.table(fields, node),
            Shape::AnyKeys(inner) => {
                node.entries().iter().for_each(|(_, value)| self.shape(inner, value));
            }
            Shape::List(inner) => node.items().iter().for_each(|item| self.shape(inner, item)),
            Shape::OneOf(shapes) => shapes.iter().for_each(|shape| self.shape(shape, node)),
            Shape::Steps => node.items().iter().for_each(|step| self.step(step)),
            Shape::Fault => self.fault(node),
            Shape::Pattern | Shape::Line => self.pattern(node),
            _ => {}
        }
    }

    fn step(&mut self, step: &Node) {
        self.table(COMMON, step);
        for (key, value) in step.entries() {
            if let Some(verb) = find(&key.name) {
                self.0.insert(("verb".into(), verb.name.to_owned()));
                self.table(verb.beside, step);
                self.shape(&verb.shape, value);
            }
        }
    }

    fn fault(&mut self, node: &Node) {
        for kind in KINDS {
            let inner = node.get(kind.kind);
            if node.text() != Some(kind.kind) && inner.is_none() {
                continue;
            }
            self.0.insert(("fault".into(), kind.kind.to_owned()));
            // The first key may stand for itself.
            if let (Some(first), Some(inner)) = (kind.keys.first(), inner)
                && !matches!(inner.data, Data::Map(_) | Data::Bool(_) | Data::Null)
            {
                self.0.insert((table_of(kind.keys), first.name.to_owned()));
            }
            [Some(node), inner].into_iter().flatten().for_each(|node| self.table(kind.keys, node));
        }
    }

    /// Matchers, however deep they stand.
    fn pattern(&mut self, node: &Node) {
        let items = if matches!(node.data, Data::List(_)) { node.items() } else { &[] };
        items.iter().for_each(|item| self.pattern(item));
        for (key, value) in node.entries() {
            if key.name.starts_with('$') {
                self.0.insert(("matcher".into(), key.name.clone()));
            }
            self.pattern(value);
        }
    }
}

#[test]
fn the_vocabulary_is_as_it_is_written_down() {
    let words = Words::all();
    let path = root().join("fixtures/vocabulary.txt");
    let text = fs::read_to_string(&path).unwrap_or_default();
    let (head, _) = text.split_once("\n\n").unwrap_or((text.trim_end(), ""));
    let paths: Vec<_> = words.paths().into_iter().collect();
    let wanted = format!("{head}\n\n{}\n", paths.join("\n"));
    if std::env::var("INSTA_UPDATE").is_ok_and(|update| update == "always") {
        fs::write(&path, &wanted).expect("it can be written");
    }
    let stored: BTreeSet<_> = text.lines().filter(|line| !line.starts_with('#')).collect();
    let missing: Vec<_> =
        stored.iter().filter(|line| !line.is_empty() && !words.paths().contains(*line)).collect();
    assert!(missing.is_empty(), "words that scenarios of users may have are gone: {missing:#?}");
    assert!(
        text == wanted,
        "write the new words down: INSTA_UPDATE=always cargo test -p shadowrig vocabulary"
    );
}

#[test]
fn every_word_is_in_the_reference_and_in_the_schema() {
    let page = reference::reference();
    let schema = schema::schema();
    let mut known = BTreeSet::new();
    collect_keys(&schema, &mut known);
    for (_, name) in Words::all().keys.keys() {
        assert!(page.contains(&format!("`{name}`")), "the reference has no `{name}`");
        assert!(known.contains(*name), "the schema has no `{name}`");
    }
}

fn collect_keys(value: &Value, known: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                known.insert(key.clone());
                collect_keys(value, known);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect_keys(item, known)),
        _ => {}
    }
}

#[test]
fn every_word_is_used_by_a_scenario_that_a_test_runs() {
    let mut used = Used::default();
    for (name, text) in RUN.iter().flat_map(|folder| files(folder)) {
        let Ok(node) = yaml::parse(&text, 0) else { continue };
        used.table(TOP, &node);
        // A matrix fills in whole steps and faults; what it holds is looked at for itself.
        for (key, value) in node.get("matrix").map_or(&[][..], Node::entries) {
            assert!(!key.name.is_empty(), "{name}");
            value.items().iter().for_each(|item| used.fault(item));
        }
    }
    let words = Words::all();
    let unused: BTreeSet<_> = words
        .keys
        .iter()
        .filter(|((table, key), _)| !used.0.contains(&(table.clone(), (*key).to_owned())))
        .map(|(_, path)| path.as_str())
        .collect();
    assert!(unused.is_empty(), "no scenario that a test runs uses {unused:#?}");
}
