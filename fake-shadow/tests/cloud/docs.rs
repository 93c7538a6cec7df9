//! The page about the control interface says what is true.

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
