//! A way to sign a request: all ingredients, so that one can be changed and the signature made again.
//!
//! What holds the secret has no `Debug`, so that it cannot be printed.

use std::borrow::Cow;
use std::rc::Rc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::situation::Situation;
use crate::sigv4::escape::hex;
use crate::sigv4::parse::ALGORITHM;
use crate::sigv4::signing_key::{Code, hmac_sha256};

/// All ingredients of a signature. The three large ones are shared until one is changed.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Recipe {
    canonical: Rc<Canonical>,
    to_sign: Rc<ToSign>,
    key: Rc<Key>,
    pub(super) output: Output,
}

/// The ingredients of the canonical request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Canonical {
    /// The whole text, where the device sent it along; then nothing else here counts.
    pub(super) whole: Option<Vec<u8>>,
    pub(super) method: Vec<u8>,
    pub(super) path: Vec<u8>,
    /// The query; without it the line itself is left out.
    pub(super) query: Option<Vec<u8>>,
    /// Shared until one is changed, because most mistakes leave them alone.
    headers: Rc<Vec<Line>>,
    /// What stands between the name and the value of a header.
    pub(super) colon: &'static str,
    /// How many empty lines follow the headers.
    pub(super) blank_lines: usize,
    pub(super) signed_headers: Vec<u8>,
    pub(super) body_hash: Vec<u8>,
    pub(super) newline: &'static str,
    /// What ends each line of the headers.
    pub(super) header_newline: &'static str,
    /// What stands behind the last line.
    pub(super) end: &'static str,
}

/// A header in the canonical request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) name: Vec<u8>,
    pub(super) value: Vec<u8>,
}

/// The ingredients of the string to sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ToSign {
    pub(super) algorithm: Vec<u8>,
    pub(super) date: Vec<u8>,
    pub(super) scope: Vec<u8>,
    /// In which form the hash of the canonical request is written.
    pub(super) hash: HashForm,
    /// Stands in place of that hash.
    pub(super) instead_of_hash: Option<Vec<u8>>,
    pub(super) newline: &'static str,
    pub(super) end: &'static str,
}

/// The ingredients of the signing key.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) prefix: &'static str,
    pub(super) secret: Vec<u8>,
    pub(super) suffix: &'static str,
    /// What goes into the chain step by step: day, region, service, terminator.
    pub(super) steps: Vec<Vec<u8>>,
    pub(super) step: Step,
    /// In which form a key goes from one step into the next.
    pub(super) carry: Carry,
    /// In which form the last key goes into the signature.
    pub(super) last_carry: Carry,
    pub(super) last_step: Step,
}

/// How a key and a message are made one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Hmac,
    /// HMAC with key and message in each other's place.
    HmacSwapped,
    /// The plain hash of the key with the message behind it.
    HashOfBoth,
    /// The plain hash of the message.
    HashOfMessage,
}

/// In which form a key is handed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Carry {
    Raw,
    Hex,
    HexUpper,
    Base64,
    /// Ends before its first zero byte, as a C string does.
    UpToZero,
    /// Each byte as a character of that number, written in UTF-8.
    BytesAsCharacters,
    /// Read as UTF-8, with what cannot be read replaced.
    Utf8WithReplacements,
}

/// In which form a hash or a signature is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HashForm {
    Hex,
    HexUpper,
    Base64,
    /// Each byte with as few digits as it needs.
    ZerosLost,
    /// Bytes from 128 on as negative numbers of 32 bits.
    SignExtended,
    /// Each group of four bytes in the opposite order.
    WordsSwapped,
    /// The hash of its hexadecimal digits.
    Twice,
    /// Not hashed at all: the text itself.
    Text,
}

/// In which form the signature is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Output {
    pub(super) form: HashForm,
    /// Only so many characters of it, if it is cut.
    pub(super) length: Option<usize>,
}

/// The parts of a signature that are worth keeping while the other parts change.
#[derive(Clone)]
pub(super) struct Made {
    recipe: Recipe,
    canonical_hash: Code,
    key: Rc<[u8]>,
}

impl Recipe {
    /// The right way to sign this request.
    pub(super) fn right(situation: &Situation<'_>) -> Self {
        let request = &situation.canonical;
        let scope = &situation.scope;
        let line = |name: &String| Line {
            name: name.clone().into_bytes(),
            value: request
                .headers
                .iter()
                .find(|line| line.name == *name)
                .map_or_else(Vec::new, |line| line.value.clone()),
        };
        let canonical = Canonical {
            whole: None,
            method: request.method.clone().into_bytes(),
            path: request.path.clone().into_bytes(),
            query: Some(request.query_string().into_bytes()),
            // A header that is listed but did not come has an empty line.
            headers: Rc::new(request.signed_headers.iter().map(line).collect()),
            colon: ":",
            blank_lines: 1,
            signed_headers: request.signed_headers.join(";").into_bytes(),
            body_hash: request.body_sha256.clone().into_bytes(),
            newline: "\n",
            header_newline: "\n",
            end: "",
        };
        let steps = [scope.date, scope.region, scope.service, scope.terminator];
        let to_sign = ToSign {
            algorithm: ALGORITHM.into(),
            date: situation.date.clone().into_bytes(),
            scope: steps.join("/").into_bytes(),
            hash: HashForm::Hex,
            instead_of_hash: None,
            newline: "\n",
            end: "",
        };
        let key = Key {
            prefix: "AWS4",
            secret: situation.secret.into(),
            suffix: "",
            steps: steps.map(Vec::from).into(),
            step: Step::Hmac,
            carry: Carry::Raw,
            last_carry: Carry::Raw,
            last_step: Step::Hmac,
        };
        let output = Output { form: HashForm::Hex, length: None };
        Self { canonical: canonical.into(), to_sign: to_sign.into(), key: key.into(), output }
    }

    pub(super) fn canonical(&self) -> &Canonical {
        &self.canonical
    }

    pub(super) fn canonical_mut(&mut self) -> &mut Canonical {
        Rc::make_mut(&mut self.canonical)
    }

    pub(super) fn to_sign(&self) -> &ToSign {
        &self.to_sign
    }

    pub(super) fn to_sign_mut(&mut self) -> &mut ToSign {
        Rc::make_mut(&mut self.to_sign)
    }

    pub(super) fn key(&self) -> &Key {
        &self.key
    }

    pub(super) fn key_mut(&mut self) -> &mut Key {
        Rc::make_mut(&mut self.key)
    }

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
    /// Two changes of `base` in one, if they concern different parts; then nothing needs to be made again.
    pub(super) fn merged(&self, other: &Self, base: &Self) -> Option<Self> {
        let (ours, theirs) = (&self.recipe, &other.recipe);
        let mut recipe = ours.clone();
        let mut made = Self {
            canonical_hash: self.canonical_hash,
            key: Rc::clone(&self.key),
            recipe: recipe.clone(),
        };
        let base = &base.recipe;
        if !Rc::ptr_eq(&theirs.canonical, &base.canonical) {
            if !Rc::ptr_eq(&ours.canonical, &base.canonical) {
                return None;
            }
            recipe.canonical = Rc::clone(&theirs.canonical);
            made.canonical_hash = other.canonical_hash;
        }
        if !Rc::ptr_eq(&theirs.to_sign, &base.to_sign) {
            if !Rc::ptr_eq(&ours.to_sign, &base.to_sign) {
                return None;
            }
            recipe.to_sign = Rc::clone(&theirs.to_sign);
        }
        if !Rc::ptr_eq(&theirs.key, &base.key) {
            if !Rc::ptr_eq(&ours.key, &base.key) {
                return None;
            }
            recipe.key = Rc::clone(&theirs.key);
            made.key = Rc::clone(&other.key);
        }
        if theirs.output != base.output {
            if ours.output != base.output {
                return None;
            }
            recipe.output = theirs.output;
        }
        made.recipe = recipe;
        Some(made)
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

impl Canonical {
    pub(super) fn text(&self) -> Vec<u8> {
        if let Some(whole) = &self.whole {
            return whole.clone();
        }
        let mut out = Vec::with_capacity(512);
        let newline = self.newline.as_bytes();
        for part in
            [Some(&self.method), Some(&self.path), self.query.as_ref()].into_iter().flatten()
        {
            out.extend_from_slice(part);
            out.extend_from_slice(newline);
        }
        for line in self.headers.iter() {
            out.extend_from_slice(&line.name);
            out.extend_from_slice(self.colon.as_bytes());
            out.extend_from_slice(&line.value);
            out.extend_from_slice(self.header_newline.as_bytes());
        }
        for _ in 0..self.blank_lines {
            out.extend_from_slice(newline);
        }
        out.extend_from_slice(&self.signed_headers);
        out.extend_from_slice(newline);
        out.extend_from_slice(&self.body_hash);
        out.extend_from_slice(self.end.as_bytes());
        out
    }

    pub(super) fn headers(&self) -> &[Line] {
        &self.headers
    }

    pub(super) fn headers_mut(&mut self) -> &mut Vec<Line> {
        Rc::make_mut(&mut self.headers)
    }

    /// The value that was signed for a header.
    pub(super) fn header_mut(&mut self, name: &str) -> Option<&mut Vec<u8>> {
        let at = self.headers.iter().position(|line| line.name == name.as_bytes())?;
        Some(&mut self.headers_mut()[at].value)
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
