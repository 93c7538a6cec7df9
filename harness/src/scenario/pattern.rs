//! Regular expressions with `${name}` in them.

use std::borrow::Cow;

use regex::Regex;

use super::template::{self, Variables};

/// A regular expression; a `${name}` in it stands for exactly the text of that variable, whatever characters that has.
#[derive(Debug, Clone)]
pub struct Pattern {
    text: String,
    /// The expression, where nothing is to be filled in.
    fixed: Option<Regex>,
}

impl Pattern {
    /// Reads an expression. Where it holds variables, it is read as if each were a word.
    ///
    /// # Errors
    ///
    /// It does not compile.
    pub fn read(text: &str) -> Result<Self, regex::Error> {
        let is_fixed = !text.contains("${");
        let regex = Regex::new(&template::fill_pattern(text, |_| Cow::Borrowed("word")))?;
        Ok(Self { text: text.to_owned(), fixed: is_fixed.then_some(regex) })
    }

    /// As it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether what it takes may change while a case runs.
    #[must_use]
    pub const fn has_variables(&self) -> bool {
        self.fixed.is_none()
    }

    /// The names of its groups.
    #[must_use]
    pub fn groups(&self) -> Vec<String> {
        let regex = self.regex(&Variables::new());
        let names = regex.iter().flat_map(|regex| regex.capture_names().flatten());
        names.map(str::to_owned).collect()
    }

    /// The same with the variables of now; one that is not known stands for its own name.
    #[must_use]
    pub fn filled(&self, known: &Variables) -> Cow<'_, Self> {
        if self.fixed.is_some() {
            return Cow::Borrowed(self);
        }
        let text = template::fill_pattern(&self.text, |name| {
            let value = template::lookup(name, known);
            let value = value.map_or_else(|| format!("${{{name}}}"), template::plain);
            Cow::Owned(regex::escape(&value))
        });
        // A value too long for an expression leaves one that finds nothing.
        let fixed = Regex::new(&text).ok();
        Cow::Owned(Self { text, fixed })
    }

    /// Whether it finds something; named groups become variables.
    pub fn find(&self, text: &str, known: &Variables, found: &mut Variables) -> bool {
        let Some(regex) = self.regex(known) else { return false };
        let Some(captures) = regex.captures(text) else { return false };
        for name in regex.capture_names().flatten() {
            if let Some(group) = captures.name(name) {
                found.insert(name.to_owned(), group.as_str().into());
            }
        }
        true
    }

    fn regex(&self, known: &Variables) -> Option<Cow<'_, Regex>> {
        match &self.fixed {
            Some(regex) => Some(Cow::Borrowed(regex)),
            None => self.filled(known).into_owned().fixed.map(Cow::Owned),
        }
    }
}

impl std::fmt::Display for Pattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "/{}/", self.text)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(pattern: &str, text: &str, expected: Option<&str>) {
        let known = Variables::from([("n".into(), json!(2)), ("dot".into(), json!("a.b"))]);
        let pattern = Pattern::read(pattern).expect("it compiles");
        let mut found = Variables::new();
        let is_found = pattern.find(text, &known, &mut found);
        let group = found.get("group").map(template::plain);
        let seen = is_found.then(|| group.unwrap_or_default());
        assert_eq!(seen.as_deref(), expected, "{pattern} in {text}");
    }

    #[test]
    fn a_variable_stands_for_exactly_its_text() {
        check("^at ${n}: (?<group>\\w+)$", "at 2: moved", Some("moved"));
        check("^at ${n}:", "at 3:", None);
        check("^${dot}$", "a.b", Some(""));
        check("^${dot}$", "axb", None);
        check("^${unknown}$", "${unknown}", Some(""));
        check("^$${n}$", "${n}", Some(""));
    }

    #[test]
    fn what_does_not_compile_is_refused_with_and_without_variables() {
        assert!(Pattern::read("(").is_err());
        assert!(Pattern::read("(${n}").is_err());
        assert_eq!(Pattern::read("(?<a>x)${n}(?<b>y)").expect("it is good").groups(), ["a", "b"]);
    }
}
