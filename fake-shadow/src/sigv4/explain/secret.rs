//! Mistakes in the secret access key.
//!
//! What they say never tells more about the secret than the client knows: that a character is missing, not which.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::mistake::{Family, Mistake, Topic, Ways};
use super::recipe::Recipe;
use crate::sigv4::escape::encode;

const AGAIN: &str = "copy the secret access key again and print its length on the device: it must \
    have as many characters as the \
    original, without quotes, spaces and line ends";

pub(super) const FAMILY: Family =
    Family { title: "The secret access key", mistakes: MISTAKES, seen: &[] };

/// The longest secret in which each single character is tried.
const TYPED_BYTES_MAX: usize = 64;

const MISTAKES: &[Mistake] = &[
    Mistake::ways(
        Topic {
            id: "secret-of-another-key",
            did: "the secret belongs to another access key id",
            help: "use the secret access key that was made together with this access key id",
        },
        Ways { all: 16, paired: 2 },
        |situation, recipe, way| {
            if let Some(other) = situation.other_secrets.get(way) {
                recipe.key_mut().secret = other.as_bytes().to_vec();
            }
        },
    ),
    Mistake::once(
        "secret-is-access-key-id",
        "the access key id was used as the secret",
        "sign with the secret access key, the longer of the two",
        |situation, recipe| recipe.key_mut().secret = situation.scope.access_key_id.into(),
    ),
    Mistake::once(
        "secret-is-session-token",
        "the session token was used as the secret",
        "sign with the secret access key and send the session token in `x-amz-security-token`",
        |situation, recipe| {
            if let Some(token) = &situation.claim.token {
                recipe.key_mut().secret = token.as_bytes().to_vec();
            }
        },
    ),
    Mistake::once("secret-empty", "the secret was empty", AGAIN, |_, recipe| {
        recipe.key_mut().secret.clear();
    }),
    Mistake::ways(
        Topic {
            id: "secret-placeholder",
            did: "a placeholder was used as the secret",
            help: "put the secret access key where the placeholder stands",
        },
        Ways { all: PLACEHOLDERS.len(), paired: 1 },
        |_, recipe, way| recipe.key_mut().secret = PLACEHOLDERS[way].into(),
    ),
    Mistake::ways(
        Topic {
            id: "secret-with-line-end",
            did: "the secret was used with a line end behind it",
            help: "cut the line end off when the secret is read from a file or a console",
        },
        Ways { all: 4, paired: 3 },
        |_, recipe, way| change(recipe, |secret| [secret, ENDS[way]].concat()),
    ),
    Mistake::ways(
        Topic {
            id: "secret-with-space",
            did: "the secret was used with a space or a tab before or behind it",
            help: AGAIN,
        },
        Ways { all: 4, paired: 4 },
        |_, recipe, way| {
            let (before, behind) = [("", " "), (" ", ""), (" ", " "), ("", "\t")][way];
            change(recipe, |secret| [before.as_bytes(), secret, behind.as_bytes()].concat());
        },
    ),
    Mistake::ways(
        Topic {
            id: "secret-in-quotes",
            did: "the secret was used with quotes or brackets around it",
            help: AGAIN,
        },
        Ways { all: 5, paired: 3 },
        |_, recipe, way| {
            let (before, behind) =
                [("\"", "\""), ("'", "'"), ("<", ">"), ("`", "`"), ("", "\"")][way];
            change(recipe, |secret| [before.as_bytes(), secret, behind.as_bytes()].concat());
        },
    ),
    Mistake::ways(
        Topic {
            id: "secret-with-more",
            did: "the secret was used with a mark before or behind it that belongs to the file or \
                the code around it",
            help: AGAIN,
        },
        Ways { all: 6, paired: 1 },
        |_, recipe, way| {
            let (before, behind) =
                [("", ";"), ("", ","), ("\u{feff}", ""), ("=", ""), (":", ""), ("", "\\")][way];
            change(recipe, |secret| [before.as_bytes(), secret, behind.as_bytes()].concat());
        },
    ),
    Mistake::ways(
        Topic {
            id: "secret-cut",
            did: "the secret was cut: it lost characters at one of its ends",
            help: "check the size of the buffer that holds the secret, a zero at its end \
                included, and copy the secret again",
        },
        Ways { all: 11, paired: 2 },
        |_, recipe, way| {
            change(recipe, |secret| {
                let length = secret.len();
                let kept = match way {
                    0 => secret.get(..length.saturating_sub(1)),
                    1 => secret.get(1..),
                    2 => secret.get(..length.saturating_sub(2)),
                    3 => secret.get(2..),
                    _ => secret.get(..[8, 16, 20, 24, 31, 32, 39][way - 4]),
                };
                kept.unwrap_or(secret).to_vec()
            });
        },
    ),
    Mistake::ways(
        Topic {
            id: "secret-url-encoded",
            did: "the secret was used in a form made for URLs, with its `/`, `+` or `=` changed",
            help: "use the secret as it was given, with its `/` and `+`",
        },
        Ways { all: 5, paired: 3 },
        |_, recipe, way| {
            change(recipe, |secret| match way {
                0 => encode(secret).into_bytes(),
                1 => encode(secret).replace("%2F", "%2f").replace("%2B", "%2b").into_bytes(),
                2 => super::bytes::replace(secret, b"+", b" "),
                3 => super::bytes::replace(secret, b"+", b"%20"),
                _ => super::bytes::replace(&super::bytes::replace(secret, b"/", b"_"), b"+", b"-"),
            });
        },
    ),
    Mistake::ways(
        Topic {
            id: "secret-escaped",
            did: "the secret was used with backslashes that belong to JSON or to a shell",
            help: "decode the text in which the secret is kept before using it",
        },
        Ways { all: 2, paired: 1 },
        |_, recipe, way| {
            change(recipe, |secret| {
                let escaped = super::bytes::replace(secret, b"/", b"\\/");
                if way == 0 { escaped } else { super::bytes::replace(&escaped, b"+", b"\\+") }
            });
        },
    ),
    Mistake::ways(
        Topic {
            id: "secret-slash-or-plus-lost",
            did: "the `/` or `+` of the secret got lost",
            help: AGAIN,
        },
        Ways { all: 3, paired: 3 },
        |_, recipe, way| {
            change(recipe, |secret| {
                let lost: &[u8] = [b"/".as_slice(), b"+", b"/+"][way];
                secret.iter().copied().filter(|byte| !lost.contains(byte)).collect()
            });
        },
    ),
    Mistake::ways(
        Topic {
            id: "secret-another-case",
            did: "the secret was used in lower or in upper case",
            help: "leave the case of the secret as it is",
        },
        Ways { all: 2, paired: 2 },
        |_, recipe, way| {
            change(recipe, |secret| {
                if way == 0 { secret.to_ascii_lowercase() } else { secret.to_ascii_uppercase() }
            });
        },
    ),
    Mistake::ways(
        Topic {
            id: "secret-base64",
            did: "the secret was encoded in base64, or decoded from it",
            help: "use the characters of the secret as they are; it looks like base64 but is not",
        },
        Ways { all: 2, paired: 2 },
        |_, recipe, way| {
            change(recipe, |secret| match way {
                0 => STANDARD.encode(secret).into_bytes(),
                _ => STANDARD.decode(secret).unwrap_or_else(|_| secret.to_vec()),
            });
        },
    ),
    Mistake::once("secret-doubled", "the secret was used twice in a row", AGAIN, |_, recipe| {
        change(recipe, |secret| [secret, secret].concat());
    }),
    Mistake::ways(
        Topic {
            id: "secret-typed-wrong",
            did: "one or two characters of the secret are wrong",
            help: AGAIN,
        },
        Ways { all: TYPED_BYTES_MAX * TYPING_ERRORS, paired: 0 },
        |_, recipe, way| {
            change(recipe, |secret| mistyped(secret, way / TYPING_ERRORS, way % TYPING_ERRORS));
        },
    ),
    Mistake::rare(
        Topic {
            id: "secret-character-wrong",
            did: "one character of the secret is another one",
            help: AGAIN,
        },
        TYPED_BYTES_MAX * CHARACTERS.len(),
        |_, recipe, way| {
            if let Some(byte) = recipe.key_mut().secret.get_mut(way / CHARACTERS.len()) {
                *byte = CHARACTERS[way % CHARACTERS.len()];
            }
        },
    ),
];

const ENDS: [&[u8]; 4] = [b"\n", b"\r\n", b"\r", b"\n\n"];

/// What examples have in place of a secret, and what test setups use for every secret.
const PLACEHOLDERS: &[&str] = &[
    "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
    "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "test",
    "secret",
    "YOUR_SECRET_ACCESS_KEY",
    "YOUR_SECRET_KEY",
    "undefined",
    "null",
    "None",
    "(null)",
];

/// How many typing errors [`mistyped`] knows for one character.
const TYPING_ERRORS: usize = 8;

/// What secrets are written with.
const CHARACTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The secret with one typing error at a character.
fn mistyped(secret: &[u8], at: usize, error: usize) -> Vec<u8> {
    let mut out = secret.to_vec();
    if at >= secret.len() {
        return out;
    }
    match error {
        0 => {
            out.remove(at);
        }
        1 => {
            if at + 1 < out.len() {
                out.swap(at, at + 1);
            }
        }
        2 => out.insert(at, out[at]),
        3 if out[at].is_ascii_lowercase() => out[at].make_ascii_uppercase(),
        3 => out[at].make_ascii_lowercase(),
        _ => {
            let alike = LOOK_ALIKE.iter().filter(|group| group.contains(&out[at]));
            let others = alike.flat_map(|group| group.iter()).filter(|&&other| other != secret[at]);
            if let Some(&other) = others.collect::<Vec<_>>().get(error - 4) {
                out[at] = *other;
            }
        }
    }
    out
}

/// Characters that are taken for each other.
const LOOK_ALIKE: &[&[u8]] = &[
    b"0OoQ", b"1lI|", b"5S", b"8B", b"2Z", b"6b", b"9g", b"uv", b"VU", b"nm", b"/\\", b"+-", b"cC",
];

fn change(recipe: &mut Recipe, change: impl FnOnce(&[u8]) -> Vec<u8>) {
    let secret = &mut recipe.key_mut().secret;
    *secret = change(secret);
}
