//! From the bytes of a partition to its contents, as ESP-IDF reads them.

#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

use std::collections::BTreeMap;

use super::contents::{Contents, Item, Value};
use super::entry::{BLOB_DATA, BLOB_INDEX, Entry, NO_CHUNK, OLD_BLOB, TEXT};
use super::error::ReadError;
use super::page::{ENTRIES, PAGE_BYTES, Page};

/// The version of pages that are read.
const VERSION: u8 = 0xfe;

/// An entry with the data behind it.
struct Found<'a> {
    entry: Entry,
    data: &'a [u8],
}

impl Contents {
    /// Reads a partition, erased or used. What is damaged is left out, as ESP-IDF does; of two values of a key the one that was
    /// written later counts.
    ///
    /// # Errors
    ///
    /// [`ReadError`] for what could not be written back as it was.
    pub fn read(partition: &[u8]) -> Result<Self, ReadError> {
        let mut pages: Vec<_> = partition.chunks(PAGE_BYTES).filter_map(Page::read).collect();
        if let Some(page) = pages.iter().find(|page| page.version != VERSION) {
            return Err(ReadError::UnknownVersion { byte: page.version });
        }
        pages.sort_by_key(|page| page.number);
        let (mut found, mut damaged) = (Vec::new(), 0);
        for page in pages {
            damaged += entries(page, &mut found);
        }
        if found.is_empty() && damaged > 0 {
            return Err(ReadError::NothingWhole { entries: damaged });
        }
        assemble(&found)
    }
}

/// Adds the whole entries of a page; gives how many are damaged.
fn entries<'a>(page: Page<'a>, found: &mut Vec<Found<'a>>) -> usize {
    let (mut index, mut damaged) = (0, 0);
    while index < ENTRIES {
        let step = match page.is_written(index).then(|| whole(page, index)) {
            None => 1,
            Some(None) => {
                damaged += 1;
                1
            }
            Some(Some(entry)) => {
                let span = usize::from(entry.entry.span);
                found.push(entry);
                span
            }
        };
        index += step;
    }
    damaged
}

/// The entry at an index with its data, if all of it is whole.
fn whole(page: Page<'_>, index: usize) -> Option<Found<'_>> {
    let entry = Entry::read(page.entries(index, 1)?)?;
    let has_data = matches!(entry.kind, TEXT | OLD_BLOB | BLOB_DATA);
    let behind = page.entries(index + 1, usize::from(entry.span).checked_sub(1)?)?;
    if !has_data {
        return (entry.span == 1).then_some(Found { entry, data: &[] });
    }
    let data = behind.get(..entry.data_bytes())?;
    entry.is_before(data).then_some(Found { entry, data })
}

/// What has a value of its own: namespace, key and type.
type Place = (u8, [u8; 16], u8);

fn assemble(found: &[Found<'_>]) -> Result<Contents, ReadError> {
    let mut namespaces = BTreeMap::new();
    let mut chunks = BTreeMap::new();
    // Where a value stands for the first time decides on its place, what comes last on the value.
    let mut order: Vec<Place> = Vec::new();
    let mut latest: BTreeMap<Place, &Found<'_>> = BTreeMap::new();
    for one in found {
        let Entry { namespace, kind, chunk, key, .. } = one.entry;
        match (namespace, kind) {
            (0, _) => {
                let name = one.entry.name().ok_or(ReadError::StrangeName)?;
                namespaces.insert(one.entry.data[0], name);
            }
            (_, BLOB_DATA) => drop(chunks.insert((namespace, key, chunk), one.data)),
            _ => {
                let place = (namespace, key, kind);
                if latest.insert(place, one).is_none() {
                    order.push(place);
                }
            }
        }
    }
    let mut items = Vec::new();
    for place in order {
        let one = latest[&place];
        // What is in a namespace without a name, nobody finds.
        let Some(namespace) = namespaces.get(&place.0) else { continue };
        let Some(value) = value(one, &chunks)? else { continue };
        let key = one.entry.name().ok_or(ReadError::StrangeName)?;
        items.push(Item { namespace: namespace.clone(), key, value });
    }
    Ok(Contents { items })
}

/// The value of an entry; `None` for a blob that lacks a chunk.
fn value(
    one: &Found<'_>,
    chunks: &BTreeMap<(u8, [u8; 16], u8), &[u8]>,
) -> Result<Option<Value>, ReadError> {
    let Entry { namespace, kind, key, data, .. } = one.entry;
    if let Some(number) = one.entry.number() {
        return Ok(Some(number));
    }
    match kind {
        TEXT => Ok(Some(Value::Text(one.data.strip_suffix(&[0]).unwrap_or(one.data).to_vec()))),
        OLD_BLOB => Ok(Some(Value::Blob(one.data.to_vec()))),
        BLOB_INDEX => {
            let [a, b, c, d, count, start, ..] = data;
            let wanted = u32::from_le_bytes([a, b, c, d]) as usize;
            let mut blob = Vec::new();
            for chunk in 0..count {
                let number = start.checked_add(chunk).filter(|number| *number != NO_CHUNK);
                let Some(part) = number.and_then(|number| chunks.get(&(namespace, key, number)))
                else {
                    return Ok(None);
                };
                blob.extend_from_slice(part);
            }
            Ok((blob.len() == wanted).then_some(Value::Blob(blob)))
        }
        byte => Err(ReadError::UnknownType { byte }),
    }
}
