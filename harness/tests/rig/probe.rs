//! Boards on debug probes, as far as software goes: the rings in memory, defmt from a real firmware's memory and ELF, and a board that is flashed,
//! reset and heard through a probe that loses it when it sleeps.

use std::ops::Range;
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::{Duration, Instant};

use proptest::prelude::*;
use shadowrig::board::probe::{
    Ear, Link, Memory, ProbeBoard, ProbeError, Recipe, Rtt, Selector, Wording, control_block_in,
};
use shadowrig::board::{Board, Sink};
use shadowrig::drive::seen::{Seen, What};
use shadowrig::engine::Event;
use shadowrig::flash::image::Part;
use shadowrig::flash::{Chip, Mac};
use shadowrig::scenario::plan::Erase;

use crate::board_contract::{
    awake_contract, contract, settings_to, settings_to_nowhere, signal_thing, thing_of,
};
use crate::soft_chip::{Cloud, SoftChip};

const MAC: &str = "7c:df:a1:00:00:01";

fn soft_chip() -> SoftChip {
    soft_chip_with(Cloud::None)
}

fn soft_chip_with(cloud: Cloud) -> SoftChip {
    SoftChip::new(virtual_board::Mac::parse(MAC).expect("it is one"), cloud)
}

fn recipe(link: Box<dyn Link>, mac: Option<Mac>) -> Recipe {
    Recipe {
        name: "probe".into(),
        link,
        chip: None,
        mac,
        images: Box::new(thing_of),
        settings: settings_to_nowhere(),
    }
}

#[test]
fn what_is_on_a_probe_is_a_board() {
    contract(|_, sink| Box::new(ProbeBoard::new(recipe(Box::new(soft_chip()), None), sink)));
}

#[test]
fn what_is_typed_reaches_a_chip_through_its_probe() {
    awake_contract(|_, sink, endpoint| {
        let link = Box::new(soft_chip_with(Cloud::Silent));
        let recipe = Recipe { settings: settings_to(endpoint), ..recipe(link, None) };
        Box::new(ProbeBoard::new(recipe, sink))
    });
}

#[test]
fn another_board_than_the_one_that_is_meant_is_not_written() {
    let (sink, _seen) = Sink::new();
    let mac = Mac::parse("84:f7:03:67:84:6c");
    let mut board = ProbeBoard::new(recipe(Box::new(soft_chip()), mac), sink);
    let error = board.flash(&signal_thing(Erase::State)).expect_err("it is another one");
    assert_eq!(
        error.to_string(),
        "failed to flash signal-thing: the board on this probe is 7c:df:a1:00:00:01 and not 84:f7:03:67:84:6c"
    );
}

/// Memory at an address, and nothing else.
#[derive(Debug)]
struct Image {
    at: u64,
    bytes: Vec<u8>,
}

impl Memory for Image {
    fn read(&mut self, address: u64, bytes: &mut [u8]) -> Result<(), ProbeError> {
        let from = address.checked_sub(self.at).and_then(|at| usize::try_from(at).ok());
        let place = from.and_then(|from| self.bytes.get(from..from.checked_add(bytes.len())?));
        bytes.copy_from_slice(place.ok_or_else(|| ProbeError::Lost("no memory".into()))?);
        Ok(())
    }

    fn write(&mut self, address: u64, bytes: &[u8]) -> Result<(), ProbeError> {
        let from = (address - self.at) as usize;
        self.bytes[from..from + bytes.len()].copy_from_slice(bytes);
        Ok(())
    }
}

/// A link to memory that nobody runs on.
impl Link for Image {
    fn attach(&mut self) -> Result<Chip, ProbeError> {
        Ok(Chip::Esp32c3)
    }
    fn ram(&self) -> Vec<Range<u64>> {
        std::iter::once(self.at..self.at + self.bytes.len() as u64).collect()
    }
    fn detach(&mut self) {}
    fn holds(&mut self, _: &Part) -> Result<bool, ProbeError> {
        Ok(true)
    }
    fn program(&mut self, _: &Part, _: &mut dyn FnMut(u64)) -> Result<(), ProbeError> {
        Ok(())
    }
    fn erase_all(&mut self) -> Result<(), ProbeError> {
        Ok(())
    }
    fn reset(&mut self) -> Result<(), ProbeError> {
        Ok(())
    }
}

const ELF: &[u8] = include_bytes!("../../../fixtures/defmt/firmware.elf");
const MEMORY: &[u8] = include_bytes!("../../../fixtures/defmt/memory.bin");
const MEMORY_AT: u64 = 0x3fc8_0000;

#[cfg(feature = "board-probe")]
#[test]
fn a_real_firmware_is_understood_by_its_memory_and_its_elf() {
    let wording = Wording::of(ELF).expect("its version is known");
    // Its place is known by the ELF, or found.
    for at in [control_block_in(ELF), None] {
        let mut link = Image { at: MEMORY_AT, bytes: MEMORY.to_vec() };
        let mut ear = Ear::new(&wording, at);
        let mut text = Vec::new();
        for _ in 0..3 {
            text.extend(ear.hear(&mut link).expect("it answers"));
        }
        assert_eq!(
            String::from_utf8_lossy(&text).lines().collect::<Vec<_>>(),
            [
                "defmt-firmware 0.1.0 wake: power-on",
                "signaled 2 times, Half { percent: 50 }",
                "battery -3300 mV, [ca, fe], low",
                "moved to Open",
                "sleep 30 s",
            ]
        );
        // What was taken is not told again.
        assert_eq!(ear.hear(&mut link).expect("it answers"), b"");
    }
}

#[test]
fn without_its_elf_that_it_speaks_defmt_is_said_once() {
    let wording = Wording::default();
    let mut link = Image { at: MEMORY_AT, bytes: MEMORY.to_vec() };
    let mut ear = Ear::new(&wording, None);
    let mut text = Vec::new();
    for _ in 0..5 {
        text.extend(ear.hear(&mut link).expect("it answers"));
    }
    let text = String::from_utf8_lossy(&text);
    assert_eq!(text, "(the firmware speaks defmt, and its ELF is not known)\r\n");
    assert_eq!(control_block_in(b"no ELF"), None);
    #[cfg(feature = "board-probe")]
    assert!(Wording::of(b"\x7fELF, as it were").is_err());
}

/// A control block with one ring up and one down, of these sizes.
fn rings(up: u32, down: u32) -> Image {
    let mut bytes = b"SEGGER RTT\0\0\0\0\0\0".to_vec();
    let words = [1, 1, 0, 0x100, up, 0, 0, 0, 0, 0x100 + up, down, 0, 0, 0];
    bytes.extend(words.into_iter().flat_map(u32::to_le_bytes));
    bytes.resize((0x100 + up + down) as usize, 0);
    Image { at: 0, bytes }
}

fn word(image: &Image, at: usize) -> u32 {
    u32::from_le_bytes(image.bytes[at..at + 4].try_into().expect("it is four bytes"))
}

proptest! {
    #[test]
    fn what_is_put_into_a_ring_comes_out_in_order(
        size in 2_u32..40,
        pieces in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..50), 0..20),
    ) {
        // The ring down is written by us and read here as the chip does, and the ring up the other way round.
        let mut image = rings(size, size);
        let rtt = Rtt::read(&mut image, 0).expect("it answers").expect("it is one");
        for piece in pieces {
            let put = rtt.down[0].put(&mut image, &piece).expect("it is written");
            prop_assert_eq!(put, piece.len().min(size as usize - 1));
            let (written, mut read) = (word(&image, 24 + 24 + 12), word(&image, 24 + 24 + 16));
            let mut up = word(&image, 24 + 12);
            let mut count = 0;
            while read != written {
                let byte = image.bytes[(0x100 + size + read) as usize];
                image.bytes[(0x100 + up) as usize] = byte;
                (up, read, count) = ((up + 1) % size, (read + 1) % size, count + 1);
            }
            prop_assert_eq!(count, put);
            image.write(24 + 24 + 16, &read.to_le_bytes()).expect("it is there");
            image.write(24 + 12, &up.to_le_bytes()).expect("it is there");
            prop_assert_eq!(rtt.up[0].take(&mut image).expect("it is read"), &piece[..put]);
        }
    }

    #[test]
    fn any_memory_is_read_or_refused(mut bytes: Vec<u8>, steps in 1_usize..6) {
        let mut all = b"SEGGER RTT\0\0\0\0\0\0".to_vec();
        all.append(&mut bytes);
        let mut link = Image { at: 0, bytes: all };
        let wording = Wording::of(ELF).expect("its version is known");
        let mut ear = Ear::new(&wording, None);
        for _ in 0..steps {
            let _whatever = ear.hear(&mut link);
        }
    }
}

/// A probe that answers nothing any more once it is told to hang.
#[derive(Debug)]
struct Hanging {
    chip: SoftChip,
    hangs: Receiver<()>,
    /// Never told anything: whoever listens waits.
    never: (Sender<()>, Receiver<()>),
}

impl Memory for Hanging {
    fn read(&mut self, address: u64, bytes: &mut [u8]) -> Result<(), ProbeError> {
        self.chip.read(address, bytes)
    }
    fn write(&mut self, address: u64, bytes: &[u8]) -> Result<(), ProbeError> {
        self.chip.write(address, bytes)
    }
}

impl Link for Hanging {
    fn attach(&mut self) -> Result<Chip, ProbeError> {
        self.chip.attach()
    }
    fn ram(&self) -> Vec<Range<u64>> {
        self.chip.ram()
    }
    fn detach(&mut self) {}
    fn holds(&mut self, part: &Part) -> Result<bool, ProbeError> {
        self.chip.holds(part)
    }
    fn program(&mut self, part: &Part, progress: &mut dyn FnMut(u64)) -> Result<(), ProbeError> {
        self.chip.program(part, progress)
    }
    fn erase_all(&mut self) -> Result<(), ProbeError> {
        self.chip.erase_all()
    }
    fn reset(&mut self) -> Result<(), ProbeError> {
        if self.hangs.try_recv().is_ok() {
            let _never = self.never.1.recv();
        }
        self.chip.reset()
    }
}

#[test]
fn a_probe_that_hangs_takes_no_run_along() {
    let (hang, hangs) = mpsc::channel();
    let link = Hanging { chip: soft_chip(), hangs, never: mpsc::channel() };
    let (sink, seen) = Sink::new();
    let mut board = ProbeBoard::new(recipe(Box::new(link), None), sink);
    board.flash(&signal_thing(Erase::State)).expect("it is flashed");
    until_wake(&seen);
    hang.send(()).expect("somebody listens");
    let began = Instant::now();
    let error = board.reset().expect_err("it hangs");
    assert!(error.to_string().contains("does not come back") && error.help.is_some(), "{error}");
    board.stop();
    assert!(board.flash(&signal_thing(Erase::State)).is_err());
    assert!(began.elapsed() < Duration::from_secs(30));
}

fn until_wake(seen: &Receiver<Seen>) {
    loop {
        let next = seen.recv_timeout(Duration::from_secs(20)).expect("it wakes");
        if matches!(next.what, What::Board(Event::Wake { .. })) {
            return;
        }
    }
}

#[test]
fn each_failure_says_what_to_do_next() {
    let selector = Selector::parse("303a:1001").expect("it is one");
    let (one, two) = ("probe:303a:1001:A".to_owned(), "probe:303a:1001:B".to_owned());
    let mac = |text| Mac::parse(text).expect("it is one");
    let errors = [
        ProbeError::AnotherBoard { wanted: mac(MAC), found: mac("84:f7:03:67:84:6c") },
        ProbeError::BrokenRtt { at: 0x3fc8_0000, what: "has more rings than any firmware" },
        ProbeError::Flash("the contents differ".into()),
        ProbeError::Locked("JTAG is disabled".into()),
        ProbeError::Lost("time-out".into()),
        ProbeError::NoChip("time-out".into()),
        ProbeError::NoInput("it has no ring for it".into()),
        ProbeError::NoProbe { wanted: selector.clone(), found: Vec::new() },
        ProbeError::NoProbe { wanted: selector, found: vec![one.clone()] },
        ProbeError::NoRights { probe: one.clone() },
        ProbeError::Several { found: vec![one.clone(), two] },
        ProbeError::Unusable { probe: one, why: "device or resource busy".into() },
        ProbeError::WrongChip { wanted: Chip::Esp32c3, found: "esp32s3".into() },
    ];
    let text: String = errors
        .iter()
        .map(|error| {
            let error = error.stops("flash app.elf");
            format!("error: {error}\nhelp: {}\n\n", error.help.clone().unwrap_or_default())
        })
        .collect();
    insta::assert_snapshot!(text);
}
