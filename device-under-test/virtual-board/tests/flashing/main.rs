//! The espflash library flashes boards over their pseudo-terminals, as it flashes real ones.
#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod elf;
mod faults;

use std::time::Duration;

use espflash::Error;
use espflash::connection::{Connection, ResetAfterOperation, ResetBeforeOperation};
use espflash::flasher::{FlashData, FlashSettings, Flasher};
use espflash::image_format::idf::{IdfBootloaderFormat, check_idf_bootloader};
use espflash::target::{Chip as Target, ProgressCallbacks};
use virtual_board::shell::{Options, Running, Way};
use virtual_board::{Activity, BootMode, Chip, Fidelity, Flash, Order, Setup, image};

const CHIPS: [(Chip, Target); 7] = [
    (Chip::Esp32, Target::Esp32),
    (Chip::Esp32s2, Target::Esp32s2),
    (Chip::Esp32s3, Target::Esp32s3),
    (Chip::Esp32c2, Target::Esp32c2),
    (Chip::Esp32c3, Target::Esp32c3),
    (Chip::Esp32c6, Target::Esp32c6),
    (Chip::Esp32h2, Target::Esp32h2),
];

/// A board that waits for a download.
fn bench(chip: Chip) -> Running {
    bench_in(chip, BootMode::Download)
}

fn bench_in(chip: Chip, boot: BootMode) -> Running {
    let options = Options { has_pty: true, boot: Some(boot), ..Options::default() };
    Running::start(Setup::new(chip), Flash::new(), &options).expect("there are pseudo-terminals")
}

fn connection(board: &Running) -> Connection {
    connection_at(board, 115_200)
}

fn connection_at(board: &Running, baud: u32) -> Connection {
    let [Way::Pty(path)] = board.ways() else { panic!("it has one way in") };
    let port = serialport::new(path.to_string_lossy(), baud)
        .flow_control(serialport::FlowControl::None)
        .timeout(Duration::from_secs(3))
        .open_native()
        .expect("the pseudo-terminal can be opened");
    let usb = serialport::UsbPortInfo {
        vid: 0,
        pid: 0,
        serial_number: None,
        manufacturer: None,
        product: None,
        interface: None,
    };
    Connection::new(
        port,
        usb,
        ResetAfterOperation::NoResetNoStub,
        ResetBeforeOperation::NoReset,
        115_200,
    )
}

fn connect(board: &Running, target: Target, baud: Option<u32>) -> Result<Flasher, Error> {
    Flasher::connect(connection(board), true, true, true, Some(target), baud)
}

/// Counts what was skipped and what was written.
#[derive(Debug, Default, PartialEq, Eq)]
struct Progress {
    skipped: usize,
    written: usize,
}

impl ProgressCallbacks for Progress {
    fn init(&mut self, _addr: u32, _total: usize) {}
    fn update(&mut self, _current: usize) {}
    fn verifying(&mut self) {}
    fn finish(&mut self, skipped: bool) {
        *(if skipped { &mut self.skipped } else { &mut self.written }) += 1;
    }
}

fn flash_elf(flasher: &mut Flasher, target: Target) -> Progress {
    let info = flasher.device_info().unwrap();
    assert_eq!(info.mac_address.as_deref(), Some("7c:df:a1:c2:22:10"));
    let elf = elf::build(target, "signal-thing", "0.9");
    check_idf_bootloader(&elf).unwrap();
    let settings = FlashSettings::new(None, Some(info.flash_size), None);
    let data = FlashData::new(settings, 0, None, flasher.chip(), info.crystal_frequency);
    let image = IdfBootloaderFormat::new(&elf, &data, None, None, None, None).unwrap();
    let mut progress = Progress::default();
    flasher.load_image_to_flash(&mut progress, image.into()).unwrap();
    progress
}

#[test]
fn an_elf_is_flashed_and_verified_and_skipped_the_second_time_on_each_chip() {
    for (chip, target) in CHIPS {
        let board = bench(chip);
        let mut flasher = connect(&board, target, None).unwrap();
        assert_eq!(flash_elf(&mut flasher, target), Progress { skipped: 0, written: 3 });
        assert_eq!(flash_elf(&mut flasher, target), Progress { skipped: 3, written: 0 });
        let wear = board.status().unwrap().wear;
        assert_eq!(wear.bytes_not_erased, 0, "{chip:?}");
    }
}

#[test]
fn what_espflash_flashed_boots() {
    let board = bench(Chip::Esp32c3);
    let mut flasher = connect(&board, Target::Esp32c3, None).unwrap();
    flash_elf(&mut flasher, Target::Esp32c3);
    drop(flasher);
    let mut port = board.memory_port();
    board.order(Order::Reset { into: BootMode::Run }).unwrap();
    let log = read_until(&mut port, "wake: power-on");
    assert!(log.contains("rst:0x1 (POWERON),boot:0xc (SPI_FAST_FLASH_BOOT)"), "{log}");
    assert!(log.contains("thing signal-thing"), "{log}");
}

fn read_until(port: &mut impl std::io::Read, wanted: &str) -> String {
    let mut log = String::new();
    let mut buffer = [0; 512];
    while !log.contains(wanted) {
        let count = port.read(&mut buffer).unwrap_or_else(|_| panic!("it ends with {log:?}"));
        log.push_str(&String::from_utf8_lossy(&buffer[..count]));
    }
    log
}

#[test]
fn a_binary_is_written_read_back_and_erased_at_another_rate() {
    let board = bench(Chip::Esp32c3);
    let mut flasher = connect(&board, Target::Esp32c3, Some(921_600)).unwrap();
    assert_eq!(board.status().unwrap().baud, 921_600);
    let bytes = image::build(Chip::Esp32c3, "shade-thing", "2");
    flasher.write_bin_to_flash(0x1_0000, &bytes, &mut Progress::default()).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let copy = dir.path().join("copy");
    let length = u32::try_from(bytes.len()).unwrap();
    flasher.read_flash(0x1_0000, length, 0x1000, 64, copy.clone()).unwrap();
    assert_eq!(std::fs::read(&copy).unwrap(), bytes);
    flasher.erase_region(0x1_0000, 0x1000).unwrap();
    flasher.read_flash(0x1_0000, length, 0x1000, 64, copy.clone()).unwrap();
    assert_eq!(std::fs::read(&copy).unwrap(), vec![0xff; bytes.len()]);
    flasher.erase_flash().unwrap();
}

#[test]
fn a_faithful_board_is_flashed_as_well() {
    let options = Options { has_pty: true, ..Options::default() };
    let setup = Setup { fidelity: Fidelity::Faithful, ..Setup::new(Chip::Esp32c3) };
    let board = Running::start(setup, Flash::new(), &options).unwrap();
    let mut flasher = connect(&board, Target::Esp32c3, Some(921_600)).unwrap();
    let bytes = image::build(Chip::Esp32c3, "shade-thing", "2");
    flasher.write_bin_to_flash(0, &bytes, &mut Progress::default()).unwrap();
}

#[test]
fn a_running_board_does_not_answer() {
    let board = bench_in(Chip::Esp32c3, BootMode::Run);
    let error = connect(&board, Target::Esp32c3, None).map(|_| ()).unwrap_err();
    assert!(matches!(error, Error::Connection(_)), "{error:?}");
}

#[test]
fn another_chip_than_expected_is_noticed() {
    let board = bench(Chip::Esp32c3);
    let error = connect(&board, Target::Esp32c6, None).map(|_| ()).unwrap_err();
    assert!(matches!(error, Error::ChipMismatch(..)), "{error:?}");
}

#[test]
fn a_board_that_goes_away_while_it_is_flashed_gives_an_error() {
    let board = bench(Chip::Esp32c3);
    let mut flasher = connect(&board, Target::Esp32c3, None).unwrap();
    assert_eq!(board.status().unwrap().activity, Activity::Stub);
    board.stop().unwrap();
    let written = flasher.write_bin_to_flash(0, &[7; 4096], &mut Progress::default());
    assert!(written.is_err());
}

#[test]
fn a_bad_sector_is_found_by_verifying() {
    let board = bench(Chip::Esp32c3);
    board.order(Order::Fault(virtual_board::Fault::BadSector { sector: 1 })).unwrap();
    let mut flasher = connect(&board, Target::Esp32c3, None).unwrap();
    let bytes: Vec<_> = (0..8192_u32).map(|at| ((at * 7) | 0x81) as u8).collect();
    let error = flasher.write_bin_to_flash(0, &bytes, &mut Progress::default()).unwrap_err();
    assert!(matches!(error, Error::VerifyFailed), "{error:?}");
}
