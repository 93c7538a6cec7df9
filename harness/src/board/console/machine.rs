//! The machine: bytes and time in, events out.

use std::collections::VecDeque;
use std::time::Duration;

use super::boot::{self, BootLine};
use super::causes::Cause;
use super::crash::{CrashReader, CrashReport};
use super::{Line, Lines, Patterns, Symbols, decode};
use crate::engine::Event;
use crate::time::Moment;

/// How long a line may stay without its end before it is told as far as it came: a prompt has none.
const LINE_QUIET: Duration = Duration::from_millis(500);

/// How long a crash report may pause before it is taken for whole: not every one says that it ends.
const CRASH_QUIET: Duration = Duration::from_secs(1);

/// How long after the last line of the boot the firmware may say itself why it woke; then the boot's own cause counts.
const WAKE_QUIET: Duration = Duration::from_millis(500);

/// How long an announced reset may take to show.
pub(super) const ANNOUNCED_MAX: Duration = Duration::from_secs(10);

/// A reset that the rig has made itself, so that the next boot is no surprise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Announced {
    /// It is told with this cause, whatever the chip says: most chips take their reset pin for power.
    As(Cause),
    /// It is not told: the rig starts the board, or has told it already.
    Silently,
}

/// What was told of a line before its end.
#[derive(Debug)]
struct Part {
    text: String,
    /// It was a sleep or a wake, so that the whole line is no second one.
    was_told: bool,
    /// The rig has reset the board since, so that what comes is another line.
    is_over: bool,
}

/// A console of a board.
///
/// Give it bytes as they come by [`Self::feed`], and call [`Self::tick`] when the time of [`Self::wake_at`] has come. What it
/// returns does not depend on how the bytes are cut.
#[derive(Debug, Default)]
pub struct Console {
    patterns: Patterns,
    symbols: Option<Symbols>,
    lines: Lines,
    /// What was told of the line that is open.
    part: Option<Part>,
    /// When something came last.
    heard_at: Moment,
    pub(super) chip: Option<String>,
    crash: CrashReader,
    /// A crash was told, and with it the reset that it makes.
    pub(super) crashed: Option<Cause>,
    pub(super) announced: Option<(Announced, Moment)>,
    /// The wake of this boot, until it is known who says its cause.
    pub(super) held_wake: Option<&'static str>,
    /// The wake that was told by what the boot said, so that the firmware's own line is no second one.
    pub(super) told_by_boot: Option<&'static str>,
    pub(super) has_slept: bool,
    pub(super) boots: VecDeque<(Moment, Cause)>,
    pub(super) complaint: Option<&'static str>,
    /// The rig has started the board, and nothing has run on it since.
    pub(super) is_starting: bool,
    /// See [`Self::weak_starts`].
    pub(super) weak_starts: u32,
    in_noise: bool,
    keeps_open_lines: bool,
}

impl Console {
    /// A console at its beginning, of a firmware that prints lines of these patterns.
    #[must_use]
    pub fn new(patterns: Patterns) -> Self {
        Self { patterns, ..Self::default() }
    }

    /// Takes in what the firmware that the board runs from now on prints when it sleeps and wakes.
    pub fn set_patterns(&mut self, patterns: Patterns) {
        self.patterns = patterns;
    }

    /// From now on a line that has begun is never taken for whole by a silence: its reader sees it by [`Self::open_line`].
    pub fn keep_open_lines(&mut self) {
        self.keeps_open_lines = true;
    }

    /// What there is of a line that has begun and not ended.
    #[must_use]
    pub fn open_line(&self) -> Option<String> {
        self.lines.open()
    }

    /// How often in a row the supply broke down after the rig had started the board, before anything ran. Such a brownout is told by
    /// notes, and not as a reset: it is no doing of the firmware.
    #[must_use]
    pub const fn weak_starts(&self) -> u32 {
        self.weak_starts
    }

    /// Takes in what the board runs from now on, so that the addresses of its crashes get names.
    pub fn set_symbols(&mut self, symbols: Option<Symbols>) {
        self.symbols = symbols;
    }

    /// Takes in bytes, cut anywhere; returns what they mean, in order.
    pub fn feed(&mut self, now: Moment, bytes: &[u8]) -> Vec<Event> {
        let mut events = self.tick(now);
        if !bytes.is_empty() {
            self.heard_at = now;
        }
        for line in self.lines.feed(bytes) {
            self.line(now, line, &mut events);
        }
        events
    }

    /// When [`Self::tick`] wants to be called, if nothing comes before.
    #[must_use]
    pub fn wake_at(&self) -> Option<Moment> {
        let waits = [
            self.has_new_part().then_some(LINE_QUIET),
            self.crash.is_open().then_some(CRASH_QUIET),
            self.held_wake.map(|_| WAKE_QUIET),
        ];
        waits.into_iter().flatten().min().map(|wait| self.heard_at.after(wait))
    }

    /// Takes in that time has passed without a byte.
    pub fn tick(&mut self, now: Moment) -> Vec<Event> {
        let mut events = Vec::new();
        let quiet = now.since(self.heard_at);
        if quiet >= LINE_QUIET && self.has_new_part() {
            self.tell_part(&mut events);
        }
        if quiet >= CRASH_QUIET {
            // The last line of a report may have no end.
            if self.crash.is_open() && !self.keeps_open_lines {
                self.end_line(now, &mut events);
            }
            self.end_crash(&mut events);
        }
        if quiet >= WAKE_QUIET {
            self.end_hold(&mut events);
        }
        events
    }

    /// Takes in that the console has ended, or that its link is lost: what is open is whole.
    pub fn end(&mut self, now: Moment) -> Vec<Event> {
        let mut events = Vec::new();
        self.end_line(now, &mut events);
        self.end_crash(&mut events);
        self.end_hold(&mut events);
        events
    }

    /// What is open is whole.
    fn end_line(&mut self, now: Moment, events: &mut Vec<Event>) {
        if let Some(line) = self.lines.end() {
            self.line(now, line, events);
        }
    }

    /// Whether there is something of a line that has not ended and was not told.
    fn has_new_part(&self) -> bool {
        if self.keeps_open_lines || !self.lines.is_open() {
            return false;
        }
        let told = self.part.as_ref().map(|part| part.text.as_str());
        self.lines.open().is_some_and(|open| told != Some(open.as_str()))
    }

    /// Tells a line as far as it came. A sleep or a wake in it counts at once: a chip that is asleep ends no line.
    fn tell_part(&mut self, events: &mut Vec<Event>) {
        let Some(text) = self.lines.open() else { return };
        events.push(Event::ConsolePart { line: text.clone() });
        let told_before = self.part.as_ref().is_some_and(|part| part.was_told);
        let is_turn = self.patterns.wake(&text).is_some() || self.patterns.sleep(&text).is_some();
        if is_turn && !told_before && !self.crash.is_open() {
            self.application(&text, events);
        }
        self.part = Some(Part { text, was_told: told_before || is_turn, is_over: false });
    }

    /// Takes in that the rig resets the board now.
    pub fn announce(&mut self, now: Moment, reset: Announced) {
        self.told_by_boot = None;
        if let Some(part) = &mut self.part {
            part.is_over = true;
        }
        self.announced = Some((reset, now));
        (self.is_starting, self.weak_starts) = (true, 0);
    }

    /// The chip, as its ROM names it: `esp32c3`.
    #[must_use]
    pub fn chip(&self) -> Option<&str> {
        self.chip.as_deref()
    }

    fn line(&mut self, now: Moment, line: Line, events: &mut Vec<Event>) {
        let Some(Part { text: part, was_told, is_over }) = self.part.take() else {
            return self.whole_line(now, line, events);
        };
        // A chip that starts again goes on in the middle of what it had begun.
        let rest = line.text.strip_prefix(&part).filter(|rest| !rest.is_empty());
        let starts = |rest: &&str| {
            is_over || line.is_noise || boot::read(rest, self.chip.as_deref()).is_some()
        };
        let (begun, rest) = match rest.filter(starts) {
            Some(rest) => {
                let rest = Line { text: rest.to_owned(), is_noise: line.is_noise };
                (Line { text: part, is_noise: false }, Some(rest))
            }
            None => (line, None),
        };
        match was_told {
            true => events.push(Event::Console { line: begun.text }),
            false => self.whole_line(now, begun, events),
        }
        if let Some(rest) = rest {
            self.whole_line(now, rest, events);
        }
    }

    fn whole_line(&mut self, now: Moment, line: Line, events: &mut Vec<Event>) {
        let begins_noise = line.is_noise && !self.in_noise;
        self.in_noise = line.is_noise;
        if begins_noise {
            events.push(note(
                "what follows is no text: it was sent at another baud rate (the ROM of an ESP8266 speaks at 74880 baud)",
            ));
        }
        let text = line.text;
        events.push(Event::Console { line: text.clone() });
        // Noise may end in the first line that can be read.
        match boot::read(&text, self.chip.as_deref()) {
            Some(BootLine::Banner { chip }) => {
                self.end_crash(events);
                self.chip = Some(chip);
            }
            Some(BootLine::Boot { chip, cause }) => {
                self.end_crash(events);
                self.chip = chip.or(self.chip.take());
                self.boot(now, cause, events);
            }
            Some(BootLine::Complaint { meaning, runs }) => {
                if !runs {
                    self.held_wake = None;
                }
                if self.complaint.replace(meaning) != Some(meaning) {
                    events.push(note(meaning));
                }
            }
            Some(BootLine::Before) => {}
            None if !line.is_noise => self.application(&text, events),
            None => {}
        }
    }

    /// A line of the application.
    fn application(&mut self, text: &str, events: &mut Vec<Event>) {
        if let Some(cause) = self.patterns.wake(text) {
            self.has_run();
            self.end_crash(events);
            return self.own_wake(cause, events);
        }
        let was_open = self.crash.is_open();
        let report = self.crash.take(text);
        let is_weak = report.as_ref().is_some_and(|report| self.is_weak_start(report.cause));
        if let Some(report) = report {
            self.told_crash(&report, events);
        }
        if was_open || self.crash.is_open() || is_weak {
            return;
        }
        self.has_run();
        self.end_hold(events);
        if let Some(announced) = self.patterns.sleep(text) {
            self.told_by_boot = None;
            self.has_slept = true;
            self.boots.clear();
            events.push(Event::Sleep { announced });
        } else if text.starts_with("Task watchdog got triggered")
            || text.contains("task_wdt: Task watchdog got triggered")
        {
            events.push(note(
                "a task did not feed its watchdog in time; the lines that follow name it",
            ));
        } else if text.starts_with("CORRUPT HEAP: ") {
            events.push(note("the heap is damaged: something wrote beyond its block"));
        }
    }

    fn has_run(&mut self) {
        (self.is_starting, self.weak_starts) = (false, 0);
    }

    /// A wake that the firmware tells itself: better than what the boot says, and the only one where there is no boot.
    fn own_wake(&mut self, cause: String, events: &mut Vec<Event>) {
        self.held_wake = None;
        match self.told_by_boot.take() {
            Some(told) if told == cause => return,
            Some(told) => {
                let text =
                    format!("the firmware says that it woke by {cause}; the boot said {told}");
                return events.push(note(&text));
            }
            None => {}
        }
        events.push(Event::Wake { cause });
    }

    fn end_hold(&mut self, events: &mut Vec<Event>) {
        if let Some(cause) = self.held_wake.take() {
            self.told_by_boot = Some(cause);
            events.push(Event::Wake { cause: cause.to_owned() });
        }
    }

    fn end_crash(&mut self, events: &mut Vec<Event>) {
        if let Some(report) = self.crash.end() {
            self.told_crash(&report, events);
        }
    }

    fn told_crash(&mut self, report: &CrashReport, events: &mut Vec<Event>) {
        if self.is_weak_start(report.cause) {
            self.crashed = Some(report.cause);
            return self.weak_start(events);
        }
        self.end_hold(events);
        // An exception of Python ends at its prompt and resets nothing.
        self.crashed = report.named.is_empty().then_some(report.cause);
        events.push(Event::Crash(decode::decode(report, self.symbols.as_ref())));
        events.push(Event::Reset { cause: report.cause.word().to_owned() });
    }
}

pub(super) fn note(text: &str) -> Event {
    Event::Note { text: text.to_owned() }
}
