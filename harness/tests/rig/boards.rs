//! The boards of a host: what is said of a bad inventory, and `shadowrig boards`.

use std::fs;

use shadowrig::diagnostics::{self, Source, Style};
use shadowrig::inventory::read;

use crate::support::{root, shadowrig_with};

#[test]
fn every_bad_inventory_is_told_with_places_and_remedies() {
    let folder = root().join("fixtures/inventory/bad");
    let mut names: Vec<_> = fs::read_dir(&folder)
        .expect("the folder is there")
        .map(|entry| entry.expect("it can be read").file_name().into_string().expect("text"))
        .collect();
    names.sort();
    for name in names {
        let text = fs::read_to_string(folder.join(&name)).expect("it can be read");
        let problems = read::read(&text).problems;
        assert!(!problems.is_empty(), "{name} has nothing wrong");
        let source = Source { path: &name, text: &text };
        let drawn: Vec<_> = problems
            .iter()
            .map(|problem| diagnostics::problem(source, problem, Style::Plain))
            .collect();
        insta::assert_snapshot!(format!("inventory_{name}"), drawn.join("\n\n"));
    }
}

const TWO: &str = r#"
[[board]]
name = "shade-3"
mac = "84:f7:03:67:84:6c"
chip = "esp32c3"
serial = { port = "/nowhere/ttyUSB0" }
labels = ["motor", "rig:left"]
power = { switch = "uhubctl", hub = "1-1", port = 4 }

[[board]]
name = "twin"
mac = "7c:df:a1:c2:22:10"
chip = "esp32"
serial = { kind = "virtual" }
"#;

/// Runs `shadowrig boards` with an inventory of that text; returns the exit code, standard output and standard error.
fn check(inventory: &str, arguments: &[&str]) -> (i32, String, String) {
    let folder = tempfile::tempdir().expect("a folder can be made");
    fs::write(folder.path().join("boards.toml"), inventory).expect("it can be written");
    let environment = [("SHADOWRIG_INVENTORY", "boards.toml"), ("SHADOWRIG_LOCKS", "locks")];
    let arguments = [&["boards"], arguments].concat();
    let output = shadowrig_with(folder.path(), &environment, &arguments);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().expect("it ends by itself"), text(&output.stdout), text(&output.stderr))
}

#[test]
fn list_shows_boards_to_people_and_to_scripts() {
    let (code, out, err) = check(TWO, &["list"]);
    assert_eq!((code, err.as_str()), (0, ""));
    insta::assert_snapshot!(out);
    let (_, out, _) = check(TWO, &["list", "--json"]);
    let list: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(list["boards"][0]["can"], serde_json::json!(["console", "power-switch"]));
    assert_eq!(list["boards"][1]["free"], true);
}

#[test]
fn an_inventory_that_is_wrong_lists_nothing_and_learns_nothing() {
    for command in ["list", "learn", "doctor"] {
        let (code, out, err) = check("[[board]]\nname = \"x\"\n", &[command]);
        assert_eq!((code, out.as_str()), (5, ""), "{command}");
        assert!(err.contains("boards.toml:1:1") && err.contains("needs `mac`"), "{err}");
    }
}

#[test]
fn the_doctor_misses_what_is_not_there() {
    let (code, out, _) = check(TWO, &["doctor"]);
    assert_eq!(code, 5, "{out}");
    assert!(out.contains("bad      shade-3: missing"), "{out}");
    assert!(out.contains("ok       twin: virtual"), "{out}");
}
