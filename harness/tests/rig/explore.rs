//! Exploration: a sweep over our thing, and over things with planted bugs.

use std::sync::Arc;

use shadowrig::drive::sim::{MakeDevice, SimBench, device};
use shadowrig::drive::virtual_time;
use shadowrig::engine::Verdict;
use shadowrig::explore::{Sweep, matrix, sweep};
use shadowrig::scenario;

use crate::planted::BUGS;
use crate::support::{shadowrig, shadowrig_with};

const ONE_CYCLE: &str = "version: 1
name: one change in one cycle
cloud: { shadow: { desired: { sleep: 60, signal: 2 }, reported: { sleep: 60, signal: 0 } } }
steps:
  - expect-request: POST shadow
    within: 20s
  - expect-sleep: 60s
";

fn swept(make: MakeDevice) -> Sweep {
    let plan = Arc::new(scenario::parse(ONE_CYCLE, "one-cycle.yaml").plans[0].clone());
    sweep(&plan, 0, make).expect("it can be explored")
}

fn verdict(text: &str, make: MakeDevice) -> Verdict {
    let parsed = scenario::parse(text, "written.yaml");
    assert!(parsed.is_good(), "{text}\n{:?}", parsed.problems);
    virtual_time::run(Arc::new(parsed.plans[0].clone()), &mut SimBench::of(0, make)).verdict
}

#[test]
fn our_thing_breaks_no_invariant_in_a_full_sweep() {
    let swept = swept(device::thing);
    assert_eq!((swept.failures.len(), swept.odd()), (0, 0), "{}", matrix::words(&swept));
    insta::assert_snapshot!("full_sweep", matrix::words(&swept));
}

/// Each failing combination is written out as a scenario that fails for it, and passes with our thing.
#[test]
fn a_sweep_finds_planted_bugs_and_writes_them_out() {
    let mut told = String::new();
    for (name, make, rule, _) in BUGS {
        let swept = swept(*make);
        told += &format!("{name}: {} of {} runs\n", swept.failures.len(), swept.runs);
        let rules: Vec<_> = swept.failures.iter().map(|failure| failure.rule.as_str()).collect();
        assert!(rules.iter().all(|found| found == rule), "{name}: {rules:?}");
        if let Some(first) = swept.failures.first() {
            told += &format!("  {}: {}\n", first.what, first.why);
        }
        for shadowrig::explore::Failure { scenario, .. } in &swept.failures {
            let Verdict::Failed(failure) = verdict(scenario, *make) else {
                panic!("{name} passes\n{scenario}");
            };
            // A crash fails a case before anybody asks for invariants.
            let wanted = if *rule == "no-crash" { "a reset by panic" } else { rule };
            assert!(failure.mismatch.headline.contains(wanted), "{}", failure.mismatch.headline);
            assert_eq!(verdict(scenario, device::thing), Verdict::Passed, "{scenario}");
        }
    }
    insta::assert_snapshot!("planted_bugs_in_a_sweep", told);
}

/// Every how many combinations of each of our scenarios are tried, so that it takes seconds.
const SAMPLED: usize = 13;

#[test]
fn our_thing_breaks_no_invariant_in_a_sample_of_all_our_scenarios() {
    use std::cell::Cell;
    let (mut explored, mut refused) = (0_usize, String::new());
    for (file, text) in crate::support::files("scenarios") {
        for plan in scenario::parse(&text, &file).plans {
            let mut runner = shadowrig::explore::SimRunner { seed: 0, make: device::thing };
            let number = Cell::new(explored);
            let is_wanted = |_: &str| number.replace(number.get() + 1).is_multiple_of(SAMPLED);
            match shadowrig::explore::sweep_on(&Arc::new(plan), &mut runner, &is_wanted) {
                Ok(swept) => {
                    explored += 1;
                    let found = (swept.failures.len(), swept.odd(), swept.cells.is_empty());
                    let words = matrix::words(&swept);
                    assert_eq!(found, (0, 0, false), "{}: {words}", file);
                }
                Err(reason) => refused += &format!("{}: {reason:?}\n", file),
            }
        }
    }
    assert!(explored >= 10, "only {explored} explored\n{refused}");
}

#[test]
fn a_written_scenario_reads_well() {
    let (_, make, ..) = BUGS[0];
    let swept = swept(make);
    insta::assert_snapshot!("written_scenario", swept.failures[0].scenario);
}

fn explore(text: &str, words: &[&str]) -> (i32, String, String) {
    let (_, code, out, err) = explore_in(text, words);
    (code, out, err)
}

/// With the folder in which it ran, where its files are and its locks.
fn explore_in(text: &str, words: &[&str]) -> (tempfile::TempDir, i32, String, String) {
    let folder = tempfile::tempdir().expect("a folder can be made");
    std::fs::write(folder.path().join("a.yaml"), text).expect("it is written");
    let words = [&["explore", "a.yaml"], words].concat();
    let output = shadowrig_with(folder.path(), &[("SHADOWRIG_LOCKS", "locks")], &words);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let code = output.status.code().expect("it ends by itself");
    (folder, code, text(&output.stdout), text(&output.stderr))
}

#[test]
fn what_cannot_be_explored_is_refused_with_the_next_step() {
    let (code, _, err) = explore(ONE_CYCLE, &["--board", "/dev/nobody"]);
    assert_eq!(code, 100, "the scenario cannot be run there: {err}");
    let (code, _, err) = explore(ONE_CYCLE, &["--filter", "toast"]);
    assert_eq!(code, 4, "{err}");
    let (code, _, err) = explore(ONE_CYCLE, &["--report", "pdf=x"]);
    assert!(code == 2 && err.contains("html=PATH or json=PATH"), "{err}");
    let fails = ONE_CYCLE.replace("POST shadow", "DELETE shadow");
    let (code, _, err) = explore(&fails, &[]);
    assert_eq!(code, 100);
    assert!(err.contains("fails when nothing goes wrong"), "{err}");
    let resets = ONE_CYCLE.replace("steps:\n", "steps:\n  - reset: pin\n");
    let (code, _, err) = explore(&resets, &[]);
    assert_eq!(code, 2);
    assert!(err.contains("resets or wakes the device itself"), "{err}");
}

#[test]
fn an_invariant_that_never_holds_is_left_out_and_told() {
    let own = "invariants: [{ name: silent, never: { console: beep } }]\nsteps:\n";
    let text = ONE_CYCLE.replace("steps:\n", own);
    let plan = Arc::new(scenario::parse(&text, "silent.yaml").plans[0].clone());
    // The scenario itself fails at its end, so nothing is explored.
    assert!(sweep(&plan, 0, device::thing).is_err());
}

/// As a cycle of a device whose sleeps cost no time where its board can cut them short, for benches in real time.
fn short_cycle() -> String {
    let text = ONE_CYCLE
        .replace("sleep: 60,", "sleep: 5,")
        .replace("expect-sleep: 60s", "expect-sleep: 5s");
    text.replace("steps:", "time: { sleeping: fast-forward }\nsteps:")
}

/// Each kind of place at which something goes wrong, and a fault.
const SAMPLE: &[&str] = &[
    "lost-answer by reset at POST shadow 1",
    "power cut in POST shadow 1, before-response",
    "`POST shadow`",
    ", sleep",
];

#[test]
fn a_sweep_in_real_time_says_what_sim_says() {
    for board in ["process", "virtual"] {
        let filter: Vec<_> = SAMPLE
            .iter()
            .chain(&["power cut during state write 1"])
            .flat_map(|text| ["--filter", text])
            .collect();
        let words = [&["--board", board, "--jobs", "8"], &filter[..]].concat();
        let (code, out, err) = explore(&short_cycle(), &words);
        assert_eq!(code, 0, "{board}: {out}{err}");
        let last = out.lines().last().unwrap_or_default();
        assert!(last.contains("0 break an invariant, 0 could not be run"), "{board}: {out}{err}");
        // Both show when they keep their state, so nothing is skipped.
        assert!(!last.contains("not possible"), "{board}: {out}");
    }
}

#[test]
fn a_sweep_over_a_lab_is_shared_among_its_boards() {
    let inventory = crate::support::root().join("fixtures/inventory/four-virtual.toml");
    let inventory = inventory.display().to_string();
    let filter = SAMPLE.iter().flat_map(|text| ["--filter", text]);
    let words = ["--board", "lab", "--inventory", &inventory, "--report", "json=sweep.json"];
    let words: Vec<_> = words.into_iter().chain(filter).collect();
    let (folder, code, out, err) = explore_in(&short_cycle(), &words);
    assert_eq!(code, 0, "{out}{err}");
    let last = out.lines().last().unwrap_or_default();
    assert!(last.contains("0 break an invariant, 0 could not be run"), "{out}{err}");
    assert!(out.starts_with("one change in one cycle (on lab: "), "{out}");
    let told = std::fs::read_to_string(folder.path().join("sweep.json")).expect("it is written");
    let told: serde_json::Value = serde_json::from_str(&told).expect("it is JSON");
    let shares = told["shares"].as_object().expect("an object");
    let runs = shares.values().map(|runs| runs.as_u64().expect("a number")).sum::<u64>();
    assert_eq!(Some(runs), told["runs"].as_u64(), "{shares:?}");
    // Whoever is free takes the next run; that those at once are on boards of their own is a test of the lab.
    let known = ["c3-1", "c3-2", "old-1", "older-1"];
    assert!(shares.keys().all(|board| known.contains(&board.as_str())), "{shares:?}");
}

#[test]
fn a_sweep_over_boards_that_do_not_stand_together_is_refused() {
    let (code, _, err) = explore(ONE_CYCLE, &["--board", "process,lab"]);
    assert!(code == 2 && err.contains("process stands alone"), "{err}");
    let (code, _, err) = explore(ONE_CYCLE, &["--board", "lab", "--inventory", "none.toml"]);
    assert!(code == 5 && err.contains("there is no inventory none.toml"), "{err}");
}

/// Written out for planted bugs on sim, run by our thing, which has none of them.
#[test]
fn what_is_written_out_runs_unchanged_in_real_time() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    // At the speed of a real board, as users run what was written out.
    let text = short_cycle().replace("time: { sleeping: fast-forward }\n", "");
    let plan = Arc::new(scenario::parse(&text, "short.yaml").plans[0].clone());
    let mut count = 0;
    for (name, make, ..) in BUGS {
        let swept = sweep(&plan, 0, *make).expect("it can be explored");
        // Nobody waits here for a device to give up on a cloud that hangs.
        let short = |failure: &&shadowrig::explore::Failure| {
            let is_short = |count| failure.scenario.contains(&format!("{{ count: {count} }}"));
            (is_short(1) || is_short(2)) && !failure.what.contains("hang")
        };
        for failure in swept.failures.iter().filter(short).take(2) {
            count += 1;
            let path = folder.path().join(format!("{count}.yaml"));
            std::fs::write(path, &failure.scenario).expect("it is written");
            let Verdict::Failed(_) = verdict(&failure.scenario, *make) else {
                panic!("{name} passes\n{}", failure.scenario);
            };
        }
    }
    assert!(count >= 4, "only {count} written out");
    for board in ["sim", "process", "virtual"] {
        let folder_name = folder.path().display().to_string();
        let output = shadowrig(folder.path(), &["run", &folder_name, "--board", board]);
        let out = String::from_utf8_lossy(&output.stdout);
        let summary = format!("{count} passed, 0 failed, 0 errors, 0 skipped");
        assert!(out.lines().last().unwrap_or_default().starts_with(&summary), "{board}: {out}");
    }
}

#[test]
fn a_sweep_is_told_as_a_page_and_as_json() {
    let (_, make, ..) = BUGS[0];
    let swept = swept(make);
    let page =
        shadowrig::explore::page::render(&swept, std::time::Duration::ZERO).expect("it is text");
    assert!(page.contains("default-src 'none'") && !page.contains("<script"));
    assert_eq!(page.matches("<table").count(), 4, "{page}");
    assert!(page.contains("acts-once is broken"), "{page}");
    let told = matrix::to_json(&swept);
    let combinations = told["combinations"].as_array().expect("a list");
    let broken = combinations.iter().filter(|cell| cell["state"] == "broken").count();
    assert_eq!((combinations.len(), broken), (swept.cells.len(), swept.failures.len()));
    assert_eq!(told["failures"][0]["rule"], "acts-once");
}

/// The least that a sweep may keep: with two acts of which the violation needs one, and a long wait before it.
#[test]
fn a_failing_combination_is_reduced_to_what_it_takes() {
    let text = "version: 1
name: two changes
cloud: { shadow: { desired: { sleep: 60, signal: 0 }, reported: { sleep: 60, signal: 0 } } }
steps:
  - expect-sleep: 60s
  - set-desired: { signal: 2 }
  - expect-request: POST shadow
    within: 80s
  - expect-sleep: 60s
  - set-desired: { signal: 3 }
  - expect-request: POST shadow
    within: 80s
";
    let plan = Arc::new(scenario::parse(text, "two.yaml").plans[0].clone());
    let (_, make, ..) = BUGS[0];
    let swept = sweep(&plan, 0, make).expect("it can be explored");
    let first = &swept.failures[0];
    let reduction = first.reduction.as_ref().expect("runs cost nothing here");
    assert_eq!(first.scenario.matches("set-desired").count(), 1, "{}", first.scenario);
    insta::assert_snapshot!(
        "reduced_combination",
        format!("{}\n{:#?}\n{}", first.what, reduction.steps, first.scenario)
    );
}
