//! What the rig does over serial ports, against virtual boards: identify, flash, and say what is wrong.

use std::sync::Arc;

use shadowrig::board::pins::LinePins;
use shadowrig::board::port::{PortName, PortOptions, SerialPort, Wiring};
use shadowrig::board::virtual_pins::VirtualPins;
use shadowrig::flash::{self, FlashError, Left, Mac, Symptom};
use virtual_board::shell::{Options, Running, Way};
use virtual_board::{Activity, BootMode, Chip, Circuit, Fault, Flash, Order, Setup};

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
    let place = (&tcp, &PortOptions::default());
    let identity = flash::identify_port(place, &mut LinePins, &mut |_| {});
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
fn what_a_reset_over_usb_leaves_in_its_loader_is_got_out_by_its_watchdog() {
    let options =
        Options { rfc2217: Some("127.0.0.1:0".parse().expect("it is one")), ..Options::default() };
    let mut left = Vec::new();
    for chip in Chip::ALL {
        let setup = Setup { circuit: Circuit::UsbSerialJtag, ..Setup::new(chip) };
        let board = Running::start(setup, Flash::new(), &options).expect("it starts");
        let [Way::Rfc2217(address)] = board.ways() else { panic!("it has one way in") };
        let name = PortName::Rfc2217(address.to_string());
        let wiring = Some(Wiring::UsbSerialJtag);
        let options = PortOptions { wiring, ..PortOptions::default() };
        let mut port = SerialPort::open(&name, &options).expect("it can be opened");
        // Somebody held BOOT, and let go of it.
        board.order(Order::Reset { into: BootMode::Download }).expect("it runs");
        let mut notes = Vec::new();
        let out = flash::leave(&mut port, &mut LinePins, &mut |note| notes.push(note));
        assert_eq!(notes.len(), 2, "{notes:?}");
        assert!(notes[1].ends_with("reset by its watchdog"), "{notes:?}");
        left.push((chip, out.expect("the port works")));
    }
    let stays: Vec<_> = left.iter().filter(|(_, left)| *left == Left::Stays).collect();
    // The old ones have no such unit, and no watchdog that tools know.
    assert!(matches!(stays[..], [(Chip::Esp8266, _), (Chip::Esp32, _)]), "{left:?}");
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
