//! What the ROM and the stub do with requests that are not quite right.

use virtual_board::{Activity, BootMode, Chip, Fidelity, Flash, Order, Setup};

use crate::bench::{Bench, bench, bench_with, status, words};

const FLASH_BEGIN: u8 = 0x02;
const FLASH_DATA: u8 = 0x03;
const FLASH_END: u8 = 0x04;
const MEM_BEGIN: u8 = 0x05;
const MEM_END: u8 = 0x06;
const MEM_DATA: u8 = 0x07;
const SYNC: u8 = 0x08;
const READ_REG: u8 = 0x0a;
const READ_FLASH_SLOW: u8 = 0x0e;
const FLASH_DEFL_BEGIN: u8 = 0x10;
const FLASH_DEFL_DATA: u8 = 0x11;
const SPI_FLASH_MD5: u8 = 0x13;
const SECURITY_INFO: u8 = 0x14;
const ERASE_REGION: u8 = 0xd1;
const READ_FLASH: u8 = 0xd2;

const STUB_C3: u32 = 0x4038_0000;

/// A board whose stub runs.
fn bench_stub() -> Bench {
    let mut bench = bench(Chip::Esp32c3);
    bench.start_stub(STUB_C3);
    bench
}

fn check_rom(requests: impl FnOnce(&mut Bench) -> Vec<Vec<u8>>, expected: [u8; 2]) {
    assert_eq!(status(&requests(&mut bench(Chip::Esp32c3)), 4), expected);
}

fn check_stub(requests: impl FnOnce(&mut Bench) -> Vec<Vec<u8>>, expected: [u8; 2]) {
    assert_eq!(status(&requests(&mut bench_stub()), 2), expected);
}

/// The second of two replies, when the first is good.
fn after(first: &[Vec<u8>], second: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    assert_eq!(first[0][8], 0, "{first:x?}");
    second
}

#[test]
fn the_rom_syncs_eight_times_with_a_value_and_the_stub_without() {
    let sync = [&[7, 7, 0x12, 0x20][..], &[0x55; 32]].concat();
    let replies = bench(Chip::Esp32c3).request(SYNC, &sync);
    assert_eq!(replies, [[1, 8, 4, 0, 7, 7, 0x12, 0x20, 0, 0, 0, 0]; 8]);
    let replies = bench_stub().request(SYNC, &sync);
    assert_eq!(replies, [[1, 8, 2, 0, 0, 0, 0, 0, 0, 0]; 8]);
}

#[test]
fn the_rom_leaves_the_last_register_in_its_replies() {
    let mut bench = bench(Chip::Esp32c3);
    let replies = bench.request(READ_REG, &words(&[0x6000_8844]));
    assert_eq!(replies[0][4..8], [0x10, 0x22, 0xc2, 0xa1]);
    let replies = bench.request(MEM_BEGIN, &words(&[0, 0, 0, 0]));
    assert_eq!(replies[0][4..8], [0x10, 0x22, 0xc2, 0xa1]);
}

#[test]
fn unknown_commands_are_answered_with_the_one_before_by_a_faithful_rom_only() {
    let sync = [0; 36];
    let mut fast = bench(Chip::Esp32);
    fast.request(SYNC, &sync);
    let replies = fast.request(SECURITY_INFO, &[]);
    assert_eq!((replies.len(), replies[0][1], &replies[0][8..]), (1, 0x14, &[1, 5, 0, 0][..]));

    let setup = Setup { fidelity: Fidelity::Faithful, ..Setup::new(Chip::Esp32) };
    let mut faithful = bench_with(setup, Flash::new());
    faithful.order(Order::PowerRestore { into: BootMode::Download });
    faithful.request(SYNC, &sync);
    let replies = faithful.request(SECURITY_INFO, &[]);
    assert_eq!((replies.len(), replies[7][1], &replies[7][8..]), (8, SYNC, &[1, 5, 0, 0][..]));
    faithful.request(READ_REG, &words(&[0]));
    let replies = faithful.request(0x77, &[]);
    assert_eq!((replies.len(), replies[0][1]), (1, READ_REG));
}

#[test]
fn the_security_info_has_the_size_that_each_chip_gives_it() {
    for (chip, bytes) in [(Chip::Esp32c3, 24), (Chip::Esp32s2, 16), (Chip::Esp8266, 2)] {
        let replies = bench(chip).request(SECURITY_INFO, &[]);
        assert_eq!(replies[0].len() - 8, bytes, "{chip:?}");
    }
    let replies = bench_stub().request(SECURITY_INFO, &[]);
    assert_eq!(replies[0].len() - 8, 22);
}

#[test]
fn the_rom_checks_lengths_sequences_and_checksums() {
    check_rom(|bench| bench.request(FLASH_DATA, &words(&[0, 0, 0, 0])), [1, 5]);
    check_rom(|bench| bench.request(FLASH_BEGIN, &words(&[0, 0, 0x1801, 0, 0])), [1, 5]);
    check_rom(|bench| bench.request(FLASH_BEGIN, &words(&[0, 0, 0x400, 0])), [1, 5]);
    check_rom(|bench| bench.request(READ_FLASH_SLOW, &words(&[0, 65])), [1, 0x0a]);
    check_rom(|bench| bench.request(MEM_BEGIN, &words(&[4, 1, 0x1801, 0])), [1, 5]);
    let begun = |bench: &mut Bench| bench.request(FLASH_BEGIN, &words(&[8, 2, 4, 0, 0]));
    check_rom(begun, [0, 0]);
    check_rom(|bench| after(&begun(bench), bench.block(FLASH_DATA, 1, &[0; 4])), [1, 5]);
    check_rom(|bench| after(&begun(bench), bench.block(FLASH_DATA, 0, &[0; 3])), [1, 5]);
    check_rom(|bench| after(&begun(bench), bench.block(FLASH_DATA, 0, &[0; 8])), [1, 5]);
    let wrong = [words(&[4, 0, 0, 0]), vec![0; 4]].concat();
    check_rom(|bench| after(&begun(bench), bench.request(FLASH_DATA, &wrong)), [1, 7]);
}

/// No key is burnt, so that an encrypted write reads back as something else.
#[test]
fn encrypted_writes_are_refused_where_the_chip_finds_out() {
    let encrypted = words(&[8, 2, 4, 0, 1]);
    check_rom(|bench| bench.request(FLASH_DEFL_BEGIN, &encrypted), [1, 0x64]);
    let mut rom = bench(Chip::Esp32c3);
    assert_eq!(status(&rom.request(FLASH_BEGIN, &encrypted), 4), [0, 0]);
    assert_eq!(status(&rom.block(FLASH_DATA, 0, &[0; 4]), 4), [1, 8]);
    let mut stub = bench_stub();
    assert_eq!(status(&stub.request(FLASH_BEGIN, &encrypted), 2), [0, 0]);
    assert_eq!(status(&stub.block(FLASH_DATA, 0, &[0; 4]), 2), [0, 0]);
    assert_eq!(status(&stub.block(FLASH_DATA, 1, &[0; 4]), 2), [0xc4, 0]);
    for bench in [rom, stub] {
        assert_eq!(bench.board.flash().read(0, 8), [0xff; 8]);
    }
}

#[test]
fn the_rom_ends_with_flash_end_even_when_it_fails() {
    let mut bench = bench(Chip::Esp32c3);
    bench.request(FLASH_BEGIN, &words(&[4096, 4, 0x400, 0, 0]));
    bench.block(FLASH_DATA, 0, &[0; 0x400]);
    let mut packet = vec![0, FLASH_END, 4, 0, 0, 0, 0, 0];
    packet.extend([0; 4]);
    bench.give(virtual_board::Input::Serial(crate::bench::framed(&packet)));
    let heard = std::mem::take(&mut bench.heard);
    let expected = [0xc0, 1, FLASH_END, 4, 0, 0, 0, 0, 0, 1, 6, 0, 0, 0xc0, 0xc0, 0xc0];
    assert_eq!(heard[..16], expected);
    assert!(String::from_utf8_lossy(&heard).contains("rst:0x3 (RTC_SW_SYS_RST)"));
}

#[test]
fn the_rom_of_the_esp8266_erases_more_than_it_was_asked_to() {
    let mut bench = bench(Chip::Esp8266);
    let size = bench.board.flash().size();
    bench.board.flash_mut().program(0, &vec![0; size as usize]).unwrap();
    // As esptool asks for 20000 bytes at 0x10000: five sectors, of which it names three.
    bench.request(FLASH_BEGIN, &words(&[0x3000, 20, 0x400, 0x1_0000]));
    assert_eq!(bench.board.flash().read(0x1_0000, 0x6000), [0xff; 0x6000]);
    assert_eq!(bench.board.flash().read(0x1_6000, 1), [0]);
}

#[test]
fn a_program_in_ram_is_no_stub() {
    let mut bench = bench(Chip::Esp32c3);
    bench.request(MEM_BEGIN, &words(&[16, 1, 0x1800, 0x4039_0000]));
    bench.block(MEM_DATA, 0, &[0; 16]);
    bench.request(MEM_END, &words(&[0, 0x4039_0004]));
    assert_eq!(bench.board.status().activity, Activity::Run);
}

#[test]
fn the_stub_checks_lengths_and_checksums() {
    check_stub(|bench| bench.request(0x0d, &words(&[0, 0])), [0xc0, 0]);
    check_stub(|bench| bench.request(0x77, &[]), [0xc3, 0]);
    check_stub(|bench| bench.request(FLASH_END, &words(&[0])), [0xc6, 0]);
    check_stub(|bench| bench.block(FLASH_DATA, 0, &[0; 4]), [0xc6, 0]);
    check_stub(|bench| bench.request(ERASE_REGION, &words(&[1, 4096])), [0xc0, 0]);
    let begun = |bench: &mut Bench| bench.request(FLASH_BEGIN, &words(&[8, 2, 4, 0]));
    check_stub(|bench| after(&begun(bench), bench.request(FLASH_END, &words(&[0]))), [0xc0, 0]);
    let wrong = [words(&[4, 0, 0, 0]), vec![0; 4]].concat();
    check_stub(|bench| after(&begun(bench), bench.request(FLASH_DATA, &wrong)), [0xc1, 0]);
}

#[test]
fn the_stub_tells_what_went_wrong_in_writing_with_the_next_reply() {
    let mut bench = bench_stub();
    bench.request(FLASH_DEFL_BEGIN, &words(&[8, 1, 0x4000, 0]));
    assert_eq!(status(&bench.block(FLASH_DEFL_DATA, 0, b"no zlib!"), 2), [0, 0]);
    assert_eq!(status(&bench.request(READ_REG, &words(&[0])), 2), [0xc7, 0]);
    assert_eq!(status(&bench.request(READ_REG, &words(&[0])), 2), [0, 0]);
}

#[test]
fn the_stub_reads_packet_by_packet_and_ends_with_the_md5() {
    let mut bench = bench_stub();
    bench.board.flash_mut().program(0, b"abcdef").unwrap();
    let replies = bench.request(READ_FLASH, &words(&[0, 6, 4, 64]));
    assert_eq!(replies[1..], [b"abcd".to_vec()]);
    let acknowledge = |bench: &mut Bench, count: u32| {
        bench.give(virtual_board::Input::Serial(crate::bench::framed(&count.to_le_bytes())));
        crate::bench::frames(&std::mem::take(&mut bench.heard))
    };
    assert_eq!(acknowledge(&mut bench, 4), [b"ef".to_vec()]);
    let md5 = bench.board.flash().read(0, 6).to_vec();
    assert_eq!(md5, b"abcdef");
    let last = acknowledge(&mut bench, 6);
    // MD5 of "abcdef".
    let digits = last[0].iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    assert_eq!(digits, "e80b5017098950fc58aad83c8c14978e");
}

#[test]
fn the_md5_is_text_in_the_rom_and_bytes_in_the_stub() {
    // MD5 of nothing.
    let digits = "d41d8cd98f00b204e9800998ecf8427e";
    let replies = bench(Chip::Esp32c3).request(SPI_FLASH_MD5, &words(&[0, 0, 0, 0]));
    assert_eq!(replies[0][8..40], *digits.as_bytes());
    let replies = bench_stub().request(SPI_FLASH_MD5, &words(&[0, 0, 0, 0]));
    assert_eq!(replies[0].len(), 8 + 16 + 2);
    let hex = replies[0][8..24].iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    assert_eq!(hex, digits);
}
