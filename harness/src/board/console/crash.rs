//! Crash reports on a console: from the line that begins one to the line that ends it.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;

use super::causes::Cause;
use crate::engine::crash::Frame;

/// The most lines that a crash report may have; a stack dump has a few hundred.
const REPORT_LINES_MAX: usize = 600;

/// The most words of a stack that are kept.
const STACK_WORDS_MAX: usize = 4096;

/// The longest reason in bytes.
const REASON_BYTES_MAX: usize = 400;

/// A crash as the console told it, addresses not resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CrashReport {
    /// What it counts as: a panic, a watchdog or a brownout.
    pub cause: Cause,
    /// What the firmware said, in one line.
    pub reason: String,
    /// Addresses of the backtrace, innermost first.
    pub backtrace: Vec<u64>,
    /// Places that the console itself named.
    pub named: Vec<Frame>,
    /// Registers, by their names in upper case.
    pub registers: BTreeMap<String, u64>,
    /// Memory of the stack: words by their addresses.
    pub stack: BTreeMap<u64, u32>,
    /// The first digits of the SHA-256 of the ELF that the board runs.
    pub elf_hash: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Esp8266,
    Idf,
    Python,
    Rust,
}

fn regex(text: &str) -> Regex {
    Regex::new(text).expect("the pattern is a constant, and a test compiles it")
}

/// How reports begin. The first that matches counts.
static BEGINNINGS: LazyLock<Vec<(Regex, Kind, Cause)>> = LazyLock::new(|| {
    let of = |text: &str, kind, cause| (regex(text), kind, cause);
    vec![
        of(r"^Guru Meditation Error: .*wdt timeout", Kind::Idf, Cause::Watchdog),
        of(r"^Guru Meditation Error: ", Kind::Idf, Cause::Panic),
        of(r"^abort\(\) was called at PC ", Kind::Idf, Cause::Panic),
        of(r"^assert failed: ", Kind::Idf, Cause::Panic),
        of(r"^\*\*\*ERROR\*\*\* A stack overflow in task ", Kind::Idf, Cause::Panic),
        of(r"^Stack smashing protect failure!", Kind::Idf, Cause::Panic),
        of(r"^Debug exception reason: ", Kind::Idf, Cause::Panic),
        of(r"Brownout detector was triggered", Kind::Idf, Cause::Brownout),
        of(r"^=+ PANIC =+$", Kind::Rust, Cause::Panic),
        of(r"^!! A panic occure?d", Kind::Rust, Cause::Panic),
        of(r"\bpanicked at .+:\d+", Kind::Rust, Cause::Panic),
        of(r"^(Exception occure?d '|Exception '.*' mepc=)", Kind::Rust, Cause::Panic),
        of(r"^-+ CUT HERE FOR EXCEPTION DECODER -+$", Kind::Esp8266, Cause::Panic),
        of(r"^Soft WDT reset", Kind::Esp8266, Cause::Watchdog),
        of(r"^(Exception \(\d+\):|Fatal exception \(?\d+)", Kind::Esp8266, Cause::Panic),
        of(r"^Panic \S+:\d+", Kind::Esp8266, Cause::Panic),
        of(r"^Abort called$", Kind::Esp8266, Cause::Panic),
        of(r"^Unhandled C\+\+ exception:", Kind::Esp8266, Cause::Panic),
        of(r"^Stack overflow detected\.?$", Kind::Esp8266, Cause::Panic),
        of(r"^Traceback \(most recent call last\):", Kind::Python, Cause::Panic),
    ]
});

static HEX: LazyLock<Regex> = LazyLock::new(|| regex(r"0x([0-9a-fA-F]{6,8})"));
static PAIR: LazyLock<Regex> = LazyLock::new(|| regex(r"0x([0-9a-fA-F]{8}):0x[0-9a-fA-F]{8}"));
static REGISTER: LazyLock<Regex> = LazyLock::new(|| {
    regex(r"\b([A-Za-z][A-Za-z0-9]{0,6})(?:/[A-Z0-9]+)? *[:=] ?0x([0-9a-fA-F]{1,8})\b")
});
static MEMORY: LazyLock<Regex> =
    LazyLock::new(|| regex(r"^(?:0x)?([0-9a-f]{8}): +((?:(?:0x)?[0-9a-f]{8}[ <]*)+)$"));
static WORD: LazyLock<Regex> = LazyLock::new(|| regex(r"(?:0x)?([0-9a-f]{8})"));
static BARE: LazyLock<Regex> = LazyLock::new(|| regex(r"^(?:\d+: )?0x([0-9a-fA-F]{8})(?:\s|$)"));
static FILE: LazyLock<Regex> =
    LazyLock::new(|| regex(r#"^ +File "(.+)", line (\d+)(?:, in (.+))?$"#));
static NUMBER: LazyLock<Regex> =
    LazyLock::new(|| regex(r"^(?:Fatal exception|Exception) \(?(\d+)"));
static ENDS: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"^(Rebooting\.\.\.|CPU halted\.|=+ CORE DUMP START =+|Entering gdb stub now\.|<<<stack<<<|note: run with `RUST_BACKTRACE)",
    )
});

/// Reads crash reports line by line.
#[derive(Debug, Default)]
pub struct CrashReader {
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    kind: Kind,
    report: CrashReport,
    lines: usize,
    /// Whether the reason is still to come, or goes on in the next line.
    wants_reason: bool,
}

impl CrashReader {
    /// Whether a report has begun and not ended.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Takes a line in; returns a report that it ends.
    pub fn take(&mut self, line: &str) -> Option<CrashReport> {
        let Some(open) = &mut self.open else {
            self.open = begin(line);
            return None;
        };
        if open.take(line) { self.end() } else { None }
    }

    /// Ends the report that is open: a boot, a silence or the end of the console came.
    pub fn end(&mut self) -> Option<CrashReport> {
        let mut report = self.open.take()?.report;
        // The innermost call comes last in Python.
        report.named.reverse();
        if report.reason.is_empty() && report.registers.is_empty() {
            // A frame without anything in it, as behind the report of an ESP8266.
            return None;
        }
        Some(report)
    }
}

fn begin(line: &str) -> Option<Open> {
    let (_, kind, cause) = BEGINNINGS.iter().find(|(pattern, ..)| pattern.is_match(line))?;
    let is_frame = line.starts_with("====") || line.starts_with("----") || *kind == Kind::Python;
    let mut open = Open {
        kind: *kind,
        report: CrashReport {
            cause: *cause,
            reason: String::new(),
            backtrace: Vec::new(),
            named: Vec::new(),
            registers: BTreeMap::new(),
            stack: BTreeMap::new(),
            elf_hash: None,
        },
        lines: 0,
        wants_reason: is_frame,
    };
    if !is_frame {
        open.reason(line);
    }
    if line.starts_with("abort() ") {
        open.report.backtrace.extend(hexes(&HEX, line));
    }
    Some(open)
}

impl Open {
    /// Takes a line in; says whether it is the last one.
    fn take(&mut self, line: &str) -> bool {
        self.lines += 1;
        if ENDS.is_match(line) || self.lines >= REPORT_LINES_MAX {
            return true;
        }
        if self.kind == Kind::Python {
            return self.take_python(line);
        }
        if self.wants_reason && !line.starts_with("Backtrace") {
            self.reason(line);
            return false;
        }
        if let Some(memory) = MEMORY.captures(line) {
            self.take_memory(&memory[1], &memory[2]);
        } else if line.starts_with("Backtrace:") {
            let pairs = hexes(&PAIR, line);
            // What was kept before is where the abort was called, which the backtrace has again.
            if !pairs.is_empty() {
                self.report.backtrace = pairs;
            }
        } else if let Some(hash) = line.strip_prefix("ELF file SHA256:") {
            self.report.elf_hash = Some(hash.trim().to_owned());
        } else if let Some(address) = BARE.captures(line) {
            self.report.backtrace.extend(u64::from_str_radix(&address[1], 16));
        } else {
            let found = REGISTER.captures_iter(line).filter_map(|found| {
                let value = u64::from_str_radix(&found[2], 16).ok()?;
                Some((found[1].to_ascii_uppercase(), value))
            });
            self.report.registers.extend(found);
        }
        false
    }

    /// Frames are indented; the first line that is not tells the exception and is the last one.
    fn take_python(&mut self, line: &str) -> bool {
        if let Some(file) = FILE.captures(line) {
            let function = file.get(3).map(|name| name.as_str().to_owned());
            let place = Some(format!("{}:{}", &file[1], &file[2]));
            self.report.named.push(Frame { function, place, ..Frame::default() });
        }
        let is_last = !line.starts_with(' ');
        if is_last {
            self.reason(line);
        }
        is_last
    }

    fn take_memory(&mut self, address: &str, words: &str) {
        let Ok(base) = u64::from_str_radix(address, 16) else { return };
        for (index, word) in (0u64..).zip(hexes(&WORD, words)) {
            if self.report.stack.len() < STACK_WORDS_MAX {
                self.report.stack.insert(base + 4 * index, word as u32);
            }
        }
    }

    fn reason(&mut self, line: &str) {
        // The dump on a Xtensa chip tells its registers in the line of the exception.
        let registers = REGISTER.captures_iter(line).filter_map(|found| {
            Some((found[1].to_ascii_uppercase(), u64::from_str_radix(&found[2], 16).ok()?))
        });
        self.report.registers.extend(registers);
        let reason = &mut self.report.reason;
        if !reason.is_empty() {
            reason.push(' ');
        }
        reason.push_str(line.trim().trim_end_matches(". Exception was unhandled."));
        if let Some(number) = NUMBER.captures(line).filter(|_| !line.contains("Cause")) {
            reason.push_str(exception_name(&number[1]));
        }
        reason.truncate(reason.floor_char_boundary(REASON_BYTES_MAX));
        // `panicked at src/main.rs:12:5:` has the message in the next line, an exception of C++ its text.
        self.wants_reason = self.kind == Kind::Rust && line.trim_end().ends_with(':');
        if line.contains("wdt timeout") || line.starts_with("Soft WDT") {
            self.report.cause = Cause::Watchdog;
        }
    }
}

fn hexes(pattern: &Regex, line: &str) -> Vec<u64> {
    pattern
        .captures_iter(line)
        .filter_map(|found| u64::from_str_radix(&found[1], 16).ok())
        .collect()
}

/// What the numbers of Xtensa's exceptions mean (Xtensa ISA, table of EXCCAUSE).
fn exception_name(number: &str) -> &'static str {
    match number {
        "0" => " IllegalInstruction",
        "2" => " InstructionFetchError",
        "3" => " LoadStoreError",
        "4" => " Level1Interrupt",
        "6" => " IntegerDivideByZero",
        "9" => " LoadStoreAlignment",
        "20" => " InstFetchProhibited",
        "28" => " LoadProhibited",
        "29" => " StoreProhibited",
        _ => "",
    }
}
