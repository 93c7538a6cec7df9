//! What a request says about its own signature, taken apart but not yet judged.

use std::borrow::Cow;
use std::fmt;

use super::canonical::QueryPair;
use super::escape::decode_lossy;
use super::refusal::{Part, Refusal};
use super::timestamp;
use crate::clock::UnixMillis;
use crate::message::Request;

/// The only algorithm there is.
pub const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// Where a signature stands in a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In the `Authorization` header.
    Header,
    /// In the query: a presigned URL.
    Query,
}

/// A signature as the request states it. Nothing in it is proven. `Debug` does not show the token.
#[derive(Clone, PartialEq, Eq)]
pub struct Claim<'a> {
    /// Where it stands.
    pub place: Place,
    /// The credential, as `AKIDEXAMPLE/20260102/us-east-1/iotdata/aws4_request`.
    pub credential: Cow<'a, str>,
    /// The list of signed headers, as `host;x-amz-date`.
    pub signed_headers: Cow<'a, str>,
    /// The signature in hexadecimal digits.
    pub signature: Cow<'a, str>,
    /// The time of the signature, not yet read.
    pub date: Cow<'a, str>,
    /// The life of a presigned URL in seconds, not yet read.
    pub expires: Option<Cow<'a, str>>,
    /// The session token.
    pub token: Option<Cow<'a, str>>,
}

impl<'a> Claim<'a> {
    /// Reads the signature of a request whose query has been taken apart: checks 4 to 7 of [`super::verify()`].
    ///
    /// # Errors
    ///
    /// If there is none, if there are two, or if parts of it are missing.
    pub fn read(request: &'a Request, query: &[QueryPair]) -> Result<Self, Refusal> {
        // 4. Signed somewhere, and in one place.
        let presigned = query.iter().find(|pair| pair.name == "X-Amz-Algorithm");
        match (request.header("authorization"), presigned) {
            (None, None) => Err(Refusal::MissingToken),
            (Some(_), Some(_)) => Err(Refusal::BothPlaces),
            (Some(header), None) => Self::read_header(request, header),
            (None, Some(algorithm)) => Self::read_query(&algorithm.value, query),
        }
    }

    /// The five parts of the credential.
    ///
    /// # Errors
    ///
    /// If there are more or fewer.
    pub fn scope(&self) -> Result<Scope<'_>, Refusal> {
        let mut parts = self.credential.split('/');
        let five =
            (parts.next(), parts.next(), parts.next(), parts.next(), parts.next(), parts.next());
        let (Some(access_key_id), Some(date), Some(region), Some(service), Some(end), None) = five
        else {
            return Err(Refusal::CredentialForm { sent: self.credential.clone().into_owned() });
        };
        Ok(Scope { access_key_id, date, region, service, terminator: end })
    }

    /// The time of the signature: ISO 8601 basic format, and in a header `Date` the date of HTTP too.
    ///
    /// # Errors
    ///
    /// If it is neither.
    pub fn signed_at(&self) -> Result<UnixMillis, Refusal> {
        timestamp::parse_basic(&self.date)
            .or_else(|| match self.place {
                Place::Header => timestamp::parse_http(&self.date),
                Place::Query => None,
            })
            .ok_or_else(|| Refusal::DateForm { sent: self.date.clone().into_owned() })
    }

    fn read_header(request: &'a Request, header: &'a [u8]) -> Result<Self, Refusal> {
        let mut words = header
            .split(|&byte| matches!(byte, b',' | b' ' | b'\t'))
            .filter(|word| !word.is_empty())
            .map(text_of);

        // 5. The algorithm; the first Authorization header counts.
        let algorithm = words.next().unwrap_or_default();
        if algorithm != ALGORITHM {
            return Err(Refusal::Algorithm { sent: algorithm.into_owned() });
        }

        // 6. Parts of the form key=value; of a repeated part the last counts.
        let (mut credential, mut signature, mut signed_headers) = (None, None, None);
        for word in words {
            let Some((key, value)) = split_at_equal(&word) else {
                return Err(Refusal::NotKeyValue {
                    part: word.into_owned(),
                    header: String::from_utf8_lossy(header).into_owned(),
                });
            };
            match key.as_ref() {
                "Credential" => credential = Some(value),
                "Signature" => signature = Some(value),
                "SignedHeaders" => signed_headers = Some(value),
                _ => {}
            }
        }
        let date = request.header("x-amz-date").or_else(|| request.header("date"));

        // 7. Nothing missing.
        let token = request.header("x-amz-security-token").map(text_of);
        let date = date.map(text_of);
        Parts { credential, signature, signed_headers, date }.complete(Place::Header, None, token)
    }

    fn read_query(algorithm: &str, query: &[QueryPair]) -> Result<Self, Refusal> {
        // 5. The algorithm.
        if algorithm != ALGORITHM {
            return Err(Refusal::Algorithm { sent: decoded(algorithm) });
        }

        // 6. Of a repeated parameter the first counts.
        let first = |name: &str| -> Option<Cow<'a, str>> {
            let pair = query.iter().find(|pair| pair.name == name)?;
            Some(Cow::Owned(decoded(&pair.value)))
        };

        // 7. Nothing missing.
        let parts = Parts {
            credential: first("X-Amz-Credential"),
            signature: first("X-Amz-Signature"),
            signed_headers: first("X-Amz-SignedHeaders"),
            date: first("X-Amz-Date"),
        };
        parts.complete(Place::Query, first("X-Amz-Expires"), first("X-Amz-Security-Token"))
    }
}

impl fmt::Debug for Claim<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claim")
            .field("place", &self.place)
            .field("credential", &self.credential)
            .field("signed_headers", &self.signed_headers)
            .field("signature", &self.signature)
            .field("date", &self.date)
            .field("expires", &self.expires)
            .field("token", &self.token.as_ref().map(|_| ".."))
            .finish()
    }
}

/// Who signs, and for what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scope<'a> {
    /// The access key id.
    pub access_key_id: &'a str,
    /// The day, as `20260102`.
    pub date: &'a str,
    /// The region.
    pub region: &'a str,
    /// The service.
    pub service: &'a str,
    /// `aws4_request`.
    pub terminator: &'a str,
}

/// The four parts while some may be missing.
struct Parts<'a> {
    credential: Option<Cow<'a, str>>,
    signature: Option<Cow<'a, str>>,
    signed_headers: Option<Cow<'a, str>>,
    date: Option<Cow<'a, str>>,
}

impl<'a> Parts<'a> {
    fn complete(
        self,
        place: Place,
        expires: Option<Cow<'a, str>>,
        token: Option<Cow<'a, str>>,
    ) -> Result<Claim<'a>, Refusal> {
        // An empty list of signed headers is a list; it fails where `host` is looked for.
        let credential = self.credential.filter(|text| !text.is_empty());
        let signature = self.signature.filter(|text| !text.is_empty());
        let parts = (credential, signature, self.signed_headers, self.date);
        if let (Some(credential), Some(signature), Some(signed_headers), Some(date)) = parts {
            return Ok(Claim {
                place,
                credential,
                signed_headers,
                signature,
                date,
                expires,
                token,
            });
        }
        let missing = [
            (Part::Credential, parts.0.is_none()),
            (Part::Signature, parts.1.is_none()),
            (Part::SignedHeaders, parts.2.is_none()),
            (Part::Date, parts.3.is_none()),
        ];
        let missing = missing.iter().filter(|(_, is_missing)| *is_missing).map(|(part, _)| *part);
        Err(Refusal::MissingParts { place, missing: missing.collect() })
    }
}

/// The bytes as text, where they are none with marks in it. Whether they are text at all is seen faster than which part of them is.
fn text_of(bytes: &[u8]) -> Cow<'_, str> {
    str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
}

fn split_at_equal<'a>(word: &Cow<'a, str>) -> Option<(Cow<'a, str>, Cow<'a, str>)> {
    match word {
        Cow::Borrowed(text) => {
            text.split_once('=').map(|(key, value)| (Cow::Borrowed(key), Cow::Borrowed(value)))
        }
        Cow::Owned(text) => text
            .split_once('=')
            .map(|(key, value)| (Cow::Owned(key.to_owned()), Cow::Owned(value.to_owned()))),
    }
}

fn decoded(canonical: &str) -> String {
    String::from_utf8_lossy(&decode_lossy(canonical.as_bytes())).into_owned()
}
