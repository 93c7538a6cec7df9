//! The signature that a recipe gives.

use std::borrow::Cow;
use std::rc::Rc;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use sha2::{Digest, Sha256};

use super::recipe::{Carry, HashForm, Key, Recipe, Step};
use crate::sigv4::escape::hex;
use crate::sigv4::signing_key::{Code, hmac_sha256};

/// The parts of a signature that are worth keeping while the other parts change.
#[derive(Clone)]
pub(super) struct Made {
    recipe: Recipe,
    canonical_hash: Code,
    key: Rc<[u8]>,
}

impl Recipe {
    /// The parts that other recipes may share.
    pub(super) fn make(&self, known: &[&Made]) -> Made {
        let same = |known: &&&Made| known.recipe.canonical == self.canonical;
        let canonical_hash = match known.iter().find(same) {
            Some(made) => made.canonical_hash,
            None => Sha256::digest(self.canonical.text()).into(),
        };
        let same = |known: &&&Made| known.recipe.key == self.key;
        let key = match known.iter().find(same) {
            Some(made) => Rc::clone(&made.key),
            None => self.key.last().into(),
        };
        Made { recipe: self.clone(), canonical_hash, key }
    }
}

impl Made {
    /// Two changes of `base` in one, if they concern different parts; what only one changes is not made again.
    pub(super) fn merged(&self, other: &Self, base: &Self) -> Option<Self> {
        let (ours, theirs, right) = (&self.recipe, &other.recipe, &base.recipe);
        let canonical = match either(&ours.canonical, &theirs.canonical, &right.canonical) {
            Some(one) => one,
            None => Rc::new(ours.canonical.merged(&theirs.canonical, &right.canonical)?),
        };
        let recipe = Recipe {
            canonical,
            to_sign: either(&ours.to_sign, &theirs.to_sign, &right.to_sign)?,
            key: either(&ours.key, &theirs.key, &right.key)?,
            output: match (ours.output == right.output, theirs.output == right.output) {
                (_, true) => ours.output,
                (true, false) => theirs.output,
                (false, false) => return None,
            },
        };
        Some(recipe.make(&[self, other, base]))
    }

    pub(super) fn into_recipe(self) -> Recipe {
        self.recipe
    }

    /// The signature as the device would send it.
    pub(super) fn signature(&self) -> Vec<u8> {
        let text = self.string_to_sign();
        let code = self.recipe.key.last_step.make(&self.key, &text);
        let mut out = self.recipe.output.form.write(&code, &text).into_owned();
        if let Some(length) = self.recipe.output.length {
            out.truncate(length);
        }
        out
    }

    /// The hash of the canonical request, in hexadecimal digits.
    pub(super) fn canonical_sha256(&self) -> String {
        hex(&self.canonical_hash)
    }

    pub(super) fn string_to_sign(&self) -> Vec<u8> {
        let to_sign = &self.recipe.to_sign;
        let hash = match &to_sign.instead_of_hash {
            Some(text) => Cow::Borrowed(text.as_slice()),
            None if to_sign.hash == HashForm::Text => Cow::Owned(self.recipe.canonical.text()),
            None => to_sign.hash.write(&self.canonical_hash, &[]),
        };
        let mut out = Vec::with_capacity(192);
        for part in [&to_sign.algorithm, &to_sign.date, &to_sign.scope] {
            if part.is_empty() {
                continue;
            }
            out.extend_from_slice(part);
            out.extend_from_slice(to_sign.newline.as_bytes());
        }
        out.extend_from_slice(&hash);
        out.extend_from_slice(to_sign.end.as_bytes());
        out
    }
}

/// The one of two that is changed; nothing if both are.
fn either<T>(ours: &Rc<T>, theirs: &Rc<T>, right: &Rc<T>) -> Option<Rc<T>> {
    if Rc::ptr_eq(theirs, right) {
        Some(Rc::clone(ours))
    } else if Rc::ptr_eq(ours, right) {
        Some(Rc::clone(theirs))
    } else {
        None
    }
}

impl Key {
    /// The key of the last step, in the form in which it is used there.
    fn last(&self) -> Vec<u8> {
        let mut key = [self.prefix.as_bytes(), &self.secret, self.suffix.as_bytes()].concat();
        let count = self.steps.len();
        for (at, message) in self.steps.iter().enumerate() {
            let code = self.step.make(&key, message);
            let carry = if at + 1 == count { self.last_carry } else { self.carry };
            key = carry.hand_on(&code);
        }
        key
    }
}

impl Step {
    fn make(self, key: &[u8], message: &[u8]) -> Code {
        match self {
            Self::Hmac => hmac_sha256(key, message),
            Self::HmacSwapped => hmac_sha256(message, key),
            Self::HashOfBoth => {
                Sha256::new().chain_update(key).chain_update(message).finalize().into()
            }
            Self::HashOfMessage => Sha256::digest(message).into(),
        }
    }
}

impl Carry {
    fn hand_on(self, code: &Code) -> Vec<u8> {
        match self {
            Self::Raw => code.to_vec(),
            Self::Hex => hex(code).into_bytes(),
            Self::HexUpper => hex(code).to_ascii_uppercase().into_bytes(),
            Self::Base64 => STANDARD.encode(code).into_bytes(),
            Self::UpToZero => code.iter().copied().take_while(|&byte| byte != 0).collect(),
            Self::BytesAsCharacters => {
                code.iter().map(|&byte| char::from(byte)).collect::<String>().into_bytes()
            }
            Self::Utf8WithReplacements => String::from_utf8_lossy(code).into_owned().into_bytes(),
        }
    }
}

impl HashForm {
    /// Writes a hash; `text` is what was hashed.
    pub(super) fn write<'a>(self, code: &Code, text: &'a [u8]) -> Cow<'a, [u8]> {
        let written = match self {
            Self::Hex => hex(code),
            Self::HexUpper => hex(code).to_ascii_uppercase(),
            Self::Base64 => STANDARD.encode(code),
            Self::Base64Url => URL_SAFE.encode(code),
            Self::ZerosLost => code.iter().map(|byte| format!("{byte:x}")).collect(),
            Self::SignExtended => {
                code.iter().map(|&byte| format!("{:02x}", i32::from(byte.cast_signed()))).collect()
            }
            Self::WordsSwapped => {
                let mut swapped = *code;
                swapped.chunks_exact_mut(4).for_each(<[u8]>::reverse);
                hex(&swapped)
            }
            Self::Twice => hex(&Sha256::digest(hex(code))),
            Self::Text => return Cow::Borrowed(text),
        };
        Cow::Owned(written.into_bytes())
    }
}
