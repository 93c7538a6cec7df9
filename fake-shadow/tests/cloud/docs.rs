//! The pages about the control interface and about HTTP say what is true.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use fake_shadow::REQUESTS_KEPT_MAX;
use fake_shadow::fault::{Fault, Kind};

fn page() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/control-interface.md");
    std::fs::read_to_string(path).unwrap()
}

#[test]
fn each_kind_of_fault_has_its_row() {
    let page = page();
    let rows: Vec<&str> = page
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
        .filter(|name| Kind::NAMES.contains(name))
        .collect();
    assert_eq!(rows, Kind::NAMES);
}

#[test]
fn each_fault_on_the_page_can_be_armed() {
    let page = page();
    let blocks: Vec<&str> =
        page.split("```json\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    let faults: Vec<Fault> = blocks
        .iter()
        .map(|block| Fault::read(&serde_json::from_str(block).unwrap()).unwrap())
        .collect();
    assert_eq!(faults.len(), 3);
    assert_eq!(faults[0], faults[1]);
}

#[test]
fn numbers_on_the_page_are_those_of_the_code() {
    assert!(page().contains(&format!("the latest {REQUESTS_KEPT_MAX} are kept")));
}

/// Each row of the page about HTTP names tests, each of which is there; and no test of the edges is missing on it.
#[test]
fn each_edge_of_http_on_the_page_is_shown_by_a_test() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join("../docs/http-edges.md")).unwrap();
    let tests = |file: &str| -> BTreeSet<String> {
        let text = fs::read_to_string(root.join("tests/cloud").join(file)).unwrap();
        let functions = text.split("#[test]\n").skip(1).chain(text.split("#[tokio::test").skip(1));
        let name = |rest: &str| rest.split("fn ").nth(1)?.split('(').next().map(str::to_owned);
        functions.filter_map(name).collect()
    };
    let edges = tests("http_edges.rs");
    let all: BTreeSet<String> = ["http_requests.rs", "hard_to_kill.rs"]
        .iter()
        .flat_map(|file| tests(file))
        .chain(edges.iter().cloned())
        .collect();
    let mut named = BTreeSet::new();
    for row in page.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| **")) {
        let shown_by = row.trim_end_matches('|').rsplit('|').next().unwrap();
        let names: Vec<&str> = shown_by.split('`').skip(1).step_by(2).collect();
        assert!(!names.is_empty() || row.contains("shown by") || row.contains("---"), "{row}");
        for name in names {
            assert!(all.contains(name), "there is no test {name}");
            named.insert(name.to_owned());
        }
    }
    let missing: Vec<&String> = edges.difference(&named).collect();
    assert!(missing.is_empty(), "the page does not tell of {missing:?}");
}
