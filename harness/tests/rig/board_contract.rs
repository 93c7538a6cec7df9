//! What every board must do, whatever it is made of. Each adapter of `Board` brings a way to make one, and this suite runs over it.

use std::io::Write;
use std::net::TcpListener;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::Receiver;
use std::time::Duration;

use shadowrig::board::pins::{ControlPins, LinePins};
use shadowrig::board::port::{PortName, PortOptions};
use shadowrig::board::process::{ProcessBoard, Recipe};
use shadowrig::board::serial::SerialBoard;
use shadowrig::board::virtual_board::VirtualBoard;
use shadowrig::board::{Board, Sink};
use shadowrig::drive::seen::{Seen, What};
use shadowrig::engine::action::PowerOrder;
use shadowrig::engine::{ActionError, Event, Trouble};
use shadowrig::flash::image::Part;
use shadowrig::flash::{Chip, Source};
use shadowrig::scenario::plan::{Erase, Firmware};
use virtual_board::shell::{Options, Running, Way};
use virtual_board::{Fault, Fidelity, Flash, Order, Provisioning, Setup};

/// How long a board may take for what it does by itself. Nothing waits that long but a test that fails.
const PATIENCE: Duration = Duration::from_secs(20);

/// A board and what it sees.
struct Bench {
    board: Box<dyn Board>,
    seen: Receiver<Seen>,
}

impl Bench {
    /// What is seen up to and with the first event that `wanted` takes.
    fn until(&self, what: &str, wanted: impl Fn(&Event) -> bool) -> Vec<Event> {
        let mut events = Vec::new();
        loop {
            let seen = self.seen.recv_timeout(PATIENCE);
            let Ok(Seen { what: What::Board(event), .. }) = seen else {
                panic!("no {what} came; what came: {events:#?}");
            };
            let found = wanted(&event);
            events.push(event);
            if found {
                return events;
            }
        }
    }

    fn until_wake(&self, cause: &str) -> Vec<Event> {
        let wanted =
            |event: &Event| matches!(event, Event::Wake { cause: found } if found == cause);
        self.until(&format!("wake by {cause}"), wanted)
    }

    fn until_asleep(&self) -> Vec<Event> {
        self.until("sleep", |event| matches!(event, Event::Sleep { .. }))
    }
}

pub(crate) fn signal_thing(erase: Erase) -> Firmware {
    Firmware { erase, ..Firmware::of_image("signal-thing") }
}

/// The suite. `make` makes a board that is off, with a folder for what it keeps.
pub(crate) fn contract(make: impl Fn(&Path, Sink) -> Box<dyn Board>) {
    contract_with(&signal_thing(Erase::All), make);
}

/// The same with another program that wakes and sleeps.
pub(crate) fn contract_with(firmware: &Firmware, make: impl Fn(&Path, Sink) -> Box<dyn Board>) {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let (sink, seen) = Sink::new();
    let mut bench = Bench { board: make(folder.path(), sink), seen };

    // Before it is flashed it can say what it is, and nothing else.
    assert!(!bench.board.facts().board.is_empty());
    assert!(bench.board.reset().is_err(), "a board that is off is not reset");
    assert!(bench.board.write_console("x").is_err(), "a board that is off has no console");
    let unknown = Firmware { image: "toaster".into(), ..signal_thing(Erase::State) };
    let error = bench.board.flash(&unknown).expect_err("an unknown image is refused");
    assert!(error.to_string().contains("toaster") && error.help.is_some(), "{error:?}");

    // A flash starts it; its console says who it is; without a cloud it goes to sleep by itself.
    bench.board.flash(firmware).expect("it is flashed");
    let events = bench.until_wake("power-on");
    assert!(events.iter().all(|event| !matches!(event, Event::Reset { .. })), "{events:?}");
    bench.until_asleep();

    // A sleeping board can be woken before its time, where something pulls its wake pin; else that is said.
    let can = bench.board.facts().can;
    if can.contains(&"wake-pin") {
        bench.board.wake().expect("it is woken");
        bench.until_wake("external");
        bench.until_asleep();
    } else {
        assert!(bench.board.wake().is_err_and(|error| error.help.is_some()));
    }

    // A reset is seen as one, and a wake follows.
    bench.board.reset().expect("it is reset");
    let events = bench.until_wake("reset");
    assert!(events.contains(&Event::Reset { cause: "external".into() }), "{events:?}");

    if can.contains(&"power-switch") {
        power_contract(&mut bench);
    } else {
        let switched = bench.board.power(PowerOrder::Cut);
        assert!(switched.is_err_and(|error| error.help.is_some()));
    }

    // Stopped, it is silent, however often it is stopped.
    bench.board.stop();
    while bench.seen.try_recv().is_ok() {}
    bench.board.stop();
    assert!(bench.seen.try_recv().is_err(), "a stopped board says nothing");
}

/// The part about power, for boards whose supply can be switched.
fn power_contract(bench: &mut Bench) {
    // Without power nothing is seen but that; with power again, a reset and a wake.
    bench.board.power(PowerOrder::Cut).expect("it is cut");
    bench.until("power cut", |event| event.words() == "power cut");
    assert!(bench.board.write_console("x").is_err(), "a board without power has no console");
    assert!(bench.seen.try_recv().is_err(), "a board without power says nothing");
    bench.board.power(PowerOrder::Restore).expect("it is restored");
    let events = bench.until_wake("power-on");
    assert!(events.contains(&Event::Reset { cause: "power-on".into() }), "{events:?}");
    bench.board.power(PowerOrder::Cycle(Duration::from_millis(1))).expect("it is cycled");
    bench.until("power restored", |event| event.words() == "power restored");
    bench.until_wake("power-on");
}

/// The part about what happens while a board is awake: what is typed is answered, and a sag of the supply resets it. `make` makes a board
/// that is off and finds its cloud at an endpoint.
pub(crate) fn awake_contract(make: impl Fn(&Path, Sink, &str) -> Box<dyn Board>) {
    awake_contract_with(&signal_thing(Erase::All), make);
}

/// The same with another program that wakes and sleeps.
fn awake_contract_with(firmware: &Firmware, make: impl Fn(&Path, Sink, &str) -> Box<dyn Board>) {
    // It takes connections and says nothing, so the thing is awake until it has waited long enough.
    let silent = TcpListener::bind("127.0.0.1:0").expect("there is a port");
    let address = silent.local_addr().expect("it has an address");
    let folder = tempfile::tempdir().expect("a folder can be made");
    let (sink, seen) = Sink::new();
    let board = make(folder.path(), sink, &format!("http://{address}"));
    let mut bench = Bench { board, seen };
    bench.board.flash(firmware).expect("it is flashed");
    let says = |wanted: &'static str| move |event: &Event| matches!(event, Event::Console { line } if line == wanted);
    bench.until("request", says("GET shadow"));
    // However it is cut, a line is a line.
    for text in ["sta", "tus\nhelp\r\n"] {
        bench.board.write_console(text).expect("it is written");
    }
    bench.until("status", says("status: none"));
    bench.until("help", says("commands: help, status"));
    // It is awake, so its detector sees a sag where the supply can make one; a small one leaves no trace.
    if bench.board.facts().can.contains(&"programmable-supply") {
        let length = Duration::from_millis(30);
        bench.board.brownout(3_000, length).expect("it sags");
        bench.board.brownout(2_600, length).expect("it sags");
        let events = bench.until("wake", |event| matches!(event, Event::Wake { .. }));
        let resets = events.iter().filter_map(|event| match event {
            Event::Reset { cause } => Some(cause.as_str()),
            _ => None,
        });
        // Some chips take it for their power that came.
        let resets: Vec<_> = resets.collect();
        assert!(matches!(resets[..], ["brownout" | "power-on"]), "{events:#?}");
    } else {
        assert!(bench.board.brownout(2_600, Duration::ZERO).is_err());
    }
    bench.board.stop();
}

fn process(folder: &Path, sink: Sink, endpoint: &str) -> Box<dyn Board> {
    let variable = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let recipe = Recipe {
        command: None,
        things: env!("CARGO_BIN_EXE_shadowrig").into(),
        environment: vec![
            variable("SHADOWRIG_ENDPOINT", endpoint),
            variable("SHADOWRIG_THING_NAME", "contract"),
            variable("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
            variable("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
        ],
        state_file: folder.join("state"),
    };
    Box::new(ProcessBoard::new(recipe, sink))
}

#[test]
fn a_process_is_a_board() {
    contract(|folder, sink| process(folder, sink, NOWHERE));
}

#[test]
fn what_is_typed_reaches_a_program_and_chips_in_software() {
    awake_contract(process);
    for chip in virtual_board::Chip::ALL {
        awake_contract(|_, sink, endpoint| {
            Box::new(VirtualBoard::new(chip, settings_to(endpoint), sink).expect("it starts"))
        });
    }
    for over_tcp in [true, false] {
        awake_contract(|folder, sink, endpoint| {
            Box::new(serial(folder, sink, (over_tcp, None), settings_to(endpoint)))
        });
    }
}

/// Nobody listens there, so each wake ends with an error and a sleep.
const NOWHERE: &str = "http://127.0.0.1:9";

pub(crate) fn settings_to_nowhere() -> Provisioning {
    settings_to(NOWHERE)
}

/// Settings for a cloud at this endpoint.
pub(crate) fn settings_to(endpoint: &str) -> Provisioning {
    Provisioning {
        endpoint: Some(endpoint.into()),
        thing_name: Some("contract".into()),
        access_key_id: Some("AKIDEXAMPLE".into()),
        secret_access_key: Some("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".into()),
        ..Provisioning::default()
    }
}

#[test]
fn each_chip_in_software_is_a_board() {
    for chip in virtual_board::Chip::ALL {
        contract(|_, sink| {
            Box::new(VirtualBoard::new(chip, settings_to_nowhere(), sink).expect("it starts"))
        });
    }
}

/// The chip that executes machine code, with its real firmware.
#[test]
#[ignore = "its firmware is built by another toolchain: device-under-test/esp32c3/check.sh builds it and runs this"]
fn a_chip_that_executes_its_firmware_is_a_board() {
    let image = std::env::var("SHADOWRIG_FIRMWARE").expect("it names the ELF, with Ethernet");
    let firmware = Firmware { erase: Erase::All, ..Firmware::of_image(image.as_str()) };
    contract_with(&firmware, |_, sink| {
        Box::new(VirtualBoard::emulated(settings_to_nowhere(), sink).expect("it starts"))
    });
    awake_contract_with(&firmware, |_, sink, endpoint| {
        Box::new(VirtualBoard::emulated(settings_to(endpoint), sink).expect("it starts"))
    });
}

/// A board on a serial port of a virtual board that runs for itself: over RFC 2217 with its reset lines, or on its pseudo-terminal with
/// its control socket.
fn serial(
    folder: &Path,
    sink: Sink,
    (over_tcp, fault): (bool, Option<Fault>),
    settings: Provisioning,
) -> SerialBoard {
    let options = Options {
        has_pty: true,
        pty_link: Some(folder.join("port")),
        control: Some(folder.join("control")),
        rfc2217: Some("127.0.0.1:0".parse().expect("it is an address")),
        ..Options::default()
    };
    let chip = virtual_board::Chip::Esp32c3;
    // A program that starts at once would be over before its port is back.
    let fidelity = match fault {
        Some(Fault::Renumerate { .. }) => Fidelity::Faithful,
        _ => Fidelity::Fast,
    };
    let setup = Setup { fidelity, ..Setup::new(chip) };
    let running = Running::start(setup, Flash::new(), &options).expect("it starts");
    if let Some(fault) = fault {
        running.order(Order::Fault(fault)).expect("it runs");
    }
    let address = running.ways().iter().find_map(|way| match way {
        Way::Rfc2217(address) => Some(PortName::Rfc2217(address.to_string())),
        _ => None,
    });
    let recipe = shadowrig::board::serial::Recipe {
        name: "serial".into(),
        port: if over_tcp {
            address.expect("it has one")
        } else {
            PortName::Device(folder.join("port"))
        },
        options: PortOptions::default(),
        pins: match over_tcp {
            true => Box::new(LinePins),
            false => Box::new(ControlPins { socket: folder.join("control") }),
        },
        chip: None,
        mac: None,
        // The board lives as long as whoever finds its images.
        images: Box::new(move |image, chip| {
            let _kept = &running;
            thing_of(image, chip)
        }),
        settings,
    };
    SerialBoard::new(recipe, sink)
}

pub(crate) fn thing_of(image: &str, chip: Chip) -> Result<Source, ActionError> {
    let Some(kind) = thing::Kind::by_name(image) else {
        return shadowrig::board::images::find(image, chip);
    };
    let soft = virtual_board::Chip::by_name(chip.name()).expect("it has all chips");
    let parts = virtual_board::image::bundle(soft, kind.name, "1").into_iter();
    let part = |part: virtual_board::image::Part| Part {
        offset: part.offset,
        bytes: part.bytes,
        name: kind.name.into(),
    };
    Ok(Source::Parts { parts: parts.map(part).collect(), chip: Some(chip) })
}

#[test]
fn what_is_on_a_serial_port_is_a_board() {
    contract(|folder, sink| Box::new(serial(folder, sink, (true, None), settings_to_nowhere())));
    contract(|folder, sink| Box::new(serial(folder, sink, (false, None), settings_to_nowhere())));
}

#[test]
fn a_board_whose_port_vanishes_at_each_reset_is_followed() {
    let away = Duration::from_millis(150);
    let folder = tempfile::tempdir().expect("a folder can be made");
    let (sink, seen) = Sink::new();
    let fault = Some(Fault::Renumerate { away });
    let board = serial(folder.path(), sink, (false, fault), settings_to_nowhere());
    let mut bench = Bench { board: Box::new(board), seen };
    bench.board.flash(&signal_thing(Erase::State)).expect("it is flashed");
    bench.until_asleep();
    let mut order = UnixStream::connect(folder.path().join("control")).expect("it listens");
    order.write_all(b"{\"order\":\"end-sleep\"}\n").expect("it is told");
    // Its first words are lost with the port; that it is back says that it woke, and what it says itself is no second wake.
    bench.until_wake("timer");
    let events = bench.until_asleep();
    assert!(!events.iter().any(|event| matches!(event, Event::Wake { .. })), "{events:#?}");
    bench.board.stop();
}

#[test]
fn a_board_that_stays_in_its_loader_is_named_and_reset_again() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let (sink, seen) = Sink::new();
    let fault = Some(Fault::StayInDownload);
    let board = serial(folder.path(), sink, (true, fault), settings_to_nowhere());
    let mut bench = Bench { board: Box::new(board), seen };
    let cycles = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&cycles);
    bench.board.revived_by(Arc::new(move || counted.fetch_add(1, Ordering::SeqCst) == usize::MAX));
    bench.board.flash(&signal_thing(Erase::State)).expect("it is flashed");
    let mut notes = Vec::new();
    let error = loop {
        match bench.seen.recv_timeout(PATIENCE).expect("it is named").what {
            What::Board(Event::Note { text }) => notes.push(text),
            What::Broken(error) => break error,
            _ => {}
        }
    };
    let head = "the board is in its loader and should run: ";
    let done: Vec<_> = notes.iter().filter_map(|note| note.strip_prefix(head)).collect();
    let [again, watchdog, supply] =
        ["it is reset again", "its watchdog resets it", "its supply is cut for a moment"];
    assert_eq!(done, [again, watchdog, again, supply], "{notes:#?}");
    assert_eq!(cycles.load(Ordering::SeqCst), 1);
    assert_eq!(
        error.trouble,
        Some(Trouble::Unreachable),
        "no silent firmware, and the bench's fault"
    );
    assert!(error.to_string().contains("its boot pin is held low"), "{error}");
    bench.board.stop();
}

#[test]
fn a_program_that_ends_with_an_error_is_a_panic_and_is_said() {
    let (sink, seen) = Sink::new();
    let recipe = Recipe {
        command: Some(vec!["sh".into(), "-c".into(), "echo wake: power-on; exit 3".into()]),
        things: "unused".into(),
        environment: Vec::new(),
        state_file: std::env::temp_dir().join("shadowrig-has-no-state-here"),
    };
    let mut bench = Bench { board: Box::new(ProcessBoard::new(recipe, sink)), seen };
    bench.board.flash(&signal_thing(Erase::State)).expect("it starts");
    let events = bench.until("reset", |event| matches!(event, Event::Reset { .. }));
    let words: Vec<_> = events.iter().map(Event::words).collect();
    let expected = [
        "wake: power-on",
        "awake: power-on",
        "the program has ended: exit status: 3",
        "reset: panic",
    ];
    assert_eq!(words, expected);
}
