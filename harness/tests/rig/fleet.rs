//! A fleet in virtual time: what it promises, and that its invariants find what they are there for.

use std::time::Duration;

use shadowrig::drive::sim::{MakeDevice, device};
use shadowrig::fleet::{Fleet, Profile, Settings, profile, summary};
use shadowrig::invariant::{Rule, built_in};

use crate::planted::{self, BUGS};
use crate::support::shadowrig;

/// How many seeds a planted bug may take to be found.
const SEEDS_MAX: u64 = 20;

fn run_with(rules: &[Rule], make: MakeDevice, profile: &str, seed: u64) -> Fleet {
    let settings = Settings {
        devices: 5,
        span: Duration::from_secs(2 * 3600),
        seed,
        every: Duration::from_secs(60),
        changes_every: Duration::from_secs(600),
        make,
        cloud: planted::cloud(),
        ..Settings::default()
    };
    let profile = Profile::by_name(profile).expect(profile);
    let mut fleet = Fleet::new(settings, profile, rules.to_vec());
    fleet.run();
    fleet
}

fn run(make: MakeDevice, profile: &str, seed: u64) -> Fleet {
    run_with(built_in(), make, profile, seed)
}

/// The first run of a planted bug in which an invariant is violated, with its number from 1.
fn first_found(rules: &[Rule], make: MakeDevice, profile: &str) -> Option<(u64, Fleet)> {
    let mut runs = (0..SEEDS_MAX).map(|seed| (seed + 1, run_with(rules, make, profile, seed)));
    runs.find(|(_, fleet)| !fleet.found().is_empty())
}

#[test]
fn our_thing_keeps_all_invariants_under_each_profile() {
    for (profile, _) in profile::PROFILES {
        let fleet = run(device::thing, profile, 3);
        assert_eq!(fleet.found(), [], "{profile}");
        let totals = fleet.tally().totals();
        assert!(totals.wakes > 500 && totals.requests > totals.wakes / 2, "{profile}: {totals:?}");
    }
}

/// Slow ways, many losses and a supply that is soon back: a request arrives when its device has lost its power, and in wakes behind it.
#[test]
fn a_request_that_outlives_its_wake_violates_nothing() {
    let text = "name: late\nsays: Requests that outlive their wakes.\n\
        network: { latency: 100ms, jitter: 4s, loss: 10% }\npower: { cut: 40%, off: 100ms }\n";
    let settings = Settings {
        devices: 20,
        span: Duration::from_secs(2 * 3600),
        seed: 1,
        every: Duration::from_secs(5),
        changes_every: Duration::from_secs(60),
        ..Settings::default()
    };
    let profile = Profile::parse(text).expect("it is a profile");
    let mut fleet = Fleet::new(settings, profile, built_in().to_vec());
    fleet.run();
    assert_eq!(fleet.found(), []);
    let totals = fleet.tally().totals();
    assert!(totals.cuts > 1000 && totals.requests > 5000, "{totals:?}");
}

#[test]
fn each_profile_makes_happen_what_it_says() {
    let totals = |profile| run(device::thing, profile, 3).tally().totals();
    assert_eq!(totals("calm").refused, 0);
    assert!(totals("power-cuts").cuts > 5);
    assert!(totals("throttled").refused > 20);
    assert!(totals("clock-drift").refused > 2, "wrong dates make wrong signatures");
    assert!(run(device::thing, "lossy", 3).network_mishaps() > 20);
}

#[test]
fn equal_seeds_give_equal_words_to_the_byte_and_other_seeds_others() {
    let words = |seed| summary::words(&run(device::thing, "rough", seed));
    assert_eq!(words(5), words(5));
    assert_ne!(words(5), words(6));
}

#[test]
fn a_fleet_in_several_threads_is_the_same_to_the_byte() {
    use shadowrig::drive::crew;
    let settings = Settings {
        devices: 7,
        span: Duration::from_secs(3600),
        every: Duration::from_secs(30),
        make: BUGS[0].1,
        ..Settings::default()
    };
    let profile = Profile::by_name("rough").expect("it is there");
    let told = |threads| {
        let fleet = crew::run(&settings, (&profile, built_in()), threads);
        let page = shadowrig::fleet::page::render(&fleet, Duration::ZERO, "again");
        (summary::words(&fleet), page.expect("it is text"))
    };
    let one = told(1);
    for threads in [2, 3, 7, 100] {
        let several = told(threads);
        assert_eq!(several.0, one.0, "{threads} threads");
        assert!(several.1 == one.1, "the page of {threads} threads differs");
    }
}

#[test]
fn a_device_does_the_same_alone_as_among_others() {
    use shadowrig::fleet::Subset;
    let settings = Settings {
        devices: 4,
        span: Duration::from_secs(3600),
        every: Duration::from_secs(30),
        ..Settings::default()
    };
    let totals = |only: Option<u32>| {
        let subset = only.map(|device| Subset { device, incidents: None });
        let settings = Settings { subset, ..settings.clone() };
        let profile = Profile::by_name("power-cuts").expect("it is there");
        let mut fleet = Fleet::new(settings, profile, Vec::new());
        fleet.run();
        let totals = fleet.tally().totals();
        [totals.wakes, totals.requests, totals.cuts, totals.changes, totals.reports]
    };
    let alone: Vec<_> = (0..4).map(|device| totals(Some(device))).collect();
    let sum = alone.iter().fold([0; 5], |sum, one| std::array::from_fn(|at| sum[at] + one[at]));
    assert_eq!(totals(None), sum);
}

/// The page and the snapshot say how many runs each took.
#[test]
fn each_planted_bug_is_found_by_its_invariant_and_by_no_other() {
    let page = crate::support::root().join("docs/invariants.md");
    let page = std::fs::read_to_string(page).expect("the page is there");
    let mut told = String::new();
    for (name, make, rule, profile) in BUGS {
        let found = first_found(built_in(), *make, profile);
        let (number, fleet) = found.unwrap_or_else(|| panic!("nobody finds: {name}"));
        let all_of_rule =
            fleet.found().iter().all(|found| built_in()[found.violation.rule].name == *rule);
        assert!(all_of_rule, "{name}: {}", summary::words(&fleet));
        let found = summary::found_words(&fleet.found()[0]);
        told += &format!("{name}\n  {rule} under {profile}, run {number}: {found}\n");
        let row = format!("\n| {name} | `{rule}` | `{profile}` | {number} | ");
        assert!(page.contains(&row), "docs/invariants.md has no row{row}");
    }
    insta::assert_snapshot!("planted_bugs_in_a_fleet", told);
    let unwatched =
        built_in().iter().find(|rule| BUGS.iter().all(|(_, _, name, _)| *name != rule.name));
    assert!(unwatched.is_none(), "{unwatched:?} has no planted bug");
}

/// Invariants that a team might write, each of another kind, with the planted bug that it finds.
const OWN: &[(&str, &str)] = &[
    ("{ name: quick, awake: { at-most: 30s } }", "waits for an answer without a limit"),
    (
        "{ name: short-sleeps, sleep: { at-least: 30s, at-most: 5m } }",
        "sleeps longer after each error",
    ),
    (
        "{ name: never-panics, never: { reset: { cause: [panic] } } }",
        "crashes at an answer that it does not understand",
    ),
    (
        "{ name: beeps-in-one-wake, at-most: { count: 1, of: { console: beep }, per: change } }",
        "acts before it keeps what it is about to do",
    ),
    (
        "{ name: one-report, at-most: { count: 1, of: POST shadow, per: wake } }",
        "reports twice after a report that failed",
    ),
    (
        "{ name: delivers, quiet: { wakes: 2, shadow: { state: { delta: { $absent: true } } } } }",
        "takes a lost report for delivered",
    ),
    ("{ name: counts, version: grows }", "makes its shadow anew after a report that failed"),
];

#[test]
fn each_kind_of_own_invariant_finds_a_planted_bug_and_holds_for_our_thing() {
    use shadowrig::invariant::read;
    use shadowrig::scenario::yaml;
    let mut told = String::new();
    for (text, bug) in OWN {
        let mut problems = Vec::new();
        let list = yaml::parse(&format!("- {text}\n"), 0).expect("it is YAML");
        let rules = read::rules(&list, &mut problems);
        assert_eq!((rules.len(), problems), (1, Vec::new()), "{text}");
        let (name, make, _, profile) =
            BUGS.iter().find(|(name, ..)| name == bug).expect("the name of a bug");
        let found = first_found(&rules, *make, profile);
        let (number, fleet) = found.unwrap_or_else(|| panic!("{text} does not find: {name}"));
        let found = summary::found_words(&fleet.found()[0]);
        told += &format!("{}: {name}\n  run {number}: {found}\n", rules[0].name);
        assert_eq!(run_with(&rules, device::thing, profile, number - 1).found(), [], "{text}");
    }
    insta::assert_snapshot!("planted_bugs_by_own_invariants", told);
}

/// How many things each bug takes: a change where it must act or report, what goes wrong, and what brings the change to its wake.
const MINIMA: &[usize] = &[2, 2, 3, 1, 6, 1, 2, 1, 17];

#[test]
fn a_failing_fleet_is_reduced_to_the_known_minimum_and_to_a_scenario_that_fails() {
    use shadowrig::drive::sim::SimBench;
    use shadowrig::drive::virtual_time;
    use shadowrig::engine::Verdict;
    use shadowrig::explore::from_fleet;
    use shadowrig::fleet::shrink::minimal;
    let (mut told, mut wrong) = (String::new(), String::new());
    let mut unwritten = Vec::new();
    for ((name, make, rule, profile), least) in BUGS.iter().zip(MINIMA) {
        let (_, fleet) = first_found(built_in(), *make, profile).expect("it is found");
        let cloud = match *rule {
            "versions-grow" => planted::cloud(),
            _ => fake_shadow::Settings::default(),
        };
        let settings = &Settings { cloud, ..fleet.settings().clone() };
        let profile = fleet.profile();
        let of = (profile, built_in());
        let minimal = minimal(settings, of, &fleet.found()[0], 500).expect("it fails alone");
        let rule = built_in().iter().find(|known| known.name == *rule).expect("it is built in");
        let again = "shadowrig simulate ...";
        let words = summary::minimal_words((&minimal, rule), again);
        told += &format!("{name}\n{words}");
        if (minimal.incidents.len(), minimal.is_minimal) != (*least, true) {
            wrong += &format!("{least} expected: {words}");
        }
        // A scenario has the cloud as it is; the bug that needs another one says so.
        let written = match from_fleet::written(settings, (profile, rule), &minimal) {
            Ok(written) => written,
            Err(reason) => {
                told += &format!("  no scenario: {reason}\n");
                unwritten.push(*name);
                continue;
            }
        };
        let plan = shadowrig::scenario::parse(&written.text, "written.yaml").plans.remove(0);
        let verdict = |make| {
            virtual_time::run(plan.clone().into(), &mut SimBench::of(settings.seed, make)).verdict
        };
        assert!(matches!(verdict(*make), Verdict::Failed(_)), "{name} passes\n{}", written.text);
        assert_eq!(verdict(device::thing), Verdict::Passed, "{}", written.text);
        let steps = written.text.split_once("steps:").map_or("", |(_, steps)| steps);
        told += &format!("  scenario of {:.1}s:{steps}", written.took.as_secs_f64());
    }
    insta::assert_snapshot!("reduced_fleets", told);
    assert_eq!(wrong, "");
    assert_eq!(unwritten, ["makes its shadow anew after a report that failed"]);
}

#[test]
fn a_reduction_that_runs_out_of_trials_says_so() {
    use shadowrig::fleet::shrink::minimal;
    let (_, make, _, profile) = BUGS[0];
    let (_, fleet) = first_found(built_in(), make, profile).expect("it is found");
    let of = (fleet.profile(), built_in());
    let minimal = |trials| minimal(fleet.settings(), of, &fleet.found()[0], trials);
    assert_eq!(minimal(0), None);
    let early = minimal(2).expect("it fails alone");
    assert!(!early.is_minimal && early.trials <= 3, "{early:?}");
    assert_eq!(minimal(500), minimal(500), "equal runs give equal reductions");
}

fn simulate(words: &[&str]) -> (i32, String, String) {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let output = shadowrig(folder.path(), &[&["simulate"], words].concat());
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().expect("it ends by itself"), text(&output.stdout), text(&output.stderr))
}

#[test]
fn the_last_line_says_devices_wakes_requests_violations_and_both_times() {
    let (code, out, err) =
        simulate(&["--devices", "3", "--for", "1h", "--seed", "7", "--profile", "lossy"]);
    assert_eq!((code, err.as_str()), (0, ""));
    let line = regex::Regex::new(
        r"^3 devices, \d+ wakes, \d+ requests, 0 invariants violated, 1h in \d+\.\d\ds$",
    )
    .expect("a constant");
    assert!(line.is_match(out.lines().last().unwrap_or_default()), "{out}");
}

#[test]
fn a_violated_invariant_ends_with_100_and_the_command_that_shows_it_again() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let file = folder.path().join("mine.yaml");
    std::fs::write(&file, "- name: silent\n  never: { console: beep }\n").expect("it is written");
    let file = file.display().to_string();
    let words = ["--devices", "2", "--for", "4h", "--profile", "calm", "--invariants", &file];
    let (code, out, _) = simulate(&words);
    assert_eq!(code, 100, "{out}");
    assert!(out.contains("violated: silent (never a console line with 'beep')"), "{out}");
    let (_, again) = out.split_once("shows it again: shadowrig simulate ").expect("the command");
    let again = again.lines().next().unwrap_or_default();
    let (code, repeated, _) = simulate(&again.split(' ').collect::<Vec<_>>());
    let first =
        |text: &str| text.lines().find(|line| line.starts_with("  thing-")).map(str::to_owned);
    assert_eq!((code, first(&repeated)), (100, first(&out)));
}

#[test]
fn a_reduction_is_told_with_a_command_and_a_scenario_that_both_show_it() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    std::fs::write(folder.path().join("mine.yaml"), "- name: silent\n  never: { console: beep }\n")
        .expect("it is written");
    let run = |words: &[&str]| {
        let output = shadowrig(folder.path(), words);
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let words = ["--devices", "3", "--for", "4h", "--profile", "rough"];
    let all = [&["simulate"], &words[..], &["--invariants", "mine.yaml"]].concat();
    let (code, out) = run(&all);
    assert_eq!(code, Some(100), "{out}");
    assert!(out.contains("reduced: silent takes 1 of "), "{out}");
    let (_, alone) = out.split_once("  alone: shadowrig ").expect("the command");
    let alone: Vec<_> = alone.lines().next().unwrap_or_default().split(' ').collect();
    let (code, shown) = run(&alone);
    assert_eq!(code, Some(100), "{shown}");
    assert!(shown.contains("3 devices, ") && shown.contains("violated: silent"), "{shown}");
    assert_eq!(run(&["run", "target/shadowrig/simulate/silent.yaml"]).0, Some(100));
    let (code, unreduced) = run(&[&all[..], &["--trials", "0"]].concat());
    assert!(code == Some(100) && !unreduced.contains("reduced"), "{unreduced}");
    assert_eq!(run(&["simulate", "--devices", "3", "--device", "3"]).0, Some(2));
    assert_eq!(run(&["simulate", "--device", "0", "--only", "toast"]).0, Some(2));
}

#[test]
fn what_cannot_be_read_is_told_with_the_next_step() {
    let (code, _, err) = simulate(&["--profile", "stormy"]);
    assert_eq!(code, 2);
    assert!(err.contains("help: name a file, or one of calm, clock-drift, "), "{err}");
    let (code, _, err) = simulate(&["--every", "1h"]);
    assert_eq!(code, 2);
    assert!(err.contains("from 5s to 600s"), "{err}");
}

#[test]
fn what_is_wrong_with_an_invariant_is_told_at_its_place() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let text = "- acts-onec\n- { name: x, never: { console: beep }, version: grows }\n- { name: y }\n\
        - { name: z, awake: { at-most: 5 } }\n";
    std::fs::write(folder.path().join("mine.yaml"), text).expect("it is written");
    let output = shadowrig(folder.path(), &["simulate", "--invariants", "mine.yaml"]);
    assert_eq!(output.status.code(), Some(3));
    insta::assert_snapshot!("bad_invariants", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn the_page_shows_plots_and_lets_nothing_run_or_load() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let words = ["simulate", "--devices", "2", "--for", "2h", "--report", "html=out/fleet.html"];
    assert_eq!(shadowrig(folder.path(), &words).status.code(), Some(0));
    let page =
        std::fs::read_to_string(folder.path().join("out/fleet.html")).expect("it is written");
    assert_eq!(page.matches("<svg").count(), 3);
    assert!(page.matches("<polyline").count() >= 8, "{page}");
    assert!(
        page.contains("default-src 'none'")
            && !page.contains("<script")
            && !page.contains("style=")
    );
    assert!(!page.contains("http:") && !page.contains("https:") && !page.contains("NaN"));
    let (code, _, err) = simulate(&["--report", "pdf=x"]);
    assert_eq!(code, 2);
    assert!(err.contains("write html=PATH"), "{err}");
}
