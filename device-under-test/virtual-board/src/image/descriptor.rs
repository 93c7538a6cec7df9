//! The application descriptor: what a firmware calls itself (`esp_app_desc_t`).

/// The first word.
const MAGIC: u32 = 0xabcd_5432;

/// Bytes of the whole descriptor.
const BYTES: usize = 256;

/// Bytes of a name or a version, the zero at the end included.
const TEXT_BYTES: usize = 32;

/// Where the texts stand.
const VERSION_AT: usize = 16;
const NAME_AT: usize = 48;
const TIME_AT: usize = 80;
const DATE_AT: usize = 96;
const FRAMEWORK_AT: usize = 112;
/// Where the hash of the ELF file stands.
const ELF_HASH_AT: usize = 144;

/// What an image says about the program in it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Descriptor {
    /// The program's name, such as `signal-thing`; at most 31 bytes.
    pub name: String,
    /// Its version; at most 31 bytes.
    pub version: String,
    /// SHA-256 of the ELF file that it was made from; zeros when it was made from none.
    pub elf_sha256: [u8; 32],
}

impl Descriptor {
    /// Reads a descriptor at the beginning of a segment; `None` when there is none.
    #[must_use]
    pub fn read(segment: &[u8]) -> Option<Self> {
        let bytes = segment.get(..BYTES)?;
        if !bytes.starts_with(&MAGIC.to_le_bytes()) {
            return None;
        }
        Some(Self {
            name: text(bytes.get(NAME_AT..NAME_AT + TEXT_BYTES)?),
            version: text(bytes.get(VERSION_AT..VERSION_AT + TEXT_BYTES)?),
            elf_sha256: bytes.get(ELF_HASH_AT..ELF_HASH_AT + 32)?.try_into().ok()?,
        })
    }

    /// The descriptor as it stands in an image.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        let mut bytes = vec![0; BYTES];
        put(&mut bytes, 0, &MAGIC.to_le_bytes());
        put_text(&mut bytes, VERSION_AT, &self.version);
        put_text(&mut bytes, NAME_AT, &self.name);
        // The same for all, so that equal programs give equal images.
        put(&mut bytes, TIME_AT, b"00:00:00");
        put(&mut bytes, DATE_AT, b"Jan  1 2026");
        put(&mut bytes, FRAMEWORK_AT, b"virtual-board");
        put(&mut bytes, ELF_HASH_AT, &self.elf_sha256);
        bytes
    }
}

fn put(bytes: &mut [u8], at: usize, what: &[u8]) {
    for (to, from) in bytes.iter_mut().skip(at).zip(what) {
        *to = *from;
    }
}

/// Writes as many whole characters as fit before the zero at the end.
fn put_text(bytes: &mut [u8], at: usize, text: &str) {
    let mut end = text.len().min(TEXT_BYTES - 1);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    put(bytes, at, text.get(..end).unwrap_or_default().as_bytes());
}

fn text(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    String::from_utf8_lossy(bytes.get(..end).unwrap_or_default()).into_owned()
}
