//! Where a key belongs that stands in the wrong place.

use super::top::{COMMON, TOP};
use crate::engine::steps::{self, VERBS};

/// Where this key stands, in words; nothing for one that no place knows.
pub(super) fn place_of(key: &str) -> Option<String> {
    if COMMON.iter().any(|field| field.name == key) {
        return Some(format!("`{key}` stands beside the verb of a step, as a key of its own"));
    }
    let verbs: Vec<_> = VERBS
        .iter()
        .filter(|verb| verb.beside.iter().any(|field| field.name == key))
        .map(|verb| format!("`{}`", verb.name))
        .collect();
    if !verbs.is_empty() {
        return Some(format!("`{key}` stands beside {}", verbs.join(" or ")));
    }
    if steps::find(key).is_some() {
        return Some(format!("`{key}` is a verb: begin a step with it, as `- {key}: ...`"));
    }
    let is_at_the_top = TOP.iter().any(|field| field.name == key);
    is_at_the_top.then(|| format!("`{key}` stands at the top of the file"))
}
