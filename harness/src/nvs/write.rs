//! From contents to the bytes of a partition, as Espressif's generator lays them out.

#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

use super::contents::{Contents, Value};
use super::entry::{BLOB_DATA, ENTRY_BYTES, Entry, TEXT};
use super::error::WriteError;
use super::page::{NewPage, PAGE_BYTES};

/// The fewest pages of a partition that firmware may write into.
const PAGES_MIN: usize = 3;

/// The highest number of a namespace.
const NAMESPACES_MAX: usize = 254;

impl Contents {
    /// The bytes of a whole partition of this size.
    ///
    /// # Errors
    ///
    /// [`WriteError`] for a size that no partition has, and for more than fits.
    pub fn write(&self, bytes: usize) -> Result<Vec<u8>, WriteError> {
        if !bytes.is_multiple_of(PAGE_BYTES) || bytes / PAGE_BYTES < PAGES_MIN {
            return Err(WriteError::BadSize { bytes });
        }
        let mut writer = Writer {
            page: NewPage::new(0),
            full: Vec::new(),
            pages_max: bytes / PAGE_BYTES - 1,
            namespaces: Vec::new(),
        };
        for item in &self.items {
            let namespace = writer.namespace(&item.namespace)?;
            match &item.value {
                Value::Text(text) => writer.text(namespace, &item.key, text)?,
                Value::Blob(blob) => writer.blob(namespace, &item.key, blob)?,
                number => {
                    if let Some(entry) = Entry::of_number(namespace, &item.key, number) {
                        writer.entry(&entry)?;
                    }
                }
            }
        }
        let mut partition = writer.full.concat();
        // A partition in which nothing was ever written is erased.
        if !self.is_empty() {
            partition.extend(writer.page.active());
        }
        partition.resize(bytes, 0xff);
        Ok(partition)
    }
}

struct Writer<'a> {
    page: NewPage,
    full: Vec<Vec<u8>>,
    pages_max: usize,
    /// The names so far; the first is number 1.
    namespaces: Vec<&'a str>,
}

impl<'a> Writer<'a> {
    /// The number of a namespace; its name is written when it comes for the first time.
    fn namespace(&mut self, name: &'a str) -> Result<u8, WriteError> {
        if let Some(at) = self.namespaces.iter().position(|known| *known == name) {
            return Ok(1 + at as u8);
        }
        if self.namespaces.len() == NAMESPACES_MAX {
            return Err(WriteError::TooManyNamespaces);
        }
        self.namespaces.push(name);
        let number = self.namespaces.len() as u8;
        if let Some(entry) = Entry::of_number(0, name, &Value::U8(number)) {
            self.entry(&entry)?;
        }
        Ok(number)
    }

    fn next_page(&mut self) -> Result<(), WriteError> {
        let number = self.full.len() + 1;
        if number == self.pages_max {
            return Err(WriteError::Full { pages: self.pages_max });
        }
        let page = std::mem::replace(&mut self.page, NewPage::new(number as u32));
        self.full.push(page.full());
        Ok(())
    }

    fn entry(&mut self, entry: &Entry) -> Result<(), WriteError> {
        if self.page.left() == 0 {
            self.next_page()?;
        }
        self.page.push(&entry.write());
        Ok(())
    }

    /// A text and the zero at its end stand on one page. Like Espressif's generator this leaves the page's last entry free.
    fn text(&mut self, namespace: u8, key: &str, text: &[u8]) -> Result<(), WriteError> {
        let mut data = text.to_vec();
        data.push(0);
        let entry = Entry::new(namespace, TEXT, key).before(&data);
        if usize::from(entry.span) >= self.page.left() && self.page.left() < super::page::ENTRIES {
            self.next_page()?;
        }
        self.page.push(&entry.write());
        self.page.push(&data);
        Ok(())
    }

    /// A blob fills page after page, and ends with its index.
    fn blob(&mut self, namespace: u8, key: &str, blob: &[u8]) -> Result<(), WriteError> {
        let (mut rest, mut chunks) = (blob, 0_u8);
        let start = Entry::new(namespace, BLOB_DATA, key);
        loop {
            // A chunk needs an entry for itself, and one at least for its data.
            if self.page.left() < 2 {
                self.next_page()?;
            }
            let room = (self.page.left() - 1) * ENTRY_BYTES;
            let (chunk, left) = rest.split_at(rest.len().min(room));
            let entry = Entry { chunk: chunks, ..start }.before(chunk);
            self.page.push(&entry.write());
            self.page.push(chunk);
            (rest, chunks) = (left, chunks + 1);
            if rest.is_empty() {
                break;
            }
            self.next_page()?;
        }
        self.entry(&start.index(blob.len(), chunks))
    }
}
