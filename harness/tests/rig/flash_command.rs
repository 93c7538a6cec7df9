//! `shadowrig flash` on virtual boards that run beside it, as a user calls it.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Output;

use tempfile::TempDir;
use virtual_board::shell::{Options, Running, Way};
use virtual_board::{BootMode, Chip, Fault, Flash, Order, Setup, image};

use crate::support::shadowrig;

/// A board with all ways in, and a folder with its port, its control socket, and an image for it.
struct Bench {
    board: Running,
    folder: TempDir,
}

impl Bench {
    fn new(chip: Chip) -> Self {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let options = Options {
            has_pty: true,
            pty_link: Some(folder.path().join("port")),
            control: Some(folder.path().join("control")),
            rfc2217: Some("127.0.0.1:0".parse().expect("it is an address")),
            boot: Some(BootMode::Run),
            ..Options::default()
        };
        let board = Running::start(Setup::new(chip), Flash::new(), &options).expect("it starts");
        let bench = Self { board, folder };
        bench.put(chip, "1");
        bench
    }

    /// Writes a merged image of a program that leaves the flash alone; a thing keeps its state there as soon as it runs.
    fn put(&self, chip: Chip, version: &str) {
        self.put_program(chip, "blink", version);
    }

    fn put_program(&self, chip: Chip, name: &str, version: &str) {
        let mut flash = Vec::new();
        for part in image::bundle(chip, name, version) {
            flash.resize(part.offset as usize, 0xff);
            flash.extend(part.bytes);
        }
        std::fs::write(self.folder().join("thing.bin"), flash).expect("it can be written");
    }

    fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn flash(&self, more: &[&str]) -> (Output, String) {
        let words = ["flash", "thing.bin", "--board", "./port", "--control", "control"];
        let output = shadowrig(self.folder(), &[&words, more].concat());
        let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
        text.push_str(&String::from_utf8_lossy(&output.stderr));
        (output, text)
    }

    fn passes(&self, more: &[&str]) -> String {
        let (output, text) = self.flash(more);
        assert!(output.status.success(), "{text}");
        text
    }

    fn fails(&self, more: &[&str], expected: &str) {
        let (output, text) = self.flash(more);
        assert_eq!(output.status.code(), Some(5), "{text}");
        assert!(text.contains(expected), "{text}");
    }
}

#[test]
fn each_chip_is_written_once_and_skipped_when_nothing_changed() {
    for chip in Chip::ALL {
        let bench = Bench::new(chip);
        let parts = if chip == Chip::Esp8266 { 1 } else { 3 };
        let text = bench.passes(&[]);
        assert!(text.contains(&format!(": {parts} written (")), "{chip:?}: {text}");
        let erased = bench.board.status().expect("it runs").wear.sectors_erased;
        let text = bench.passes(&[]);
        assert!(
            text.contains(&format!(" 0 written (0 bytes), {parts} unchanged")),
            "{chip:?}: {text}"
        );
        let wear = bench.board.status().expect("it runs").wear;
        assert_eq!((wear.sectors_erased, wear.bytes_not_erased), (erased, 0), "{chip:?}");
        // Another version is another program, and nothing else.
        bench.put(chip, "2");
        let text = bench.passes(&[]);
        assert!(text.contains(": 1 written ("), "{chip:?}: {text}");
        let text = bench.passes(&["--always"]);
        assert!(text.contains(&format!(": {parts} written (")), "{chip:?}: {text}");
    }
}

#[test]
fn what_was_flashed_runs_over_rfc2217_as_well() {
    let bench = Bench::new(Chip::Esp32c3);
    let address = bench.board.ways().iter().find_map(|way| match way {
        Way::Rfc2217(address) => Some(format!("rfc2217://{address}")),
        _ => None,
    });
    bench.put_program(Chip::Esp32c3, "signal-thing", "1");
    let mut port = bench.board.memory_port();
    let words = ["flash", "thing.bin", "--board", &address.expect("it has one")];
    let output = shadowrig(bench.folder(), &words);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut log = Vec::new();
    let mut buffer = [0; 4096];
    while !String::from_utf8_lossy(&log).contains("wake: power-on") {
        let count = std::io::Read::read(&mut port, &mut buffer).expect("it boots");
        log.extend_from_slice(&buffer[..count]);
    }
}

#[test]
fn a_region_or_the_whole_flash_is_erased_where_it_is_asked_for() {
    for chip in [Chip::Esp32c3, Chip::Esp8266] {
        let bench = Bench::new(chip);
        bench.passes(&["--erase", "nvs"]);
        let text = bench.passes(&["--erase", "all"]);
        assert!(text.contains("erased the whole flash") && !text.contains("unchanged "), "{text}");
    }
}

#[test]
fn what_does_not_fit_is_refused_before_anything_is_written() {
    let bench = Bench::new(Chip::Esp32c3);
    bench.put(Chip::Esp32s3, "1");
    bench.fails(
        &[],
        "failed to flash thing.bin: it was made for esp32s3, and the board has esp32c3\nhelp: ",
    );
    bench.put(Chip::Esp32c3, "1");
    bench.fails(
        &["--mac", "00:00:00:00:00:01"],
        "is 7c:df:a1:c2:22:10, and 00:00:00:00:00:01 is meant",
    );
    assert_eq!(bench.board.status().expect("it runs").wear.sectors_erased, 0);
}

#[test]
fn what_is_wrong_with_a_port_is_said() {
    let bench = Bench::new(Chip::Esp32c3);
    let check = |words: &[&str], code: i32, expected: &str| {
        let output = shadowrig(bench.folder(), &[&["flash"], words].concat());
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{text}");
        assert!(text.contains(expected), "{text}");
    };
    check(&["thing.bin", "--board", "./nowhere"], 5, "there is no port ./nowhere\nhelp: ");
    check(&["thing.bin", "--board", "./thing.bin"], 5, "it is a file, and no serial port");
    check(
        &["thing.bin", "--board", "rfc2217://127.0.0.1:9"],
        5,
        "failed to connect: Connection refused",
    );
    check(
        &["thing.bin", "--board", "sim"],
        5,
        "failed to flash sim: it has no flash\nhelp: name a port",
    );
    check(
        &["toaster", "--board", "./port", "--control", "control"],
        5,
        "failed to find the image toaster",
    );
    // Without a way to reset it, a running board cannot be reached; the error says so, and what to do.
    check(&["thing.bin", "--board", "./port"], 5, "help: ");
}

#[test]
fn faults_of_the_line_and_the_flash_are_named() {
    let bench = Bench::new(Chip::Esp32c3);
    let order = |order| {
        bench.board.order(order).expect("it runs");
    };
    order(Order::Fault(Fault::BadSector { sector: 16 }));
    bench.fails(&[], "the flash does not hold what was written");
    order(Order::ClearFaults);
    order(Order::Fault(Fault::StayInDownload));
    bench
        .fails(&["--always"], "the board stays in its loader\nhelp: it is flashed; let go of BOOT");
    order(Order::ClearFaults);
    order(Order::Fault(Fault::Noise { bytes: 300 }));
    bench.passes(&["--always"]);
    order(Order::ClearFaults);
    order(Order::Fault(Fault::WrongBootMode { count: 1 }));
    let text = bench.passes(&[]);
    assert!(text.contains("attempt 1 of 7: the chip started what was flashed"), "{text}");
    order(Order::Fault(Fault::BaudLimit { baud_max: 115_200 }));
    let text = bench.passes(&["--always", "--baud", "460800"]);
    assert!(
        text.contains("at 460800 baud: ") && text.contains("trying again at 115200 baud"),
        "{text}"
    );
}

#[test]
fn a_board_that_falls_silent_while_it_is_written_is_reset_and_written_on() {
    let bench = Bench::new(Chip::Esp32c3);
    bench.board.order(Order::Fault(Fault::SilentInFlashData { after: 1 })).expect("it runs");
    let text = bench.passes(&[]);
    assert!(
        text.contains("trying again") && text.contains("unchanged thing.bin (bootloader)"),
        "{text}"
    );
}

#[test]
fn bytes_that_are_damaged_or_lost_on_the_way_are_sent_again() {
    let bench = Bench::new(Chip::Esp32c3);
    for after in [300, 600, 900] {
        for fault in [Fault::CorruptByte { after }, Fault::DropByte { after }] {
            bench.board.order(Order::Fault(fault)).expect("it runs");
            let text = bench.passes(&["--always"]);
            assert!(!text.contains("panicked"), "{fault:?}: {text}");
        }
    }
}

#[test]
fn a_board_that_is_unplugged_halfway_is_named() {
    let Bench { board, folder } = Bench::new(Chip::Esp32c3);
    let slow = Fault::SlowErase { sector: std::time::Duration::from_secs(60) };
    board.order(Order::Fault(slow)).expect("it runs");
    let child = std::process::Command::new(env!("CARGO_BIN_EXE_shadowrig"))
        .current_dir(folder.path())
        .args(["flash", "thing.bin", "--board", "./port", "--control", "control", "--erase", "all"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("it starts");
    while board.status().expect("it runs").activity != virtual_board::Activity::Stub {
        std::thread::yield_now();
    }
    drop(board);
    let output = child.wait_with_output().expect("it ends by itself");
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(5), "{text}");
    assert!(text.contains("error: failed to flash thing.bin: "), "{text}");
    assert!(text.contains("./port") && text.contains("\nhelp: "), "{text}");
}

#[test]
fn a_port_that_another_program_reads_is_left_to_it_and_the_program_named() {
    let bench = Bench::new(Chip::Esp32c3);
    // It asks for no exclusive access, so the kernel would let anybody in beside it.
    let mut reader = std::process::Command::new("sh")
        .current_dir(bench.folder())
        .args(["-c", "exec 3<>port; echo open; exec sleep 600"])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut said = String::new();
    let out = BufReader::new(reader.stdout.take().expect("it has one")).read_line(&mut said);
    assert_eq!(out.expect("it says so"), "open\n".len());
    let (output, text) = bench.flash(&[]);
    assert_eq!(output.status.code(), Some(5), "{text}");
    let id = format!("(process {})", reader.id());
    // The shell becomes the program that sleeps.
    let named = text.replace(&id, "(process N)").replace("by sh ", "by sleep ");
    insta::assert_snapshot!(named);
    let resets = bench.board.status().expect("it runs").resets;
    reader.kill().expect("it runs");
    reader.wait().expect("it ends");
    // Whoever made the pseudo-terminal may hold both ends of it.
    let port = std::fs::File::open(bench.folder().join("port")).expect("it is there");
    bench.passes(&[]);
    assert!(bench.board.status().expect("it runs").resets > resets);
    drop(port);
}

#[test]
fn a_flash_that_was_killed_does_not_keep_the_port() {
    let bench = Bench::new(Chip::Esp32c3);
    let slow = Fault::SlowErase { sector: std::time::Duration::from_secs(60) };
    bench.board.order(Order::Fault(slow)).expect("it runs");
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_shadowrig"))
        .current_dir(bench.folder())
        .args(["flash", "thing.bin", "--board", "./port", "--control", "control", "--erase", "all"])
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .expect("it starts");
    // The stub answers only when something is being done with the flash.
    while bench.board.status().expect("it runs").activity != virtual_board::Activity::Stub {
        std::thread::yield_now();
    }
    bench.fails(&[], "./port is in use by shadowrig (process ");
    child.kill().expect("it runs");
    child.wait().expect("it ends");
    bench.board.order(Order::ClearFaults).expect("it runs");
    bench.passes(&[]);
}
