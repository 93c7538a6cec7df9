//! Mistakes in the query of the canonical request.

use super::bytes::replace;
use super::mistake::{Family, Mistake, Topic, Ways};
use super::path::lower_escapes;
use super::recipe::Recipe;
use crate::sigv4::canonical::QueryPair;
use crate::sigv4::escape::{decode_lossy, encode};

const AS_CANONICAL: &str = "decode names and values, percent-encode each byte but letters, \
    digits, `-`, `.`, `_` and `~`, sort \
    by name and then by value, and join with `=` and `&`";

pub(super) const FAMILY: Family = Family { title: "The query", mistakes: MISTAKES, seen: &[] };

const MISTAKES: &[Mistake] = &[
    Mistake::once(
        "query-signed-as-sent",
        "the query was signed as it was sent, not encoded in canonical form",
        AS_CANONICAL,
        |situation, recipe| {
            recipe.canonical_mut().query = Some(situation.raw_query().into_bytes());
        },
    ),
    Mistake::once(
        "query-not-sorted",
        "the parameters of the query were signed in the order of the URL",
        "sort the parameters by name, and by value where names are equal",
        |situation, recipe| set_pairs(recipe, &situation.query),
    ),
    Mistake::once(
        "query-sorted-by-name-only",
        "the parameters of the query were sorted by name, but equal names not by value",
        "sort parameters of the same name by their encoded value",
        |situation, recipe| {
            let mut pairs = situation.query.clone();
            pairs.sort_by(|left, right| left.name.cmp(&right.name));
            set_pairs(recipe, &pairs);
        },
    ),
    Mistake::once(
        "query-sorted-as-text",
        "the parameters of the query were sorted as whole texts `name=value`",
        "sort by name first and by value second, because `=` sorts behind `-` and `.`",
        |situation, recipe| {
            let mut pairs = situation.query.clone();
            pairs.sort_by_key(|pair| format!("{}={}", pair.name, pair.value));
            set_pairs(recipe, &pairs);
        },
    ),
    Mistake::once(
        "query-sorted-without-case",
        "the parameters of the query were sorted without regard to case",
        "sort by the bytes of the names, so that upper case comes before lower case",
        |situation, recipe| {
            let mut pairs = situation.query.clone();
            pairs.sort_by_key(|pair| (pair.name.to_ascii_lowercase(), pair.value.clone()));
            set_pairs(recipe, &pairs);
        },
    ),
    Mistake::once(
        "query-not-encoded",
        "the query was signed decoded",
        AS_CANONICAL,
        |_, recipe| change_query(recipe, decode_lossy),
    ),
    Mistake::once(
        "query-left-out",
        "the query was not signed",
        "put the query in canonical form on the third line of the canonical request",
        |_, recipe| recipe.canonical_mut().query = Some(Vec::new()),
    ),
    Mistake::once(
        "query-token-signed",
        "the session token of the presigned URL was signed with it",
        "AWS IoT wants `X-Amz-Security-Token` appended to the URL after signing: leave it out of \
            the canonical query",
        |situation, recipe| {
            let mut pairs = situation.canonical.query.clone();
            pairs.extend_from_slice(&situation.token_query);
            pairs.sort_unstable();
            set_pairs(recipe, &pairs);
        },
    ),
    Mistake::once(
        "query-without-equal-sign",
        "parameters without a value were signed without `=`",
        "write a parameter without a value as `name=`",
        |situation, recipe| {
            let pieces = situation.canonical.query.iter().map(|pair| match pair.value.as_str() {
                "" => pair.name.clone(),
                value => format!("{}={value}", pair.name),
            });
            recipe.canonical_mut().query = Some(pieces.collect::<Vec<_>>().join("&").into_bytes());
        },
    ),
    Mistake::ways(
        Topic {
            id: "query-encoded-twice",
            did: "the query was encoded twice",
            help: "decode the query of the URL before encoding its names and values",
        },
        Ways { all: 2, paired: 1 },
        |situation, recipe, way| {
            let pairs = situation.canonical.query.iter();
            let twice = |pair: &QueryPair| QueryPair {
                name: if way == 0 { encode(pair.name.as_bytes()) } else { pair.name.clone() },
                value: encode(pair.value.as_bytes()),
            };
            set_pairs(recipe, &pairs.map(twice).collect::<Vec<_>>());
        },
    ),
    Mistake::once(
        "query-slashes-kept",
        "slashes in the query were not encoded",
        "encode `/` in names and values as `%2F`; only the path keeps its slashes",
        |_, recipe| change_query(recipe, |query| replace(query, b"%2F", b"/")),
    ),
    Mistake::once(
        "query-space-as-plus",
        "spaces in the query were signed as `+`",
        "encode a space as `%20`",
        |_, recipe| change_query(recipe, |query| replace(query, b"%20", b"+")),
    ),
    Mistake::once(
        "query-plus-kept",
        "a `+` in the query was signed as a plus sign; in a URL it means a space",
        "send a plus sign as `%2B`, and sign a `+` on the wire as `%20`",
        |situation, recipe| {
            let raw = situation.raw_query();
            let Ok(mut pairs) = crate::sigv4::canonical::query_pairs(&raw.replace('+', "%2B"))
            else {
                return;
            };
            pairs.sort_unstable();
            set_pairs(recipe, &pairs);
        },
    ),
    Mistake::once(
        "query-marks-kept",
        "the query was encoded by a function that leaves `!`, `'`, `(`, `)` and `*` alone",
        "encode `!`, `'`, `(`, `)` and `*` as well: as `%21`, `%27`, `%28`, `%29` and `%2A`",
        |_, recipe| {
            change_query(recipe, |query| {
                let kept: [(&[u8], &[u8]); 5] = [
                    (b"%21", b"!"),
                    (b"%27", b"'"),
                    (b"%28", b"("),
                    (b"%29", b")"),
                    (b"%2A", b"*"),
                ];
                kept.iter().fold(query.to_vec(), |text, (from, to)| replace(&text, from, to))
            });
        },
    ),
    Mistake::once(
        "query-tilde-encoded",
        "the `~` in the query was encoded",
        "leave `~` as it is",
        |_, recipe| change_query(recipe, |query| replace(query, b"~", b"%7E")),
    ),
    Mistake::once(
        "query-escapes-lower-case",
        "the escapes in the query were written in lower case",
        "write escapes in upper case: `%3A`, not `%3a`",
        |_, recipe| {
            change_query(recipe, |query| {
                let mut text = query.to_vec();
                lower_escapes(&mut text);
                text
            });
        },
    ),
    Mistake::once(
        "query-with-question-mark",
        "the query was signed with its `?`",
        "begin the third line of the canonical request behind the `?`",
        |_, recipe| {
            change_query(recipe, |query| match query {
                [] => Vec::new(),
                _ => [b"?", query].concat(),
            });
        },
    ),
];

fn set_pairs(recipe: &mut Recipe, pairs: &[QueryPair]) {
    let pieces = pairs.iter().map(|pair| format!("{}={}", pair.name, pair.value));
    recipe.canonical_mut().query = Some(pieces.collect::<Vec<_>>().join("&").into_bytes());
}

fn change_query(recipe: &mut Recipe, change: impl FnOnce(&[u8]) -> Vec<u8>) {
    if let Some(query) = &mut recipe.canonical_mut().query {
        *query = change(query);
    }
}
