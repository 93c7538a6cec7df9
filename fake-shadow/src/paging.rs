//! Lists in pages: which part is asked for, and the token that leads to the next one.
#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use crate::shadow::{ShadowName, ThingName};
use crate::topic::Topic;

/// Which part of a list is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<Name> {
    /// Which list, as `ListNamedShadowsForThing lamp`; a token of another list is none of this one.
    pub list: String,
    /// How many names at most, from 1.
    pub size: usize,
    /// The last name of the page before.
    pub after: Option<Name>,
}

/// A name that a list can go on behind.
pub trait PageName: Sized {
    /// The name of that text, if it is one.
    fn from_name(text: &str) -> Option<Self>;

    /// The name as text.
    fn as_name(&self) -> &str;
}

impl PageName for ShadowName {
    fn from_name(text: &str) -> Option<Self> {
        Self::new(text).ok()
    }

    fn as_name(&self) -> &str {
        self.as_str()
    }
}

impl PageName for ThingName {
    fn from_name(text: &str) -> Option<Self> {
        Self::new(text).ok()
    }

    fn as_name(&self) -> &str {
        self.as_str()
    }
}

impl PageName for Topic {
    fn from_name(text: &str) -> Option<Self> {
        Self::new(text)
    }

    fn as_name(&self) -> &str {
        self.as_str()
    }
}

/// Bytes of the mark in a token that tells it from a text that is none.
const MARK_BYTES: usize = 6;

impl<Name: PageName> Page<Name> {
    /// The page of a list behind a token, or its first one; none if the token is not one of this list.
    pub(crate) fn of(list: String, size: usize, token: Option<&str>) -> Option<Self> {
        let after = match token {
            None => None,
            Some(token) => Some(name_of_token(&list, token)?),
        };
        Some(Self { list, size, after })
    }

    /// The names of this page out of those behind [`Page::after`], and the token for the next page if there is one.
    pub(crate) fn cut<'a>(
        &self,
        names: impl IntoIterator<Item = &'a Name>,
    ) -> (Vec<&'a Name>, Option<String>) {
        let mut names = names.into_iter();
        let page: Vec<_> = names.by_ref().take(self.size).collect();
        let token = match (page.last(), names.next()) {
            (Some(last), Some(_)) => Some(token_of_name(&self.list, last.as_name())),
            _ => None,
        };
        (page, token)
    }
}

/// A token is opaque to clients: a mark made of the list and the name, then the name.
fn token_of_name(list: &str, name: &str) -> String {
    URL_SAFE_NO_PAD.encode([&mark(list, name), name.as_bytes()].concat())
}

fn name_of_token<Name: PageName>(list: &str, token: &str) -> Option<Name> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
    let (sent, name) = bytes.split_at_checked(MARK_BYTES)?;
    let name = str::from_utf8(name).ok()?;
    if mark(list, name) != sent {
        return None;
    }
    Name::from_name(name)
}

fn mark(list: &str, name: &str) -> [u8; MARK_BYTES] {
    let digest = Sha256::digest([list, name].join("\0"));
    let mut mark = [0; MARK_BYTES];
    mark.copy_from_slice(&digest[..MARK_BYTES]);
    mark
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(list: &str, size: usize, token: Option<&str>) -> Option<Page<ShadowName>> {
        Page::of(list.to_owned(), size, token)
    }

    #[test]
    fn a_token_leads_behind_its_name() {
        let names = ["$a:b", "c"].map(|name| ShadowName::new(name).unwrap());
        let (first, token) = page("l", 1, None).unwrap().cut(&names);
        assert_eq!(first, [&names[0]]);
        let next = page("l", 1, token.as_deref()).unwrap();
        assert_eq!(next.after, Some(names[0].clone()));
        assert_eq!(page("l", 2, None).unwrap().cut(&names).1, None);
    }

    #[test]
    fn what_is_no_token_of_this_list_is_refused() {
        let names = ["a", "b"].map(|name| ShadowName::new(name).unwrap());
        let token = page("l", 1, None).unwrap().cut(&names).1.unwrap();
        assert_eq!(page("another", 1, Some(&token)), None);
        let changed = format!("A{}", &token[1..]);
        let longer = format!("{token}A");
        for other in ["", "!", "YQ", "AAAAAAAAYQ", &token[..4], &changed, &longer] {
            assert_eq!(page("l", 1, Some(other)), None, "{other}");
        }
    }
}
