//! What can be wrong with a scenario file, as data. The text is made here, drawn in [`crate::diagnostics`].

#![expect(missing_docs, reason = "the fields of a variant are told by its own sentence")]

use super::node::Span;

/// One problem at one place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// Where.
    pub span: Span,
    /// What.
    pub kind: ProblemKind,
}

impl Problem {
    /// A problem at a place.
    #[must_use]
    pub const fn new(span: Span, kind: ProblemKind) -> Self {
        Self { span, kind }
    }
}

/// Whether a problem stops the file from running.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The file cannot run; exit code 3.
    Error,
    /// The file runs; `check` says so and passes.
    Warning,
}

/// The kinds of problems, in alphabetical order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum ProblemKind {
    /// A plain `on`, `off`, `yes`, `no`, `y` or `n`.
    AmbiguousBoolean { text: String },
    /// A fault with a key or value that its kind does not take.
    BadFault { reason: String },
    /// An invariant that demands nothing, or two things.
    BadInvariant { reason: String },
    /// A regular expression that does not compile.
    BadRegex { reason: String },
    /// A capture whose path is not `$` or `$.name.name`.
    BadPath { path: String },
    /// A number without a unit where a span is wanted.
    BareNumber { text: String },
    /// A key that stands twice in one map.
    DuplicateKey { key: String },
    /// The file has no steps, or a list that must not be empty is.
    Empty { what: &'static str },
    /// A fault that is taken off, or whose case is over, before a device can meet it.
    FaultNeverHit { cleared: bool },
    /// Files that include each other.
    IncludeCycle { chain: Vec<String> },
    /// Files that include files that include files, too often.
    IncludeDepth { depth_max: usize },
    /// A file that is to be included and cannot be read.
    IncludeUnreadable { path: String, why: String },
    /// A limit that another one ends first.
    LimitNeverMet { limit: String, other: String, what: &'static str },
    /// A key that must be there and is not.
    Missing { key: &'static str, what: String },
    /// The text is not TOML.
    NotToml { reason: String },
    /// The text is not YAML.
    NotYaml { reason: String },
    /// A value outside its range.
    OutOfRange { what: &'static str, text: String, range: &'static str },
    /// More than one document in one file.
    SeveralDocuments,
    /// A step with more than one verb.
    SeveralVerbs { first: String, second: String },
    /// Steps inside steps, too deep.
    TooDeep { depth_max: usize },
    /// What stands for one thing stands for a second one here.
    Twice { what: String, first_line: usize },
    /// A `${` without its `}`.
    UnclosedVariable { text: String },
    /// A `$` key that no matcher has.
    UnknownMatcher { key: String, nearest: Option<String> },
    /// A key that is not known here.
    UnknownKey { key: String, place: String, nearest: Option<String> },
    /// A `${name}` that nothing defines before it is used.
    UnknownVariable { name: String, nearest: Option<String> },
    /// A word that is not among those allowed.
    UnknownWord { word: String, what: String, nearest: Option<String>, allowed: Vec<String> },
    /// A capture that nothing uses.
    UnusedCapture { name: String },
    /// A version of the format that this program does not know.
    UnknownVersion { text: String },
    /// A step without a verb.
    VerbMissing,
    /// A fixed wait, where an `expect-...` would be surer.
    Wait,
    /// A value of the wrong kind.
    WrongKind { wanted: String, got: String },
}

/// The names of all kinds, in alphabetical order.
pub const NAMES: &[&str] = &[
    "ambiguous-boolean",
    "bad-fault",
    "bad-invariant",
    "bad-path",
    "bad-regex",
    "bare-number",
    "duplicate-key",
    "empty",
    "fault-never-hit",
    "include-cycle",
    "include-depth",
    "include-unreadable",
    "limit-never-met",
    "missing",
    "not-toml",
    "not-yaml",
    "out-of-range",
    "several-documents",
    "several-verbs",
    "too-deep",
    "twice",
    "unclosed-variable",
    "unknown-key",
    "unknown-matcher",
    "unknown-variable",
    "unknown-version",
    "unknown-word",
    "unused-capture",
    "verb-missing",
    "wait",
    "wrong-kind",
];

impl ProblemKind {
    /// Whether it stops the file.
    #[must_use]
    pub const fn severity(&self) -> Severity {
        match self {
            Self::FaultNeverHit { .. }
            | Self::LimitNeverMet { .. }
            | Self::UnusedCapture { .. }
            | Self::Wait => Severity::Warning,
            Self::AmbiguousBoolean { .. }
            | Self::BadFault { .. }
            | Self::BadInvariant { .. }
            | Self::BadRegex { .. }
            | Self::BadPath { .. }
            | Self::BareNumber { .. }
            | Self::DuplicateKey { .. }
            | Self::Empty { .. }
            | Self::IncludeCycle { .. }
            | Self::IncludeDepth { .. }
            | Self::IncludeUnreadable { .. }
            | Self::Missing { .. }
            | Self::NotToml { .. }
            | Self::NotYaml { .. }
            | Self::OutOfRange { .. }
            | Self::SeveralDocuments
            | Self::SeveralVerbs { .. }
            | Self::TooDeep { .. }
            | Self::Twice { .. }
            | Self::UnclosedVariable { .. }
            | Self::UnknownMatcher { .. }
            | Self::UnknownKey { .. }
            | Self::UnknownVariable { .. }
            | Self::UnknownWord { .. }
            | Self::UnknownVersion { .. }
            | Self::VerbMissing
            | Self::WrongKind { .. } => Severity::Error,
        }
    }

    /// Its name in the documentation, as `bad-regex`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::AmbiguousBoolean { .. } => "ambiguous-boolean",
            Self::BadFault { .. } => "bad-fault",
            Self::BadInvariant { .. } => "bad-invariant",
            Self::BadRegex { .. } => "bad-regex",
            Self::BadPath { .. } => "bad-path",
            Self::BareNumber { .. } => "bare-number",
            Self::DuplicateKey { .. } => "duplicate-key",
            Self::Empty { .. } => "empty",
            Self::FaultNeverHit { .. } => "fault-never-hit",
            Self::IncludeCycle { .. } => "include-cycle",
            Self::IncludeDepth { .. } => "include-depth",
            Self::IncludeUnreadable { .. } => "include-unreadable",
            Self::LimitNeverMet { .. } => "limit-never-met",
            Self::Missing { .. } => "missing",
            Self::NotToml { .. } => "not-toml",
            Self::NotYaml { .. } => "not-yaml",
            Self::OutOfRange { .. } => "out-of-range",
            Self::SeveralDocuments => "several-documents",
            Self::SeveralVerbs { .. } => "several-verbs",
            Self::TooDeep { .. } => "too-deep",
            Self::Twice { .. } => "twice",
            Self::UnclosedVariable { .. } => "unclosed-variable",
            Self::UnknownMatcher { .. } => "unknown-matcher",
            Self::UnknownKey { .. } => "unknown-key",
            Self::UnknownVariable { .. } => "unknown-variable",
            Self::UnknownWord { .. } => "unknown-word",
            Self::UnusedCapture { .. } => "unused-capture",
            Self::UnknownVersion { .. } => "unknown-version",
            Self::VerbMissing => "verb-missing",
            Self::Wait => "wait",
            Self::WrongKind { .. } => "wrong-kind",
        }
    }

    /// The headline: a lowercase fragment without a full stop.
    #[must_use]
    pub fn message(&self) -> String {
        match self {
            Self::AmbiguousBoolean { text } => {
                format!("`{text}` is true or false to some readers of YAML and text to others")
            }
            Self::BadFault { reason } | Self::BadInvariant { reason } => reason.clone(),
            Self::BadRegex { reason } => format!("not a regular expression: {reason}"),
            Self::BadPath { path } => format!("`{path}` is not a path into what was seen"),
            Self::BareNumber { text } => format!("`{text}` has no unit"),
            Self::DuplicateKey { key } => format!("the key `{key}` stands here a second time"),
            Self::Empty { what } => format!("no {what}"),
            Self::FaultNeverHit { cleared: true } => {
                "this fault is taken off before anything can meet it".to_owned()
            }
            Self::FaultNeverHit { cleared: false } => {
                "nothing behind this fault waits for the device to meet it".to_owned()
            }
            Self::LimitNeverMet { limit, other, what } => {
                format!("a limit of {limit} can never be met: {what} is {other}")
            }
            Self::IncludeCycle { chain } => {
                format!("this file includes itself: {}", chain.join(", then "))
            }
            Self::IncludeDepth { depth_max } => {
                format!("files include files more than {depth_max} deep")
            }
            Self::IncludeUnreadable { path, why } => format!("failed to read {path}: {why}"),
            Self::Missing { key, what } => format!("{what} needs `{key}`"),
            Self::NotToml { reason } => format!("not TOML: {reason}"),
            Self::NotYaml { reason } => format!("not YAML: {reason}"),
            Self::OutOfRange { what, text, range } => format!("{what} is {range}, not {text}"),
            Self::SeveralDocuments => "a second document begins here".to_owned(),
            Self::SeveralVerbs { first, second } => {
                format!("one step, two verbs: `{first}` and `{second}`")
            }
            Self::TooDeep { depth_max } => {
                format!("steps stand inside steps more than {depth_max} deep")
            }
            Self::Twice { what, first_line } => {
                format!("{what}; the first stands in line {first_line}")
            }
            Self::UnclosedVariable { text } => format!("`${{` is not closed in `{text}`"),
            Self::UnknownMatcher { key, .. } => format!("no matcher is called `{key}`"),
            Self::UnknownKey { key, place, .. } => format!("{place} has no key `{key}`"),
            Self::UnknownVariable { name, .. } => format!("nothing before here defines `{name}`"),
            Self::UnknownWord { word, what, .. } => format!("`{word}` is not {what}"),
            Self::UnusedCapture { name } => format!("`{name}` is captured and never used"),
            Self::UnknownVersion { text } => format!("version {text} of the format is not known"),
            Self::VerbMissing => "this step has no verb".to_owned(),
            Self::Wait => {
                "a fixed wait is slow on a good day and too short on a bad one".to_owned()
            }
            Self::WrongKind { wanted, got } => format!("expected {wanted}, found {got}"),
        }
    }
}

/// The known word nearest to a misspelled one, if any is near enough to be meant.
#[must_use]
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    known
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= 1 + candidate.chars().count() / 4)
        .min()
        .map(|(_, candidate)| candidate.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typo_finds_its_word_and_a_strange_word_finds_none() {
        let known = ["expect-request", "expect-requests", "wait", "within"];
        assert_eq!(nearest("expect-reqest", known), Some("expect-request".into()));
        assert_eq!(nearest("wihtin", known), Some("within".into()));
        assert_eq!(nearest("banana", known), None);
    }
}
