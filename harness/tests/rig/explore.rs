//! Exploration: a sweep over our thing, and over things with planted bugs.

use std::sync::Arc;

use shadowrig::drive::sim::{MakeDevice, SimBench, device};
use shadowrig::drive::virtual_time;
use shadowrig::engine::Verdict;
use shadowrig::explore::{Sweep, matrix, sweep};
use shadowrig::scenario;

use crate::planted::BUGS;
use crate::support::shadowrig;

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

/// Each is written out as a scenario that fails for it, and passes with our thing.
#[test]
fn a_sweep_finds_planted_bugs_and_writes_them_out() {
    let mut told = String::new();
    for (name, make, rule, _) in BUGS {
        let swept = swept(*make);
        told += &format!("{name}: {} of {} runs\n", swept.failures.len(), swept.runs);
        let rules: Vec<_> = swept.failures.iter().map(|failure| failure.rule.as_str()).collect();
        assert!(rules.iter().all(|found| found == rule), "{name}: {rules:?}");
        let Some(first) = swept.failures.first() else { continue };
        told += &format!("  {}: {}\n", first.what, first.why);
        let Verdict::Failed(failure) = verdict(&first.scenario, *make) else {
            panic!("{name} passes\n{}", first.scenario);
        };
        assert!(failure.mismatch.headline.contains(rule), "{}", failure.mismatch.headline);
        assert_eq!(verdict(&first.scenario, device::thing), Verdict::Passed, "{}", first.scenario);
    }
    insta::assert_snapshot!("planted_bugs_in_a_sweep", told);
}

#[test]
fn a_written_scenario_reads_well() {
    let (_, make, ..) = BUGS[0];
    let swept = swept(make);
    insta::assert_snapshot!("written_scenario", swept.failures[0].scenario);
}

fn explore(text: &str, words: &[&str]) -> (i32, String, String) {
    let folder = tempfile::tempdir().expect("a folder can be made");
    std::fs::write(folder.path().join("a.yaml"), text).expect("it is written");
    let output = shadowrig(folder.path(), &[&["explore", "a.yaml"], words].concat());
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().expect("it ends by itself"), text(&output.stdout), text(&output.stderr))
}

#[test]
fn what_cannot_be_explored_is_refused_with_the_next_step() {
    let (code, _, err) = explore(ONE_CYCLE, &["--board", "process"]);
    assert_eq!(code, 2);
    assert!(err.contains("help: explore on sim"), "{err}");
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
