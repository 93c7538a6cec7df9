//! A way to sign a request: all ingredients, so that one can be changed and the signature made again.
//!
//! What holds the secret has no `Debug`, so that it cannot be printed.

use std::borrow::Cow;
use std::rc::Rc;

use super::situation::Situation;
use crate::sigv4::parse::ALGORITHM;

/// All ingredients of a signature. The three large ones are shared until one is changed.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Recipe {
    pub(super) canonical: Rc<Canonical>,
    pub(super) to_sign: Rc<ToSign>,
    pub(super) key: Rc<Key>,
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
    /// In the letters for URLs.
    Base64Url,
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

impl Recipe {
    /// The right way to sign this request.
    pub(super) fn right(situation: &Situation<'_>) -> Self {
        let request = &situation.canonical;
        let scope = &situation.scope;
        let line = |name: &Cow<'_, str>| Line {
            name: name.as_bytes().to_vec(),
            value: request
                .headers
                .iter()
                .find(|line| line.name == *name)
                .map_or_else(Vec::new, |line| line.value.to_vec()),
        };
        let canonical = Canonical {
            whole: None,
            method: request.method.into(),
            path: request.path.as_bytes().to_vec(),
            query: Some(request.query_string().into_bytes()),
            // A header that is listed but did not come has an empty line.
            headers: Rc::new(request.signed_headers.iter().map(line).collect()),
            colon: ":",
            blank_lines: 1,
            signed_headers: request.signed_headers.join(";").into_bytes(),
            body_hash: request.body_sha256.as_bytes().to_vec(),
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

    /// Two changes of `right` in one; nothing if both change the same part.
    pub(super) fn merged(&self, other: &Self, right: &Self) -> Option<Self> {
        Some(Self {
            whole: merged(&self.whole, &other.whole, &right.whole)?,
            method: merged(&self.method, &other.method, &right.method)?,
            path: merged(&self.path, &other.path, &right.path)?,
            query: merged(&self.query, &other.query, &right.query)?,
            headers: merged(&self.headers, &other.headers, &right.headers)?,
            colon: merged(&self.colon, &other.colon, &right.colon)?,
            blank_lines: merged(&self.blank_lines, &other.blank_lines, &right.blank_lines)?,
            signed_headers: merged(
                &self.signed_headers,
                &other.signed_headers,
                &right.signed_headers,
            )?,
            body_hash: merged(&self.body_hash, &other.body_hash, &right.body_hash)?,
            newline: merged(&self.newline, &other.newline, &right.newline)?,
            header_newline: merged(
                &self.header_newline,
                &other.header_newline,
                &right.header_newline,
            )?,
            end: merged(&self.end, &other.end, &right.end)?,
        })
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

/// The one of two that is changed; nothing if both are.
fn merged<T: PartialEq + Clone>(ours: &T, theirs: &T, right: &T) -> Option<T> {
    if theirs == right {
        Some(ours.clone())
    } else if ours == right {
        Some(theirs.clone())
    } else {
        None
    }
}
