//! What an ELF knows about addresses: functions, files, lines, call frames.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use addr2line::Context;
use gimli::{DebugFrame, Dwarf, EhFrame, EndianArcSlice, RunTimeEndian, SectionId};
use object::{Architecture, Object, ObjectSection, ObjectSymbol, SectionKind, SymbolKind};
use sha2::{Digest, Sha256};

use crate::engine::crash::Frame;

/// The most frames that one address may stand for: calls that the compiler has written out in place.
const INLINED_MAX: usize = 8;

pub(super) type Slice = EndianArcSlice<RunTimeEndian>;

/// The symbols of a firmware.
pub struct Symbols {
    context: Context<Slice>,
    /// Functions by where they begin: address, length, name.
    functions: Vec<(u64, u64, String)>,
    code: Vec<Range<u64>>,
    /// The hash of the file in hexadecimal digits, as ESP-IDF prints its beginning in a crash report.
    hash: String,
    pub(super) debug_frame: DebugFrame<Slice>,
    pub(super) eh_frame: EhFrame<Slice>,
    pub(super) eh_frame_address: u64,
    pub(super) is_riscv: bool,
}

/// Why a file has no symbols.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SymbolsError {
    /// Its DWARF cannot be read.
    Dwarf {
        /// Why.
        reason: String,
    },
    /// It has neither functions nor lines: it was stripped.
    Empty,
    /// It is no ELF.
    NotElf {
        /// Why.
        reason: String,
    },
}

impl fmt::Display for SymbolsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dwarf { reason } => write!(f, "its DWARF cannot be read: {reason}"),
            Self::Empty => f.write_str(
                "it has no symbols; give the ELF that the compiler made, not a stripped one",
            ),
            Self::NotElf { reason } => write!(
                f,
                "it is no ELF: {reason}; a `.bin` has no symbols, the ELF that it was made from has"
            ),
        }
    }
}

impl std::error::Error for SymbolsError {}

impl fmt::Debug for Symbols {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Symbols").field("hash", &self.hash).finish_non_exhaustive()
    }
}

impl Symbols {
    /// Reads the bytes of an ELF, whatever its machine.
    ///
    /// # Errors
    ///
    /// That it is none, is damaged, or was stripped.
    pub fn read(bytes: &[u8]) -> Result<Self, SymbolsError> {
        let elf = object::File::parse(bytes)
            .map_err(|error| SymbolsError::NotElf { reason: error.to_string() })?;
        let endian =
            if elf.is_little_endian() { RunTimeEndian::Little } else { RunTimeEndian::Big };
        let section = |id: SectionId| -> Slice {
            let data =
                elf.section_by_name(id.name()).and_then(|section| section.uncompressed_data().ok());
            EndianArcSlice::new(Arc::from(data.unwrap_or_default().as_ref()), endian)
        };
        let dwarf = |error: gimli::Error| SymbolsError::Dwarf { reason: error.to_string() };
        let loaded = Dwarf::load(|id| Ok::<_, gimli::Error>(section(id))).map_err(dwarf)?;
        let has_lines = elf.section_by_name(".debug_line").is_some();
        let functions = functions(&elf);
        if functions.is_empty() && !has_lines {
            return Err(SymbolsError::Empty);
        }
        let mut debug_frame = DebugFrame::from(section(SectionId::DebugFrame));
        let mut eh_frame = EhFrame::from(section(SectionId::EhFrame));
        let address_bytes = if elf.is_64() { 8 } else { 4 };
        debug_frame.set_address_size(address_bytes);
        eh_frame.set_address_size(address_bytes);
        Ok(Self {
            context: Context::from_dwarf(loaded).map_err(dwarf)?,
            code: elf
                .sections()
                .filter(|section| section.kind() == SectionKind::Text)
                .map(|section| section.address()..section.address().saturating_add(section.size()))
                .collect(),
            functions,
            hash: Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect(),
            debug_frame,
            eh_frame,
            eh_frame_address: elf
                .section_by_name(".eh_frame")
                .map_or(0, |section| section.address()),
            is_riscv: matches!(elf.architecture(), Architecture::Riscv32 | Architecture::Riscv64),
        })
    }

    /// Whether these may be the symbols of an ELF whose hash begins so.
    #[must_use]
    pub fn are_of(&self, hash: &str) -> bool {
        self.hash.starts_with(&hash.to_ascii_lowercase())
    }

    /// Whether an address lies in the firmware's code.
    #[must_use]
    pub fn is_code(&self, address: u64) -> bool {
        self.code.iter().any(|range| range.contains(&address))
    }

    /// The places that an address stands for, innermost first: more than one where calls were written out in place; one without
    /// names where nothing is known of it.
    #[must_use]
    pub fn places(&self, address: u64) -> Vec<Frame> {
        let mut found = Vec::new();
        if let Ok(mut frames) = self.context.find_frames(address).skip_all_loads() {
            while let Ok(Some(frame)) = frames.next()
                && found.len() < INLINED_MAX
            {
                let function = frame
                    .function
                    .as_ref()
                    .and_then(|name| name.demangle().ok().map(|n| n.into_owned()));
                let place = frame.location.and_then(|location| {
                    let line = location.line.map(|line| format!(":{line}")).unwrap_or_default();
                    Some(format!("{}{line}", location.file?))
                });
                found.push(Frame { address: Some(address), function, place, is_guess: false });
            }
        }
        if found.is_empty() {
            found.push(Frame { address: Some(address), ..Frame::default() });
        }
        // A function of an assembler or of a library without DWARF is in the table of symbols still.
        if let Some(last) = found.last_mut().filter(|last| last.function.is_none()) {
            last.function = self.function(address).map(str::to_owned);
        }
        found
    }

    fn function(&self, address: u64) -> Option<&str> {
        let behind = self.functions.partition_point(|(start, ..)| *start <= address);
        let (start, length, name) = self.functions.get(behind.checked_sub(1)?)?;
        (address - start < *length).then_some(name)
    }
}

fn functions(elf: &object::File<'_>) -> Vec<(u64, u64, String)> {
    let mut functions: Vec<_> = elf
        .symbols()
        .filter(|symbol| symbol.kind() == SymbolKind::Text && symbol.size() > 0)
        .filter_map(|symbol| {
            let name = symbol.name().ok()?;
            let name = addr2line::demangle_auto(name.into(), None).into_owned();
            Some((symbol.address(), symbol.size(), name))
        })
        .collect();
    functions.sort();
    functions
}
