//! `new` as a person at a terminal uses it: it asks, and writes a scenario that passes.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use crate::support::shadowrig;

/// A program on a pseudo-terminal: what it shows when these answers are typed, and its exit code.
fn at_a_terminal(folder: &Path, arguments: &[&str], answers: &[&str]) -> (String, Option<i32>) {
    let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("there are pseudo-terminals");
    grantpt(&ours).expect("it is ours");
    unlockpt(&ours).expect("it can be opened");
    let name = ptsname(&ours, Vec::new()).expect("it has a name");
    let name = name.to_str().expect("its name is text");
    let end = || OpenOptions::new().read(true).write(true).open(name).expect("it opens");
    let mut child = Command::new(env!("CARGO_BIN_EXE_shadowrig"))
        .current_dir(folder)
        .args(arguments)
        .stdin(Stdio::from(end()))
        .stdout(Stdio::from(end()))
        .stderr(Stdio::from(end()))
        .spawn()
        .expect("the program starts");
    let mut terminal = File::from(ours);
    let mut shown = String::new();
    for answer in answers {
        until(&mut terminal, &mut shown, "]: ");
        writeln!(terminal, "{answer}").expect("it can be typed");
    }
    let code = child.wait().expect("it ends").code();
    // What was written before the last end was closed is still there; reading on is an error then.
    let mut rest = Vec::new();
    let mut byte = [0; 256];
    while let Ok(count @ 1..) = terminal.read(&mut byte) {
        rest.extend_from_slice(&byte[..count]);
    }
    shown += &String::from_utf8_lossy(&rest);
    (shown.replace("\r\n", "\n"), code)
}

/// Reads until what was read since the last call ends with a text.
fn until(terminal: &mut File, shown: &mut String, text: &str) {
    let mut read = String::new();
    let mut byte = [0; 1];
    while !read.ends_with(text) {
        let count = terminal.read(&mut byte).expect("it can be read");
        assert_eq!(count, 1, "no `{text}` in: {shown}{read}");
        read.push(char::from(byte[0]));
    }
    *shown += &read;
}

fn check(answers: &[&str], proves: &str) {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let words = ["new", "Ask me", "--folder", "."];
    let (shown, code) = at_a_terminal(folder.path(), &words, answers);
    assert_eq!(code, Some(0), "{shown}");
    assert!(shown.contains("What is it to prove?"), "{shown}");
    assert!(
        shown.ends_with("wrote ./ask-me.yaml\nrun it by: shadowrig run ./ask-me.yaml\n"),
        "{shown}"
    );
    let text = fs::read_to_string(folder.path().join("ask-me.yaml")).expect("it was written");
    assert!(text.starts_with(&format!("# Proves: {proves}")), "{text}");
    let output = shadowrig(folder.path(), &["run", "ask-me.yaml"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn an_answer_chooses_and_the_case_passes() {
    check(&["2"], "A device with nothing to do asks once and reports nothing");
    check(&["4"], "A power cut loses nothing");
}

#[test]
fn an_empty_answer_is_the_first_and_nonsense_is_asked_again() {
    check(&[""], "A desired change is obeyed once and reported once");
    check(&["0", "nine", "3"], "A bad answer of the cloud costs one sleep");
}
