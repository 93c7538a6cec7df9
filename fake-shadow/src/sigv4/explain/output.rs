//! Mistakes in the form of the signature, and in writing hashes in general.

use super::mistake::{Family, Mistake, Topic, Ways};
use super::recipe::{HashForm, Recipe};
use super::situation::Situation;

const DIGITS: &str = "write the 32 bytes as 64 lower-case hexadecimal digits, two for each byte";

pub(super) const FAMILY: Family =
    Family { title: "The signature", mistakes: MISTAKES, seen: &[&NOT_64_DIGITS] };

/// The signature has not its form, and nothing shows why.
pub(super) const NOT_64_DIGITS: Topic = Topic {
    id: "signature-form",
    did: "the signature is not 64 lower-case hexadecimal digits",
    help: DIGITS,
};

const MISTAKES: &[Mistake] = &[
    Mistake::ways(
        Topic {
            id: "hex-upper-case",
            did: "the signature, or each hash with it, was written in upper case",
            help: DIGITS,
        },
        Ways { all: 2, paired: 2 },
        |situation, recipe, way| everywhere(situation, recipe, HashForm::HexUpper, way),
    ),
    Mistake::ways(
        Topic {
            id: "hex-zeros-lost",
            did: "hexadecimal digits lost their zeros: bytes below 16 were written with one digit",
            help: "use `%02x`, not `%x`",
        },
        Ways { all: 2, paired: 2 },
        |situation, recipe, way| everywhere(situation, recipe, HashForm::ZerosLost, way),
    ),
    Mistake::ways(
        Topic {
            id: "hex-sign-extended",
            did: "hexadecimal digits were made from signed bytes: those from 80 on became \
                `ffffff80` and the like",
            help: "keep the bytes in `uint8_t`, not in `char`, before they are written with `%02x`",
        },
        Ways { all: 2, paired: 2 },
        |situation, recipe, way| everywhere(situation, recipe, HashForm::SignExtended, way),
    ),
    Mistake::ways(
        Topic {
            id: "hash-words-swapped",
            did: "the bytes of a hash are in the wrong order, four by four",
            help: "read the result of the hash unit as bytes, most significant byte of each word \
                first",
        },
        Ways { all: 2, paired: 2 },
        |situation, recipe, way| everywhere(situation, recipe, HashForm::WordsSwapped, way),
    ),
    Mistake::ways(
        Topic { id: "signature-base64", did: "the signature was written in base64", help: DIGITS },
        Ways { all: 4, paired: 2 },
        |situation, recipe, way| {
            let form = [HashForm::Base64, HashForm::Base64Url][way / 2];
            everywhere(situation, recipe, form, way % 2);
        },
    ),
    Mistake::once(
        "signature-cut",
        "the signature was cut: its end is missing",
        "check the size of the buffer: 64 digits and a zero at the end",
        |situation, recipe| {
            let length = situation.claim.signature.len();
            if (SIGNATURE_BYTES_MIN..64).contains(&length) {
                recipe.output.length = Some(length);
            }
        },
    ),
];

/// Shorter pieces of a signature prove nothing.
const SIGNATURE_BYTES_MIN: usize = 16;

/// Writes the signature in a form, and the two other hashes too the second way: one function may write all three.
fn everywhere(situation: &Situation<'_>, recipe: &mut Recipe, form: HashForm, way: usize) {
    recipe.output.form = form;
    if way == 1 {
        recipe.to_sign_mut().hash = form;
        recipe.canonical_mut().body_hash = form.write(&situation.body_digest, &[]).into_owned();
    }
}
