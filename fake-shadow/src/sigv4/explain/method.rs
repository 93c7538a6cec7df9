//! Mistakes in the method of the canonical request.

use super::mistake::{Family, Mistake, Topic, Ways};

const UPPER: &str = "write the method in upper case on the first line of the canonical request";

pub(super) const FAMILY: Family = Family { title: "The method", mistakes: MISTAKES, seen: &[] };

const MISTAKES: &[Mistake] = &[
    Mistake::ways(
        Topic {
            id: "method-another",
            did: "another method was signed than the one that was sent",
            help: "sign the method that is sent; an HTTP library may choose it, by whether there \
                is a body",
        },
        Ways { all: METHODS.len(), paired: 5 },
        |_, recipe, way| recipe.canonical_mut().method = METHODS[way].into(),
    ),
    Mistake::once(
        "method-left-empty",
        "the line of the method was left empty",
        UPPER,
        |_, recipe| recipe.canonical_mut().method.clear(),
    ),
    Mistake::once(
        "method-lower-case",
        "the method was signed in lower case",
        UPPER,
        |_, recipe| {
            recipe.canonical_mut().method.make_ascii_lowercase();
        },
    ),
    Mistake::once(
        "method-capitalized",
        "the method was signed with one capital",
        UPPER,
        |_, recipe| {
            let method = &mut recipe.canonical_mut().method;
            if let Some((_, rest)) = method.split_first_mut() {
                rest.make_ascii_lowercase();
            }
        },
    ),
];

const METHODS: &[&str] = &["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD"];
