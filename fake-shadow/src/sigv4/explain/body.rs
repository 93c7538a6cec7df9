//! Mistakes in the hash of the body.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::Md5;
use serde_json::Value;
use sha1::Sha1;
use sha2::{Digest, Sha224, Sha256, Sha384, Sha512};

use super::mistake::{Family, Mistake, Topic, Ways};
use super::recipe::Recipe;
use super::rewritten::{REWRITINGS, rewritten};
use super::situation::Situation;
use crate::sigv4::escape::hex;

pub(super) const FAMILY: Family =
    Family { title: "The body", mistakes: MISTAKES, seen: &[&HASH_DIFFERS, &HASH_UNSIGNED] };

const HASH: &str = "hash exactly the bytes that are sent as the body, once, and write the hash in \
    64 lower-case hexadecimal digits";

const OTHER_FUNCTION: &str = "hash the body by SHA-256, which gives 64 hexadecimal digits";

/// `x-amz-content-sha256` is not the hash of the body that came.
pub(super) const HASH_DIFFERS: Topic = Topic {
    id: "body-hash-header-differs",
    did: "the header `x-amz-content-sha256` is not the hash of the body that came",
    help: "hash exactly the bytes that are sent as the body; if they are right, something changed \
        the body on the way",
};

/// `x-amz-content-sha256` says that the body is not signed.
pub(super) const HASH_UNSIGNED: Topic = Topic {
    id: "body-hash-header-unsigned",
    did: "the header `x-amz-content-sha256` says that the body is not signed",
    help: "hash the body; `UNSIGNED-PAYLOAD` and `STREAMING-...` are for Amazon S3",
};

const MISTAKES: &[Mistake] = &[
    Mistake::once(
        "body-hash-from-header",
        "the hash in `x-amz-content-sha256` was signed, and it is of another body",
        HASH,
        |situation, recipe| {
            if let Some(sent) = situation.request.header("x-amz-content-sha256") {
                recipe.canonical_mut().body_hash = sent.to_vec();
            }
        },
    ),
    Mistake::once(
        "body-hash-of-nothing",
        "the hash of an empty body was signed",
        "hash the body of a POST too; only a request without a body signs the hash of nothing",
        |_, recipe| of(recipe, b""),
    ),
    Mistake::ways(
        Topic {
            id: "body-hash-of-a-word",
            did: "the hash of `{}`, `null` or a similar text was signed instead of the body's",
            help: HASH,
        },
        Ways { all: WORDS.len(), paired: 4 },
        |_, recipe, way| of(recipe, WORDS[way]),
    ),
    Mistake::ways(
        Topic {
            id: "body-hash-with-line-end",
            did: "the body was hashed with a line end or a space behind it that was not sent",
            help: "hash the bytes that are sent; `echo` and `println` add a line end, `printf` \
                and `print` do not",
        },
        Ways { all: 3, paired: 3 },
        |situation, recipe, way| {
            let end = [b"\n".as_slice(), b"\r\n", b" "][way];
            of(recipe, &[&situation.request.body, end].concat());
        },
    ),
    Mistake::once(
        "body-hash-with-zero-byte",
        "the body was hashed with the zero byte that ends a C string",
        "hash `strlen(body)` bytes, not `sizeof`",
        |situation, recipe| of(recipe, &[&situation.request.body, b"\0".as_slice()].concat()),
    ),
    Mistake::ways(
        Topic {
            id: "body-hash-trimmed",
            did: "the body was hashed without the white space at its ends",
            help: HASH,
        },
        Ways { all: 2, paired: 2 },
        |situation, recipe, way| {
            let body = situation.request.body.as_slice();
            of(recipe, if way == 0 { body.trim_ascii_end() } else { body.trim_ascii() });
        },
    ),
    Mistake::ways(
        Topic {
            id: "body-hash-of-other-line-ends",
            did: "the body was hashed with other line ends than it was sent with",
            help: HASH,
        },
        Ways { all: 2, paired: 2 },
        |situation, recipe, way| {
            let unix = super::bytes::replace(&situation.request.body, b"\r\n", b"\n");
            let other = if way == 0 { unix } else { super::bytes::replace(&unix, b"\n", b"\r\n") };
            of(recipe, &other);
        },
    ),
    Mistake::ways(
        Topic {
            id: "body-hash-of-other-json",
            did: "the JSON of the body was written twice, and the two differ in spaces, in the \
                order of keys or in escapes",
            help: "make the text of the body once, hash that text and send that text",
        },
        Ways { all: REWRITINGS, paired: 4 },
        |situation, recipe, way| {
            if let Some(text) = rewritten(&situation.request.body, way) {
                of(recipe, &text);
            }
        },
    ),
    Mistake::once(
        "body-hash-of-json-string",
        "the body was hashed as a JSON string, with quotes around it",
        "hash the JSON text itself; it was encoded as JSON once too often",
        |situation, recipe| {
            let text = String::from_utf8_lossy(&situation.request.body);
            of(recipe, Value::from(text).to_string().as_bytes());
        },
    ),
    Mistake::ways(
        Topic {
            id: "body-hash-of-buffer",
            did: "the whole buffer was hashed, with zeros behind the body, or only as much of the \
                body as fits into it",
            help: "hash as many bytes as are sent: the length of the body, not the size of the buffer",
        },
        Ways { all: BUFFERS.len(), paired: 8 },
        |situation, recipe, way| {
            let mut buffer = situation.request.body.clone();
            buffer.resize(BUFFERS[way], 0);
            of(recipe, &buffer);
        },
    ),
    Mistake::ways(
        Topic {
            id: "body-hash-cut",
            did: "the body was hashed without its last or its first byte",
            help: "hash as many bytes as are sent, from the first one on",
        },
        Ways { all: 2, paired: 2 },
        |situation, recipe, way| {
            let body = &situation.request.body;
            let kept =
                if way == 0 { body.split_last().map(|(_, rest)| rest) } else { body.get(1..) };
            of(recipe, kept.unwrap_or_default());
        },
    ),
    Mistake::once(
        "body-hash-of-latin-1",
        "the body was hashed in another character set than it was sent in",
        "hash the UTF-8 bytes of the body",
        |situation, recipe| {
            let text = String::from_utf8_lossy(&situation.request.body);
            let bytes: Option<Vec<u8>> =
                text.chars().map(|character| u8::try_from(u32::from(character)).ok()).collect();
            if let Some(bytes) = bytes {
                of(recipe, &bytes);
            }
        },
    ),
    Mistake::ways(
        Topic {
            id: "body-hash-of-utf-16",
            did: "the body was hashed in UTF-16, or with a byte order mark before it",
            help: "hash the UTF-8 bytes of the body",
        },
        Ways { all: 4, paired: 1 },
        |situation, recipe, way| of(recipe, &marked_or_wide(&situation.request.body, way)),
    ),
    Mistake::ways(
        Topic {
            id: "body-unsigned-payload",
            did: "`UNSIGNED-PAYLOAD` was signed instead of the hash of the body",
            help: "hash the body; `UNSIGNED-PAYLOAD` and `STREAMING-...` are for Amazon S3",
        },
        Ways { all: UNSIGNED.len(), paired: 1 },
        |_, recipe, way| recipe.canonical_mut().body_hash = UNSIGNED[way].into(),
    ),
    Mistake::once(
        "body-hash-left-empty",
        "the line of the body's hash was left empty",
        "put the hash of the body on the last line; a body of no bytes has a hash too, \
            `e3b0c442...`",
        |_, recipe| recipe.canonical_mut().body_hash.clear(),
    ),
    Mistake::once(
        "body-not-hashed",
        "the body itself was signed instead of its hash",
        HASH,
        |situation, recipe| {
            if situation.request.body.len() <= BODY_AS_TEXT_BYTES_MAX {
                recipe.canonical_mut().body_hash = situation.request.body.clone();
            }
        },
    ),
    Mistake::once(
        "body-hash-upper-case",
        "the hash of the body was written in upper case",
        HASH,
        |_, recipe| recipe.canonical_mut().body_hash.make_ascii_uppercase(),
    ),
    Mistake::once(
        "body-hash-base64",
        "the hash of the body was written in base64",
        HASH,
        |situation, recipe| {
            recipe.canonical_mut().body_hash = STANDARD.encode(situation.body_digest).into_bytes();
        },
    ),
    Mistake::once(
        "body-hash-md5",
        "the body was hashed by MD5, not by SHA-256",
        OTHER_FUNCTION,
        |situation, recipe| {
            recipe.canonical_mut().body_hash =
                hex(&Md5::digest(&situation.request.body)).into_bytes();
        },
    ),
    Mistake::once(
        "body-hash-sha1",
        "the body was hashed by SHA-1, not by SHA-256",
        OTHER_FUNCTION,
        |situation, recipe| {
            recipe.canonical_mut().body_hash =
                hex(&Sha1::digest(&situation.request.body)).into_bytes();
        },
    ),
    Mistake::ways(
        Topic {
            id: "body-hash-of-other-length",
            did: "the body was hashed by another function of the SHA-2 family, not by SHA-256",
            help: OTHER_FUNCTION,
        },
        Ways { all: 3, paired: 1 },
        |situation, recipe, way| {
            let body = &situation.request.body;
            recipe.canonical_mut().body_hash = match way {
                0 => hex(&Sha512::digest(body)),
                1 => hex(&Sha384::digest(body)),
                _ => hex(&Sha224::digest(body)),
            }
            .into_bytes();
        },
    ),
    Mistake::ways(
        Topic { id: "body-hash-twice", did: "the hash of the body was hashed again", help: HASH },
        Ways { all: 2, paired: 1 },
        |situation, recipe, way| {
            let digits = hex(&situation.body_digest);
            of(recipe, if way == 0 { digits.as_bytes() } else { &situation.body_digest });
        },
    ),
];

/// What stands in place of the hash for Amazon S3.
const UNSIGNED: [&str; 3] = [
    "UNSIGNED-PAYLOAD",
    "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
    "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
];

/// The largest body that is tried in place of its hash: somewhat more than the largest shadow.
const BODY_AS_TEXT_BYTES_MAX: usize = 9000;

/// Texts that stand for an empty body in some language or library.
const WORDS: &[&[u8]] = &[
    b"{}",
    b"null",
    b"undefined",
    b"None",
    b"\"\"",
    b"[]",
    b"false",
    b" ",
    b"\n",
    b"\0",
    b"{\"state\":{}}",
];

/// Sizes that buffers have, the likeliest first.
const BUFFERS: &[usize] =
    &[256, 512, 1024, 128, 2048, 64, 4096, 1000, 32, 100, 200, 300, 400, 500, 8192];

fn of(recipe: &mut Recipe, body: &[u8]) {
    recipe.canonical_mut().body_hash = hex(&Sha256::digest(body)).into_bytes();
}

/// The text of the body in UTF-16 of either order, with a byte order mark or without, or in UTF-8 with such a mark.
fn marked_or_wide(body: &[u8], way: usize) -> Vec<u8> {
    const MARK: &str = "\u{feff}";
    let text = String::from_utf8_lossy(body);
    let wide = |mark: &str, bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
        mark.encode_utf16().chain(text.encode_utf16()).flat_map(bytes).collect()
    };
    match way {
        0 => wide("", u16::to_le_bytes),
        1 => wide(MARK, u16::to_le_bytes),
        2 => wide("", u16::to_be_bytes),
        _ => [MARK.as_bytes(), body].concat(),
    }
}

/// The mistake by which a device arrived at a hash that it sent along, if it is one of these.
pub(super) fn origin_of(situation: &Situation<'_>, right: &Recipe, sent: &[u8]) -> Option<Topic> {
    let mut found = MISTAKES.iter().skip(1).filter(|mistake| {
        (0..mistake.ways_count().all).any(|way| {
            let mut recipe = right.clone();
            mistake.make(situation, &mut recipe, way);
            recipe.canonical().body_hash == sent
        })
    });
    found.next().map(|mistake| mistake.topic)
}
