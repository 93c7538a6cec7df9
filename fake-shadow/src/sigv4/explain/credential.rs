//! What a wrong access key id and a wrong session token look like.

use super::explanation::Finding;
use super::mistake::{Family, Topic};
use crate::clock::UnixMillis;
use crate::sigv4::credential::Keyring;
use crate::sigv4::escape::decode_lossy;
use crate::sigv4::parse::Claim;
use crate::sigv4::refusal::Refusal;
use crate::sigv4::timestamp::basic;

pub(super) const FAMILY: Family = Family {
    title: "The access key id and the session token",
    mistakes: &[],
    seen: &[
        &KEY_UNKNOWN,
        &KEY_CASE,
        &KEY_AROUND,
        &KEY_TYPED,
        &KEY_IS_SECRET,
        &TOKEN_MISSING,
        &TOKEN_EMPTY,
        &TOKEN_NOT_WANTED,
        &TOKEN_CHANGED,
        &TOKEN_ANOTHER,
        &TOKEN_EXPIRED,
    ],
};

const KEY_UNKNOWN: Topic = Topic {
    id: "key-id-unknown",
    did: "the access key id is not known here",
    help: "sign with a key that was given to this service, or give it this one",
};

const KEY_CASE: Topic = Topic {
    id: "key-id-case",
    did: "the access key id is written in another case than the one that is known",
    help: "leave the case of the access key id as it is",
};

const KEY_AROUND: Topic = Topic {
    id: "key-id-with-more",
    did: "the access key id is known, but was sent with spaces, quotes or a line end around it",
    help: "cut off what is around the access key id where it is read",
};

const KEY_TYPED: Topic = Topic {
    id: "key-id-typed-wrong",
    did: "the access key id is not known, but nearly the same as one that is",
    help: "copy the access key id again",
};

const KEY_IS_SECRET: Topic = Topic {
    id: "key-id-is-secret",
    did: "a secret access key was sent as the access key id",
    help: "swap the two; and make a new key, because this secret has now traveled in the open",
};

const TOKEN_MISSING: Topic = Topic {
    id: "token-missing",
    did: "the access key is temporary and its session token did not come",
    help: "send the session token in `x-amz-security-token`",
};

const TOKEN_EMPTY: Topic = Topic {
    id: "token-empty",
    did: "the session token came empty",
    help: "send the session token, or with a long-term key no token at all: leave the header out",
};

const TOKEN_NOT_WANTED: Topic = Topic {
    id: "token-not-wanted",
    did: "a session token came with a long-term access key",
    help: "leave `x-amz-security-token` out, or use the access key that was given with the token",
};

const TOKEN_CHANGED: Topic = Topic {
    id: "token-changed",
    did: "the session token came changed: with white space or quotes, percent-encoded, or with \
        spaces for `+`",
    help: "send the token as it was given in the header; percent-encode it once in a URL",
};

const TOKEN_ANOTHER: Topic = Topic {
    id: "token-of-another-key",
    did: "the session token does not belong to this access key id",
    help: "use access key id, secret and token from the same answer, and replace all three when \
        they are renewed",
};

const TOKEN_EXPIRED: Topic = Topic {
    id: "token-expired",
    did: "the session token has expired",
    help: "fetch new temporary credentials before the old ones expire, and after a long sleep \
        before the first request",
};

/// What is wrong with an unknown access key id.
pub(super) fn key_findings(sent: &str, keyring: &Keyring) -> Vec<Finding> {
    if keyring.iter().any(|known| !sent.is_empty() && known.secret.reveal() == sent) {
        // What was sent is a secret, so it is not shown.
        return vec![Finding::seen(&KEY_IS_SECRET)];
    }
    let mut ids: Vec<&str> = keyring.iter().map(|known| known.access_key_id.as_str()).collect();
    ids.dedup();
    let bare = sent.trim_matches(|character: char| {
        character.is_whitespace() || character.is_control() || "\"'<>`".contains(character)
    });
    let near = ids.iter().find_map(|&id| {
        if bare == id {
            Some((&KEY_AROUND, id))
        } else if bare.eq_ignore_ascii_case(id) {
            Some((&KEY_CASE, id))
        } else {
            None
        }
    });
    let near = near.or_else(|| ids.iter().find(|id| is_near(bare, id)).map(|&id| (&KEY_TYPED, id)));
    let finding = match near {
        Some((topic, known)) => Finding::seen(topic).fact("known", format!("{known:?}")),
        None => Finding::seen(&KEY_UNKNOWN),
    };
    vec![finding.fact("sent", format!("{sent:?}"))]
}

/// What is wrong with a session token.
pub(super) fn token_findings(
    refusal: &Refusal,
    claim: &Claim<'_>,
    keyring: &Keyring,
    now: UnixMillis,
) -> Vec<Finding> {
    if let Refusal::TokenExpired { expired_at } = refusal {
        let finding = Finding::seen(&TOKEN_EXPIRED).fact("expired at", basic(*expired_at));
        return vec![finding.fact("server time", basic(now))];
    }
    let Some(sent) = claim.token.as_deref() else { return vec![Finding::seen(&TOKEN_MISSING)] };
    let id = claim.credential.split('/').next().unwrap_or_default();
    let known = keyring.find(id).iter().filter_map(|known| known.session_token.as_ref());
    let known: Vec<&str> = known.map(|token| token.reveal()).collect();
    let topic = if sent.trim().is_empty() {
        &TOKEN_EMPTY
    } else if known.is_empty() {
        &TOKEN_NOT_WANTED
    } else if known.iter().any(|right| is_changed(sent, right)) {
        &TOKEN_CHANGED
    } else {
        &TOKEN_ANOTHER
    };
    vec![Finding::seen(topic).fact("length of the token", format!("{} bytes", sent.len()))]
}

/// True if a token is another one only by what happens to texts on their way.
fn is_changed(sent: &str, right: &str) -> bool {
    let plain = |text: &str| {
        let decoded = String::from_utf8_lossy(&decode_lossy(text.as_bytes())).replace(' ', "+");
        decoded
            .trim_matches(|character: char| character.is_whitespace() || "+\"'".contains(character))
            .to_owned()
    };
    plain(sent) == plain(right)
}

/// The longest texts that are compared letter by letter.
const NEAR_BYTES_MAX: usize = 128;

/// True if one text becomes the other by one letter changed, lost or added, or by two neighbors swapped.
fn is_near(left: &str, right: &str) -> bool {
    let (left, right) = (left.as_bytes(), right.as_bytes());
    if left.len() > NEAR_BYTES_MAX || right.len() > NEAR_BYTES_MAX || right.len() < 4 {
        return false;
    }
    let same_start = left.iter().zip(right).take_while(|(one, other)| one == other).count();
    let (left, right) = (&left[same_start..], &right[same_start..]);
    let same_end =
        left.iter().rev().zip(right.iter().rev()).take_while(|(one, other)| one == other).count();
    match (&left[..left.len() - same_end], &right[..right.len() - same_end]) {
        ([] | [_], [] | [_]) => true,
        ([a, b], [c, d]) => a == d && b == c,
        _ => false,
    }
}
