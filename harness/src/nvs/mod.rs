//! The NVS partition of ESP-IDF (format version 2): what its firmware, Arduino's `Preferences` and `esp-idf-svc` keep by
//! namespace and key, as bytes of a flash.
//!
//! PURE: bytes to [`Contents`] and back. A partition is read as ESP-IDF reads it after a power cut (what is damaged is left out,
//! what is newer wins), and is always written anew from its contents: nothing of an older value stays behind in the flash.
//!
//! # The format
//!
//! A partition is pages of 4096 bytes; one of them stays erased, ESP-IDF needs it to move what it keeps. A page:
//!
//! | bytes | what |
//! | --- | --- |
//! | 0..32 | header: state, number in the order of pages, version, CRC-32 |
//! | 32..64 | two bits for each of 126 entries: erased flash `11`, written `10`, taken back `00` |
//! | 64..4096 | entries of 32 bytes |
//!
//! An entry is namespace, type, span (itself and the entries of data behind it), chunk, CRC-32, key (at most 15 bytes) and
//! eight bytes: a number, or length and CRC-32 of the data behind it. A blob is cut into chunks, one a page, and an index that
//! says how many there are. The names of namespaces are entries of the namespace 0. Source: "NVS Flash" in ESP-IDF's
//! programming guide; the bytes are compared with Espressif's own generator by `tests/nvs/run.sh`.

mod contents;
mod entry;
mod error;
mod page;
mod read;
mod write;

pub use contents::{Contents, Item, NAME_BYTES_MAX, Value};
pub use error::{ReadError, ValueError, WriteError};
pub use page::{PAGE_BYTES, is_page};
