//! Firmware files: what is made of them, and what is refused before a byte is written.

use std::fs;

use shadowrig::flash::image::{Image, ImageError, Part, Target};
use shadowrig::flash::{Chip, FlashError, Source};
use virtual_board::image::{self, Partition};

#[path = "../../../device-under-test/virtual-board/tests/flashing/elf.rs"]
mod elf;

/// The name that our own images have, for any chip.
const THING: &str = "signal-thing";

fn soft(chip: Chip) -> virtual_board::Chip {
    virtual_board::Chip::by_name(chip.name()).expect("it has all chips")
}

fn app(chip: Chip) -> Vec<u8> {
    image::build(soft(chip), THING, "1")
}

/// A flash of 4 MiB without a table.
fn target(chip: Chip) -> Target<'static> {
    Target { chip, flash_bytes: 4 << 20, table: None, partition: None }
}

fn places(image: &Image) -> Vec<u32> {
    image.parts.iter().map(|part| part.offset).collect()
}

/// Says what a file is refused with, and its help.
fn check(bytes: &[u8], chip: Chip, expected: &str) {
    let error = Image::from_file(bytes, "app.bin", &target(chip)).expect_err("it is refused");
    let text = format!("{error}\nhelp: {}", error.help());
    assert!(text.contains(expected), "{text}");
}

/// A whole flash as one file.
fn merged(chip: Chip) -> Vec<u8> {
    let mut flash = Vec::new();
    for part in image::bundle(soft(chip), THING, "1") {
        flash.resize(part.offset as usize, 0xff);
        flash.extend(part.bytes);
    }
    flash
}

#[test]
fn an_elf_becomes_bootloader_table_and_app() {
    use espflash::target::Chip as Name;
    for (chip, name) in
        [(Chip::Esp32, Name::Esp32), (Chip::Esp32c3, Name::Esp32c3), (Chip::Esp32h2, Name::Esp32h2)]
    {
        let elf = elf::build(name, THING, "1");
        let image = Image::from_file(&elf, "thing", &target(chip)).expect("it is one");
        let boot = if chip == Chip::Esp32 { 0x1000 } else { 0 };
        assert_eq!(places(&image), [boot, 0x8000, 0x1_0000], "{chip}");
        assert_eq!(image.table[0].name, "nvs");
    }
}

#[test]
fn a_merged_image_is_cut_where_its_table_says() {
    for chip in [Chip::Esp32, Chip::Esp32c3] {
        let image =
            Image::from_file(&merged(chip), "merged.bin", &target(chip)).expect("it is one");
        let boot = if chip == Chip::Esp32 { 0x1000 } else { 0 };
        assert_eq!(places(&image), [boot, 0x8000, 0x1_0000], "{chip}");
        assert_eq!(image.parts[2].name, "merged.bin (factory)");
    }
}

#[test]
fn an_app_goes_to_the_partition_that_the_board_has_for_it() {
    let bytes = image::bundle(virtual_board::Chip::Esp32c3, THING, "1")[1].bytes.clone();
    let table =
        shadowrig::flash::image::read_table(&bytes).expect("it is one").expect("it is there");
    let chip = Chip::Esp32c3;
    let with_table = Target { table: Some(&table), ..target(chip) };
    let image = Image::from_file(&app(chip), "app.bin", &with_table).expect("it fits");
    assert_eq!(places(&image), [0x1_0000]);
    let wanted = Target { partition: Some("ota_1"), ..with_table };
    let error = Image::from_file(&app(chip), "app.bin", &wanted).expect_err("there is none");
    assert_eq!(error.to_string(), "the board has no partition `ota_1` for a program");
    assert_eq!(error.help(), "there are factory");
    check(
        &app(chip),
        chip,
        "no partition table that says where it goes\nhelp: flash a merged image",
    );
    // The ESP8266 has no tables.
    let image = Image::from_file(&app(Chip::Esp8266), "app.bin", &target(Chip::Esp8266));
    assert_eq!(places(&image.expect("it fits")), [0]);
}

#[test]
fn an_image_for_another_chip_is_refused() {
    check(
        &app(Chip::Esp32s3),
        Chip::Esp32c3,
        "it was made for esp32s3, and the board has esp32c3\nhelp: build it for esp32c3",
    );
    check(&app(Chip::Esp32c3), Chip::Esp8266, "it was made for esp32c3, and the board has esp8266");
    check(&app(Chip::Esp8266), Chip::Esp32, "the board has esp32");
    check(&merged(Chip::Esp32), Chip::Esp32s2, "it was made for esp32, and the board has esp32s2");
    let elf = elf::build(espflash::target::Chip::Esp32, THING, "1");
    check(&elf, Chip::Esp32c3, "it was made for an Xtensa chip, and the board has esp32c3");
    check(&elf, Chip::Esp8266, "`esptool elf2image` makes the .bin");
}

#[test]
fn a_file_that_is_not_whole_is_refused() {
    let app = app(Chip::Esp32c3);
    for length in [4, 30, 100, app.len() - 1] {
        check(&app[..length], Chip::Esp32c3, "app.bin is cut off: it should have ");
    }
    let mut changed = app.clone();
    changed[100] ^= 0x10;
    check(&changed, Chip::Esp32c3, "its checksum is wrong");
    let mut changed = app;
    let last = changed.len() - 1;
    changed[last] ^= 1;
    check(&changed, Chip::Esp32c3, "its hash is wrong");
    let mut table = merged(Chip::Esp32c3);
    table[0x8004] ^= 1;
    check(&table, Chip::Esp32c3, "the partition table is damaged: ");
    check(b"", Chip::Esp32c3, "it is empty");
    check(
        b"<html>",
        Chip::Esp32c3,
        "it is no firmware: it begins with 3c 68 74 6d\nhelp: give an ELF",
    );
}

#[test]
fn parts_that_overlap_or_do_not_fit_are_refused() {
    let part = |offset, length: usize, name: &str| Part {
        offset,
        bytes: vec![0x55; length],
        name: name.into(),
    };
    let refused = |parts: Vec<Part>| {
        Image::from_parts(parts, &target(Chip::Esp32c3)).expect_err("they are refused").to_string()
    };
    let overlap = refused(vec![part(0x9000, 0x1001, "b"), part(0xa000, 4, "a")]);
    assert_eq!(overlap, "b at 0x9000 and a at 0xa000 overlap at 0xa000");
    let beyond = refused(vec![part(0x3f_f000, 0x1004, "data")]);
    assert_eq!(
        beyond,
        "data at 0x3ff000 has 4100 bytes, and the flash behind its place has room for 4096"
    );
    // A program of 64 KiB for a partition of 32.
    let small =
        Partition { name: "factory".into(), kind: 0, subkind: 0, offset: 0x1_0000, size: 0x8000 };
    let table =
        Part { offset: 0x8000, bytes: Partition::write_table(&[small]), name: "table".into() };
    let error = refused(vec![table, part(0x1_0000, 0x1_0000, "app")]);
    assert_eq!(
        error,
        "app at 0x10000 has 65536 bytes, and the partition `factory` has room for 32768"
    );
}

#[test]
fn flasher_args_bring_their_files_and_their_chip() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let parts = image::bundle(virtual_board::Chip::Esp32c3, THING, "1");
    let mut files = Vec::new();
    for part in &parts {
        let name = format!("{:x}.bin", part.offset);
        fs::write(folder.path().join(&name), &part.bytes).expect("it can be written");
        files.push(format!("\"0x{:x}\": \"{name}\"", part.offset));
    }
    let json = format!(
        "{{ \"flash_files\": {{ {} }}, \"extra_esptool_args\": {{ \"chip\": \"esp32c3\" }} }}",
        files.join(", ")
    );
    let path = folder.path().join("flasher_args.json");
    fs::write(&path, json).expect("it can be written");
    let source = Source::read(&path).expect("it is read");
    assert_eq!(
        places(&source.image(&target(Chip::Esp32c3)).expect("it fits")),
        [0, 0x8000, 0x1_0000]
    );
    let error = source.image(&target(Chip::Esp32c6)).expect_err("it is for another chip");
    assert!(matches!(error, ImageError::WrongChip { .. }), "{error}");
    fs::remove_file(folder.path().join("8000.bin")).expect("it is there");
    let Err(FlashError::File { path, .. }) = Source::read(&path) else {
        panic!("a file is missing")
    };
    assert!(path.ends_with("8000.bin"), "{path}");
}
