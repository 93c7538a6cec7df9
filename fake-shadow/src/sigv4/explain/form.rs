//! Mistakes in how the parts of the canonical request are put together.

use super::mistake::{Family, Mistake, Topic, Ways};

const LAYOUT: &str = "put the parts together like this: method, path, query, each header, an \
    empty line, the list of signed \
    headers, the body's hash; end each line but the last with one LF";

pub(super) const FAMILY: Family =
    Family { title: "The form of the canonical request", mistakes: MISTAKES, seen: &[] };

const MISTAKES: &[Mistake] = &[
    Mistake::once(
        "form-query-line-missing",
        "the line of the query is missing",
        "keep the third line, empty, where there is no query",
        |_, recipe| {
            let canonical = recipe.canonical_mut();
            if canonical.query.as_ref().is_some_and(Vec::is_empty) {
                canonical.query = None;
            }
        },
    ),
    Mistake::once(
        "form-empty-line-missing",
        "the empty line behind the headers is missing",
        LAYOUT,
        |_, recipe| recipe.canonical_mut().blank_lines = 0,
    ),
    Mistake::once(
        "form-empty-line-doubled",
        "there are two empty lines behind the headers",
        LAYOUT,
        |_, recipe| recipe.canonical_mut().blank_lines = 2,
    ),
    Mistake::ways(
        Topic {
            id: "form-line-end-at-end",
            did: "there is a line end behind the last line of the canonical request",
            help: "end the canonical request with the last digit of the body's hash",
        },
        Ways { all: 2, paired: 1 },
        |_, recipe, way| recipe.canonical_mut().end = ["\n", "\r\n"][way],
    ),
    Mistake::once(
        "form-zero-byte-at-end",
        "the canonical request was hashed with the zero byte that ends a C string",
        "hash `strlen` bytes, not `sizeof`",
        |_, recipe| recipe.canonical_mut().end = "\0",
    ),
    Mistake::ways(
        Topic {
            id: "form-cr-lf",
            did: "the lines of the canonical request end with CR LF",
            help: "end the lines with LF alone, on every system",
        },
        Ways { all: 2, paired: 2 },
        |_, recipe, way| {
            let canonical = recipe.canonical_mut();
            canonical.header_newline = "\r\n";
            if way == 0 {
                canonical.newline = "\r\n";
            }
        },
    ),
    Mistake::once(
        "form-backslash-n",
        "a backslash and an `n` stand where the line ends should be",
        "use a string in which `\\n` means a line end: double quotes, or `$'...'` in a shell",
        |_, recipe| {
            let canonical = recipe.canonical_mut();
            (canonical.newline, canonical.header_newline) = ("\\n", "\\n");
        },
    ),
    Mistake::once("form-no-line-ends", "the line ends are missing", LAYOUT, |_, recipe| {
        let canonical = recipe.canonical_mut();
        (canonical.newline, canonical.header_newline) = ("", "");
    }),
];
