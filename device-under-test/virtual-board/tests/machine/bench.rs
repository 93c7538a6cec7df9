//! A board in virtual time, and a host that speaks the loader's protocol.

use std::time::Duration;

use virtual_board::{
    Ask, Board, BootMode, Chip, Event, Fault, Flash, Heard, Input, Moment, Order, Output, Setup,
    image,
};

/// Longest time that a test may take, in the board's own time.
const LONGEST: Duration = Duration::from_secs(3600);

pub(crate) struct Bench {
    pub(crate) board: Board,
    pub(crate) now: Moment,
    /// What came over the line and was not taken.
    pub(crate) heard: Vec<u8>,
    pub(crate) events: Vec<Event>,
    /// What the program asked of the network and was not answered, with the life it belongs to.
    pub(crate) asks: Vec<(u64, Ask)>,
    /// How often the port vanished.
    pub(crate) gone: usize,
}

/// A board without power.
pub(crate) fn bench_with(setup: Setup, flash: Flash) -> Bench {
    Bench {
        board: Board::new(setup, flash),
        now: Moment::START,
        heard: Vec::new(),
        events: Vec::new(),
        asks: Vec::new(),
        gone: 0,
    }
}

/// A board that waits for a download; its boot log was read.
pub(crate) fn bench(chip: Chip) -> Bench {
    let mut bench = bench_with(Setup::new(chip), Flash::new());
    bench.order(Order::PowerRestore { into: BootMode::Download });
    bench.heard.clear();
    bench
}

/// A flash with a program in it.
pub(crate) fn flashed(chip: Chip, name: &str) -> Flash {
    let mut flash = Flash::new();
    for part in image::bundle(chip, name, "1.0") {
        flash.program(part.offset, &part.bytes).unwrap();
    }
    flash
}

impl Bench {
    pub(crate) fn give(&mut self, input: Input) {
        let outputs = self.board.handle(self.now, input);
        for output in outputs {
            match output {
                Output::Serial(bytes) => self.heard.extend(bytes),
                Output::PortGone { .. } => self.gone += 1,
                // Nobody is at the other end of the cable.
                Output::Frame(_) | Output::Unplugged => {}
                Output::Network { life, ask } => self.asks.push((life, ask)),
                Output::Event(event) => self.events.push(event),
            }
        }
    }

    pub(crate) fn order(&mut self, order: Order) {
        self.give(Input::Order(order));
    }

    pub(crate) fn fault(&mut self, fault: Fault) {
        self.order(Order::Fault(fault));
    }

    pub(crate) fn reset(&mut self, into: BootMode) {
        self.order(Order::Reset { into });
    }

    /// Lets time pass to the next thing that is due. Gives whether anything was.
    pub(crate) fn next(&mut self) -> bool {
        let Some(at) = self.board.wake_at() else {
            return false;
        };
        assert!(at <= Moment::START.after(LONGEST), "the test takes too long");
        self.now = at.max(self.now);
        self.give(Input::Tick);
        true
    }

    /// Lets all that is due until then happen.
    pub(crate) fn pass(&mut self, span: Duration) {
        let end = self.now.after(span);
        while self.board.wake_at().is_some_and(|at| at <= end) {
            self.next();
        }
        self.now = end;
    }

    /// What was printed since the last call.
    pub(crate) fn log(&mut self) -> String {
        String::from_utf8_lossy(&std::mem::take(&mut self.heard)).into_owned()
    }

    /// Sends a request, waits for what comes, and gives the frames.
    pub(crate) fn request(&mut self, op: u8, data: &[u8]) -> Vec<Vec<u8>> {
        self.request_with(op, data, 0)
    }

    pub(crate) fn request_with(&mut self, op: u8, data: &[u8], checksum: u32) -> Vec<Vec<u8>> {
        let mut packet = vec![0, op];
        packet.extend(u16::try_from(data.len()).unwrap().to_le_bytes());
        packet.extend(checksum.to_le_bytes());
        packet.extend(data);
        self.heard.clear();
        self.give(Input::Serial(framed(&packet)));
        self.pass(Duration::from_secs(30));
        frames(&std::mem::take(&mut self.heard))
    }

    /// Sends FLASH_DATA or MEM_DATA with the right checksum.
    pub(crate) fn block(&mut self, op: u8, sequence: u32, payload: &[u8]) -> Vec<Vec<u8>> {
        let checksum = payload.iter().fold(0xef, |sum, byte| sum ^ byte);
        let data = [&words(&[payload.len() as u32, sequence, 0, 0])[..], payload].concat();
        self.request_with(op, &data, u32::from(checksum))
    }

    /// Uploads a stub and starts it.
    pub(crate) fn start_stub(&mut self, text_at: u32) {
        self.request(0x05, &words(&[16, 1, 0x1800, text_at]));
        self.block(0x07, 0, &[1; 16]);
        let frames = self.request(0x06, &words(&[0, text_at + 4]));
        assert_eq!(frames.last().map(Vec::as_slice), Some(&b"OHAI"[..]));
    }

    /// Answers what the program asked last.
    pub(crate) fn answer(&mut self, heard: Heard) {
        let (life, _) = self.asks.pop().expect("the program asked for something");
        self.give(Input::Network { life, heard });
    }
}

pub(crate) fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

pub(crate) fn framed(bytes: &[u8]) -> Vec<u8> {
    let mut frame = vec![0xc0];
    for byte in bytes {
        match byte {
            0xc0 => frame.extend([0xdb, 0xdc]),
            0xdb => frame.extend([0xdb, 0xdd]),
            other => frame.push(*other),
        }
    }
    frame.push(0xc0);
    frame
}

/// The frames in what came over the line.
pub(crate) fn frames(bytes: &[u8]) -> Vec<Vec<u8>> {
    let inside = bytes.split(|byte| *byte == 0xc0).filter(|frame| !frame.is_empty());
    inside.map(unescaped).collect()
}

fn unescaped(frame: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = frame.iter();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            0xdb if rest.next() == Some(&0xdc) => 0xc0,
            other => *other,
        });
    }
    bytes
}

/// The status bytes at the end of the only reply.
pub(crate) fn status(frames: &[Vec<u8>], bytes: usize) -> [u8; 2] {
    let [frame] = frames else { panic!("one reply: {frames:x?}") };
    let at = frame.len() - bytes;
    [frame[at], frame[at + 1]]
}
