//! A fleet in virtual time: what it promises, and that its invariants find what they are there for.

use std::time::Duration;

use shadowrig::drive::sim::{MakeDevice, device};
use shadowrig::fleet::{Fleet, Profile, Settings, profile, summary};
use shadowrig::invariant::built_in;

use crate::planted::BUGS;
use crate::support::shadowrig;

/// How many seeds a planted bug may take to be found.
const SEEDS_MAX: u64 = 20;

fn run(make: MakeDevice, profile: &str, seed: u64) -> Fleet {
    let settings = Settings {
        devices: 5,
        span: Duration::from_secs(2 * 3600),
        seed,
        every: Duration::from_secs(60),
        changes_every: Duration::from_secs(600),
        make,
        ..Settings::default()
    };
    let profile = Profile::by_name(profile).expect(profile);
    let mut fleet = Fleet::new(settings, profile, built_in().to_vec());
    fleet.run();
    fleet
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

/// The snapshot says how many runs each took.
#[test]
fn each_planted_bug_is_found_by_its_invariant_and_by_no_other() {
    let mut told = String::new();
    for (name, make, rule, profile) in BUGS {
        let mut seeds = 0..SEEDS_MAX;
        let found = seeds.by_ref().find_map(|seed| {
            let fleet = run(*make, profile, seed);
            let first = fleet.found().first()?;
            let all_of_rule =
                fleet.found().iter().all(|found| built_in()[found.violation.rule].name == *rule);
            assert!(all_of_rule, "{name}: {}", summary::words(&fleet));
            Some(format!("run {}: {}", seed + 1, summary::found_words(first)))
        });
        let found = found.unwrap_or_else(|| panic!("nobody finds: {name}"));
        told += &format!("{name}\n  {rule} under {profile}, {found}\n");
    }
    insta::assert_snapshot!("planted_bugs_in_a_fleet", told);
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
fn what_cannot_be_read_is_told_with_the_next_step() {
    let (code, _, err) = simulate(&["--profile", "stormy"]);
    assert_eq!(code, 2);
    assert!(err.contains("help: name a file, or one of calm, clock-drift, "), "{err}");
    let (code, _, err) = simulate(&["--every", "1h"]);
    assert_eq!(code, 2);
    assert!(err.contains("from 5s to 600s"), "{err}");
}

#[test]
fn the_docs_name_every_profile_and_invariant_and_their_examples_are_read() {
    use shadowrig::invariant::read;
    use shadowrig::scenario::yaml;
    let page = |name: &str| std::fs::read_to_string(crate::support::root().join(name)).expect(name);
    let (fleet, invariants) = (page("docs/fleet.md"), page("docs/invariants.md"));
    for (name, _) in profile::PROFILES {
        assert!(fleet.contains(&format!("| `{name}` |")), "{name}");
    }
    for rule in built_in() {
        assert!(invariants.contains(&format!("| `{}` |", rule.name)), "{}", rule.name);
    }
    let block = |text: &str| {
        let (_, rest) = text.split_once("```yaml\n").expect("an example");
        rest.split("```").next().unwrap_or_default().to_owned()
    };
    Profile::parse(&block(&fleet)).expect("the example is a profile");
    let mut problems = Vec::new();
    let list = yaml::parse(&block(&invariants), 0).expect("it is YAML");
    let rules = read::rules(&list, &mut problems);
    assert_eq!((rules.len(), problems), (7, Vec::new()));
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
