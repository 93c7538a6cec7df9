//! What consoles mean: each transcript of `fixtures/console/` gives the events of its snapshot, however its bytes are cut.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use proptest::prelude::*;
use shadowrig::board::console::Console;
use shadowrig::engine::Event;
use shadowrig::time::{Moment, parse_span};

use crate::support::{root, shadowrig};

/// A piece of a transcript: bytes, and how long nothing comes behind them.
struct Piece {
    bytes: Vec<u8>,
    pause: Duration,
}

fn transcripts() -> Vec<(String, Vec<Piece>)> {
    let folder = root().join("fixtures/console");
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)
        .expect("the folder is there")
        .map(|entry| entry.expect("it can be read").path())
        .filter(|path| path.extension().is_some_and(|end| end == "transcript"))
        .collect();
    paths.sort();
    assert!(paths.len() > 15, "transcripts are there");
    paths
        .into_iter()
        .map(|path| {
            let name = path.file_stem().expect("it has a name").to_string_lossy().into_owned();
            (name, pieces(&fs::read_to_string(path).expect("it can be read")))
        })
        .collect()
}

fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut bytes = Vec::new();
    for line in text.lines() {
        match line.split_once('@') {
            Some((open, span)) => {
                bytes.extend(open.as_bytes());
                let pause = parse_span(span).expect("a span stands behind @");
                pieces.push(Piece { bytes: std::mem::take(&mut bytes), pause });
            }
            None => bytes.extend(format!("{line}\r\n").as_bytes()),
        }
    }
    pieces.push(Piece { bytes, pause: Duration::ZERO });
    pieces
}

/// The events of a transcript with their times; `cut` cuts each piece.
fn events(pieces: &[Piece], cut: impl Fn(&[u8]) -> Vec<&[u8]>) -> Vec<(Moment, Event)> {
    let mut console = Console::default();
    let mut now = Moment::START;
    let mut seen = Vec::new();
    for piece in pieces {
        for bytes in cut(&piece.bytes) {
            seen.extend(console.feed(now, bytes).into_iter().map(|event| (now, event)));
        }
        let end = now.after(piece.pause);
        while let Some(at) = console.wake_at().filter(|at| *at <= end) {
            seen.extend(console.tick(at).into_iter().map(|event| (at, event)));
        }
        now = end;
    }
    seen.extend(console.end(now).into_iter().map(|event| (now, event)));
    seen
}

#[test]
fn each_transcript_means_what_its_snapshot_says() {
    for (name, pieces) in transcripts() {
        let mut text = String::new();
        for (at, event) in events(&pieces, |bytes| vec![bytes]) {
            if let Event::Crash(crash) = &event {
                writeln!(text, "{at:>8} crash    {}", crash.lines().join("\n                  "))
            } else {
                writeln!(text, "{at:>8} {:<8} {}", event.kind(), event.words())
            }
            .expect("text can be written");
        }
        insta::assert_snapshot!(format!("console__{name}"), text);
    }
}

#[test]
fn bytes_one_by_one_mean_the_same() {
    for (name, pieces) in transcripts() {
        let whole = events(&pieces, |bytes| vec![bytes]);
        assert_eq!(whole, events(&pieces, |bytes| bytes.chunks(1).collect()), "{name}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn however_the_bytes_are_cut_they_mean_the_same(sizes in prop::collection::vec(1usize..90, 1..40)) {
        for (name, pieces) in transcripts() {
            let whole = events(&pieces, |bytes| vec![bytes]);
            let mut sizes = sizes.iter().copied().cycle();
            let mut parted = Vec::new();
            for piece in &pieces {
                let mut rest = piece.bytes.as_slice();
                while !rest.is_empty() {
                    let (part, later) = rest.split_at(sizes.next().unwrap_or(1).min(rest.len()));
                    parted.push(Piece { bytes: part.to_vec(), pause: Duration::ZERO });
                    rest = later;
                }
                parted.push(Piece { bytes: Vec::new(), pause: piece.pause });
            }
            prop_assert_eq!(whole, events(&parted, |bytes| vec![bytes]), "{}", name);
        }
    }

    #[test]
    fn no_bytes_are_too_odd_for_a_console(
        pieces in prop::collection::vec((prop::collection::vec(any::<u8>(), 0..80), 0u64..3000), 0..12),
        transcript in 0usize..15,
    ) {
        let mut all = transcripts().swap_remove(transcript).1;
        all.extend(pieces.into_iter().map(|(bytes, millis)| Piece { bytes, pause: Duration::from_millis(millis) }));
        let seen = events(&all, |bytes| vec![bytes]);
        prop_assert!(seen.is_sorted_by_key(|(at, _)| *at));
    }
}

/// The firmware of a prompt: it asks without a line feed, and goes on when it is answered.
const PROMPT: &str = "printf 'name: '\nread name\necho \"hello $name\"\nread end\n";

#[test]
fn a_prompt_is_waited_for_and_answered_where_partial_is_said() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    fs::write(folder.path().join("prompt.sh"), PROMPT).expect("it can be written");
    let run = |partial: &str| {
        let text = format!(
            "version: 1\nname: a prompt\nsteps:\n  - expect-console: 'name:'\n{partial}\
             \x20 - write-console: \"lamp\\n\"\n  - expect-console: 'hello lamp'\n    within: 20s\n"
        );
        fs::write(folder.path().join("prompt.yaml"), text).expect("it can be written");
        let words = ["run", "prompt.yaml", "--board", "process", "--command", "sh prompt.sh"];
        let output = shadowrig(folder.path(), &words);
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let (code, out) = run("    within: 30s\n    partial: true\n");
    assert_eq!(code, Some(0), "{out}");
    // Without it the prompt is seen, and does not count.
    let (code, out) = run("    within: 5s\n");
    assert_eq!(code, Some(100), "{out}");
    assert!(out.contains("such a line has begun, and has not ended"), "{out}");
    assert!(out.contains("`partial: true`"), "{out}");
}
