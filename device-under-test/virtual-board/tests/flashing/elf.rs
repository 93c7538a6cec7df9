//! The smallest ELF file that tools take for a firmware: no program headers, four sections.

use espflash::target::Chip;

/// Where code and data of a chip are: read-only data, code, writable data.
fn addresses(chip: Chip) -> (u16, [u32; 3]) {
    const RISC_V: u16 = 243;
    const XTENSA: u16 = 94;
    match chip {
        Chip::Esp32 => (XTENSA, [0x3f40_0020, 0x400d_0020, 0x3ffb_0000]),
        Chip::Esp32s2 => (XTENSA, [0x3f00_0020, 0x4008_0020, 0x3ffb_0000]),
        Chip::Esp32s3 => (XTENSA, [0x3c00_0020, 0x4200_0020, 0x3fc9_0000]),
        Chip::Esp32c2 => (RISC_V, [0x3c00_0020, 0x4201_0020, 0x3fca_0000]),
        Chip::Esp32c6 | Chip::Esp32h2 => (RISC_V, [0x4200_0020, 0x4201_0020, 0x4080_0000]),
        _ => (RISC_V, [0x3c00_0020, 0x4201_0020, 0x3fc8_0000]),
    }
}

/// One section: where its name is, its type, its flags, its address, its bytes.
type Section = (u32, u32, u32, u32, Vec<u8>);

pub(crate) fn build(chip: Chip, name: &str, version: &str) -> Vec<u8> {
    let (machine, [rodata, text, data]) = addresses(chip);
    let names = b"\0.flash.appdesc\0.text\0.data\0.shstrtab\0";
    let sections: [Section; 5] = [
        (0, 0, 0, 0, Vec::new()),
        (1, 1, 2, rodata, descriptor(name, version)),
        (16, 1, 6, text, vec![0x13; 512]),
        (22, 1, 3, data, vec![1, 2, 3, 4]),
        (28, 3, 0, 0, names.to_vec()),
    ];
    let mut body = Vec::new();
    let mut table = Vec::new();
    for (name, kind, flags, address, bytes) in sections {
        let offset = 52 + body.len() as u32;
        let fields = [name, kind, flags, address, offset, bytes.len() as u32, 0, 0, 4, 0];
        table.extend(fields.into_iter().flat_map(u32::to_le_bytes));
        body.extend(bytes);
        body.resize(body.len().next_multiple_of(4), 0);
    }
    let mut elf = b"\x7fELF\x01\x01\x01".to_vec();
    elf.resize(16, 0);
    elf.extend([2_u16, machine].into_iter().flat_map(u16::to_le_bytes));
    elf.extend([1, text, 0, 52 + body.len() as u32, 0].into_iter().flat_map(u32::to_le_bytes));
    elf.extend([52_u16, 0, 0, 40, 5, 4].into_iter().flat_map(u16::to_le_bytes));
    elf.extend(body);
    elf.extend(table);
    elf
}

fn descriptor(name: &str, version: &str) -> Vec<u8> {
    let mut bytes = vec![0; 256];
    bytes[..4].copy_from_slice(&0xabcd_5432_u32.to_le_bytes());
    bytes[16..16 + version.len()].copy_from_slice(version.as_bytes());
    bytes[48..48 + name.len()].copy_from_slice(name.as_bytes());
    // The size of a page of the memory map, as a power of two.
    bytes[180] = 16;
    bytes
}
