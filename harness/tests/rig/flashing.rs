//! What the rig does over serial ports, against virtual boards: identify, flash, and say what is wrong.

use std::sync::Arc;

use shadowrig::board::port::{PortName, PortOptions, SerialPort, Wiring};
use shadowrig::board::virtual_pins::VirtualPins;
use shadowrig::flash::{self, FlashError, Mac, Symptom};
use virtual_board::shell::{Options, Running, Way};
use virtual_board::{Activity, BootMode, Chip, Fault, Flash, Order, Setup};

/// A virtual board with a pseudo-terminal and an RFC 2217 port, and the names of both.
fn bench(chip: Chip, boot: BootMode) -> (Arc<Running>, PortName, PortName) {
    let options = Options {
        has_pty: true,
        rfc2217: Some("127.0.0.1:0".parse().expect("it is an address")),
        boot: Some(boot),
        ..Options::default()
    };
    let board = Running::start(Setup::new(chip), Flash::new(), &options).expect("it starts");
    let (mut pty, mut tcp) = (None, None);
    for way in board.ways() {
        match way {
            Way::Pty(path) => pty = Some(PortName::Device(path.clone())),
            Way::Rfc2217(address) => tcp = Some(PortName::Rfc2217(address.to_string())),
            Way::Control(_) | Way::Ppk2(_) => {}
        }
    }
    (Arc::new(board), pty.expect("it has one"), tcp.expect("it has one"))
}

fn open(name: &PortName) -> SerialPort {
    SerialPort::open(name, &PortOptions::default()).expect("it can be opened")
}

/// Collects what is told on the way.
fn identify(
    board: &Arc<Running>,
    pty: &PortName,
) -> (Result<flash::Identity, FlashError>, Vec<String>) {
    let mut notes = Vec::new();
    let mut pins = VirtualPins(Arc::clone(board));
    let found = flash::identify(&mut open(pty), &mut pins, &mut |note| notes.push(note));
    (found, notes)
}

#[test]
fn each_chip_says_what_it_is_whatever_it_was_doing() {
    for chip in Chip::ALL {
        let (board, pty, _) = bench(chip, BootMode::Run);
        let (identity, notes) = identify(&board, &pty);
        let identity = identity.unwrap_or_else(|error| panic!("{chip:?}: {error}"));
        assert_eq!(identity.chip.name(), chip.name());
        assert_eq!(Some(identity.mac), Mac::parse("7c:df:a1:c2:22:10"), "{chip:?}");
        assert_eq!(identity.flash_bytes, Some(4 << 20), "{chip:?}");
        assert_eq!(notes, [""; 0], "{chip:?}");
    }
}

#[test]
fn a_board_behind_rfc2217_is_reset_by_its_lines_and_runs_afterwards() {
    let (board, _, tcp) = bench(Chip::Esp32c3, BootMode::Run);
    assert_eq!(open(&tcp).wiring(), &Wiring::Classic);
    let before = board.status().expect("it runs").resets;
    let identity = flash::identify_port(&tcp, &PortOptions::default(), &mut |_| {});
    assert_eq!(identity.expect("it answers").chip.name(), "esp32c3");
    let status = board.status().expect("it runs");
    assert_eq!(status.resets - before, 2, "once into the loader, once out of it");
    assert!(!matches!(status.activity, Activity::Rom | Activity::Stub), "{status:?}");
}

#[test]
fn opening_a_port_resets_nobody() {
    let (board, pty, tcp) = bench(Chip::Esp32c3, BootMode::Run);
    let before = board.status().expect("it runs").resets;
    drop((open(&pty), open(&tcp)));
    assert_eq!(board.status().expect("it runs").resets, before);
}

#[test]
fn wrong_boot_modes_are_named_and_tried_again() {
    let (board, pty, _) = bench(Chip::Esp32c3, BootMode::Run);
    board.order(Order::Fault(Fault::WrongBootMode { count: 2 })).expect("it runs");
    let (identity, notes) = identify(&board, &pty);
    assert!(identity.is_ok(), "{identity:?}");
    assert_eq!(notes.len(), 2, "{notes:?}");
    assert!(notes[0].starts_with("attempt 1 of 7: the chip started what was flashed"), "{notes:?}");
}

#[test]
fn a_supply_that_breaks_down_is_named_and_not_tried_for_long() {
    let (board, pty, _) = bench(Chip::Esp32c3, BootMode::Run);
    for fault in [Fault::WrongBootMode { count: 99 }, Fault::Brownouts { count: 99 }] {
        board.order(Order::Fault(fault)).expect("it runs");
    }
    let (identity, notes) = identify(&board, &pty);
    let Err(FlashError::NoAnswer { attempts, symptom, heard }) = identity else {
        panic!("{identity:?}");
    };
    assert_eq!((attempts, symptom), (3, Symptom::Brownout), "{heard}");
    assert_eq!(notes.len(), 2, "{notes:?}");
}
