//! The reference page of the scenario format, made from the tables that check files.

use std::fmt::Write;

use fake_shadow::fault::Kind;

use super::fault_keys::{FaultKeys, KINDS};
use super::field::{Field, Need, Shape};
use super::matcher::MATCHERS;
use super::top::{COMMON, TOP};
use crate::engine::steps::VERBS;

/// The page in Markdown.
#[must_use]
pub fn reference() -> String {
    let mut page = INTRODUCTION.to_owned();
    // Writing into a text does not fail.
    let _infallible = write(&mut page);
    page
}

const INTRODUCTION: &str = "\
# Scenario reference

One YAML file is one test case for one device. This page is made from the tables that check files: `cargo shadowrig schema --markdown`.

- A plain string is a literal; a map with one `$` key is a matcher. Objects match partially unless `exact: true`, lists match whole.
- A duration carries its unit: `250ms`, `5s`, `2m30s`.
- `${name}` is a value of `vars`, of the row of the `matrix` (`${matrix.name}`), of a `capture`, or of a named group of a regular
  expression; `${name.key.0}` leads into a value that is a map or a list. A text that is only `${name}` keeps the type of the value. In
  a regular expression the values of `vars` and `matrix` are part of the expression; a captured one stands for exactly its text.
- Everything observed goes into one log. An `expect-...` looks forward from where the last one of its stream matched, takes what is
  already there, and waits for the rest.
- The first failure ends the steps; `finally` always runs. An armed fault that was never met fails the file.
- `on`, `off`, `yes`, `no`, `y` and `n` without quotes are refused: readers of YAML disagree about them.

";

fn write(page: &mut String) -> std::fmt::Result {
    writeln!(page, "## At the top\n")?;
    fields(page, TOP, 0)?;
    writeln!(page, "\n## Beside every verb\n")?;
    fields(page, COMMON, 0)?;
    writeln!(page, "\n## Verbs\n")?;
    for verb in VERBS {
        writeln!(
            page,
            "### `{}`\n\n{}\n\n```yaml\n- {}\n```\n",
            verb.name, verb.doc, verb.example
        )?;
        writeln!(page, "Takes {}.\n", verb.shape.words())?;
        let before = page.len();
        inner(page, &verb.shape, 0)?;
        if !verb.beside.is_empty() {
            writeln!(page, "- beside it:")?;
            fields(page, verb.beside, 1)?;
        }
        if page.len() > before {
            writeln!(page)?;
        }
    }
    writeln!(page, "## Matchers\n\n| matcher | takes |\n| --- | --- |")?;
    for (name, doc) in MATCHERS {
        writeln!(page, "| `{name}` | {doc} |")?;
    }
    faults(page)
}

fn faults(page: &mut String) -> std::fmt::Result {
    writeln!(
        page,
        "\n## Faults\n\nWhat a kind takes stands behind it as a map, or beside it; the first of its keys may stand for itself.\n"
    )?;
    for (FaultKeys { kind, keys, examples }, (_, sentence)) in KINDS.iter().zip(Kind::SENTENCES) {
        let examples: Vec<_> = examples.iter().map(|it| format!("`fault: {it}`")).collect();
        writeln!(page, "- `{kind}`: {sentence} As {}.", examples.join(", "))?;
        fields(page, keys, 1)?;
    }
    Ok(())
}

fn fields(page: &mut String, fields: &[Field], depth: usize) -> std::fmt::Result {
    for field in fields {
        let need = match field.need {
            Need::Required => " (required)",
            Need::Optional => "",
        };
        let indent = "  ".repeat(depth);
        writeln!(
            page,
            "{indent}- `{}`{need}: {}. Takes {}.",
            field.name,
            field.doc,
            field.shape.words()
        )?;
        inner(page, &field.shape, depth + 1)?;
    }
    Ok(())
}

/// The keys of the maps in a shape; wanted requests are described once, with `expect-request`.
fn inner(page: &mut String, shape: &Shape, depth: usize) -> std::fmt::Result {
    match shape {
        Shape::AnyKeys(shape) | Shape::List(shape) => inner(page, shape, depth),
        Shape::Map(map) => fields(page, map, depth),
        Shape::OneOf(shapes) => shapes.iter().try_for_each(|shape| inner(page, shape, depth)),
        Shape::Amount(_)
        | Shape::Choice(_)
        | Shape::Fault
        | Shape::Json
        | Shape::Line
        | Shape::Object
        | Shape::Path
        | Shape::Pattern
        | Shape::Percent
        | Shape::Provision
        | Shape::Regex
        | Shape::Request
        | Shape::SignedSpan
        | Shape::Span
        | Shape::Steps
        | Shape::Text
        | Shape::Topic
        | Shape::TopicFilter
        | Shape::TrueFalse
        | Shape::Integer
        | Shape::Number
        | Shape::Whole => Ok(()),
    }
}
