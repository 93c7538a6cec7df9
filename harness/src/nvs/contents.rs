//! What a partition holds.

#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

use super::error::ValueError;

/// Bytes of the longest name of a namespace, and of the longest key.
pub const NAME_BYTES_MAX: usize = 15;

/// Bytes of the longest text, its end left out.
const TEXT_BYTES_MAX: usize = 3999;

/// Bytes of the longest blob.
const BLOB_BYTES_MAX: usize = 508_000;

/// A value with its type: a firmware that asks for another type does not find it. `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub enum Value {
    /// `nvs_get_u8`; a `bool` of Arduino.
    U8(u8),
    /// `nvs_get_i8`.
    I8(i8),
    /// `nvs_get_u16`.
    U16(u16),
    /// `nvs_get_i16`.
    I16(i16),
    /// `nvs_get_u32`.
    U32(u32),
    /// `nvs_get_i32`.
    I32(i32),
    /// `nvs_get_u64`.
    U64(u64),
    /// `nvs_get_i64`.
    I64(i64),
    /// `nvs_get_str`; without the zero at its end. What a firmware keeps need not be UTF-8.
    Text(Vec<u8>),
    /// `nvs_get_blob`.
    Blob(Vec<u8>),
}

impl Value {
    /// Its type in the words of Espressif's generator.
    #[must_use]
    pub const fn type_name(&self) -> &'static str {
        match self {
            Self::U8(_) => "u8",
            Self::I8(_) => "i8",
            Self::U16(_) => "u16",
            Self::I16(_) => "i16",
            Self::U32(_) => "u32",
            Self::I32(_) => "i32",
            Self::U64(_) => "u64",
            Self::I64(_) => "i64",
            Self::Text(_) => "string",
            Self::Blob(_) => "blob",
        }
    }

    /// Its bytes where it has a length of its own.
    pub(super) fn bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Text(bytes) | Self::Blob(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// Whether these bytes stand in it.
    #[must_use]
    pub fn contains(&self, wanted: &[u8]) -> bool {
        !wanted.is_empty()
            && self.bytes().is_some_and(|bytes| bytes.windows(wanted.len()).any(|at| at == wanted))
    }

    /// Whether a partition can hold it.
    fn check(&self) -> Result<(), ValueError> {
        let too_long = |bytes: usize, bytes_max: usize| ValueError::TooLong { bytes, bytes_max };
        match self {
            Self::Text(bytes) if bytes.contains(&0) => Err(ValueError::ZeroInText),
            Self::Text(bytes) if bytes.len() > TEXT_BYTES_MAX => {
                Err(too_long(bytes.len(), TEXT_BYTES_MAX))
            }
            Self::Blob(bytes) if bytes.len() > BLOB_BYTES_MAX => {
                Err(too_long(bytes.len(), BLOB_BYTES_MAX))
            }
            _ => Ok(()),
        }
    }
}

impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}(hidden)", self.type_name())
    }
}

/// A value with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Its namespace.
    pub namespace: String,
    /// Its key.
    pub key: String,
    /// What it is.
    pub value: Value,
}

/// Whether a name can stand for a namespace or a key.
pub(super) fn check_name(name: &str) -> Result<(), ValueError> {
    match name.len() {
        0 => Err(ValueError::NoName),
        1..=NAME_BYTES_MAX if name.contains('\0') => Err(ValueError::ZeroInText),
        1..=NAME_BYTES_MAX => Ok(()),
        bytes => Err(ValueError::NameTooLong { bytes }),
    }
}

/// All that a partition holds, in the order in which it was written. Names and values are such as fit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contents {
    pub(super) items: Vec<Item>,
}

impl Contents {
    /// All of it.
    #[must_use]
    pub fn items(&self) -> &[Item] {
        &self.items
    }

    /// Whether there is nothing.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// The value of a key; the first, where a firmware has kept several of different types.
    #[must_use]
    pub fn get(&self, namespace: &str, key: &str) -> Option<&Value> {
        let found = self.items.iter().find(|item| item.namespace == namespace && item.key == key);
        found.map(|item| &item.value)
    }

    /// Gives a key its value, in place of what it had, whatever the type.
    ///
    /// # Errors
    ///
    /// [`ValueError`] for names and values that no partition can hold.
    pub fn set(&mut self, namespace: &str, key: &str, value: Value) -> Result<(), ValueError> {
        check_name(namespace)?;
        check_name(key)?;
        value.check()?;
        let item = Item { namespace: namespace.to_owned(), key: key.to_owned(), value };
        match self.position(namespace, key) {
            Some(at) => {
                self.items[at] = item;
                let mut index = 0;
                self.items.retain(|other| {
                    index += 1;
                    index <= at + 1 || other.namespace != namespace || other.key != key
                });
            }
            None => self.items.push(item),
        }
        Ok(())
    }

    /// Takes a key out; says whether it was there.
    pub fn remove(&mut self, namespace: &str, key: &str) -> bool {
        let before = self.items.len();
        self.items.retain(|item| item.namespace != namespace || item.key != key);
        self.items.len() < before
    }

    /// Takes a namespace out with all that is in it; says whether it was there.
    pub fn remove_namespace(&mut self, namespace: &str) -> bool {
        let before = self.items.len();
        self.items.retain(|item| item.namespace != namespace);
        self.items.len() < before
    }

    /// The names of the namespaces, in the order in which they come first.
    #[must_use]
    pub fn namespaces(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for item in &self.items {
            if !names.contains(&item.namespace.as_str()) {
                names.push(&item.namespace);
            }
        }
        names
    }

    fn position(&self, namespace: &str, key: &str) -> Option<usize> {
        self.items.iter().position(|item| item.namespace == namespace && item.key == key)
    }
}
