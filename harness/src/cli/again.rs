//! The command line that runs a case as it was run.

use std::path::Path;

use crate::scenario::plan::Plan;

/// Words of a command line, as a shell of POSIX reads them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct CommandLine(Vec<String>);

impl CommandLine {
    /// Adds a flag that stands alone, if it was given.
    pub(super) fn flag(mut self, flag: &str, is_given: bool) -> Self {
        self.0.extend(is_given.then(|| flag.to_owned()));
        self
    }

    /// Adds a flag with its value, if it was given.
    pub(super) fn value(mut self, flag: &str, value: Option<&str>) -> Self {
        if let Some(value) = value {
            self.0.extend([flag.to_owned(), value.to_owned()]);
        }
        self
    }

    /// The same with a path.
    pub(super) fn path(self, flag: &str, path: Option<&Path>) -> Self {
        self.value(flag, path.map(Path::to_string_lossy).as_deref())
    }

    /// The command that runs the file of a plan on this board with this seed; its secrets are covered, so that they have to be put in
    /// by hand.
    pub(super) fn of_case(&self, plan: &Plan, board: &str, seed: u64) -> String {
        let seed = seed.to_string();
        let own = ["shadowrig", "run", &plan.file, "--board", board, "--seed", &seed];
        let words = own.into_iter().chain(self.0.iter().map(String::as_str)).map(quoted);
        plan.mask.text(&words.collect::<Vec<_>>().join(" "))
    }
}

/// A word that a shell takes as it is, quoted where it must be.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "%+,-./:=@_".contains(c);
    match !word.is_empty() && word.chars().all(is_plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_quoted_where_a_shell_would_cut_or_change_it() {
        let check = |word: &str, expected: &str| assert_eq!(quoted(word), expected);
        check("scenarios/a-b.yaml", "scenarios/a-b.yaml");
        check("probe:303a:1001", "probe:303a:1001");
        check("my file.yaml", "'my file.yaml'");
        check("python3 'it''s.py' $HOME", r"'python3 '\''it'\'''\''s.py'\'' $HOME'");
        check("", "''");
        check("~/x", "'~/x'");
    }

    #[test]
    fn only_what_was_given_is_added() {
        let line = CommandLine::default().flag("--a", false).flag("--b", true);
        let line = line.value("--c", None).value("--d", Some("e f"));
        assert_eq!(line.0, ["--b", "--d", "e f"]);
    }
}
