//! A Linux program without sections: code, and memory behind it.

use std::io;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use crate::program::{CODE_AT, MEMORY_AT, MEMORY_BYTES};

/// Bytes of the file's header and of one program header.
const HEADER_BYTES: u32 = 52;
const SEGMENT_BYTES: u32 = 32;

/// Writes the program as a file that can be run.
pub(crate) fn write(path: &Path, code: &[u8]) -> io::Result<()> {
    let offset = 0x1000_u32;
    let mut bytes = Vec::new();
    // 32 bits, little-endian; an executable for RISC-V, version 1.
    bytes.extend(b"\x7fELF\x01\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\xf3\0\x01\0\0\0");
    // Entry, program headers, no sections; with compressed instructions.
    for word in [CODE_AT, HEADER_BYTES, 0, 1] {
        bytes.extend(word.to_le_bytes());
    }
    for half in [HEADER_BYTES as u16, SEGMENT_BYTES as u16, 1, 0, 0, 0] {
        bytes.extend(half.to_le_bytes());
    }
    let in_memory = MEMORY_AT + MEMORY_BYTES - CODE_AT;
    // Loaded; where in the file and in memory; readable, writable, executable.
    for word in [1, offset, CODE_AT, CODE_AT, code.len() as u32, in_memory, 7, 0x1000] {
        bytes.extend(word.to_le_bytes());
    }
    bytes.resize(offset as usize, 0);
    bytes.extend(code);
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o755)
        .open(path)?;
    io::Write::write_all(&mut file, &bytes)?;
    file.set_permissions(std::fs::Permissions::from_mode(0o755))
}
