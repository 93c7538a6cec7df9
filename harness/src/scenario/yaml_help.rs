//! What to do about text that is not YAML, by what the library says of it.

/// Parts of the library's sentences, each with what the author most likely did and what to do about it.
const HELP: &[(&str, &str)] = &[
    ("a variable without quotes", "put quotes around it, as { signal: '${times}' }"),
    ("tabs disallowed", "indent with spaces; YAML takes no tabs"),
    ("mapping values are not allowed", "put quotes around a text that has `: ` in it, as 'x: y'"),
    (
        "unknown anchor",
        "a `*` begins an alias of something that `&` has named; put quotes around a text, as '*x'",
    ),
    ("unexpected character: `@'", "put quotes around a text that begins with @, as '@x'"),
    ("unexpected character: `%'", "put quotes around a text that begins with %, as '%x'"),
    ("unexpected character: ``'", "put quotes around a text that begins with a backtick"),
    (
        "unexpected character: `\\u{0}'",
        "a text file has no such character; save it as text in UTF-8",
    ),
    ("multiline quoted scalar", "close the quote that is open above this line"),
    ("unexpected end of stream", "close the quote or bracket that is still open"),
    ("while scanning a quoted scalar", "close the quote that is still open"),
    (
        "did not find expected ',' or ']'",
        "close the `[` above by `]`, or put a comma between its items",
    ),
    (
        "did not find expected ',' or '}'",
        "close the `{` above by `}`, or put a comma between its members",
    ),
    ("did not find expected key", "begin all keys of one map in the same column"),
    (
        "did not find expected '-' indicator",
        "begin all items of one list in the same column, each with `- `",
    ),
    ("while parsing a block mapping", "begin all keys of one map in the same column"),
    (
        "while parsing a block collection",
        "begin all items of one list in the same column, each with `- `",
    ),
    ("non-finite float", "JSON has no such number; put quotes around it for the text"),
    ("UTF-16", "save the file as UTF-8"),
    ("is not UTF-8", "save the file as UTF-8"),
];

/// What to do about it, where that is known.
pub(super) fn help(reason: &str) -> Option<String> {
    HELP.iter().find(|(part, _)| reason.contains(part)).map(|(_, help)| (*help).to_owned())
}
