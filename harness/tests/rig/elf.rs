//! Small ELF files with DWARF, as a compiler for a chip makes them.

use gimli::write::{
    Address, AttributeValue, CallFrameInstruction, CommonInformationEntry, DwarfUnit, EndianVec,
    FrameDescriptionEntry, FrameTable, LineProgram, LineString, Range, RangeList, Sections,
};
use gimli::{Encoding, Format, LittleEndian, Register};
use object::write::{Object, Symbol, SymbolSection};
use object::{
    Architecture, BinaryFormat, Endianness, SectionKind, SymbolFlags, SymbolKind, SymbolScope,
};

/// A function of the firmware.
pub(crate) struct Function {
    pub(crate) name: &'static str,
    pub(crate) start: u32,
    pub(crate) size: u32,
    /// Its first line; another line begins each 16 bytes.
    pub(crate) line: u64,
    /// The size of its frame on a RISC-V chip, which keeps the address to return to in its highest word.
    pub(crate) frame: Option<u32>,
}

const ENCODING: Encoding = Encoding { address_size: 4, format: Format::Dwarf32, version: 4 };

/// The functions of the transcripts `idf-riscv-panic`.
pub(crate) const RISCV: &[Function] = &[
    Function { name: "shade_move", start: 0x4200_6980, size: 0x80, line: 100, frame: Some(16) },
    Function { name: "app_main", start: 0x4200_6a00, size: 0x60, line: 20, frame: Some(16) },
    Function { name: "main_task", start: 0x4201_b0e0, size: 0x60, line: 200, frame: None },
];

/// The functions of the transcripts of the ESP32.
pub(crate) const XTENSA: &[Function] = &[
    Function { name: "shade_move", start: 0x400d_5180, size: 0x80, line: 100, frame: None },
    Function { name: "app_main", start: 0x400d_5a00, size: 0x60, line: 20, frame: None },
    Function { name: "main_task", start: 0x400e_2c40, size: 0x60, line: 200, frame: None },
];

/// The functions of `arduino-esp8266-exception`.
pub(crate) const ESP8266: &[Function] = &[
    Function { name: "loop", start: 0x4020_1060, size: 0x60, line: 12, frame: None },
    Function { name: "loop_wrapper", start: 0x4020_2e00, size: 0x80, line: 200, frame: None },
];

/// An ELF with these functions.
pub(crate) fn elf(architecture: Architecture, functions: &[Function]) -> Vec<u8> {
    let mut object = Object::new(BinaryFormat::Elf, architecture, Endianness::Little);
    let start = functions.iter().map(|function| function.start).min().unwrap_or(0);
    let end = functions.iter().map(|function| function.start + function.size).max().unwrap_or(0);
    let text = object.add_section(Vec::new(), b".flash.text".to_vec(), SectionKind::Text);
    object.set_section_data(text, vec![0; (end - start) as usize], 4);
    for function in functions {
        object.add_symbol(Symbol {
            name: function.name.into(),
            value: function.start.into(),
            size: function.size.into(),
            kind: SymbolKind::Text,
            scope: SymbolScope::Linkage,
            weak: false,
            section: SymbolSection::Section(text),
            flags: SymbolFlags::None,
        });
    }
    for (name, data) in dwarf(functions) {
        let section = object.add_section(Vec::new(), name.into_bytes(), SectionKind::Debug);
        object.set_section_data(section, data, 1);
    }
    linked(object.write().expect("it can be written"), start)
}

fn dwarf(functions: &[Function]) -> Vec<(String, Vec<u8>)> {
    let mut dwarf = DwarfUnit::new(ENCODING);
    let text = |text: &str| LineString::String(text.into());
    let mut lines =
        LineProgram::new(ENCODING, Default::default(), text("/code"), None, text("main.c"), None);
    let directory = lines.default_directory();
    let file = lines.add_file(text("main.c"), directory, None);
    for function in functions {
        lines.begin_sequence(Some(Address::Constant(function.start.into())));
        for (line, offset) in (function.line..).zip((0..u64::from(function.size)).step_by(16)) {
            let row = lines.row();
            (row.address_offset, row.file, row.line) = (offset, file, line);
            lines.generate_row();
        }
        lines.end_sequence(function.size.into());
    }
    dwarf.unit.line_program = lines;
    let range = |function: &Function| Range::StartLength {
        begin: Address::Constant(function.start.into()),
        length: function.size.into(),
    };
    let ranges = dwarf.unit.ranges.add(RangeList(functions.iter().map(range).collect()));
    let root = dwarf.unit.root();
    dwarf.unit.get_mut(root).set(gimli::DW_AT_ranges, AttributeValue::RangeListRef(ranges));
    dwarf.unit.get_mut(root).set(gimli::DW_AT_comp_dir, AttributeValue::String(b"/code".to_vec()));
    dwarf.unit.get_mut(root).set(gimli::DW_AT_name, AttributeValue::String(b"main.c".to_vec()));
    for function in functions {
        let entry = dwarf.unit.add(root, gimli::DW_TAG_subprogram);
        let entry = dwarf.unit.get_mut(entry);
        entry.set(gimli::DW_AT_name, AttributeValue::String(function.name.into()));
        let begin = Address::Constant(function.start.into());
        entry.set(gimli::DW_AT_low_pc, AttributeValue::Address(begin));
        entry.set(gimli::DW_AT_high_pc, AttributeValue::Udata(function.size.into()));
    }
    let mut sections = Sections::new(EndianVec::new(LittleEndian));
    dwarf.write(&mut sections).expect("it can be written");
    frames(functions).write_debug_frame(&mut sections.debug_frame).expect("it can be written");
    let mut written = Vec::new();
    sections
        .for_each(|id, data| {
            if !data.slice().is_empty() {
                written.push((id.name().to_owned(), data.slice().to_vec()));
            }
            Ok::<_, gimli::write::Error>(())
        })
        .expect("nothing fails here");
    written
}

/// Where a RISC-V chip keeps the address to return to: register 1, and 2 is the stack pointer.
fn frames(functions: &[Function]) -> FrameTable {
    let mut table = FrameTable::default();
    let mut common = CommonInformationEntry::new(ENCODING, 1, -4, Register(1));
    common.add_instruction(CallFrameInstruction::Cfa(Register(2), 0));
    let common = table.add_cie(common);
    for function in functions {
        let Some(size) = function.frame else { continue };
        let begin = Address::Constant(function.start.into());
        let mut entry = FrameDescriptionEntry::new(begin, function.size);
        entry.add_instruction(2, CallFrameInstruction::CfaOffset(size as i32));
        entry.add_instruction(4, CallFrameInstruction::Offset(Register(1), -4));
        table.add_fde(common, entry);
    }
    table
}

/// Gives the first section its address, as a linker does. (ELF-32: `e_shoff` at 32, `sh_addr` at 12 of a header of 40 bytes.)
fn linked(mut bytes: Vec<u8>, address: u32) -> Vec<u8> {
    let table = bytes[32..36].try_into().map(u32::from_le_bytes).expect("four bytes") as usize;
    bytes[table + 40 + 12..table + 40 + 16].copy_from_slice(&address.to_le_bytes());
    bytes
}
