//! Mistakes in the other headers of the canonical request.

use super::mistake::{Family, Mistake, Topic, Ways};
use super::recipe::{Canonical, Line};
use super::situation::Situation;
use crate::sigv4::canonical::{collapsed, header_value};

pub(super) const FAMILY: Family = Family { title: "The headers", mistakes: MISTAKES, seen: &[] };

/// For how many headers a mistake that concerns one of them is tried.
const HEADERS_MAX: usize = 12;

const ONE_LINE: &str =
    "write a line `name:value` for each header in `SignedHeaders`, and for no other, in that order";

const MISTAKES: &[Mistake] = &[
    Mistake::ways(
        Topic {
            id: "header-changed-on-the-way",
            did: "a header was signed with another value than the one that came",
            help: "sign a header with the value that is sent, or do not sign it: an HTTP library, \
                a proxy or a retry may set it anew",
        },
        Ways { all: CHANGED.len() + 2, paired: 12 },
        |situation, recipe, way| {
            let Some((name, value)) = changed(situation, way) else { return };
            if let Some(signed) = recipe.canonical_mut().header_mut(&name) {
                *signed = value;
            }
        },
    ),
    Mistake::ways(
        Topic {
            id: "header-time-read-twice",
            did: "the clock was read twice: the date header that was signed is some seconds off \
                the one that was sent",
            help: "read the clock once for each request and use that time for the header, the \
                scope and the string to sign",
        },
        Ways { all: 6, paired: 2 },
        |situation, recipe, way| {
            let date = super::string_to_sign::seconds_off(situation, way);
            if let Some(value) = recipe.canonical_mut().header_mut("x-amz-date") {
                *value = date.into_bytes();
            }
        },
    ),
    Mistake::once(
        "header-spaces-kept",
        "runs of spaces in a header were signed as they were sent",
        "make each run of spaces in a header's value one space, inside quotes too",
        |situation, recipe| {
            for line in recipe.canonical_mut().headers_mut() {
                let values: Vec<&[u8]> = values(situation, line).collect();
                line.value = values.join(&b',');
            }
        },
    ),
    Mistake::ways(
        Topic {
            id: "header-repeated-joined-wrongly",
            did: "the values of a repeated header were not joined as they should be",
            help: "join all values of one name with a comma, without a space, in the order on the \
                wire",
        },
        Ways { all: 5, paired: 5 },
        |situation, recipe, way| {
            for line in recipe.canonical_mut().headers_mut() {
                let mut values: Vec<Vec<u8>> =
                    values(situation, line).map(|value| collapsed(value).into_owned()).collect();
                if values.len() < 2 {
                    continue;
                }
                line.value = match way {
                    0 => values[0].clone(),
                    1 => values[values.len() - 1].clone(),
                    2 => values.join(b", ".as_slice()),
                    3 => values.join(b";".as_slice()),
                    _ => {
                        values.sort_unstable();
                        values.join(&b',')
                    }
                };
            }
        },
    ),
    Mistake::ways(
        Topic {
            id: "header-not-trimmed",
            did: "a header was signed with a space, a line end or quotes around its value that \
                did not come with it",
            help: "cut off what is around a value before it is signed and sent; HTTP libraries \
                cut white space off on the way",
        },
        Ways { all: HEADERS_MAX * AROUND.len() + BEHIND, paired: 4 },
        |_, recipe, way| {
            let lines = recipe.canonical_mut().headers_mut();
            // By header first, so that a few ways reach the first form in several headers; at last in all at once.
            let in_one = HEADERS_MAX * AROUND.len();
            let (form, lines) = match way.checked_sub(in_one) {
                Some(form) => (form, lines.as_mut_slice()),
                None => {
                    let at = way % HEADERS_MAX;
                    (way / HEADERS_MAX, lines.get_mut(at..=at).unwrap_or_default())
                }
            };
            let (before, behind) = AROUND[form];
            for line in lines {
                line.value = [before, &line.value, behind].concat();
            }
        },
    ),
    Mistake::ways(
        Topic {
            id: "header-left-out",
            did: "a header is listed in `SignedHeaders` but has no line in what was signed",
            help: ONE_LINE,
        },
        Ways { all: HEADERS_MAX, paired: 12 },
        |_, recipe, way| {
            let headers = recipe.canonical_mut().headers_mut();
            if way < headers.len() {
                headers.remove(way);
            }
        },
    ),
    Mistake::ways(
        Topic {
            id: "header-signed-empty",
            did: "a header was signed with an empty value",
            help: "set each header before the request is signed",
        },
        Ways { all: HEADERS_MAX, paired: 4 },
        |_, recipe, way| {
            if let Some(line) = recipe.canonical_mut().headers_mut().get_mut(way) {
                line.value.clear();
            }
        },
    ),
    Mistake::ways(
        Topic {
            id: "header-not-listed",
            did: "a header was signed that is not listed in `SignedHeaders`",
            help: "list each header that is signed in the `Authorization` header too",
        },
        Ways { all: HEADERS_MAX * 2, paired: 6 },
        |situation, recipe, way| {
            let unlisted = unlisted(situation);
            if let Some(name) = unlisted.get(way / 2) {
                add(situation, recipe.canonical_mut(), name, way % 2 == 1);
            }
        },
    ),
    Mistake::ways(
        Topic {
            id: "header-signed-and-not-sent",
            did: "a header was signed that did not come and is not listed in `SignedHeaders`",
            help: ONE_LINE,
        },
        Ways { all: 4, paired: 0 },
        |situation, recipe, way| {
            let name = ["x-amz-content-sha256", "x-amz-security-token"][way / 2];
            if situation.request.header(name).is_none() {
                let hash = situation.canonical.body_sha256.as_bytes();
                let value = if way < 2 { hash.to_vec() } else { Vec::new() };
                insert(recipe.canonical_mut(), name, value, way % 2 == 1);
            }
        },
    ),
    Mistake::once(
        "headers-in-wire-order",
        "the headers were signed in the order in which they were sent",
        "sort the headers by their name in lower case",
        |situation, recipe| {
            let order = |line: &Line| {
                let name = |header: &crate::message::Header| {
                    header.name.as_bytes().eq_ignore_ascii_case(&line.name)
                };
                situation.request.headers.iter().position(name)
            };
            recipe.canonical_mut().headers_mut().sort_by_key(order);
        },
    ),
    Mistake::once(
        "headers-in-reverse-order",
        "the headers were signed in reverse order",
        "sort the headers by their name in lower case, ascending",
        |_, recipe| recipe.canonical_mut().headers_mut().reverse(),
    ),
    Mistake::once(
        "header-values-lower-case",
        "the values of the headers were signed in lower case",
        "only the names of headers are in lower case; leave the values as they are",
        |_, recipe| {
            for line in recipe.canonical_mut().headers_mut() {
                line.value.make_ascii_lowercase();
            }
        },
    ),
    Mistake::ways(
        Topic {
            id: "header-names-not-lower-case",
            did: "the names of the headers were not signed in lower case",
            help: "write the names of headers in lower case, in their lines and in the list below \
                them",
        },
        Ways { all: 6, paired: 2 },
        |situation, recipe, way| {
            let canonical = recipe.canonical_mut();
            for line in canonical.headers_mut() {
                line.name = match way / 2 {
                    0 => as_sent(situation, &line.name),
                    1 => capitalized(&line.name),
                    _ => line.name.to_ascii_uppercase(),
                };
            }
            if way % 2 == 1 {
                let names: Vec<&[u8]> =
                    canonical.headers().iter().map(|line| line.name.as_slice()).collect();
                canonical.signed_headers = names.join(&b';');
            }
        },
    ),
    Mistake::ways(
        Topic {
            id: "header-space-after-colon",
            did: "a space was signed between the colon and the value of the headers",
            help: "write `name:value` without a space",
        },
        Ways { all: 2, paired: 1 },
        |_, recipe, way| recipe.canonical_mut().colon = [": ", " : "][way],
    ),
    Mistake::once(
        "header-equal-sign",
        "the headers were signed with `=` between name and value",
        "write `name:value`",
        |_, recipe| recipe.canonical_mut().colon = "=",
    ),
];

/// What is found around a value that was read from a file, a form or a console.
const AROUND: &[(&[u8], &[u8])] =
    &[(b"", b" "), (b"", b"\r"), (b"", b"\n"), (b" ", b""), (b"\"", b"\"")];

/// The first so many of these stand behind the value; what stands before all values is a mistake of its own.
const BEHIND: usize = 3;

/// Values that libraries and proxies are known to set, or to leave alone while a device changes them.
const CHANGED: &[(&str, &str)] = &[
    ("content-type", "application/json"),
    ("content-type", "application/json; charset=utf-8"),
    ("content-type", "application/json;charset=utf-8"),
    ("content-type", "application/json; charset=UTF-8"),
    ("content-type", "application/json;charset=UTF-8"),
    ("content-type", "application/x-amz-json-1.0"),
    ("content-type", "application/x-amz-json-1.1"),
    ("content-type", "application/octet-stream"),
    ("content-type", "application/x-www-form-urlencoded"),
    ("content-type", "application/x-www-form-urlencoded; charset=utf-8"),
    ("content-type", "text/plain"),
    ("content-type", "text/plain; charset=utf-8"),
    ("content-type", "text/plain;charset=UTF-8"),
    ("content-length", "0"),
    ("connection", "close"),
    ("connection", "keep-alive"),
    ("connection", "Keep-Alive"),
    ("connection", "Close"),
    ("accept", "*/*"),
    ("accept", "application/json"),
    ("accept-encoding", "identity"),
    ("accept-encoding", "gzip, deflate"),
    ("accept-encoding", "gzip"),
    ("user-agent", "ESP32HTTPClient"),
    ("user-agent", "ESP32 HTTP Client/1.0"),
    ("transfer-encoding", "chunked"),
];

fn changed(situation: &Situation<'_>, way: usize) -> Option<(String, Vec<u8>)> {
    match way {
        0 => {
            let length = situation.request.body.len().to_string();
            Some(("content-length".to_owned(), length.into_bytes()))
        }
        1 => {
            // A library that adds parameters to the content type was not there when it was signed.
            let sent = situation.header("content-type")?;
            let (kind, _) = sent.split_once(';')?;
            Some(("content-type".to_owned(), kind.trim_end().as_bytes().to_vec()))
        }
        _ => {
            let (name, value) = CHANGED.get(way - 2)?;
            Some(((*name).to_owned(), value.as_bytes().to_vec()))
        }
    }
}

/// The values of a header, not yet collapsed and joined.
fn values<'a>(situation: &'a Situation<'_>, line: &Line) -> impl Iterator<Item = &'a [u8]> {
    let name = line.name.clone();
    let headers = situation.request.headers.iter();
    headers
        .filter(move |header| header.name.as_bytes().eq_ignore_ascii_case(&name))
        .map(|header| header.value.trim_ascii())
}

/// The names, in lower case, of headers that came and are not listed.
fn unlisted(situation: &Situation<'_>) -> Vec<String> {
    let mut names: Vec<String> =
        situation.request.headers.iter().map(|header| header.name.to_ascii_lowercase()).collect();
    names.sort_unstable();
    names.dedup();
    names.retain(|name| {
        name != "authorization"
            && !situation.canonical.signed_headers.iter().any(|signed| signed == name)
    });
    names
}

/// Signs one more header, with or without naming it in the list.
fn add(situation: &Situation<'_>, canonical: &mut Canonical, name: &str, is_in_list: bool) {
    if let Some(value) = header_value(situation.request, name) {
        insert(canonical, name, value.into_owned(), is_in_list);
    }
}

/// Puts a line in its place.
fn insert(canonical: &mut Canonical, name: &str, value: Vec<u8>, is_in_list: bool) {
    let at = canonical.headers().partition_point(|line| line.name.as_slice() < name.as_bytes());
    canonical.headers_mut().insert(at, Line { name: name.into(), value });
    if is_in_list {
        let names: Vec<&[u8]> =
            canonical.headers().iter().map(|line| line.name.as_slice()).collect();
        canonical.signed_headers = names.join(&b';');
    }
}

/// The name of a header in the case in which it was sent.
pub(super) fn as_sent(situation: &Situation<'_>, name: &[u8]) -> Vec<u8> {
    let headers = &situation.request.headers;
    let sent = headers.iter().find(|header| header.name.as_bytes().eq_ignore_ascii_case(name));
    sent.map_or_else(|| name.to_vec(), |header| header.name.as_bytes().to_vec())
}

/// The name with a capital at the start of each word, as `X-Amz-Date`.
pub(super) fn capitalized(name: &[u8]) -> Vec<u8> {
    let mut at_start = true;
    let mut out = name.to_vec();
    for byte in &mut out {
        if at_start {
            byte.make_ascii_uppercase();
        }
        at_start = *byte == b'-';
    }
    out
}
