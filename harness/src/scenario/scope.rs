//! The names that steps define for the steps behind them.

use std::collections::{BTreeMap, BTreeSet};

use super::matcher::LITERAL;
use super::node::{Data, Node, Span};
use super::pattern::Pattern;
use super::provision::RIG_VARIABLES;
use super::template;

/// What the steps so far have defined.
#[derive(Debug, Clone, Default)]
pub(super) struct Scope {
    /// Variables, with the place of their `capture`; named groups have none, since they may be there for reading only.
    pub(super) captures: BTreeMap<String, Option<Span>>,
    /// Names of steps.
    pub(super) names: BTreeSet<String>,
}

impl Scope {
    /// The same with what the rig knows when a board is flashed.
    pub(super) fn with_rig(mut self) -> Self {
        self.captures.extend(RIG_VARIABLES.iter().map(|name| ((*name).to_owned(), None)));
        self
    }

    /// Whether a name is defined: a variable, or a path into what one holds, which shows only when it runs.
    pub(super) fn has(&self, name: &str) -> bool {
        let roots = name.match_indices('.').map(|(at, _)| &name[..at]);
        roots.chain([name]).any(|root| self.captures.contains_key(root))
    }

    /// Takes in what a step defines.
    pub(super) fn add(&mut self, node: &Node) {
        for (key, _) in node.get("capture").map_or(&[][..], Node::entries) {
            self.captures.insert(key.name.clone(), Some(key.span));
        }
        let mut groups = BTreeSet::new();
        collect_groups(node, &mut groups);
        for group in groups {
            self.captures.entry(group).or_insert(None);
        }
        self.names.extend(common_name(node));
    }
}

/// The name that a step gives itself.
pub(super) fn common_name(node: &Node) -> Option<String> {
    node.get("name").and_then(Node::text).map(str::to_owned)
}

/// The names of all variables that are used somewhere in a tree.
pub(super) fn collect_names(node: &Node, used: &mut BTreeSet<String>) {
    match &node.data {
        Data::Text(text) => used.extend(template::names(text).into_iter().map(str::to_owned)),
        Data::List(items) => items.iter().for_each(|item| collect_names(item, used)),
        Data::Map(entries) => {
            let filled = entries.iter().filter(|(key, _)| key.name != LITERAL);
            filled.for_each(|(_, value)| collect_names(value, used));
        }
        Data::Null | Data::Bool(_) | Data::Number(_) => {}
    }
}

/// The named groups of all regular expressions in a step.
fn collect_groups(node: &Node, groups: &mut BTreeSet<String>) {
    for (key, value) in node.entries() {
        if key.name == "$matches"
            && let Some(pattern) = value.text().and_then(|text| Pattern::read(text).ok())
        {
            groups.extend(pattern.groups());
        }
        collect_groups(value, groups);
    }
    if let Data::List(items) = &node.data {
        items.iter().for_each(|item| collect_groups(item, groups));
    }
}
