//! What a reviewer would otherwise have to look for.

use std::fs;
use std::path::{Path, PathBuf};

use shadowrig::scenario;

use crate::support::{files, root};

/// The most lines that a file may have of its own, tests left out.
const FILE_LINES_MAX: usize = 400;

/// The modules that know no clock, file, socket or thread.
const PURE: &[&str] = &[
    "harness/src/scenario/mod.rs",
    "harness/src/engine/mod.rs",
    "harness/src/report/mod.rs",
    "harness/src/diagnostics.rs",
    "harness/src/shrink.rs",
    "harness/src/fleet/mod.rs",
    "harness/src/invariant/mod.rs",
    "harness/src/board/console/mod.rs",
    "harness/src/board/micropython/files.rs",
    "harness/src/board/micropython/repl.rs",
    "harness/src/inventory/board.rs",
    "harness/src/inventory/doctor.rs",
    "harness/src/inventory/keys.rs",
    "harness/src/inventory/learn.rs",
    "harness/src/inventory/matching.rs",
    "harness/src/inventory/pool.rs",
    "harness/src/inventory/read.rs",
    "harness/src/inventory/tree.rs",
    "fake-shadow/src/service/mod.rs",
    "fake-shadow/src/route.rs",
    "fake-shadow/src/shadow/mod.rs",
    "fake-shadow/src/sigv4/mod.rs",
    "fake-shadow/src/fault/mod.rs",
    "fake-shadow/src/ntp/answer.rs",
    "fake-shadow/src/ntp/packet.rs",
    "fake-shadow/src/dns/answer.rs",
    "fake-shadow/src/dns/names.rs",
    "fake-shadow/src/wire.rs",
    "device-under-test/thing/src/lib.rs",
    "device-under-test/firmware/src/lib.rs",
];

/// All Rust sources of our crates, by their path from the root; tests left out.
fn sources() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for folder in ["harness/src", "fake-shadow/src", "device-under-test"] {
        collect(&root().join(folder), &mut found);
    }
    let name = |path: &Path| {
        let path = path.strip_prefix(root()).expect("it is below the root");
        path.to_string_lossy().into_owned()
    };
    found
        .iter()
        .map(|path| (name(path), fs::read_to_string(path).expect("it can be read")))
        .collect()
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the folder can be read") {
        let path = entry.expect("the folder can be read").path();
        let name = path.file_name().expect("it has a name").to_string_lossy().into_owned();
        match path.is_dir() {
            true if !["tests", "target", "benches"].contains(&name.as_str()) => {
                collect(&path, found)
            }
            false if name.ends_with(".rs") => found.push(path),
            _ => {}
        }
    }
}

#[test]
fn pure_modules_deny_what_is_not_pure() {
    for path in PURE {
        let text = fs::read_to_string(root().join(path)).expect(path);
        let deny = "deny(clippy::disallowed_types, clippy::disallowed_methods)";
        assert!(text.contains(deny), "{path} does not deny impure types and methods");
    }
}

#[test]
fn files_are_short_enough_to_read() {
    let own_lines = |text: &str| text.lines().take_while(|line| *line != "#[cfg(test)]").count();
    let long: Vec<_> = sources()
        .into_iter()
        .filter(|(_, text)| own_lines(text) > FILE_LINES_MAX)
        .map(|(path, text)| format!("{path}: {}", own_lines(&text)))
        .collect();
    assert!(long.is_empty(), "over {FILE_LINES_MAX} lines of their own: {long:#?}");
}

#[test]
fn every_source_file_says_what_it_is() {
    let silent: Vec<_> = sources()
        .into_iter()
        .filter(|(_, text)| !text.starts_with("//!"))
        .map(|(path, _)| path)
        .collect();
    assert!(silent.is_empty(), "no module docs at the top: {silent:#?}");
}

#[test]
fn scenarios_open_with_what_they_prove_and_need() {
    for (name, text) in files("scenarios") {
        let mut lines = text.lines();
        assert!(lines.next().is_some_and(|line| line.starts_with("# Proves: ")), "{name}");
        assert!(lines.next().is_some_and(|line| line.starts_with("# Needs: ")), "{name}");
    }
}

#[test]
fn every_scenario_in_the_docs_parses() {
    let mut count = 0;
    for page in ["README.md", "docs/scenario-reference.md"] {
        let text = fs::read_to_string(root().join(page)).expect(page);
        for block in text.split("```yaml\n").skip(1) {
            let block = block.split("```").next().unwrap_or_default();
            let scenario = match block {
                whole if whole.starts_with("version:") => whole.to_owned(),
                step if step.starts_with("- ") => format!("version: 1\nname: x\nsteps:\n{step}"),
                _ => continue,
            };
            let part = "version: 1\nsteps: [reset: pin]\n";
            let parsed = scenario::parse_with(&scenario, page, &mut |_| Ok(part.to_owned()));
            assert!(parsed.is_good(), "{page}: {block}\n{:?}", parsed.problems);
            count += 1;
        }
    }
    assert!(count > 20, "only {count} scenarios were found in the docs");
}
