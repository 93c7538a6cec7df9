//! What the documentation says is so: the tutorial runs, the files for CI are good, the page of messages shows the golden files.

use std::fs;
use std::path::Path;
use std::process::Command;

use clap::Parser;
use shadowrig::cli::Args;
use shadowrig::scenario::yaml;

use crate::support::{root, shadowrig};

/// A block of a Markdown page: its language, its text, and the line before it that names a file.
struct Block {
    language: String,
    text: String,
    file: Option<String>,
}

fn blocks(page: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut lines = page.lines();
    let mut file = None;
    while let Some(line) = lines.next() {
        if let Some(name) = line.strip_prefix("<!-- file: ") {
            file = name.strip_suffix(" -->").map(str::to_owned);
        } else if let Some(language) = line.strip_prefix("```") {
            let text: Vec<_> = lines.by_ref().take_while(|line| *line != "```").collect();
            let text = text.join("\n") + "\n";
            blocks.push(Block { language: language.to_owned(), text, file: file.take() });
        }
    }
    blocks
}

/// Words apart by blanks; quotes keep blanks together.
fn words(line: &str) -> Vec<String> {
    let parts = line.split('"').enumerate();
    let cut = parts.flat_map(|(index, part)| match index % 2 {
        0 => part.split_whitespace().map(str::to_owned).collect(),
        _ => vec![part.to_owned()],
    });
    cut.collect()
}

#[test]
fn every_command_and_file_of_the_tutorial_works() {
    let page = fs::read_to_string(root().join("docs/tutorial.md")).expect("it is there");
    let folder = tempfile::tempdir().expect("a folder can be made");
    let (mut said, mut commands) = (String::new(), 0);
    for block in blocks(&page) {
        match (block.language.as_str(), &block.file) {
            ("yaml", Some(file)) => {
                let path = folder.path().join(file);
                fs::create_dir_all(path.parent().expect("it is in a folder")).expect("made");
                fs::write(path, &block.text).expect("written");
            }
            ("sh", _) => {
                said.clear();
                for line in block.text.lines() {
                    let (line, code) = line.split_once("# ends with ").unwrap_or((line, "0"));
                    let line = words(line);
                    assert_eq!(line[0], "shadowrig");
                    let output = Command::new(env!("CARGO_BIN_EXE_shadowrig"))
                        .current_dir(folder.path())
                        .env_remove("CI")
                        .args(&line[1..])
                        .output()
                        .expect("the program starts");
                    said += &String::from_utf8_lossy(&output.stdout);
                    said += &String::from_utf8_lossy(&output.stderr);
                    let ended = output.status.code().map(|code| code.to_string());
                    assert_eq!(ended.as_deref(), Some(code.trim()), "{line:?}: {said}");
                    commands += 1;
                }
            }
            ("text", _) => {
                for line in block.text.lines() {
                    assert!(said.contains(line.trim_end()), "no `{line}` in {said}");
                }
            }
            (language, file) => panic!("a block of {language}, file {file:?}"),
        }
    }
    assert!(commands > 10, "{commands}");
}

#[test]
fn the_files_for_ci_are_yaml_and_their_commands_are_ours() {
    let hole = regex::Regex::new(r"\$\{\{[^}]*\}\}|\$[A-Z_]+").expect("a constant");
    let mut commands = 0;
    for entry in fs::read_dir(root().join("docs/ci")).expect("it is there") {
        let path = entry.expect("it can be read").path();
        if path.extension().is_none_or(|end| end != "yml") {
            continue;
        }
        let text = fs::read_to_string(&path).expect("it is text");
        assert!(yaml::parse(&text, 0).is_ok(), "{}", path.display());
        for line in text.lines().filter(|line| !line.trim_start().starts_with('#')) {
            let Some(at) = line.find("shadowrig ") else { continue };
            let command = hole.replace_all(&line[at..], "1").replace(")\" >> \"1\"", "");
            let parsed = Args::try_parse_from(words(&command));
            assert!(parsed.is_ok(), "{}: {command}: {}", path.display(), parsed.unwrap_err());
            commands += 1;
        }
    }
    assert!(commands >= 8, "{commands}");
}

/// The page has each golden file as a block below its name; `INSTA_UPDATE=always` writes it again.
#[test]
fn the_page_of_messages_shows_every_golden_file() {
    let snapshots = root().join("harness/tests/rig/snapshots");
    let mut golden: Vec<_> = fs::read_dir(snapshots)
        .expect("it is there")
        .map(|entry| entry.expect("it can be read").path())
        .filter_map(|path| Some((kind_and_name(&path)?, path)))
        .collect();
    golden.sort();
    let path = root().join("docs/error-messages.md");
    let page = fs::read_to_string(&path).unwrap_or_default();
    let (introduction, _) = page.split_once(MARK).expect("the page has its mark");
    let mut wanted = format!("{introduction}{MARK}\n");
    let mut kind_before = String::new();
    for ((kind, name), path) in golden {
        if kind != kind_before {
            wanted += &format!("\n## {}\n", heading(&kind));
            kind_before = kind.clone();
        }
        let text = fs::read_to_string(path).expect("it is text");
        let drawn = text.splitn(3, "---\n").nth(2).unwrap_or_default().trim_end();
        wanted += &format!("\n### `{kind}/{name}.yaml`\n\n```text\n{drawn}\n```\n");
    }
    if std::env::var("INSTA_UPDATE").is_ok_and(|update| update == "always") {
        fs::write(&path, &wanted).expect("it can be written");
    } else {
        assert!(
            page == wanted,
            "write the page again: INSTA_UPDATE=always cargo test -p shadowrig page_of_messages"
        );
    }
}

const MARK: &str = "<!-- Below: the golden files, put here by the test. -->";

fn kind_and_name(path: &Path) -> Option<(String, String)> {
    let name = path.file_name()?.to_string_lossy().into_owned();
    let name = name.strip_prefix("rig__scenarios__")?.strip_suffix(".snap")?;
    let (kind, name) = name.split_once("__")?;
    Some((kind.to_owned(), name.to_owned()))
}

fn heading(kind: &str) -> &'static str {
    match kind {
        "bad" => "Files that do not run",
        "failing" => "Cases that fail",
        "observed" => "Cases that fail by what no simulated device does",
        "warned" => "Files that run and are warned of",
        kind => panic!("no heading for {kind}"),
    }
}

#[test]
fn a_new_scenario_passes_as_it_is_and_is_never_written_over() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    for proves in ["obey", "idle", "bad-answer", "power-cut"] {
        let name = format!("It's \"{proves}\": #1");
        let output = shadowrig(folder.path(), &["new", &name, "--proves", proves]);
        assert!(output.status.success(), "{output:?}");
        let again = shadowrig(folder.path(), &["new", &name]);
        assert_eq!(again.status.code(), Some(2));
        assert!(String::from_utf8_lossy(&again.stderr).contains("is there already"));
    }
    let check = shadowrig(folder.path(), &["check", "--deny", "warnings"]);
    assert!(check.status.success(), "{check:?}");
    let run = shadowrig(folder.path(), &["run"]);
    let out = String::from_utf8_lossy(&run.stdout);
    assert!(
        out.lines()
            .last()
            .unwrap_or_default()
            .starts_with("4 passed, 0 failed, 0 errors, 0 skipped"),
        "{out}"
    );
    assert_eq!(shadowrig(folder.path(), &["new", "???"]).status.code(), Some(2));
}

#[test]
fn shells_get_completions() {
    for shell in ["bash", "zsh", "fish"] {
        let output = shadowrig(&root(), &["completions", shell]);
        assert!(output.status.success());
        let text = String::from_utf8_lossy(&output.stdout);
        // A word of ours, a board, a cloud, a format of reports, and a profile of fleets.
        for word in ["update-snapshots", "emulated", "aws", "junit=", "clock-drift"] {
            assert!(text.contains(word), "{shell} does not offer {word}");
        }
    }
    assert_eq!(shadowrig(&root(), &["completions", "cmd"]).status.code(), Some(2));
}

/// All sources below a folder.
fn sources(folders: &[&str]) -> Vec<String> {
    let mut sources = Vec::new();
    let mut folders: Vec<_> = folders.iter().map(|folder| root().join(folder)).collect();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("it is there") {
            let path = entry.expect("it can be read").path();
            match path.extension() {
                Some(end) if end == "rs" => {
                    sources.push(fs::read_to_string(path).expect("it can be read"));
                }
                None if path.is_dir() => folders.push(path),
                None | Some(_) => {}
            }
        }
    }
    sources
}

#[test]
fn every_remedy_is_shown_by_tests_that_are_there() {
    let sources = sources(&[
        "harness/src",
        "harness/tests",
        "device-under-test/virtual-board/src",
        "device-under-test/virtual-board/tests",
    ]);
    let script = root().join("device-under-test/virtual-board/tests/esptool/run.sh");
    let script = fs::read_to_string(script).expect("it is there");
    for (page, rows_min) in [("docs/remedies.md", 20), ("docs/flashing-acceptance.md", 15)] {
        let text = fs::read_to_string(root().join(page)).expect("it is there");
        let rows: Vec<_> = text.lines().filter(|line| line.starts_with("| ")).skip(2).collect();
        assert!(rows.len() > rows_min, "{page} has only {} rows", rows.len());
        for row in rows {
            let shown = row.trim_end_matches(" |").rsplit(" | ").next().expect("it has columns");
            let tests: Vec<_> = shown.split('`').skip(1).step_by(2).collect();
            assert!(!tests.is_empty(), "nothing shows {row}");
            for test in tests {
                let head = format!("fn {test}()");
                // Checks of the script have names with spaces, some of them behind the name of a chip.
                let is_there = match test.contains(' ') {
                    true => {
                        script.contains(&format!("\"{test}\""))
                            || script.contains(&format!("$chip {test}\""))
                            || script.contains(&format!(
                                "$chip $name: {}\"",
                                test.split_once(": ").map_or(test, |(_, what)| what)
                            ))
                            || script.contains(&format!("$chip: {test}\""))
                    }
                    false => sources.iter().any(|source| source.contains(&head)),
                };
                assert!(is_there, "{page}: there is no {test}");
            }
        }
    }
}
