//! The invariants that every device of this design keeps.

use std::sync::LazyLock;

use super::read;
use super::rule::Rule;
use crate::scenario::yaml;

/// The file of the built-in invariants.
pub const BUILT_IN: &str = include_str!("built_in.yaml");

static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| {
    let mut problems = Vec::new();
    let rules =
        yaml::parse(BUILT_IN, 0).map(|root| read::rules(&root, &mut problems)).unwrap_or_default();
    // In a list they are named.
    rules.into_iter().map(|rule| Rule { written: rule.name.clone().into(), ..rule }).collect()
});

/// All built-in invariants, in the order of their file.
#[must_use]
pub fn built_in() -> &'static [Rule] {
    &RULES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_invariants_are_read_without_a_problem() {
        let mut problems = Vec::new();
        let root = yaml::parse(BUILT_IN, 0).expect("it is YAML");
        let rules = read::rules(&root, &mut problems);
        assert_eq!(problems, []);
        assert_eq!(rules.len(), root.items().len());
    }
}
