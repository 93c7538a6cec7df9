//! Mistakes in the list of signed headers.

use super::headers::{as_sent, capitalized};
use super::mistake::{Family, Mistake, Topic, Ways};
use super::recipe::{Line, Recipe};
use crate::sigv4::canonical::header_value;

pub(super) const FAMILY: Family =
    Family { title: "The list of signed headers", mistakes: MISTAKES, seen: &[&NOT_CANONICAL] };

const LIST: &str =
    "write the names in lower case, sorted, with a `;` between two names and nothing else";

/// The list in the request is not in its one right form.
pub(super) const NOT_CANONICAL: Topic = Topic {
    id: "signed-headers-not-canonical",
    did: "the list `SignedHeaders` is not in lower case and sorted, each name once",
    help: "write the names in lower case, sorted, with a `;` between two names and nothing else, \
        in the `Authorization` header \
        and in what is signed",
};

const MISTAKES: &[Mistake] = &[
    Mistake::ways(
        Topic {
            id: "signed-headers-order-as-sent",
            did: "the headers were signed in the order of the list that was sent, which is not \
                sorted",
            help: LIST,
        },
        Ways { all: 2, paired: 2 },
        |situation, recipe, way| {
            let sent = situation.claim.signed_headers.as_bytes();
            recipe.canonical_mut().signed_headers = sent.to_vec();
            if way == 1 {
                let line = |name: &str| Line {
                    name: name.into(),
                    value: header_value(situation.request, name).unwrap_or_default().into_owned(),
                };
                *recipe.canonical_mut().headers_mut() =
                    situation.claim.signed_headers.split(';').map(line).collect();
            }
        },
    ),
    Mistake::once(
        "signed-headers-left-empty",
        "the list of signed headers was left empty in what was signed",
        "put the list of signed headers on the line before the last of the canonical request",
        |_, recipe| recipe.canonical_mut().signed_headers.clear(),
    ),
    Mistake::once(
        "signed-headers-upper-case",
        "the list of signed headers was signed in upper case",
        LIST,
        |_, recipe| recipe.canonical_mut().signed_headers.make_ascii_uppercase(),
    ),
    Mistake::ways(
        Topic {
            id: "signed-headers-separator",
            did: "the names in the list of signed headers were not separated by `;` alone",
            help: LIST,
        },
        Ways { all: 4, paired: 3 },
        |_, recipe, way| {
            let separator: &[u8] = [b",".as_slice(), b"; ", b", ", b" "][way];
            change(recipe, |list| super::bytes::replace(list, b";", separator));
        },
    ),
    Mistake::ways(
        Topic {
            id: "signed-headers-another-list",
            did: "the list of signed headers that was signed is not the one in the `Authorization` \
                header",
            help: "make the list once and use it in both places",
        },
        Ways { all: 5, paired: 3 },
        |situation, recipe, way| {
            let mut names: Vec<Vec<u8>> = situation
                .canonical
                .signed_headers
                .iter()
                .map(|name| name.as_bytes().to_vec())
                .collect();
            match way {
                0 => names = names.iter().map(|name| as_sent(situation, name)).collect(),
                1 => names.reverse(),
                2 => names = vec![b"host".to_vec()],
                3 => names = names.iter().map(|name| capitalized(name)).collect(),
                _ => names = vec![b"host".to_vec(), b"x-amz-date".to_vec()],
            }
            recipe.canonical_mut().signed_headers = names.join(&b';');
        },
    ),
    Mistake::once(
        "signed-headers-end-separator",
        "the list of signed headers was signed with a `;` at its end",
        LIST,
        |_, recipe| change(recipe, |list| [list, b";"].concat()),
    ),
];

fn change(recipe: &mut Recipe, change: impl FnOnce(&[u8]) -> Vec<u8>) {
    let list = &mut recipe.canonical_mut().signed_headers;
    *list = change(list);
}
