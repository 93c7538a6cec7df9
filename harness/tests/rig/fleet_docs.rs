//! What the pages about fleets and invariants show is what comes out, and what they name is there.

use std::sync::Arc;

use shadowrig::drive::sim::{SimBench, device};
use shadowrig::drive::virtual_time;
use shadowrig::engine::Verdict;
use shadowrig::fleet::{Profile, profile};
use shadowrig::invariant::{built_in, read};
use shadowrig::scenario::{self, yaml};

use crate::planted::BUGS;
use crate::support::{root, shadowrig};

fn page(name: &str) -> String {
    std::fs::read_to_string(root().join(name)).expect(name)
}

/// The blocks of a page in a language, in order.
fn blocks(page: &str, language: &str) -> Vec<String> {
    let begin = format!("```{language}\n");
    let blocks = page.split(&begin).skip(1);
    blocks.map(|rest| rest.split("```").next().unwrap_or_default().to_owned()).collect()
}

/// The words of a command of a page behind the program's name.
fn words(command: &str) -> Vec<&str> {
    let (_, words) = command.split_once("shadowrig ").expect("a command of ours");
    words.split_whitespace().collect()
}

#[test]
fn the_pages_name_every_profile_and_invariant_and_their_examples_are_read() {
    let (fleet, invariants) = (page("docs/fleet.md"), page("docs/invariants.md"));
    for (name, _) in profile::PROFILES {
        assert!(fleet.contains(&format!("| `{name}` |")), "{name}");
    }
    for rule in built_in() {
        assert!(invariants.contains(&format!("| `{}` |", rule.name)), "{}", rule.name);
    }
    let blocks_of_fleet = blocks(&fleet, "yaml");
    let is_profile = |block: &&String| block.starts_with("name: ");
    let profile = blocks_of_fleet.iter().find(is_profile).expect("an example of a profile");
    Profile::parse(profile).expect("the example is a profile");
    let mut problems = Vec::new();
    let list = yaml::parse(&blocks(&invariants, "yaml")[0], 0).expect("it is YAML");
    let rules = read::rules(&list, &mut problems);
    assert_eq!((rules.len(), problems), (7, Vec::new()));
}

/// Run as they stand on the page; only the time on this machine is another one.
#[test]
fn what_the_page_about_fleets_shows_comes_out() {
    let fleet = page("docs/fleet.md");
    let (commands, shown) = (blocks(&fleet, "sh"), blocks(&fleet, "text"));
    assert_eq!((commands.len(), shown.len()), (2, 2));
    let folder = tempfile::tempdir().expect("a folder can be made");
    let mine = blocks(&fleet, "yaml").remove(0);
    std::fs::write(folder.path().join("mine.yaml"), mine).expect("it is written");
    let wall = regex::Regex::new(r"(?m) in \d+\.\d\ds$").expect("a constant");
    for ((command, shown), code) in commands.iter().zip(&shown).zip([0, 100]) {
        let output = shadowrig(folder.path(), &words(command));
        assert_eq!(output.status.code(), Some(code));
        let out = String::from_utf8_lossy(&output.stdout);
        let without_time = |text: &str| wall.replace_all(text, " in ...").into_owned();
        let (out, shown) = (without_time(&out), without_time(shown));
        assert!(out.contains(&shown), "{command}shows\n{out}\nand not\n{shown}");
    }
    let written = ["run", "target/shadowrig/simulate/one-report-a-change.yaml"];
    assert_eq!(shadowrig(folder.path(), &written).status.code(), Some(100));
}

/// Our thing keeps it, and a device that breaks it is found.
#[test]
fn the_scenario_with_invariants_of_ones_own_finds_a_planted_bug() {
    let text = blocks(&page("docs/invariants.md"), "yaml").remove(1);
    let parsed = scenario::parse(&text, "own.yaml");
    assert!(parsed.is_good(), "{:?}", parsed.problems);
    let plan = Arc::new(parsed.plans[0].clone());
    let verdict = |make| virtual_time::run(Arc::clone(&plan), &mut SimBench::of(0, make)).verdict;
    assert_eq!(verdict(device::thing), Verdict::Passed);
    let is_it = |(name, ..): &&(&str, _, _, _)| *name == "reports twice after a report that failed";
    let (_, make, ..) = BUGS.iter().find(is_it).expect("it is planted");
    let Verdict::Failed(failure) = verdict(*make) else { panic!("it is not found") };
    let headline = &failure.mismatch.headline;
    assert_eq!(headline, "the invariant `one-report-a-wake` does not hold");
}
