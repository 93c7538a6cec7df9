//! Each report of a run with one case of each kind, odd characters everywhere, as people and programs read it.

use std::time::Duration;

use proptest::prelude::*;
use shadowrig::engine::{Event, Verdict};
use shadowrig::report::format::Format;
use shadowrig::report::{CaseReport, RunReport, events, github, json};
use shadowrig::time::Moment;

use crate::schema;
use crate::support::{files, root, run};

const PASSES: &str = "version: 1\nname: passes\ntags: [smoke]\n\
    cloud: { shadow: { desired: { sleep: 5 }, reported: { sleep: 5 } } }\nsteps:\n  - expect-request: GET shadow\n";
const RIG: &str = "version: 1\nname: rig\nfirmware: { image: toaster }\nsteps:\n  - reset: pin\n";
const ODD: &str = "version: 1\nname: 'odd: 50% <b> & \"q\" # SKIP, | `x` @team'\ndescription: 'é ]]> </textarea>'\n\
    steps:\n  - expect-request: GET shadow\n  - expect-console: '</script>::error::, a 100% `sure` line'\n    within: 1s\n";
const SKIPPED: &str = "version: 1\nname: skipped\nsteps:\n  - reset: pin\n";

/// A line as no console should write it.
const ODD_LINE: &str =
    "\u{1b}]0;title </script><script>alert(1)</script> ]]> & \u{0} \u{202e}turned\u{feff} \u{ffff}";

fn case(text: &str, file: &str) -> CaseReport {
    run(text, file, 7).remove(0)
}

/// A run with a case of each kind; the console of the failing one wrote odd things.
fn every_kind() -> RunReport {
    let mut odd = case(ODD, "./odd, dir/odd.yaml");
    odd.outcome
        .log
        .push(Moment::at(Duration::from_secs(3)), Event::Console { line: ODD_LINE.into() });
    if let Verdict::Failed(failure) = &mut odd.outcome.verdict {
        failure.mismatch.window.end = odd.outcome.log.len();
        failure.mismatch.actual = format!("1 other line\n{ODD_LINE}");
    }
    let mut skipped = case(SKIPPED, "skipped.yaml");
    let reason = "the case needs `current-meter` # which sim does not have".to_owned();
    skipped.outcome.verdict = Verdict::Skipped { reason };
    let cases = vec![
        case(PASSES, "passes.yaml"),
        odd,
        case(RIG, "rig.yaml"),
        skipped,
        case(&files_of("signature-refused"), "signature-refused.yaml"),
    ];
    let began_at = Some("2026-01-01T00:00:00Z".to_owned());
    RunReport { began_at, wall: Duration::from_millis(1240), cases }
}

fn files_of(name: &str) -> String {
    let found = files("fixtures/scenarios/failing").into_iter().find(|(found, _)| found == name);
    found.expect("the fixture is there").1
}

fn render(format: Format, run: &RunReport) -> String {
    format.render(run).expect("it can be written")
}

/// The same with nothing in it that changes with each version of ours.
fn render_stable(format: Format, run: &RunReport) -> String {
    render(format, run).replace(env!("CARGO_PKG_VERSION"), "VERSION")
}

#[test]
fn each_format_reads_as_it_should() {
    let run = every_kind();
    insta::assert_snapshot!("report_junit", render_stable(Format::Junit, &run));
    insta::assert_snapshot!("report_json", render_stable(Format::Json, &run));
    insta::assert_snapshot!("report_tap", render_stable(Format::Tap, &run));
    insta::assert_snapshot!("report_github_summary", render_stable(Format::Github, &run));
    insta::assert_snapshot!("report_github_annotations", github::annotations(&run));
}

#[test]
fn the_page_reads_as_it_should_without_its_script() {
    let mut run = every_kind();
    run.cases.remove(0);
    run.cases[0].outcome.log = events::parse(
        &events::render(&run.cases[0])
            .lines()
            .take(12)
            .fold(String::new(), |text, line| text + line + "\n"),
    )
    .expect("it reads back");
    run.cases.truncate(3);
    let page = render_stable(Format::Html, &run);
    let (_, body) = page.split_once("<body>").expect("it has a body");
    let (body, _) = body.split_once("<script>").expect("it ends with its script");
    insta::assert_snapshot!("report_html", body);
}

#[test]
fn the_page_loads_nothing_and_runs_only_its_own_script() {
    let page = render(Format::Html, &every_kind());
    assert!(page.contains("default-src 'none'"));
    assert_eq!(page.matches("<script>").count(), 1, "data began a script");
    assert_eq!(page.matches("</script>").count(), 1, "data ended a script");
    for outside in ["src=", "url(", "@import", "http://", "https://"] {
        let found =
            page.replace("http://www.w3.org/2000/svg", "").replace("url(#", "").contains(outside);
        assert!(!found, "{outside}");
    }
}

#[test]
fn programs_get_what_the_schema_promises() {
    let schema = schema::read(&root().join("docs/report.v1.json"));
    let run = every_kind();
    schema.check("#", &render(Format::Json, &run));
    for (index, case) in run.cases.iter().enumerate() {
        schema.check("#/$defs/case_file", &json::render_case(index + 1, case));
        let log = events::render(case);
        let mut lines = log.lines();
        schema.check("#/$defs/log", lines.next().expect("a log has a first line"));
        lines.for_each(|line| schema.check("#/$defs/event", line));
    }
}

#[test]
fn every_case_reads_back_from_what_is_kept_of_it() {
    for folder in ["scenarios", "fixtures/scenarios/passing", "fixtures/scenarios/failing"] {
        for (name, text) in files(folder) {
            for case in run(&text, &name, 3) {
                let log = events::render(&case);
                let kept = json::render_case(4, &case);
                let read = events::parse(&log).unwrap_or_else(|error| panic!("{name}: {error}"));
                let included = included(&case);
                let texts = json::Texts { scenario: &case.source, included: &included };
                let (number, read) = json::parse_case(&kept, &texts, read)
                    .unwrap_or_else(|error| panic!("{name}: {error}"));
                assert_eq!(number, 4);
                assert_eq!(events::render(&read), log, "{name}");
                assert_eq!(json::render_case(4, &read), kept, "{name}");
                assert_eq!(read.outcome.verdict, case.outcome.verdict, "{name}");
            }
        }
    }
}

#[test]
fn what_was_kept_and_contradicts_itself_is_refused() {
    let kept = json::render_case(1, &case(PASSES, "a.yaml"));
    let refused = |text: &str| {
        json::parse_case(
            text,
            &json::Texts { scenario: "", included: &[] },
            events::parse("{\"kind\":\"run\",\"version\":1}").expect("a log"),
        )
        .expect_err(text)
        .to_string()
    };
    assert_eq!(
        refused(&kept.replace("\"pass\"", "\"fail\"")),
        "line 1: the status does not go with the failure or the reason beside it"
    );
    assert_eq!(
        refused(&kept.replace("\"version\": 1", "\"version\": 9")),
        "it has version 9; this shadowrig reads up to version 1"
    );
    assert_eq!(refused("[]"), "it was not written by a run");
    assert!(refused("{").starts_with("line 1: "));
}

/// A run in which a text stands wherever text of others can stand.
fn filled_with(text: &str) -> RunReport {
    let mut case = case(ODD, text);
    case.plan.name = text.to_owned();
    case.plan.description = Some(text.to_owned());
    case.plan.tags = vec![text.to_owned()];
    case.board = text.to_owned();
    case.origin = Some(text.to_owned());
    case.outcome.log.push(Moment::START, Event::Console { line: text.into() });
    case.outcome.log.push(Moment::START, Event::Wake { cause: text.into() });
    case.outcome.log.push(Moment::START, Event::Note { text: text.into() });
    for step in &mut case.outcome.steps {
        step.title = text.to_owned();
    }
    if let Verdict::Failed(failure) = &mut case.outcome.verdict {
        failure.mismatch.headline = text.to_owned();
        failure.mismatch.expected = text.to_owned();
        failure.mismatch.actual = text.to_owned();
        failure.mismatch.help = Some(text.to_owned());
        failure.mismatch.window = 0..case.outcome.log.len();
    }
    RunReport { began_at: None, wall: Duration::ZERO, cases: vec![case] }
}

/// Whether XML 1.0 lets a character stand in a document (its rule 2).
const fn is_xml(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..='\u{10ffff}')
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn junit_is_xml_whatever_a_console_holds(text in any::<String>(), more in "[\\x00-\\x20<>&\"'\\]\\x1b\\x9b\\[;m\u{fffe}\u{ffff}]{0,30}") {
        let xml = render(Format::Junit, &filled_with(&format!("{text}{more}")));
        prop_assert!(xml.chars().all(is_xml));
        let mut reader = quick_xml::Reader::from_str(&xml);
        reader.config_mut().check_end_names = true;
        let mut depth = 0;
        loop {
            match reader.read_event().expect("it is XML") {
                quick_xml::events::Event::Eof => break,
                quick_xml::events::Event::Start(tag) => {
                    depth += 1;
                    for attribute in tag.attributes() {
                        attribute.expect("it is an attribute").normalized_value(quick_xml::XmlVersion::Implicit1_0).expect("it has no strange entity");
                    }
                }
                quick_xml::events::Event::End(_) => depth -= 1,
                _ => {}
            }
        }
        prop_assert_eq!(depth, 0);
    }

    #[test]
    fn nothing_of_a_device_is_markup_on_the_page(text in any::<String>(), quote in "['\"`>]{0,2}") {
        let page = render(Format::Html, &filled_with(&format!("{quote}<zq {quote}{text}<zq onload=zq")));
        prop_assert!(!page.contains("<zq"));
        // Nor can a quote end an attribute: behind each `=\"` the next quote is the template's.
        let (_, body) = page.split_once("<body>").expect("it has a body");
        for value in body.split("=\"").skip(1).take_while(|part| !part.contains("</script>")) {
            let end = value.split_once('"').expect("an attribute ends").1;
            prop_assert!(end.starts_with([' ', '>']), "{}", value);
        }
    }

    #[test]
    fn a_command_for_github_is_one_line(text in any::<String>()) {
        let commands = github::annotations(&filled_with(&format!("{text}\r\n::error::x")));
        prop_assert_eq!(commands.lines().count(), 1);
        prop_assert!(commands.starts_with("::error file="));
    }

    #[test]
    fn tap_has_one_line_a_case(text in any::<String>()) {
        let tap = render(Format::Tap, &filled_with(&format!("{text}\nok 2 - x\n  ...\nBail out!")));
        let outside = tap.lines().filter(|line| !line.starts_with(' ') && !line.is_empty());
        prop_assert_eq!(outside.count(), 3, "{}", tap);
        prop_assert_eq!(tap.lines().filter(|line| *line == "  ...").count(), 1);
    }

    #[test]
    fn any_case_reads_back(text in any::<String>()) {
        let run = filled_with(&text);
        let case = &run.cases[0];
        let log = events::parse(&events::render(case)).expect("it reads back");
        let texts = json::Texts { scenario: &case.source, included: &included(case) };
        let (_, read) = json::parse_case(&json::render_case(1, case), &texts, log).expect("it reads back");
        let read = RunReport { began_at: None, wall: Duration::ZERO, cases: vec![read] };
        for format in Format::ALL {
            prop_assert_eq!(render(format, &read), render(format, &run));
        }
    }
}

/// The texts of the files that a case includes.
fn included(case: &CaseReport) -> Vec<String> {
    case.included.iter().map(|source| source.text.to_string()).collect()
}
