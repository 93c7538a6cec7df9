//! The interrupt matrix: sources of the chip to the 31 lines of the core.

/// Sources; the number is that of the matrix.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Source {
    /// The emulated Ethernet takes the place of the Wi-Fi unit.
    Ethernet = 0,
    Gpio = 16,
    Uart0 = 21,
    Usb = 26,
    RtcCore = 27,
    /// Its watchdog is the next one.
    TimerGroup0 = 32,
    /// Likewise.
    TimerGroup1 = 34,
    /// The other two comparators are the next ones.
    Systimer0 = 37,
    /// From one program to another, four of them.
    FromCpu0 = 50,
}

/// Sources of the matrix.
const SOURCES: usize = 62;
/// Lines of the core; the first is none.
const LINES: usize = 32;

const STATUS_0: u32 = 0xf8;
const STATUS_1: u32 = 0xfc;
const ENABLE: u32 = 0x104;
const TYPE: u32 = 0x108;
const CLEAR: u32 = 0x10c;
const PENDING: u32 = 0x110;
const PRIORITIES: u32 = 0x114;
const PRIORITIES_END: u32 = PRIORITIES + 4 * LINES as u32;
const THRESHOLD: u32 = 0x194;

/// The matrix.
#[derive(Debug)]
pub(crate) struct Interrupts {
    map: [u8; SOURCES],
    /// Which sources ask, a bit each.
    asking: u64,
    enabled: u32,
    /// Lines that keep an edge until it is cleared.
    is_edge: u32,
    kept: u32,
    priorities: [u8; LINES],
    threshold: u8,
    gate: u32,
}

impl Interrupts {
    pub(super) fn new() -> Self {
        Self {
            map: [0; SOURCES],
            asking: 0,
            enabled: 0,
            is_edge: 0,
            kept: 0,
            priorities: [0; LINES],
            threshold: 0,
            gate: 1,
        }
    }

    /// The sources that ask from here on.
    pub(super) fn set_asking(&mut self, asking: u64) {
        let risen = self.lines(asking & !self.asking);
        self.kept |= risen & self.is_edge;
        self.asking = asking;
    }

    /// The lines of these sources.
    fn lines(&self, mut sources: u64) -> u32 {
        let mut lines = 0;
        while sources != 0 {
            let source = sources.trailing_zeros() as usize;
            sources &= sources - 1;
            lines |= self.map.get(source).map_or(0, |line| 1_u32 << line);
        }
        lines & !1
    }

    fn pending(&self) -> u32 {
        (self.lines(self.asking) & !self.is_edge | self.kept) & self.enabled
    }

    /// The line that the core would take: the one of the highest priority that is not below the threshold; of equal ones the
    /// lowest.
    pub(super) fn line(&self) -> Option<u32> {
        let mut pending = self.pending();
        let mut best: Option<(u8, u32)> = None;
        while pending != 0 {
            let line = pending.trailing_zeros();
            pending &= pending - 1;
            let priority = self.priorities[line as usize];
            let is_let_through = priority > 0 && priority >= self.threshold;
            if is_let_through && best.is_none_or(|(other, _)| priority > other) {
                best = Some((priority, line));
            }
        }
        best.map(|(_, line)| line)
    }

    pub(super) fn read(&self, offset: u32) -> Option<u32> {
        Some(match offset {
            STATUS_0 => self.asking as u32,
            STATUS_1 => (self.asking >> 32) as u32,
            0x100 => self.gate,
            ENABLE => self.enabled,
            TYPE => self.is_edge,
            CLEAR => 0,
            PENDING => self.pending(),
            PRIORITIES..PRIORITIES_END => {
                u32::from(self.priorities[((offset - PRIORITIES) / 4) as usize])
            }
            THRESHOLD => u32::from(self.threshold),
            _ => u32::from(*self.map.get(offset as usize / 4)?),
        })
    }

    pub(super) fn write(&mut self, offset: u32, value: u32) -> Option<()> {
        match offset {
            STATUS_0 | STATUS_1 | PENDING => {}
            0x100 => self.gate = value & 1,
            ENABLE => self.enabled = value,
            TYPE => self.is_edge = value,
            CLEAR => self.kept &= !value,
            PRIORITIES..PRIORITIES_END => {
                self.priorities[((offset - PRIORITIES) / 4) as usize] = value as u8 & 15;
            }
            THRESHOLD => self.threshold = value as u8 & 15,
            _ => *self.map.get_mut(offset as usize / 4)? = value as u8 & 31,
        }
        Some(())
    }
}
