//! Run directories: written by a run, shown again, joined; what is not one is refused.

use std::fs;
use std::path::Path;

use crate::support::shadowrig;

const FAILS: &str =
    "version: 1\nname: fails\nsteps:\n  - expect-request: DELETE shadow\n    within: 1s\n";
const ROWS: &str = "version: 1\nname: rows\nmatrix: { row: [1, 2, 3, 4] }\n\
    cloud: { shadow: { desired: { sleep: 5 }, reported: { sleep: 5 } } }\nsteps:\n  - expect-request: GET shadow\n";
const FORMATS: [(&str, &str); 5] =
    [("junit", "xml"), ("json", "json"), ("html", "html"), ("tap", "tap"), ("github", "md")];

struct Folder(tempfile::TempDir);

impl Folder {
    /// A folder with a failing case and four that pass.
    fn new() -> Self {
        let folder = Self(tempfile::tempdir().expect("a folder can be made"));
        folder.write("fails.yaml", FAILS);
        folder.write("rows.yaml", ROWS);
        folder
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path().join(name), text).expect("a file can be written");
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path().join(name)).expect(name)
    }

    /// Runs the program; returns the exit code, standard output and standard error.
    fn shadowrig(&self, line: &str) -> (i32, String, String) {
        let output = shadowrig(self.path(), &line.split(' ').collect::<Vec<_>>());
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (
            output.status.code().expect("it ends by itself"),
            text(&output.stdout),
            text(&output.stderr),
        )
    }
}

/// `--report` for each format, to files with this name.
fn to_all(name: &str) -> String {
    FORMATS.map(|(format, end)| format!(" --report {format}={name}.{end}")).concat()
}

#[test]
fn show_writes_the_reports_that_the_run_wrote() {
    let folder = Folder::new();
    let (code, _, _) = folder.shadowrig(&format!("run . --out out{}", to_all("deep/er/run")));
    assert_eq!(code, 100);
    let (code, out, err) = folder.shadowrig(&format!("report show out{}", to_all("shown")));
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(out.lines().all(|line| line.starts_with("::error ")), "{out}");
    for (_, end) in FORMATS {
        let (run, shown) =
            (folder.read(&format!("deep/er/run.{end}")), folder.read(&format!("shown.{end}")));
        assert_eq!(run, shown, "{end}");
    }
    assert_eq!(folder.read("out/junit.xml"), folder.read("shown.xml"));
    assert_eq!(folder.read("out/run.json"), folder.read("shown.json"));
    assert_eq!(folder.read("out/index.html"), folder.read("shown.html"));
    assert_eq!(folder.read("out/001-fails/scenario.txt"), FAILS);
}

#[test]
fn show_prints_what_the_run_printed() {
    let folder = Folder::new();
    let (_, ran, _) = folder.shadowrig("run . --out out");
    let (_, shown, _) = folder.shadowrig("report show out");
    assert_eq!(ran.replace("run directory: out\n", ""), shown);
}

#[test]
fn a_report_to_standard_output_leaves_the_summary_last() {
    let folder = Folder::new();
    let (_, out, _) = folder.shadowrig("run . --report tap=- --report github=-");
    assert!(out.contains("TAP version 14\n1..5\nnot ok 1 - fails\n"), "{out}");
    assert!(
        out.contains("\n::error file=fails.yaml,line=4,col=5,title=fails::no DELETE shadow"),
        "{out}"
    );
    assert!(
        out.lines().last().is_some_and(|line| line.starts_with("4 passed, 1 failed, ")),
        "{out}"
    );
    let (_, out, _) = folder.shadowrig("run . --out out");
    assert!(!out.contains("::error"));
    let (_, out, _) = folder.shadowrig("report show out --report junit=-");
    assert_eq!(out, folder.read("out/junit.xml"));
}

#[test]
fn the_step_summary_of_a_job_is_added_to_and_files_are_written_anew() {
    let folder = Folder::new();
    folder.write("summary.md", "before\n");
    folder.write("other.md", "before\n");
    let line =
        "run . --out out --step-summary summary.md --report github=- --report github=other.md";
    folder.shadowrig(line);
    assert!(folder.read("summary.md").starts_with("before\n## ❌ Shadowrig: 4 passed, 1 failed"));
    assert!(folder.read("other.md").starts_with("## ❌ Shadowrig: 4 passed, 1 failed"));
}

#[test]
fn a_partition_joined_is_the_whole_run() {
    let folder = Folder::new();
    folder.shadowrig("run . --partition slice:1/2 --out a");
    folder.shadowrig("run . --partition slice:2/2 --out b");
    let (code, out, err) =
        folder.shadowrig("report merge a b --out joined --report junit=joined.xml");
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(
        out.starts_with("run directory: joined\n4 passed, 1 failed, 0 errors, 0 skipped in "),
        "{out}"
    );
    assert_eq!(folder.read("joined/junit.xml"), folder.read("joined.xml"));
    assert_eq!(
        folder.read("joined/001-fails/events.jsonl"),
        folder.read("a/001-fails/events.jsonl")
    );
    assert_eq!(
        folder.read("joined/004-rows-row-1/events.jsonl"),
        folder.read("b/001-rows-row-1/events.jsonl")
    );
    assert!(!folder.read("joined.xml").contains("(run "), "no case is there twice");
    let (code, shown, _) = folder.shadowrig("report show joined");
    assert_eq!((code, shown.matches("PASS").count(), shown.matches("FAIL").count()), (0, 4, 1));
}

#[test]
fn a_case_that_two_runs_have_is_kept_from_both_under_clear_names() {
    let folder = Folder::new();
    for out in ["monday/rig", "tuesday/rig", "other"] {
        folder.shadowrig(&format!("run fails.yaml --out {out}"));
    }
    folder.shadowrig("report merge monday/rig other --out joined");
    let (_, shown, _) = folder.shadowrig("report show joined");
    assert!(
        shown.contains("fails (run rig)\n") && shown.contains("fails (run other)\n"),
        "{shown}"
    );
    folder.shadowrig("report merge monday/rig tuesday/rig --out joined2");
    let (_, shown, _) = folder.shadowrig("report show joined2");
    assert!(
        shown.contains("fails (run monday/rig)\n") && shown.contains("fails (run tuesday/rig)\n"),
        "{shown}"
    );
    folder.shadowrig("report merge joined2 joined tuesday/rig --out joined3");
    let names: std::collections::BTreeSet<String> = folder
        .shadowrig("report show joined3")
        .1
        .lines()
        .filter(|line| line.contains(" FAIL "))
        .map(ToOwned::to_owned)
        .collect();
    assert_eq!(names.len(), 5, "{names:?}");
}

#[test]
fn merge_overwrites_nothing_and_takes_each_run_once() {
    let folder = Folder::new();
    folder.shadowrig("run fails.yaml --out a");
    fs::create_dir(folder.path().join("full")).expect("a folder can be made");
    folder.write("full/precious.txt", "keep me");
    let (code, out, err) = folder.shadowrig("report merge a --out full");
    insta::assert_snapshot!("merge_full", err);
    assert_eq!((code, out.as_str(), folder.read("full/precious.txt").as_str()), (2, "", "keep me"));
    let (code, _, err) = folder.shadowrig("report merge a --out a");
    assert_eq!(code, 2, "{err}");
    let (code, _, err) = folder.shadowrig("report merge a ./a --out new");
    insta::assert_snapshot!("merge_twice", err);
    assert_eq!(code, 2);
    assert!(!folder.path().join("new").exists());
}

#[test]
fn what_is_no_run_directory_is_refused_with_what_to_do() {
    let folder = Folder::new();
    folder.shadowrig("run fails.yaml --out good");
    for (name, text) in
        [("later", "{\"kind\":\"shadowrig-run\",\"version\":2}"), ("else", "{}"), ("text", "x")]
    {
        fs::create_dir(folder.path().join(name)).expect("a folder can be made");
        folder.write(&format!("{name}/run.json"), text);
    }
    folder.write("good/001-fails/events.jsonl", "{\"kind\":\"run\",\"version\":1}\n{\"at_us\":1");
    let mut shown = String::new();
    for dir in [".", "missing", "fails.yaml", "later", "else", "text", "good"] {
        let (code, out, err) = folder.shadowrig(&format!("report show {dir}"));
        assert_eq!((code, out.as_str()), (2, ""), "{dir}");
        shown += &err;
        let (code, ..) = folder.shadowrig(&format!("report merge {dir} --out new"));
        assert_eq!(code, 2, "{dir}");
        assert!(!folder.path().join("new").exists(), "{dir}");
    }
    insta::assert_snapshot!("no_run_directory", shown);
}

#[test]
fn a_run_that_was_killed_is_shown_as_far_as_it_came() {
    let folder = Folder::new();
    folder.shadowrig("run . --out out");
    fs::remove_file(folder.path().join("out/run.json")).expect("it is there");
    fs::remove_dir_all(folder.path().join("out/005-rows-row-4")).expect("it is there");
    let (code, out, err) = folder.shadowrig("report show out");
    assert_eq!((code, err.as_str()), (0, "warning: the run in out did not come to its end\n"));
    assert!(out.contains("3 passed, 1 failed, 0 errors, 0 skipped in "), "{out}");
}

#[test]
fn a_folder_that_leads_elsewhere_is_not_followed() {
    let folder = Folder::new();
    folder.shadowrig("run fails.yaml --out out");
    let text = folder.read("out/run.json").replace("001-fails", "../out/001-fails");
    folder.write("out/run.json", &text);
    assert_eq!(folder.shadowrig("report show out").0, 2);
}

#[test]
fn a_report_format_that_does_not_exist_is_a_usage_error_that_names_those_that_do() {
    let folder = Folder::new();
    for report in ["pdf=x", "junit", "junit="] {
        let (code, _, err) = folder.shadowrig(&format!("run . --report {report}"));
        assert_eq!(code, 2, "{err}");
    }
    let (.., err) = folder.shadowrig("run . --report pdf=x");
    assert!(err.contains("there are junit, json, html, tap, github"), "{err}");
}
