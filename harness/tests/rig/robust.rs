//! Whatever a file holds, it is read or refused, and what is wrong with it can be drawn.

use crate::support::files;
use proptest::prelude::*;
use shadowrig::diagnostics::{Source, Style, problem};
use shadowrig::scenario;

/// Reads a text and draws all that is wrong with it.
fn read_and_draw(text: &str) -> usize {
    let parsed = scenario::parse(text, "any.yaml");
    assert!(
        parsed.is_good() != parsed.plans.is_empty(),
        "good files have cases, bad ones have none"
    );
    let source = Source { path: "any.yaml", text };
    parsed.problems.iter().map(|found| problem(source, found, Style::Plain).len()).sum()
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,200}") {
        read_and_draw(&text);
    }

    #[test]
    fn any_mix_of_our_own_words_is_read_or_refused(
        words in prop::collection::vec(prop::sample::select(WORDS), 0..40),
    ) {
        read_and_draw(&words.concat());
    }

    #[test]
    fn a_good_file_with_a_hole_is_read_or_refused(at in 0usize..2000, len in 0usize..40, put in "\\PC{0,3}") {
        for (_, text) in files("fixtures/scenarios/passing") {
            let start = text.floor_char_boundary(at % text.len());
            let end = text.ceil_char_boundary((start + len).min(text.len()));
            read_and_draw(&format!("{}{put}{}", &text[..start], &text[end..]));
        }
    }
}

const WORDS: &[&str] = &[
    "version: 1\n",
    "name: x\n",
    "steps:\n",
    "  - ",
    "expect-request: ",
    "GET shadow",
    "\n",
    "    within: ",
    "5s",
    "5",
    "{ ",
    " }",
    "[",
    "]",
    ": ",
    ", ",
    "$matches",
    "'(a'",
    "${x}",
    "capture: ",
    "$.a",
    "fault: ",
    "status",
    "503",
    "never: ",
    "matrix: { a: [1, 2] }\n",
    "vars: { x: 1 }\n",
    "é",
    "\t",
    "- ",
    "#",
    "|",
    "on",
    "finally:\n",
    "reset: pin\n",
];
