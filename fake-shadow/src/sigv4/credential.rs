//! Keys that the service knows, kept out of every log.

use std::collections::BTreeMap;
use std::fmt;

use subtle::ConstantTimeEq;

use crate::clock::UnixMillis;

/// A text that must not be printed: a secret access key or a session token.
///
/// Comparison takes a time that depends on the length alone.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// Takes the text as it is; white space is kept, because a device that keeps it signs with it.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself. Whoever calls this must not show it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_bytes().ct_eq(other.0.as_bytes()).into()
    }
}

impl Eq for Secret {}

/// One pair of keys, and the session token if the pair is temporary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    /// The public half, as `AKIDEXAMPLE`.
    pub access_key_id: String,
    /// The secret access key; any length, because test setups use short ones.
    pub secret: Secret,
    /// The token that each request must bring along; nothing for a long-term key.
    pub session_token: Option<Secret>,
    /// From this time on the session token is refused as expired; nothing means never.
    pub expires_at: Option<UnixMillis>,
}

impl Credential {
    /// A pair of keys that stays valid.
    pub fn long_term(access_key_id: impl Into<String>, secret: impl Into<Secret>) -> Self {
        Self {
            access_key_id: access_key_id.into(),
            secret: secret.into(),
            session_token: None,
            expires_at: None,
        }
    }

    /// A temporary pair of keys with its session token, valid for ever unless `expires_at` is set.
    pub fn temporary(
        access_key_id: impl Into<String>,
        secret: impl Into<Secret>,
        session_token: impl Into<Secret>,
    ) -> Self {
        Self {
            access_key_id: access_key_id.into(),
            secret: secret.into(),
            session_token: Some(session_token.into()),
            expires_at: None,
        }
    }
}

/// All keys that are accepted. One access key id may stand for several credentials that differ in their token.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Keyring {
    by_id: BTreeMap<String, Vec<Credential>>,
}

impl Keyring {
    /// A keyring that accepts nobody.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a credential; it replaces one with the same access key id and the same token.
    pub fn insert(&mut self, credential: Credential) {
        let same_id = self.by_id.entry(credential.access_key_id.clone()).or_default();
        same_id.retain(|known| known.session_token != credential.session_token);
        same_id.push(credential);
    }

    /// The credentials of an access key id, in the order in which they were added; empty if it is unknown.
    #[must_use]
    pub fn find(&self, access_key_id: &str) -> &[Credential] {
        self.by_id.get(access_key_id).map_or(&[], Vec::as_slice)
    }

    /// All credentials, by access key id.
    pub fn iter(&self) -> impl Iterator<Item = &Credential> {
        self.by_id.values().flatten()
    }

    /// True if it accepts nobody.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }
}

impl FromIterator<Credential> for Keyring {
    fn from_iter<I: IntoIterator<Item = Credential>>(credentials: I) -> Self {
        let mut keyring = Self::new();
        for credential in credentials {
            keyring.insert(credential);
        }
        keyring
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_neither_secret_nor_token() {
        let shown = format!("{:?}", Credential::temporary("AKID", "hush-secret", "hush-token"));
        assert!(shown.contains("AKID"));
        assert!(!shown.contains("hush"), "{shown}");
    }

    #[test]
    fn one_key_id_may_have_several_tokens_but_each_once() {
        let keyring: Keyring = [
            Credential::long_term("AKID", "a"),
            Credential::temporary("AKID", "b", "t"),
            Credential::temporary("AKID", "c", "t"),
        ]
        .into_iter()
        .collect();
        let secrets: Vec<&str> =
            keyring.find("AKID").iter().map(|known| known.secret.reveal()).collect();
        assert_eq!(secrets, ["a", "c"]);
        assert!(keyring.find("akid").is_empty());
    }
}
