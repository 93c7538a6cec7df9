//! The machine: bytes and time in, events out.

use std::collections::VecDeque;
use std::time::Duration;

use super::boot::{self, BootLine};
use super::causes::Cause;
use super::crash::{CrashReader, CrashReport};
use super::{Line, Lines, Patterns, Symbols, decode};
use crate::engine::Event;
use crate::time::{self, Moment};

/// How long a line may stay without its end before it is taken for whole: a prompt has none.
const LINE_QUIET: Duration = Duration::from_millis(500);

/// How long a crash report may pause before it is taken for whole: not every one says that it ends.
const CRASH_QUIET: Duration = Duration::from_secs(1);

/// How long after the last line of the boot the firmware may say itself why it woke; then the boot's own cause counts.
const WAKE_QUIET: Duration = Duration::from_millis(500);

/// How long an announced reset may take to show.
const ANNOUNCED_MAX: Duration = Duration::from_secs(10);

/// So many boots in [`LOOP_WITHIN`] that nobody asked for, without a sleep between them, are a boot loop.
const LOOP_BOOTS: usize = 3;

/// See [`LOOP_BOOTS`].
const LOOP_WITHIN: Duration = Duration::from_secs(60);

/// A reset that the rig has made itself, so that the next boot is no surprise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Announced {
    /// It is told with this cause, whatever the chip says: most chips take their reset pin for power.
    As(Cause),
    /// It is not told: the rig starts the board, or has told it already.
    Silently,
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
    /// When something came last.
    heard_at: Moment,
    chip: Option<String>,
    crash: CrashReader,
    /// A crash was told, and with it the reset that it makes.
    crashed: Option<Cause>,
    announced: Option<(Announced, Moment)>,
    /// The wake of this boot, until it is known who says its cause.
    held_wake: Option<&'static str>,
    /// The wake that was told by what the boot said, so that the firmware's own line is no second one.
    told_by_boot: Option<&'static str>,
    has_slept: bool,
    boots: VecDeque<(Moment, Cause)>,
    complaint: Option<&'static str>,
    /// The rig has started the board, and nothing has run on it since.
    is_starting: bool,
    /// See [`Self::weak_starts`].
    weak_starts: u32,
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
            (self.lines.is_open() && !self.keeps_open_lines).then_some(LINE_QUIET),
            self.crash.is_open().then_some(CRASH_QUIET),
            self.held_wake.map(|_| WAKE_QUIET),
        ];
        waits.into_iter().flatten().min().map(|wait| self.heard_at.after(wait))
    }

    /// Takes in that time has passed without a byte.
    pub fn tick(&mut self, now: Moment) -> Vec<Event> {
        let mut events = Vec::new();
        let quiet = now.since(self.heard_at);
        if quiet >= LINE_QUIET
            && !self.keeps_open_lines
            && let Some(line) = self.lines.end()
        {
            self.line(now, line, &mut events);
        }
        if quiet >= CRASH_QUIET {
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
        if let Some(line) = self.lines.end() {
            self.line(now, line, &mut events);
        }
        self.end_crash(&mut events);
        self.end_hold(&mut events);
        events
    }

    /// Takes in that the rig resets the board now.
    pub fn announce(&mut self, now: Moment, reset: Announced) {
        self.told_by_boot = None;
        self.announced = Some((reset, now));
        (self.is_starting, self.weak_starts) = (true, 0);
    }

    /// The chip, as its ROM names it: `esp32c3`.
    #[must_use]
    pub fn chip(&self) -> Option<&str> {
        self.chip.as_deref()
    }

    fn line(&mut self, now: Moment, line: Line, events: &mut Vec<Event>) {
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

    fn is_weak_start(&self, cause: Cause) -> bool {
        self.is_starting && cause == Cause::Brownout
    }

    /// The supply broke down before anything ran.
    fn weak_start(&mut self, events: &mut Vec<Event>) {
        self.weak_starts += 1;
        let count = self.weak_starts;
        events.push(note(&format!(
            "the supply broke down while the board was starting, {count} in a row"
        )));
    }

    fn boot(&mut self, now: Moment, cause: Cause, events: &mut Vec<Event>) {
        let announced = self.announced.take().filter(|(_, at)| now.since(*at) <= ANNOUNCED_MAX);
        // The timer of an ESP8266 wakes it by its reset pin.
        let is_pin_of_timer = self.chip.as_deref() == Some("esp8266") && cause == Cause::External;
        let cause = match announced {
            Some((Announced::As(cause), _)) => cause,
            None if is_pin_of_timer && self.has_slept => Cause::DeepSleep,
            Some((Announced::Silently, _)) | None => cause,
        };
        let crashed = self.crashed.take().filter(|crashed| {
            cause == *crashed
                || matches!(cause, Cause::Software | Cause::Watchdog | Cause::External)
        });
        let told = crashed.unwrap_or(cause);
        self.has_slept = false;
        self.told_by_boot = None;
        self.complaint = None;
        self.held_wake = Some(told.wake_word());
        if announced.is_none() && self.is_weak_start(told) {
            // Where the firmware's own detector has said so, it is counted.
            if crashed.is_none() {
                self.weak_start(events);
            }
            return;
        }
        if cause == Cause::DeepSleep {
            return self.boots.clear();
        }
        let is_silent = matches!(announced, Some((Announced::Silently, _)));
        if !is_silent && crashed.is_none() {
            events.push(Event::Reset { cause: cause.word().to_owned() });
        }
        if announced.is_none() {
            self.count_boot(now, told, events);
        }
    }

    /// Names a boot loop when the boots are enough to be one, and no more after that until something else happens.
    fn count_boot(&mut self, now: Moment, cause: Cause, events: &mut Vec<Event>) {
        self.boots.retain(|(at, _)| now.since(*at) <= LOOP_WITHIN);
        self.boots.push_back((now, cause));
        if self.boots.len() != LOOP_BOOTS {
            return;
        }
        let first = self.boots.front().map_or(now, |(at, _)| *at);
        let same = self.boots.iter().all(|(_, other)| *other == cause);
        let by = if same {
            format!("all by {}", cause.word())
        } else {
            format!("the last by {}", cause.word())
        };
        let help = match cause {
            Cause::Brownout => "the supply is too weak: another cable, another port, a capacitor",
            Cause::Panic => "the firmware crashes each time it starts: see the crash above",
            Cause::Watchdog => {
                "the firmware hangs each time it starts, or the flash holds no program"
            }
            _ => "something resets the board each time it starts",
        };
        let span = time::span(now.since(first));
        events.push(note(&format!("boot loop: {LOOP_BOOTS} boots within {span}, {by}: {help}")));
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

fn note(text: &str) -> Event {
    Event::Note { text: text.to_owned() }
}
