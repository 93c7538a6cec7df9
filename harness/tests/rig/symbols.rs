//! Crashes decoded: addresses of a crash report become functions and lines by the ELF.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use object::Architecture;
use shadowrig::board::console::{Console, Symbols, SymbolsError};
use shadowrig::diagnostics::{self, Source, Style};
use shadowrig::engine::{Engine, Event, Input, Outcome, Verdict};
use shadowrig::scenario;
use shadowrig::time::Moment;

use crate::elf::{ESP8266, Function, RISCV, XTENSA, elf};
use crate::support::root;

/// What a transcript means with the symbols of these functions.
fn events(transcript: &str, architecture: Architecture, functions: &[Function]) -> Vec<Event> {
    let symbols = Symbols::read(&elf(architecture, functions)).expect("it has symbols");
    let path = root().join("fixtures/console").join(transcript);
    let text = fs::read_to_string(path).expect("it can be read");
    let mut console = Console::default();
    console.set_symbols(Some(symbols));
    let mut events = console.feed(Moment::START, text.as_bytes());
    events.extend(console.end(Moment::START));
    events
}

/// What a transcript's crash is with the symbols of these functions.
fn check(transcript: &str, architecture: Architecture, functions: &[Function]) -> String {
    let events = events(transcript, architecture, functions);
    let crash = events.iter().find_map(|event| match event {
        Event::Crash(crash) => Some(crash),
        _ => None,
    });
    let crash = crash.expect("there is a crash");
    format!("{}\n{}\n", crash.words(), crash.lines().join("\n"))
}

/// Runs a scenario against what an ESP32 prints that crashes; every event a millisecond after the other.
fn run(text: &str) -> Outcome {
    let parsed = scenario::parse(text, "crash.yaml");
    assert!(parsed.is_good(), "{:?}", parsed.problems);
    let mut engine = Engine::new(Arc::new(parsed.plans.into_iter().next().expect("one case")));
    let mut now = Moment::START;
    let mut actions = engine.handle(now, Input::Start);
    for event in events("idf-xtensa-panic.transcript", Architecture::Xtensa, XTENSA) {
        while !actions.is_empty() {
            let done = std::mem::take(&mut actions);
            actions = done.iter().flat_map(|_| engine.handle(now, Input::Done(Ok(())))).collect();
        }
        now = now.after(Duration::from_millis(1));
        actions.extend(engine.handle(now, Input::Observed(event)));
    }
    while !engine.is_over() {
        now = engine.wake_at().map_or(now, |at| at.max(now));
        let input = if actions.pop().is_some() { Input::Done(Ok(())) } else { Input::Tick };
        actions.extend(engine.handle(now, input));
    }
    engine.into_outcome()
}

#[test]
fn a_backtrace_of_an_xtensa_chip_has_functions_and_lines() {
    insta::assert_snapshot!(
        "crash__xtensa",
        check("idf-xtensa-panic.transcript", Architecture::Xtensa, XTENSA)
    );
}

#[test]
fn a_riscv_chip_gets_its_backtrace_from_its_stack_and_the_call_frames_of_the_elf() {
    insta::assert_snapshot!(
        "crash__riscv",
        check("idf-riscv-panic.transcript", Architecture::Riscv32, RISCV)
    );
}

#[test]
fn without_call_frames_there_are_the_caller_and_what_lies_on_the_stack() {
    let bare: Vec<_> = RISCV.iter().map(|f| Function { frame: None, name: f.name, ..*f }).collect();
    insta::assert_snapshot!(
        "crash__riscv-without-frames",
        check("idf-riscv-panic.transcript", Architecture::Riscv32, &bare)
    );
}

#[test]
fn an_esp8266_tells_where_it_was_and_what_lies_on_the_stack() {
    insta::assert_snapshot!(
        "crash__esp8266",
        check("arduino-esp8266-exception.transcript", Architecture::Xtensa, ESP8266)
    );
}

#[test]
fn what_is_no_elf_or_has_no_symbols_is_refused_with_what_to_give() {
    let error = Symbols::read(b"\xe9\x03\x02\x10 an image").expect_err("it is none").to_string();
    assert!(
        error.starts_with("it is no ELF: ") && error.contains("the ELF that it was made from"),
        "{error}"
    );
    let host = Architecture::X86_64;
    let stripped =
        object::write::Object::new(object::BinaryFormat::Elf, host, object::Endianness::Little);
    let stripped = stripped.write().expect("it can be written");
    assert_eq!(Symbols::read(&stripped).expect_err("it has none"), SymbolsError::Empty);
}

#[test]
fn a_damaged_elf_is_refused_or_read_and_never_breaks() {
    let whole = elf(Architecture::Riscv32, RISCV);
    let end = whole.len();
    // The text is most of it and is not read.
    for at in (0..512).chain(end - 4096..end).step_by(3) {
        let mut damaged = whole.clone();
        damaged[at] ^= 0xff;
        if let Ok(symbols) = Symbols::read(&damaged) {
            assert!(!symbols.places(0x4200_69b2).is_empty());
        }
        if at % 5 == 0 {
            let _either = Symbols::read(&whole[..at]);
        }
    }
}

#[test]
fn the_guard_that_every_case_has_names_the_crash_with_its_backtrace() {
    let text = "version: 1\nname: a shade that moves\nsteps:\n  - expect-console: 'moved'\n";
    let outcome = run(text);
    let source = Source { path: "crash.yaml", text };
    let report = diagnostics::failure(source, &outcome.verdict, &outcome.log, Style::Plain);
    insta::assert_snapshot!("crash__report", report);
}

#[test]
fn resets_and_wakes_of_a_console_are_what_steps_wait_for() {
    let outcome = run(
        "version: 1\nname: a crash that is wanted\nallow: [panic]\nsteps:\n  - expect-reset: power-on\n\
         \x20 - expect-wake: power-on\n  - expect-reset: panic\n  - expect-wake: reset\n",
    );
    assert_eq!(outcome.verdict, Verdict::Passed);
}
