//! `vars` and `matrix`: known before the case runs, so they are filled in before anything is checked.

use serde_json::{Map, Value};

use super::matcher::LITERAL;
use super::node::{Data, Node, from_json};
use super::problem::{Problem, ProblemKind};
use super::template::{self, Variables};

/// The most cases that one file may make.
pub const ROWS_MAX: usize = 1000;

/// One row of a matrix: its values under `matrix.<name>`, and what to call it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Row {
    /// The values.
    pub values: Variables,
    /// What to call it, as `answer={"status":503}`; nothing where the file has no matrix.
    pub label: Option<String>,
}

/// All combinations of a matrix, the last key varying fastest; one empty row where there is none. Stops at [`ROWS_MAX`].
#[must_use]
pub fn rows(matrix: Option<&Node>) -> Vec<Row> {
    let mut rows = vec![Row::default()];
    for (key, values) in matrix.map_or(&[][..], Node::entries) {
        let mut longer = Vec::new();
        for row in &rows {
            for value in values.items() {
                let value = value.to_json();
                let label = format!("{}={}", key.name, template::plain(&value));
                let label =
                    row.label.as_ref().map_or(label.clone(), |row| format!("{row}, {label}"));
                let mut values = row.values.clone();
                values.insert(format!("matrix.{}", key.name), value);
                longer.push(Row { values, label: Some(label) });
            }
        }
        longer.truncate(ROWS_MAX);
        rows = longer;
    }
    rows
}

/// Adds to the problems what makes a matrix no case, or too many.
pub(super) fn check_matrix(matrix: Option<&Node>, problems: &mut Vec<Problem>) {
    let entries = matrix.map_or(&[][..], Node::entries);
    for (key, _) in entries.iter().filter(|(_, values)| values.items().is_empty()) {
        let what = "values here, so the matrix makes no case";
        problems.push(Problem::new(key.span, ProblemKind::Empty { what }));
    }
    let lengths = entries.iter().map(|(_, values)| values.items().len());
    let count = lengths.fold(1, usize::saturating_mul);
    if let Some(matrix) = matrix.filter(|_| count > ROWS_MAX) {
        let (what, range) = ("a matrix", "of 1000 cases at most");
        let kind = ProblemKind::OutOfRange { what, text: count.to_string(), range };
        problems.push(Problem::new(matrix.span, kind));
    }
}

/// The values of `vars`.
#[must_use]
pub fn vars(node: Option<&Node>) -> Variables {
    let entries = node.map_or(&[][..], Node::entries);
    entries.iter().map(|(key, value)| (key.name.clone(), value.to_json())).collect()
}

/// The tree with every `${name}` filled in that is known; the filled part keeps the place of the text.
#[must_use]
pub fn fill(node: &Node, known: &Variables) -> Node {
    let data = match &node.data {
        Data::Text(text) if text.contains("${") && !template::names(text).is_empty() => {
            let filled = template::fill(&text.replace("$${", "$$${"), known);
            return from_json(&filled, node.span);
        }
        Data::List(items) => Data::List(items.iter().map(|item| fill(item, known)).collect()),
        Data::Map(entries) => Data::Map(
            entries
                .iter()
                .map(|(key, value)| match key.name.as_str() {
                    LITERAL => (key.clone(), value.clone()),
                    _ => (key.clone(), fill(value, known)),
                })
                .collect(),
        ),
        Data::Null | Data::Bool(_) | Data::Number(_) | Data::Text(_) => node.data.clone(),
    };
    Node { span: node.span, data }
}

/// All values of a row and of `vars` as one JSON object, for a report.
#[must_use]
pub fn to_json(variables: &Variables) -> Value {
    Value::Object(variables.clone().into_iter().collect::<Map<_, _>>())
}
