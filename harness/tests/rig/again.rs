//! What a run by chance says about how to have it again: a command that does so when it is pasted.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use crate::support::shadowrig;

/// Fails at whichever wake chance meets first.
const CASE: &str = "
version: 1
name: by chance
cloud: { shadow: { desired: { sleep: 5 }, reported: { sleep: 5 } } }
steps:
  - fault: { status: 503 }
    chance: 20%
    times: 0
  - never: { console: '503' }
    for: 10m
";

/// As the program is called where it stands in the path.
fn paste(folder: &Path, command: &str) -> Output {
    let program = Path::new(env!("CARGO_BIN_EXE_shadowrig"));
    let beside = program.parent().expect("it is in a folder").display();
    let path = format!("{beside}:{}", std::env::var("PATH").unwrap_or_default());
    let mut shell = Command::new("sh");
    shell.current_dir(folder).env("PATH", path).args(["-c", command]);
    shell.output().expect("there is a shell")
}

/// What was printed, without what differs from run to run.
fn printed(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    let stays = |line: &&str| !line.starts_with("run directory:") && !line.contains(" passed, ");
    text.lines().filter(stays).collect::<Vec<_>>().join("\n")
}

/// Runs the case, and gives what it printed, the command in it, and the folder that it left.
fn run(folder: &Path, more: &[&str]) -> (Output, String) {
    fs::write(folder.join("a case.yaml"), CASE).expect("it can be written");
    let fixed = ["run", "a case.yaml", "--out", "out", "--report", "junit=out.xml"];
    let output = shadowrig(folder, &[&fixed, more].concat());
    assert_eq!(output.status.code(), Some(100), "{}", printed(&output));
    let text = printed(&output);
    let found = text.lines().find_map(|line| line.split_once("by chance, the same again: "));
    let command = found.unwrap_or_else(|| panic!("a command: {text}")).1.to_owned();
    (output, command)
}

#[test]
fn the_command_shows_the_same_when_it_is_pasted() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let (output, command) = run(folder.path(), &["--seed", "11"]);
    assert_eq!(command, "shadowrig run 'a case.yaml' --board sim --seed 11");
    let pasted = paste(folder.path(), &command);
    assert_eq!(printed(&pasted), printed(&output));
    let (other, _) = run(folder.path(), &["--seed", "12"]);
    assert_ne!(printed(&other), printed(&output), "another seed is another chance");
}

#[test]
fn a_later_round_of_a_stressed_run_is_shown_by_its_own_seed() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    fs::write(folder.path().join("a case.yaml"), CASE).expect("it can be written");
    let output = shadowrig(folder.path(), &["run", "a case.yaml", "--seed", "11", "--stress", "3"]);
    let text = printed(&output);
    let commands: Vec<_> = text.lines().filter(|line| line.contains("the same again: ")).collect();
    let seeds: Vec<_> = commands.iter().filter_map(|line| line.split("--seed ").nth(1)).collect();
    assert_eq!(seeds, ["11", "12", "13"], "{text}");
    let at = |text: &str| text.lines().find(|line| line.contains("console: ")).map(str::to_owned);
    let command = commands[2].split("again: ").nth(1).expect("a command");
    let third = text.split(commands[1]).nth(1).expect("the third");
    assert_eq!(at(&printed(&paste(folder.path(), command))), at(third), "{text}");
}

#[test]
fn every_report_has_the_command() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let (_, command) = run(folder.path(), &["--seed", "11"]);
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).expect("it is there");
    let xml = command.replace('\'', "&apos;");
    assert!(read("out.xml").contains(&format!("<property name=\"again\" value=\"{xml}\"/>")));
    let run: Value = serde_json::from_str(&read("out/run.json")).expect("it is JSON");
    assert_eq!(run["cases"][0]["again"], Value::from(command.as_str()));
    assert!(read("out/index.html").contains(&command.replace('\'', "&#39;")));
    // What was left can be read back and written anew with it.
    let again = ["report", "show", "out", "--report", "junit=again.xml"];
    let shown = shadowrig(folder.path(), &again);
    assert!(shown.status.success(), "{}", printed(&shown));
    assert_eq!(read("again.xml"), read("out.xml"));
}

#[test]
fn the_command_names_the_program_that_was_the_device() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    // A device that never asks, and prints what it must not.
    let device = "sh -c 'echo \"wake: power-on\"; while echo \"it is 503\"; do sleep 0.2; done'";
    let more = ["--board", "process", "--command", device, "--thing-name", "lamp", "--seed", "3"];
    let (output, command) = run(folder.path(), &more);
    let failure = |output: &Output| {
        let text = printed(output);
        text.lines().find(|line| line.starts_with("failure: ")).map(str::to_owned)
    };
    assert!(failure(&output).is_some());
    assert!(command.contains("--thing-name lamp") && command.contains("--board process"));
    assert_eq!(failure(&paste(folder.path(), &command)), failure(&output), "{command}");
}
