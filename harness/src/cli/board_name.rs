//! What `--board` names: an open set.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use crate::board::port::PortName;
use crate::board::probe::Selector;
use crate::inventory::matching::{Choice, Term, is_name};

/// The chip of `virtual` where none is named.
const CHIP_DEFAULT: virtual_board::Chip = virtual_board::Chip::Esp32c3;

/// How many cases run at once on benches that mostly sleep, where nobody says otherwise.
const PROCESS_JOBS: usize = 16;

/// How many virtual boards run at once: each has threads of its own, and is flashed first.
const VIRTUAL_JOBS: usize = 4;

/// Where the cloud listens for a device that somebody else has started, where nobody says.
const EXTERNAL_DEFAULT: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);

/// What `--board` names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum BoardName {
    /// An ESP32-C3 in software that executes what is flashed, in real time.
    Emulated,
    /// A device that somebody else has started, and that talks to the cloud at this address.
    External(SocketAddr),
    /// A board of the inventory.
    Inventory(String),
    /// Whatever is on a serial port.
    Port(PortName),
    /// A board that runs MicroPython, on a serial port.
    MicroPython(PortName),
    /// Whatever is on a debug probe.
    Probe(Selector),
    /// A program on this machine, in real time.
    Process,
    /// The simulated bench, in virtual time.
    Sim,
    /// A virtual board with this chip, in real time.
    Virtual(virtual_board::Chip),
}

impl BoardName {
    /// Reads a name: `sim`, `process`, `emulated`, `virtual` or `virtual:esp32`, `external:8080`, a port, or a name from the
    /// inventory.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        match (text, text.split_once(':')) {
            ("emulated", _) => return Ok(Self::Emulated),
            ("sim", _) => return Ok(Self::Sim),
            ("process", _) => return Ok(Self::Process),
            ("external", _) => return Ok(Self::External(EXTERNAL_DEFAULT)),
            (_, Some(("external", address))) => return parse_address(address).map(Self::External),
            ("virtual", _) => return Ok(Self::Virtual(CHIP_DEFAULT)),
            (_, Some(("virtual", chip))) => {
                let known = || virtual_board::Chip::ALL.map(virtual_board::Chip::name).join(", ");
                let found = virtual_board::Chip::by_name(chip);
                return found
                    .map(Self::Virtual)
                    .ok_or_else(|| format!("a virtual board can have {}", known()));
            }
            (_, Some(("probe", selector))) => {
                return Selector::parse(selector).map(Self::Probe).ok_or_else(|| {
                    "name the probe as probe:VID:PID or probe:VID:PID:SERIAL, or the only one as probe:".into()
                });
            }
            (_, Some(("micropython", port))) => {
                return PortName::parse(port).map(Self::MicroPython).ok_or_else(|| {
                    "name the port of the board, as micropython:/dev/ttyACM0".into()
                });
            }
            _ => {}
        }
        if let Some(port) = PortName::parse(text) {
            return Ok(Self::Port(port));
        }
        if is_name(text) {
            return Ok(Self::Inventory(text.to_owned()));
        }
        Err("name sim, process, virtual, emulated, external, a port (/dev/ttyUSB0, rfc2217://host:port), a debug probe (probe:) or a board of the \
             inventory"
            .into())
    }

    /// How many cases run at once where nobody says.
    pub(super) fn default_jobs(&self) -> usize {
        match self {
            Self::Process => PROCESS_JOBS,
            Self::Sim => std::thread::available_parallelism().map_or(1, Into::into),
            Self::Virtual(_) => VIRTUAL_JOBS,
            // It keeps a core of this machine busy.
            Self::Emulated => std::thread::available_parallelism().map_or(1, Into::into),
            // There is one of it.
            Self::External(_)
            | Self::Inventory(_)
            | Self::MicroPython(_)
            | Self::Port(_)
            | Self::Probe(_) => 1,
        }
    }

    /// Where its cloud listens: at a free port of this address, unless the device was told another place already.
    pub(super) const fn listens_at(&self, address: IpAddr) -> SocketAddr {
        match self {
            Self::External(address) => *address,
            _ => SocketAddr::new(address, 0),
        }
    }

    /// Whether it finds the cloud over a network of its own, and not as a part of this machine.
    pub(super) const fn has_a_network(&self) -> bool {
        match self {
            Self::External(_)
            | Self::Inventory(_)
            | Self::MicroPython(_)
            | Self::Port(_)
            | Self::Probe(_) => true,
            Self::Emulated | Self::Process | Self::Sim | Self::Virtual(_) => false,
        }
    }

    /// Whether time passes by itself on it.
    pub(super) const fn is_in_real_time(&self) -> bool {
        match self {
            Self::Sim => false,
            Self::Emulated
            | Self::External(_)
            | Self::Inventory(_)
            | Self::MicroPython(_)
            | Self::Port(_)
            | Self::Probe(_)
            | Self::Process
            | Self::Virtual(_) => true,
        }
    }
}

/// One word of `run --board`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wanted {
    /// A bench that is no board of the inventory.
    Bench(BoardName),
    /// Boards of the inventory.
    Boards(Term),
}

impl Wanted {
    /// Reads a word.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        match (BoardName::parse(text), Term::parse(text)) {
            (Ok(BoardName::Inventory(_)) | Err(_), Ok(term)) => Ok(Self::Boards(term)),
            (Ok(board), _) => Ok(Self::Bench(board)),
            (Err(why), Err(terms)) => Err(format!("{why}; {terms}")),
        }
    }
}

/// What a run is on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum RunOn {
    /// A bench that is no board of the inventory.
    Bench(BoardName),
    /// Boards of the inventory, with the name that stands for them where one name is wanted.
    Lab(Choice),
}

impl RunOn {
    /// All words together.
    pub(super) fn of(words: &[Wanted]) -> Result<Self, String> {
        let mut terms = Vec::new();
        for word in words {
            match word {
                Wanted::Bench(board) if words.len() == 1 => return Ok(Self::Bench(board.clone())),
                Wanted::Bench(board) => {
                    return Err(format!(
                        "{board} stands alone: only boards of the inventory can be used together"
                    ));
                }
                Wanted::Boards(term) => terms.push(term.clone()),
            }
        }
        Ok(Self::Lab(Choice(terms)))
    }

    /// The name of what all cases have in common.
    pub(super) fn name(&self) -> BoardName {
        match self {
            Self::Bench(board) => board.clone(),
            Self::Lab(choice) => BoardName::Inventory(choice.to_string()),
        }
    }
}

impl std::fmt::Display for RunOn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.name().fmt(f)
    }
}

impl std::fmt::Display for BoardName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Emulated => f.write_str("emulated"),
            Self::External(address) => write!(f, "external:{address}"),
            Self::Inventory(name) => f.write_str(name),
            Self::MicroPython(port) => write!(f, "micropython:{port}"),
            Self::Port(port) => port.fmt(f),
            Self::Probe(selector) => selector.fmt(f),
            Self::Process => f.write_str("process"),
            Self::Sim => f.write_str("sim"),
            Self::Virtual(chip) => write!(f, "virtual:{}", chip.name()),
        }
    }
}

/// An address, or a port of this machine.
fn parse_address(text: &str) -> Result<SocketAddr, String> {
    let port = text.parse().ok().map(|port: u16| SocketAddr::new(EXTERNAL_DEFAULT.ip(), port));
    port.or_else(|| text.parse().ok()).ok_or_else(|| {
        "name where the device finds its cloud, as external:8080 or external:192.168.4.1:8080"
            .into()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let read = BoardName::parse(text).map_or_else(|error| error, |name| format!("{name:?}"));
        assert!(read.starts_with(expected), "{text}: {read}");
    }

    #[test]
    fn each_kind_of_board_has_its_kind_of_name() {
        check("sim", "Sim");
        check("process", "Process");
        check("emulated", "Emulated");
        check("virtual", "Virtual(Esp32c3)");
        check("virtual:esp8266", "Virtual(Esp8266)");
        check("/dev/ttyUSB0", "Port(Device(");
        check("rfc2217://127.0.0.1:4000", "Port(Rfc2217(");
        check("kitchen-shade", "Inventory(");
        check("micropython:/dev/ttyACM0", "MicroPython(Device(");
        check("micropython:sim", "name the port of the board");
        check("external", "External(127.0.0.1:8080)");
        check("external:9000", "External(127.0.0.1:9000)");
        check("external:192.168.4.1:80", "External(192.168.4.1:80)");
        check("external:nowhere", "name where the device finds its cloud");
        check("probe:", "Probe(");
        check("probe:303a:1001:84:F7:03:67:84:6C", "Probe(Selector { usb: Some((12346, 4097))");
        check("probe:jlink", "name the probe as probe:VID:PID");
        check("virtual:z80", "a virtual board can have esp8266, ");
        check("my board", "name sim, process, ");
        check("rfc2217://nowhere", "name sim, process, ");
    }

    #[test]
    fn a_run_is_on_one_bench_or_on_boards_of_the_inventory() {
        let on = |text: &str| -> Result<RunOn, String> {
            let words: Result<Vec<_>, _> = text.split(',').map(Wanted::parse).collect();
            RunOn::of(&words?)
        };
        assert_eq!(on("sim"), Ok(RunOn::Bench(BoardName::Sim)));
        for text in ["shade-1", "shade-1,shade-2", "lab,!label:slow", "chip:esp32+label:motor"] {
            let on = on(text).expect(text);
            assert!(matches!(on, RunOn::Lab(_)), "{text}");
            assert_eq!(on.to_string(), text);
        }
        for text in ["sim,shade-1", "/dev/ttyUSB0,/dev/ttyUSB1"] {
            assert!(on(text).is_err_and(|why| why.contains("stands alone")), "{text}");
        }
        assert!(on("my board").is_err_and(|why| why.contains("label:WORD")));
    }
}
