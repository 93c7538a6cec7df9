//! Sequences shortened from recordings of tools: each line a request and what must come back. `fixtures/flash`
//! says where they come from and how they are written.

use std::fs;
use std::path::Path;

use virtual_board::Chip;

use crate::bench::{Bench, bench, words};

const OPS: [(&str, u8); 21] = [
    ("FLASH_BEGIN", 0x02),
    ("FLASH_DATA", 0x03),
    ("FLASH_END", 0x04),
    ("MEM_BEGIN", 0x05),
    ("MEM_END", 0x06),
    ("MEM_DATA", 0x07),
    ("SYNC", 0x08),
    ("WRITE_REG", 0x09),
    ("READ_REG", 0x0a),
    ("SPI_SET_PARAMS", 0x0b),
    ("SPI_ATTACH", 0x0d),
    ("READ_FLASH_SLOW", 0x0e),
    ("CHANGE_BAUDRATE", 0x0f),
    ("FLASH_DEFL_BEGIN", 0x10),
    ("FLASH_DEFL_DATA", 0x11),
    ("FLASH_DEFL_END", 0x12),
    ("SPI_FLASH_MD5", 0x13),
    ("GET_SECURITY_INFO", 0x14),
    ("ERASE_FLASH", 0xd0),
    ("ERASE_REGION", 0xd1),
    ("READ_FLASH", 0xd2),
];

/// A board in the middle of a trace.
struct Play {
    bench: Bench,
    chip: Chip,
    is_stub: bool,
    last: Vec<Vec<u8>>,
}

#[test]
fn each_recorded_sequence_is_answered_as_recorded() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/flash");
    let mut count = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "trace") {
            play(&path.display().to_string(), &fs::read_to_string(&path).unwrap());
            count += 1;
        }
    }
    assert!(count >= 5, "the traces are there");
}

fn play(file: &str, text: &str) {
    let mut lines = text.lines().enumerate().filter(|(_, line)| !line.starts_with('#'));
    let chip = lines.next().and_then(|(_, line)| line.strip_prefix("chip ")).unwrap();
    let chip = Chip::by_name(chip).unwrap();
    let mut play = Play { bench: bench(chip), chip, is_stub: false, last: Vec::new() };
    for (number, line) in lines {
        play.line(&format!("{file}:{}: {line}", number + 1), line);
    }
}

impl Play {
    fn line(&mut self, place: &str, line: &str) {
        if line == "OHAI" {
            assert_eq!(self.last.last().map(Vec::as_slice), Some(&b"OHAI"[..]), "{place}");
            self.is_stub = true;
            return;
        }
        let (request, refusal) = line.split_once(" ! ").unwrap_or((line, "00 00"));
        let (request, value) = match request.split_once(" -> ") {
            Some((request, value)) => (request, Some(hex(value))),
            None => (request, None),
        };
        let (request, data) = request.split_once(" data=").unwrap_or((request, ""));
        self.send(place, request);
        let reply = self.last.first().unwrap_or_else(|| panic!("{place}: no reply"));
        let status_bytes = if self.is_stub || self.chip == Chip::Esp8266 { 2 } else { 4 };
        let at = reply.len() - status_bytes;
        let status = refusal.split(' ').map(|byte| hex(byte) as u8).collect::<Vec<_>>();
        assert_eq!(reply[at..at + 2], status, "{place}: {reply:x?}");
        if let Some(value) = value {
            assert_eq!(reply[4..8], value.to_le_bytes(), "{place}: {reply:x?}");
        }
        let digits = reply[8..at].iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        assert_eq!(digits, data, "{place}");
    }

    fn send(&mut self, place: &str, request: &str) {
        let (name, rest) = request.split_once(' ').unwrap_or((request, ""));
        let op = OPS.iter().find(|(known, _)| *known == name);
        let op = op.unwrap_or_else(|| panic!("{place}: no such request")).1;
        self.last = match rest.strip_prefix("size=").and_then(|rest| rest.split_once(" seq=")) {
            Some((size, sequence)) => {
                self.bench.block(op, hex(sequence), &vec![0; hex(size) as usize])
            }
            None if name == "SYNC" => self.bench.request(op, &[0x55; 36]),
            None => {
                let fields: Vec<_> = rest.split_whitespace().map(hex).collect();
                self.bench.request(op, &words(&fields))
            }
        };
    }
}

fn hex(digits: &str) -> u32 {
    u32::from_str_radix(digits.trim(), 16).unwrap_or_else(|_| panic!("a number: {digits}"))
}
