//! Mistakes in the path of the canonical request.

use super::mistake::{Family, Mistake, Topic, Ways};
use crate::sigv4::canonical::{PathRule, normalized, path};
use crate::sigv4::escape::{decode_lossy, encode, encode_path};

const ENCODE: &str = "take the path as it goes over the wire and percent-encode each byte but \
    letters, digits, `-`, `.`, \
    `_`, `~` and `/`; a `%` that is there already becomes `%25`";

pub(super) const FAMILY: Family = Family { title: "The path", mistakes: MISTAKES, seen: &[] };

const MISTAKES: &[Mistake] = &[
    Mistake::once(
        "path-signed-as-sent",
        "the path was signed as it was sent, without encoding it once more",
        ENCODE,
        |situation, recipe| recipe.canonical_mut().path = situation.raw_path().into(),
    ),
    Mistake::once(
        "path-not-encoded",
        "the path was signed decoded, without any encoding",
        ENCODE,
        |situation, recipe| {
            recipe.canonical_mut().path = decode_lossy(situation.raw_path().as_bytes());
        },
    ),
    Mistake::once(
        "path-decoded-then-encoded",
        "the path was decoded and encoded again, so an escape on the wire was encoded once \
            instead of twice",
        ENCODE,
        |situation, recipe| {
            let decoded = decode_lossy(normalized(situation.raw_path()).as_bytes());
            recipe.canonical_mut().path = encode_path(&decoded).into_bytes();
        },
    ),
    Mistake::once(
        "path-not-normalized",
        "the path was signed with its empty and dot segments",
        "remove empty segments, `.` and `..` from the path before encoding it, or do not send them",
        |situation, recipe| {
            recipe.canonical_mut().path =
                path(situation.raw_path(), PathRule::AsSent).into_owned().into_bytes();
        },
    ),
    Mistake::once(
        "path-url-reserved-kept",
        "the path was encoded by a function for whole URLs, which leaves characters such as `:`, \
            `@`, `$` and `+` alone",
        ENCODE,
        |situation, recipe| {
            recipe.canonical_mut().path = encode_but(situation.raw_path(), b"/:;,?@&=+$!*'()#[]");
        },
    ),
    Mistake::once(
        "path-marks-kept",
        "the path was encoded by a function that leaves `!`, `'`, `(`, `)` and `*` alone, as \
            JavaScript's encodeURIComponent",
        "encode `!`, `'`, `(`, `)` and `*` as well: as `%21`, `%27`, `%28`, `%29` and `%2A`",
        |situation, recipe| {
            recipe.canonical_mut().path = encode_but(situation.raw_path(), b"/!'()*");
        },
    ),
    Mistake::once(
        "path-plus-as-space",
        "a `+` in the path was taken for a space",
        "in a path a `+` is a plus sign, signed as `%2B`; only in a query does it mean a space",
        |situation, recipe| {
            let spaced = normalized(situation.raw_path()).replace('+', " ");
            recipe.canonical_mut().path = encode_path(spaced.as_bytes()).into_bytes();
        },
    ),
    Mistake::once(
        "path-root",
        "another path was signed: `/` instead of the one that was sent",
        "sign the path that goes over the wire",
        |_, recipe| recipe.canonical_mut().path = b"/".to_vec(),
    ),
    Mistake::once(
        "path-empty",
        "the line of the path was left empty",
        "put the encoded path on the second line of the canonical request",
        |_, recipe| recipe.canonical_mut().path.clear(),
    ),
    Mistake::once(
        "path-encoded-too-often",
        "the path was encoded once too often",
        "encode the path as it goes over the wire once, not twice",
        |_, recipe| {
            let canonical = recipe.canonical_mut();
            canonical.path = encode_path(&canonical.path).into_bytes();
        },
    ),
    Mistake::once(
        "path-slashes-encoded",
        "the slashes of the path were encoded",
        "leave each `/` of the path as it is",
        |situation, recipe| {
            recipe.canonical_mut().path =
                encode(normalized(situation.raw_path()).as_bytes()).into_bytes();
        },
    ),
    Mistake::once(
        "path-space-as-plus",
        "a space in the path was signed as `+`",
        "encode a space as `%20`",
        |_, recipe| {
            let path = super::bytes::replace(&recipe.canonical().path, b"%2520", b"%2B");
            recipe.canonical_mut().path = super::bytes::replace(&path, b"%20", b"+");
        },
    ),
    Mistake::once(
        "path-tilde-encoded",
        "the `~` in the path was encoded",
        "leave `~` as it is",
        |_, recipe| replace_in_path(recipe.canonical_mut(), b"~", b"%7E"),
    ),
    Mistake::ways(
        Topic {
            id: "path-escapes-lower-case",
            did: "the escapes in the path were written in lower case",
            help: "write escapes in upper case: `%3A`, not `%3a`",
        },
        Ways { all: 2, paired: 2 },
        |situation, recipe, way| {
            if way == 0 {
                lower_escapes(&mut recipe.canonical_mut().path);
            } else {
                // Signed from another form of the path than the one that was sent.
                let mut raw = normalized(situation.raw_path()).into_owned().into_bytes();
                lower_escapes(&mut raw);
                recipe.canonical_mut().path = encode_path(&raw).into_bytes();
            }
        },
    ),
    Mistake::ways(
        Topic {
            id: "path-with-query",
            did: "the query was left in the path",
            help: "end the path before the `?`; the query has a line of its own below it",
        },
        Ways { all: 4, paired: 2 },
        |situation, recipe, way| {
            let canonical = recipe.canonical_mut();
            let canonical_query = canonical.query.clone().unwrap_or_default();
            let query = if way < 2 { situation.raw_query().into_bytes() } else { canonical_query };
            if query.is_empty() {
                return;
            }
            canonical.path.push(b'?');
            canonical.path.extend_from_slice(&query);
            if way % 2 == 1 {
                canonical.query = Some(Vec::new());
            }
        },
    ),
    Mistake::ways(
        Topic {
            id: "path-whole-url",
            did: "the whole URL was signed instead of its path",
            help: "sign what stands behind the host: from the first single `/` up to the `?`",
        },
        Ways { all: 2, paired: 1 },
        |situation, recipe, way| {
            let host = situation.header("host").unwrap_or_default();
            let start = ["https://", "http://"][way];
            let canonical = recipe.canonical_mut();
            canonical.path = [start.as_bytes(), host.as_bytes(), &canonical.path].concat();
        },
    ),
    Mistake::once(
        "path-without-leading-slash",
        "the path was signed without its first slash",
        "begin the second line of the canonical request with `/`",
        |_, recipe| {
            let canonical = recipe.canonical_mut();
            if canonical.path.starts_with(b"/") && canonical.path.len() > 1 {
                canonical.path.remove(0);
            }
        },
    ),
    Mistake::once(
        "path-trailing-slash",
        "the path that was signed ends with a slash and the one that was sent does not, or the \
            other way round",
        "sign the path that goes over the wire, to its last slash",
        |_, recipe| {
            let path = &mut recipe.canonical_mut().path;
            match path.as_slice() {
                b"/" | b"" => {}
                [.., b'/'] => {
                    path.pop();
                }
                _ => path.push(b'/'),
            }
        },
    ),
];

/// Normalizes and encodes a path, but leaves some characters alone.
fn encode_but(raw: &str, kept: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for byte in normalized(raw).bytes() {
        if kept.contains(&byte) {
            out.push(byte);
        } else {
            out.extend_from_slice(encode(&[byte]).as_bytes());
        }
    }
    out
}

fn replace_in_path(canonical: &mut super::recipe::Canonical, from: &[u8], to: &[u8]) {
    canonical.path = super::bytes::replace(&canonical.path, from, to);
}

/// Writes the digits of each escape in lower case.
pub(super) fn lower_escapes(text: &mut [u8]) {
    for at in 0..text.len() {
        if text[at] == b'%' {
            let end = text.len().min(at + 3);
            text[at + 1..end].make_ascii_lowercase();
        }
    }
}
