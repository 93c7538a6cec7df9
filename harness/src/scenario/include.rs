//! The texts that a scenario is made of: its own file, and those that it includes.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::node::{Node, Span};
use super::problem::{Problem, ProblemKind};
use super::yaml;

/// How deep files may include files.
pub const DEPTH_MAX: usize = 8;

/// Reads an included file by its path, as [`resolve`] makes it; an error is the reason, in the system's words.
pub type Load<'a> = dyn FnMut(&str) -> Result<String, String> + 'a;

/// A text and what it is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceText {
    /// The path as it was given, or as it follows from the file that names it.
    pub path: String,
    /// The text.
    pub text: Arc<str>,
}

/// All texts of a scenario; each file is read once, however often it is included.
pub(super) struct Sources<'a> {
    list: Vec<SourceText>,
    /// The tree of each included file; none where it could not be read.
    read: BTreeMap<String, Option<Arc<Node>>>,
    load: &'a mut Load<'a>,
}

impl<'a> Sources<'a> {
    /// The scenario itself, and a way to read others.
    pub(super) fn new(path: &str, text: &str, load: &'a mut Load<'a>) -> Self {
        let list = vec![SourceText { path: path.to_owned(), text: text.into() }];
        Self { list, read: BTreeMap::new(), load }
    }

    /// The texts, the scenario's first.
    pub(super) fn into_list(self) -> Vec<SourceText> {
        self.list
    }

    /// The text and path of that number.
    pub(super) fn get(&self, number: usize) -> Option<&SourceText> {
        self.list.get(number)
    }

    /// The tree of an included file; what is wrong with it as a whole comes along the first time.
    pub(super) fn include(&mut self, path: &str, at: Span) -> (Option<Arc<Node>>, Vec<Problem>) {
        if let Some(tree) = self.read.get(path) {
            return (tree.clone(), Vec::new());
        }
        let text = match (self.load)(path) {
            Ok(text) => text,
            Err(why) => {
                self.read.insert(path.to_owned(), None);
                let kind = ProblemKind::IncludeUnreadable { path: path.to_owned(), why };
                return (None, vec![Problem::new(at, kind)]);
            }
        };
        let number = self.list.len();
        self.list.push(SourceText { path: path.to_owned(), text: text.as_str().into() });
        let (tree, mut problems) = yaml::parse_all(&text, number);
        if let Some(tree) = &tree {
            super::parse::find_ambiguous(tree, &text, &mut problems);
        }
        let tree = tree.map(Arc::new);
        self.read.insert(path.to_owned(), tree.clone());
        (tree, problems)
    }
}

/// The path of a file that another one names: from that one's folder, `..` and `.` taken out where that can be done by name.
#[must_use]
pub fn resolve(from: &str, named: &str) -> String {
    let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
    let whole = match (named.starts_with('/'), folder) {
        (true, _) | (_, "") if !from.starts_with('/') || named.starts_with('/') => named.to_owned(),
        _ => format!("{folder}/{named}"),
    };
    let mut parts: Vec<&str> = Vec::new();
    for part in whole.split('/') {
        match (part, parts.last()) {
            ("." | "", Some(_)) => {}
            ("..", Some(last)) if !matches!(*last, ".." | "." | "") => drop(parts.pop()),
            (part, _) => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::resolve;

    #[test]
    fn a_path_begins_at_the_folder_of_the_file_that_names_it() {
        for (from, named, expected) in [
            ("a.yaml", "_b.yaml", "_b.yaml"),
            ("./a.yaml", "_b.yaml", "./_b.yaml"),
            ("x/y/a.yaml", "_b.yaml", "x/y/_b.yaml"),
            ("x/y/a.yaml", "../_b.yaml", "x/_b.yaml"),
            ("x/y/a.yaml", "./z//_b.yaml", "x/y/z/_b.yaml"),
            ("a.yaml", "../_b.yaml", "../_b.yaml"),
            ("x/a.yaml", "../../_b.yaml", "../_b.yaml"),
            ("x/a.yaml", "/etc/_b.yaml", "/etc/_b.yaml"),
            ("/a.yaml", "_b.yaml", "/_b.yaml"),
        ] {
            assert_eq!(resolve(from, named), expected, "{from} {named}");
        }
    }
}
