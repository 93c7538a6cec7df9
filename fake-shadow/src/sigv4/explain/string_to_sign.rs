//! Mistakes in the string to sign.

use super::key::{REGIONS, SERVICES, other_days};
use super::mistake::{Family, Mistake, Topic, Ways};
use super::recipe::HashForm;
use super::situation::Situation;
use crate::sigv4::timestamp;

const FOUR_LINES: &str = "sign four lines: `AWS4-HMAC-SHA256`, the time as `20260102T030405Z`, \
    the scope as \
    `20260102/<region>/<service>/aws4_request`, and the hash of the canonical request, with LF \
    between them and nothing behind";

pub(super) const FAMILY: Family =
    Family { title: "The string to sign", mistakes: MISTAKES, seen: &[] };

const MISTAKES: &[Mistake] = &[
    Mistake::ways(
        Topic {
            id: "to-sign-time-read-twice",
            did: "the clock was read twice: the time in the string to sign is some seconds off \
                the one that was sent",
            help: "read the clock once for each request and use that time for the header, the \
                scope and the string to sign",
        },
        Ways { all: 6, paired: 2 },
        |situation, recipe, way| {
            recipe.to_sign_mut().date = seconds_off(situation, way).into_bytes()
        },
    ),
    Mistake::ways(
        Topic {
            id: "to-sign-time-form",
            did: "the time in the string to sign has another form than `20260102T030405Z`",
            help: "write the time in the string to sign as in `x-amz-date`: no dashes, no colons, \
                `T` and `Z`",
        },
        Ways { all: 6, paired: 5 },
        |situation, recipe, way| {
            let date = &situation.date;
            let [year, month, day, hour, minute, second] =
                [0..4, 4..6, 6..8, 9..11, 11..13, 13..15]
                    .map(|part| date.get(part).unwrap_or_default());
            let http = situation.header("date").unwrap_or_default();
            let other = match way {
                0 => format!("{year}{month}{day}"),
                1 => format!("{year}-{month}-{day}T{hour}:{minute}:{second}Z"),
                2 => format!("{year}{month}{day}T{hour}{minute}{second}"),
                3 => format!("{year}{month}{day}{hour}{minute}{second}"),
                4 => situation.signed_at.secs().to_string(),
                _ => http,
            };
            recipe.to_sign_mut().date = other.into_bytes();
        },
    ),
    Mistake::ways(
        Topic {
            id: "to-sign-another-scope",
            did: "the scope in the string to sign is not the one in the credential",
            help: "make the scope once and use it in the string to sign, in the signing key and \
                in the credential",
        },
        Ways { all: 3 * REGIONS.len(), paired: 12 },
        |situation, recipe, way| {
            let scope = &situation.scope;
            let (mut date, mut region, mut service) =
                (scope.date.to_owned(), scope.region, scope.service);
            // By turns, so that a few ways reach the likeliest of each.
            match (way / 3, way % 3) {
                (at, 0) => service = SERVICES.get(at).unwrap_or(&service),
                (at, 1) => region = REGIONS.get(at).unwrap_or(&region),
                (at, _) => {
                    if let Some(other) = other_days(situation).get(at) {
                        date.clone_from(other);
                    }
                }
            }
            let other = [&date, region, service, scope.terminator].join("/");
            recipe.to_sign_mut().scope = other.into_bytes();
        },
    ),
    Mistake::ways(
        Topic {
            id: "scope-only-in-credential",
            did: "the request was signed for another scope than its credential names, in the key \
                and in the string to sign",
            help: "make the scope once and use it in the string to sign, in the signing key and \
                in the credential",
        },
        Ways { all: 8, paired: 0 },
        |situation, recipe, way| {
            // Signed for what this service demands, or for what SDKs sign for, but sent with something else.
            let Some(service) = situation.rules.services.get(way / 2) else { return };
            let signed_on = situation.date.get(..8).unwrap_or_default();
            let day = if way % 2 == 0 { signed_on } else { situation.scope.date };
            let scope = [day, &situation.rules.region, service, "aws4_request"];
            recipe.to_sign_mut().scope = scope.join("/").into_bytes();
            recipe.key_mut().steps = scope.map(Vec::from).into();
        },
    ),
    Mistake::ways(
        Topic {
            id: "to-sign-scope-form",
            did: "the scope in the string to sign has not its four parts",
            help: "write the scope as `20260102/<region>/<service>/aws4_request`, without the \
                access key id",
        },
        Ways { all: 7, paired: 7 },
        |situation, recipe, way| {
            let scope = &situation.scope;
            let right = String::from_utf8_lossy(&recipe.to_sign().scope).into_owned();
            let other = match way {
                0 => situation.claim.credential.clone().into_owned(),
                1 => [scope.date, scope.region, scope.service].join("/"),
                2 => [scope.region, scope.service, scope.terminator].join("/"),
                3 => format!("/{right}"),
                4 => format!("{right}/"),
                5 => [&situation.date, scope.region, scope.service, scope.terminator].join("/"),
                _ => [scope.date, scope.service, scope.region, scope.terminator].join("/"),
            };
            recipe.to_sign_mut().scope = other.into_bytes();
        },
    ),
    Mistake::ways(
        Topic {
            id: "to-sign-algorithm",
            did: "the first line of the string to sign is not `AWS4-HMAC-SHA256`",
            help: FOUR_LINES,
        },
        Ways { all: 9, paired: 5 },
        |_, recipe, way| {
            recipe.to_sign_mut().algorithm = [
                "AWS4-HMAC-SHA-256",
                "aws4-hmac-sha256",
                "HMAC-SHA256",
                "AWS4",
                "",
                "AWS4-HMAC-SHA256 ",
                "AWS4-HMAC-SHA1",
                "AWS4-HMAC-SHA512",
                "AWS4-HMAC",
            ][way]
                .into();
        },
    ),
    Mistake::ways(
        Topic {
            id: "to-sign-last-line-alone",
            did: "the canonical request, or its hash, was signed in place of the string to sign",
            help: FOUR_LINES,
        },
        Ways { all: 2, paired: 0 },
        |_, recipe, way| {
            let to_sign = recipe.to_sign_mut();
            for line in [&mut to_sign.algorithm, &mut to_sign.date, &mut to_sign.scope] {
                line.clear();
            }
            to_sign.hash = [HashForm::Text, HashForm::Hex][way];
        },
    ),
    Mistake::once(
        "to-sign-request-not-hashed",
        "the canonical request itself stands in the string to sign instead of its hash",
        "hash the canonical request with SHA-256 and put the 64 hexadecimal digits on the last \
            line",
        |_, recipe| recipe.to_sign_mut().hash = HashForm::Text,
    ),
    Mistake::once(
        "to-sign-body-hash",
        "the hash of the body stands in the string to sign instead of the hash of the canonical \
            request",
        "hash the canonical request with SHA-256 and put the 64 hexadecimal digits on the last \
            line",
        |situation, recipe| {
            recipe.to_sign_mut().instead_of_hash =
                Some(situation.canonical.body_sha256.as_bytes().to_vec());
        },
    ),
    Mistake::once(
        "to-sign-hash-upper-case",
        "the hash of the canonical request was written in upper case",
        "write the hash in lower-case hexadecimal digits",
        |_, recipe| recipe.to_sign_mut().hash = HashForm::HexUpper,
    ),
    Mistake::once(
        "to-sign-hash-base64",
        "the hash of the canonical request was written in base64",
        "write the hash in lower-case hexadecimal digits",
        |_, recipe| recipe.to_sign_mut().hash = HashForm::Base64,
    ),
    Mistake::once(
        "to-sign-hash-twice",
        "the hash of the canonical request was hashed again",
        "hash the canonical request once",
        |_, recipe| recipe.to_sign_mut().hash = HashForm::Twice,
    ),
    Mistake::ways(
        Topic {
            id: "to-sign-line-end-at-end",
            did: "there is a line end or a zero byte behind the last line of the string to sign",
            help: "end the string to sign with the last digit of the hash",
        },
        Ways { all: 3, paired: 1 },
        |_, recipe, way| recipe.to_sign_mut().end = ["\n", "\r\n", "\0"][way],
    ),
    Mistake::ways(
        Topic {
            id: "to-sign-line-ends",
            did: "the lines of the string to sign do not end with LF alone",
            help: FOUR_LINES,
        },
        Ways { all: 4, paired: 4 },
        |_, recipe, way| recipe.to_sign_mut().newline = ["\r\n", "\\n", "", " "][way],
    ),
];

/// The time of the signature, off by one to three seconds, back or forth.
pub(super) fn seconds_off(situation: &Situation<'_>, way: usize) -> String {
    let millis = [1000, -1000, 2000, -2000, 3000, -3000][way % 6];
    timestamp::basic(situation.signed_at.offset_by(millis))
}
