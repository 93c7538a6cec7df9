//! Scenario files that pass, fail and do not parse, each a file in a folder.

use std::collections::{BTreeSet, VecDeque};
use std::fs;
use std::sync::Arc;

use crate::support::{files, parse, problems, report, root, run};
use shadowrig::diagnostics::Style;
use shadowrig::engine::mismatch::MismatchKind;
use shadowrig::engine::{Engine, Event, Input, Verdict};
use shadowrig::report::{CaseReport, Status, events, human};
use shadowrig::scenario::problem::NAMES;
use shadowrig::time::Moment;

#[test]
fn the_scenarios_that_users_get_pass_on_the_simulated_bench() {
    all_pass("scenarios");
}

/// Keys and values of a fault, at any depth, as texts.
fn words(fault: &serde_json::Value, found: &mut std::collections::BTreeSet<String>) {
    match fault {
        serde_json::Value::Object(members) => {
            for (key, value) in members {
                found.insert(key.clone());
                words(value, found);
            }
        }
        serde_json::Value::String(text) => drop(found.insert(text.clone())),
        other => drop(found.insert(other.to_string())),
    }
}

/// A fault counts as shown where a scenario arms it and its device meets it.
#[test]
fn each_kind_of_fault_and_each_of_its_choices_is_shown_by_a_scenario() {
    let table =
        std::fs::read_to_string(crate::support::root().join("fixtures/faults/variants.json"));
    let table: serde_json::Value =
        serde_json::from_str(&table.expect("it is there")).expect("JSON");
    let mut shown = std::collections::BTreeMap::new();
    for (name, text) in files("scenarios") {
        for case in run(&text, &name, 7) {
            let events: Vec<_> =
                case.outcome.log.entries().iter().map(|entry| &entry.event).collect();
            for event in &events {
                let Event::FaultArmed { id, step: Some(step), .. } = event else { continue };
                let is_met =
                    |event: &&&Event| matches!(event, Event::FaultMet { id: met, .. } if met == id);
                let mut found = std::collections::BTreeSet::new();
                words(&step["fault"], &mut found);
                if let Some(Event::FaultMet { what, .. }) = events.iter().find(is_met) {
                    shown.entry(what.clone()).or_insert_with(Vec::new).push(found);
                }
            }
        }
    }
    let mut missing = String::new();
    for (kind, choices) in table.as_object().expect("an object") {
        let Some(choices) = choices.as_array() else { continue };
        let of_kind = shown.get(kind).map_or(&[][..], Vec::as_slice);
        missing += if of_kind.is_empty() { kind } else { "" };
        for choice in choices {
            let choice = choice.as_str().expect("a word");
            if !of_kind.iter().any(|words| words.contains(choice)) {
                missing += &format!("{kind}: {choice}\n");
            }
        }
    }
    assert_eq!(missing, "", "no scenario in scenarios/ shows these");
}

#[test]
fn the_scenarios_in_passing_pass() {
    all_pass("fixtures/scenarios/passing");
}

fn all_pass(folder: &str) {
    for (name, text) in files(folder) {
        for case in run(&text, &name, 7) {
            assert_eq!(
                case.status(),
                Status::Pass,
                "{}\n{}",
                name,
                human::failure(&case, Style::Plain)
            );
        }
    }
}

#[test]
fn the_scenarios_in_failing_fail_and_say_why() {
    for (name, text) in files("fixtures/scenarios/failing") {
        fails("failing", &name, &run(&text, &format!("{name}.yaml"), 7));
    }
}

/// What no simulated device does: the engine sees what stands in the file beside the scenario.
#[test]
fn the_scenarios_in_observed_fail_and_say_why() {
    for (name, text) in files("fixtures/scenarios/observed") {
        fails("observed", &name, &[observed(&name, &text)]);
    }
}

fn fails(folder: &str, name: &str, cases: &[CaseReport]) {
    let shown: Vec<_> = cases
        .iter()
        .map(|case| {
            let failed = matches!(case.status(), Status::Fail | Status::Error);
            assert!(failed, "{name} did not fail");
            let (line, why) = (human::line(case, Style::Plain), human::failure(case, Style::Plain));
            format!("{line}\n\n{why}")
        })
        .collect();
    insta::assert_snapshot!(format!("{folder}__{name}"), shown.join("\n"));
}

/// A scenario on a bench that can do everything, and on which the events of a file come at their times.
fn observed(name: &str, text: &str) -> CaseReport {
    let path = root().join(format!("fixtures/scenarios/observed/{name}.jsonl"));
    let log = events::parse(&fs::read_to_string(path).expect("it is there")).expect("it is a log");
    let parsed = parse(text, &format!("{name}.yaml"));
    assert!(parsed.is_good(), "{name}: {:?}", parsed.problems);
    let plan = Arc::new(parsed.plans.into_iter().next().expect("it is one case"));
    let mut engine = Engine::new(Arc::clone(&plan));
    let mut seen = log.entries().iter().peekable();
    let mut done = VecDeque::new();
    let (mut now, mut input) = (Moment::START, Input::Start);
    loop {
        done.extend(engine.handle(now, input).iter().map(|_| Input::Done(Ok(()))));
        if engine.is_over() {
            return report(&plan, engine.into_outcome(), text, &parsed.sources);
        }
        let tick = engine.wake_at();
        input = match (done.pop_front(), seen.peek()) {
            (Some(done), _) => done,
            (None, Some(entry)) if tick.is_none_or(|tick| entry.at <= tick) => {
                now = entry.at;
                let event = entry.event.clone();
                seen.next();
                Input::Observed(event)
            }
            (None, _) => {
                now = tick.expect("an engine that is not over waits for something");
                Input::Tick
            }
        };
    }
}

#[test]
fn each_kind_of_mismatch_has_its_golden_file() {
    let ran = files("fixtures/scenarios/failing")
        .into_iter()
        .flat_map(|(name, text)| run(&text, &format!("{name}.yaml"), 7));
    let seen = files("fixtures/scenarios/observed").into_iter();
    let seen = seen.map(|(name, text)| observed(&name, &text));
    let met: BTreeSet<_> = ran
        .chain(seen)
        .filter_map(|case| match case.outcome.verdict {
            Verdict::Failed(failure) => failure.mismatch.kind,
            _ => None,
        })
        .collect();
    let missing: Vec<_> = MismatchKind::ALL.iter().filter(|kind| !met.contains(kind)).collect();
    assert!(missing.is_empty(), "no file in fixtures/scenarios/failing or observed is {missing:?}");
}

#[test]
fn the_scenarios_in_bad_do_not_parse_and_say_why() {
    for (name, text) in files("fixtures/scenarios/bad") {
        let file = format!("{name}.yaml");
        let parsed = parse(&text, &file);
        assert!(!parsed.is_good(), "{name} parses");
        assert!(parsed.plans.is_empty(), "{name} would run");
        let shown = problems(&parsed);
        insta::assert_snapshot!(format!("bad__{name}"), shown.join("\n\n"));
    }
}

#[test]
fn equal_seeds_give_equal_runs_to_the_byte() {
    for folder in ["scenarios", "fixtures/scenarios/passing", "fixtures/scenarios/failing"] {
        for (name, text) in files(folder) {
            let logs = || run(&text, &name, 11).iter().map(events::render).collect::<String>();
            assert_eq!(logs(), logs(), "{name}");
        }
    }
}

/// An hour has 107 wakes at a sleep of 30 s. What is promised is under 100 ms; a debug build on a busy machine gets ten times that.
#[test]
fn an_hour_of_device_life_takes_a_moment() {
    let text = "version: 1\nname: an hour\ncloud: { shadow: { desired: { sleep: 30 }, reported: { sleep: 30 } } }\n\
        steps:\n  - expect-cycles: { count: 107, each: { requests: [GET shadow] } }\n    within: 1h\n";
    let began = std::time::Instant::now();
    let cases = run(text, "hour.yaml", 0);
    let took = began.elapsed();
    assert_eq!(cases[0].status(), Status::Pass, "{}", human::failure(&cases[0], Style::Plain));
    assert!(cases[0].outcome.took > std::time::Duration::from_secs(3400), "it was an hour");
    assert!(took < std::time::Duration::from_secs(1), "it took {took:?}");
}

#[test]
fn secrets_stand_in_no_log() {
    let signature = regex::Regex::new("Signature=[0-9a-f]{64}").expect("a constant");
    for (name, text) in files("scenarios") {
        for case in run(&text, &name, 0) {
            let log = events::render(&case);
            assert!(!log.contains(fake_shadow::settings::TEST_SECRET_ACCESS_KEY), "{name}");
            assert!(!signature.is_match(&log), "{name}");
        }
    }
}

#[test]
fn the_scenarios_in_warned_run_and_are_warned_of() {
    for (name, text) in files("fixtures/scenarios/warned") {
        let parsed = parse(&text, &format!("{name}.yaml"));
        assert!(parsed.is_good() && !parsed.problems.is_empty(), "{name}");
        insta::assert_snapshot!(format!("warned__{name}"), problems(&parsed).join("\n\n"));
    }
}

#[test]
fn each_kind_of_problem_has_its_golden_file() {
    let mut met = std::collections::BTreeSet::new();
    for folder in ["bad", "warned"] {
        for (name, text) in files(&format!("fixtures/scenarios/{folder}")) {
            let parsed = parse(&text, &name);
            met.extend(parsed.problems.iter().map(|problem| problem.kind.name()));
        }
    }
    let missing: Vec<_> = NAMES
        .iter()
        // Files of invariants are read by `simulate`, and inventories by `boards`; each has its own.
        .filter(|name| !["bad-invariant", "not-toml", "twice"].contains(name))
        .filter(|name| !met.contains(*name))
        .collect();
    assert!(missing.is_empty(), "no file in fixtures/scenarios/bad has {missing:?}");
}
