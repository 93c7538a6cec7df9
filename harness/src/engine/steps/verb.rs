//! The table of verbs: it reads scenarios, makes the JSON schema and the reference page.

use std::sync::Arc;

use super::Step;
use crate::scenario::field::{Field, Shape};
use crate::scenario::node::Node;
use crate::scenario::plan::PlannedStep;
use crate::scenario::problem::Problem;

/// One verb.
#[derive(Debug, Clone, Copy)]
pub struct Verb {
    /// Its name, kebab-case.
    pub name: &'static str,
    /// What may stand behind it.
    pub shape: Shape,
    /// Further keys beside it, which only this verb has.
    pub beside: &'static [Field],
    /// What it does, in one or two sentences.
    pub doc: &'static str,
    /// A step as a user writes it; a test parses it.
    pub example: &'static str,
    /// Reads a checked step; adds to the problems what a table cannot know. `None` where that makes it useless.
    pub read: Read,
}

/// Reads a checked step.
pub type Read = fn(&Context<'_>, &mut Vec<Problem>) -> Option<Arc<dyn Step>>;

/// A step as written, its shape already checked.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// What stands behind the verb.
    pub node: &'a Node,
    /// The whole step.
    pub step: &'a Node,
    /// The steps inside it, already read: those under its key `steps`, or those of the file that it includes.
    pub inner: &'a [PlannedStep],
}

/// All verbs, in alphabetical order.
pub const VERBS: &[Verb] = &[
    super::all_of::VERB,
    super::always::VERB,
    super::any_of::VERB,
    super::brownout::VERB,
    super::clear_faults::VERB,
    super::clock::VERB,
    super::cut_power::VERB,
    super::delete_shadow::VERB,
    super::eventually::VERB,
    super::expect_console::VERB,
    super::expect_count::VERB,
    super::expect_current::VERB,
    super::expect_cycle::VERB,
    super::expect_cycles::VERB,
    super::expect_fault::VERB,
    super::expect_gap::VERB,
    super::expect_message::VERB,
    super::expect_pin::VERB,
    super::expect_request::VERB,
    super::expect_requests::VERB,
    super::expect_reset::VERB,
    super::expect_sleep::VERB,
    super::expect_wake::VERB,
    super::fault::VERB,
    super::flash::VERB,
    super::include::VERB,
    super::never::VERB,
    super::power::VERB,
    super::publish::VERB,
    super::repeat::VERB,
    super::reset::VERB,
    super::run::VERB,
    super::set_desired::VERB,
    super::set_pin::VERB,
    super::set_shadow::VERB,
    super::snapshot::VERB,
    super::wait::VERB,
    super::wake::VERB,
    super::write_console::VERB,
];

/// The verb of that name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Verb> {
    VERBS.iter().find(|verb| verb.name == name)
}

#[cfg(test)]
mod tests {
    use super::VERBS;
    use crate::scenario::parse_with;

    #[test]
    fn the_example_of_each_verb_parses() {
        for verb in VERBS {
            let file = format!("version: 1\nname: x\nsteps:\n  - {}\n", verb.example);
            let part = "version: 1\nsteps: [reset: pin]\n";
            let parsed = parse_with(&file, verb.name, &mut |_| Ok(part.to_owned()));
            assert!(parsed.is_good(), "{}: {:?}", verb.name, parsed.problems);
            assert_eq!(parsed.plans[0].steps[0].verb, verb.name);
        }
    }

    #[test]
    fn the_table_is_in_order() {
        assert!(VERBS.is_sorted_by_key(|verb| verb.name));
    }
}
