//! The Test Anything Protocol, version 14: a line a case, and below it what is known of one that is not ok, as YAML.
//!
//! The rules: <https://testanything.org/tap-version-14-specification.html>.

use super::{CaseReport, RunReport, Status, human, visible::visible};
use crate::diagnostics::Style;
use crate::engine::Verdict;
use crate::time;

/// The report of a run.
#[must_use]
pub fn render(run: &RunReport) -> String {
    let mut text = format!("TAP version 14\n1..{}\n", run.cases.len());
    for (index, case) in run.cases.iter().enumerate() {
        text += &line(index + 1, case);
        text += &diagnostics(case);
    }
    text
}

fn line(number: usize, case: &CaseReport) -> String {
    let word = match case.status() {
        Status::Pass | Status::Skip => "ok",
        Status::Fail | Status::Error | Status::Interrupted => "not ok",
    };
    let title = escaped(&case.title());
    match &case.outcome.verdict {
        Verdict::Skipped { reason } => {
            format!("{word} {number} - {title} # SKIP {}\n", escaped(reason))
        }
        Verdict::Passed | Verdict::Failed(_) | Verdict::Interrupted => {
            format!("{word} {number} - {title}\n")
        }
    }
}

/// A description or a reason: one line, in which `#` begins no directive.
fn escaped(text: &str) -> String {
    let line = visible(text).replace(['\n', '\t'], " ");
    line.replace('\\', "\\\\").replace('#', "\\#")
}

/// What is known of a case that was run, as a block of YAML, indented by two.
fn diagnostics(case: &CaseReport) -> String {
    let mut fields = vec![
        ("file", scalar(&case.plan.file)),
        ("board", scalar(&case.board)),
        ("seed", case.seed.to_string()),
        ("took", scalar(&time::span(case.outcome.took))),
    ];
    let aside = case.boards_aside().map(|(board, reason)| format!("{board}: {reason}"));
    fields.extend(aside.map(|text| ("board-set-aside", scalar(&text))));
    match &case.outcome.verdict {
        Verdict::Skipped { .. } => return String::new(),
        Verdict::Passed if case.is_flaky() => {
            let attempt = case.earlier.len() + 1;
            fields.push(("message", scalar(&format!("flaky: passed at attempt {attempt}"))));
        }
        Verdict::Passed => {}
        Verdict::Interrupted => fields.push(("message", scalar("interrupted"))),
        Verdict::Failed(failure) => {
            let mismatch = &failure.mismatch;
            fields.extend([
                ("severity", scalar(case.status().word())),
                ("message", scalar(&mismatch.headline)),
                ("at", scalar(&failure.at.to_string())),
                ("expected", scalar(&mismatch.expected)),
                ("actual", scalar(&mismatch.actual)),
            ]);
            // A case whose bench could not be had fails at no line.
            if failure.span.line > 0 {
                fields.push(("line", failure.span.line.to_string()));
                fields.push(("column", failure.span.column.to_string()));
            }
            fields.extend(mismatch.help.as_ref().map(|help| ("help", scalar(help))));
            fields.push(("text", block(&human::failure(case, Style::Plain))));
        }
    }
    let fields: String = fields.iter().map(|(key, value)| format!("  {key}: {value}\n")).collect();
    format!("  ---\n{fields}  ...\n")
}

/// Text as a scalar of YAML on one line.
fn scalar(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            _ if is_printable(c) => quoted.push(c),
            _ => quoted += &format!("\\U{:08X}", u32::from(c)),
        }
    }
    quoted + "\""
}

/// Text of several lines as a literal block, which reads as it was drawn; what cannot be printed is made visible.
fn block(text: &str) -> String {
    // Ends of lines that only YAML knows would break the block; tabs are legal in it but not at the beginning of a line.
    let text = visible(text).replace('\t', "    ");
    // The number says how far the block is indented, for a text that begins with blanks.
    let lines = text.trim_end().lines().map(|line| match line {
        "" => "\n".to_owned(),
        line => format!("\n    {line}"),
    });
    format!("|2-{}", lines.collect::<String>())
}

/// Whether a character may stand for itself in a quoted scalar: YAML prints it (YAML 1.2, `c-printable`), it is no break, and
/// a reader sees it where it stands.
const fn is_printable(c: char) -> bool {
    matches!(c, ' '..='~' | '\u{a0}'..='\u{200a}' | '\u{2010}'..='\u{2027}' | '\u{202f}'..='\u{205f}' | '\u{2070}'..='\u{d7ff}'
        | '\u{e000}'..='\u{fefe}' | '\u{ff00}'..='\u{ffef}' | '\u{fffc}'..='\u{fffd}' | '\u{10000}'..='\u{10ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_description_holds_no_directive() {
        assert_eq!(escaped("a # SKIP \\ b\nok 2"), "a \\# SKIP \\\\ b ok 2");
    }

    proptest! {
        #[test]
        fn any_text_is_the_same_when_yaml_is_read_back(text in any::<String>()) {
            let yaml = format!("text: {}\n", scalar(&text));
            let read: std::collections::BTreeMap<String, String> =
                serde_saphyr::from_str(&yaml).expect("it is YAML");
            prop_assert_eq!(&read["text"], &text);
        }

        #[test]
        fn any_block_reads_back_as_it_can_be_seen(text in any::<String>()) {
            let yaml = format!("text: {}\nend: 1\n", block(&text).replace("\n  ", "\n"));
            let read: std::collections::BTreeMap<String, serde_json::Value> =
                serde_saphyr::from_str(&yaml).expect("it is YAML");
            let seen = visible(&text).replace('\t', "    ");
            prop_assert_eq!(read["text"].as_str().expect("text"), seen.trim_end());
        }
    }
}
