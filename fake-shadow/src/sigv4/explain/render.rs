//! The explanation as text for a log.

use std::fmt;

use super::channel::{HASH_HEADER, TEXT_HEADER};
use super::difference::visible;
use super::explanation::{Difference, Explanation, Finding, Outcome, Proof, ServerSide, Vouched};
use crate::sigv4::timestamp;

/// How many characters of a line are shown, and how many of them before the first difference.
const SHOWN_MAX: usize = 96;
const SHOWN_BEFORE: usize = 40;

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let answer = visible(&self.message);
        writeln!(f, "refused: {}", self.headline())?;
        writeln!(f, "  answer: {} {}: {answer}", self.status, self.code)?;
        writeln!(f, "  server time: {}", timestamp::basic(self.server_time))?;
        for group in self.groups() {
            writeln!(f)?;
            for (at, finding) in group.iter().enumerate() {
                write_finding(f, finding, at)?;
            }
        }
        writeln!(f)?;
        self.write_conclusion(f)
    }
}

impl Explanation {
    fn headline(&self) -> String {
        match (&self.outcome, self.findings.as_slice()) {
            (Outcome::Unexplained, _) | (_, []) => {
                "the signature does not match, and no known mistake explains it".to_owned()
            }
            (Outcome::ProvenPair, [.., last]) if self.findings.len() >= 2 => {
                let [first, ..] = self.findings.as_slice() else { return last.headline.clone() };
                let pair =
                    self.findings.iter().find(|finding| finding.is_proven()).unwrap_or(first);
                format!("two mistakes at once; the first: {}", pair.headline)
            }
            (_, [first, ..]) => first.headline.clone(),
        }
    }

    /// Findings that belong together: the two of a pair, else each alone.
    fn groups(&self) -> Vec<&[Finding]> {
        let mut groups = Vec::new();
        let mut rest = self.findings.as_slice();
        while let [first, ..] = rest {
            let is_pair = matches!(first.proof, Proof::RecomputedWith(_)) && rest.len() >= 2;
            let (group, behind) = rest.split_at(if is_pair { 2 } else { 1 });
            groups.push(group);
            rest = behind;
        }
        groups
    }

    fn write_conclusion(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let proven =
            self.findings.iter().filter(|finding| finding.proof == Proof::Recomputed).count();
        match self.outcome {
            Outcome::OnlyThis => writeln!(f, "apart from this the signature is right"),
            Outcome::Seen => Ok(()),
            Outcome::Proven if proven > 1 => writeln!(
                f,
                "proven: each of these mistakes alone gives the signature that came; in this request they come to the same"
            ),
            Outcome::Proven => {
                writeln!(f, "proven: this mistake alone gives the signature that came")
            }
            Outcome::ProvenPair => {
                writeln!(f, "proven: both mistakes together give the signature that came")
            }
            Outcome::Told => {
                writeln!(f, "known from what the device told about its canonical request")
            }
            Outcome::Unexplained => self.write_unexplained(f),
        }
    }

    fn write_unexplained(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} signatures were computed, with each known mistake and with pairs of them; none is the one that came.",
            self.recomputations
        )?;
        writeln!(
            f,
            "most likely the secret access key is another one, or a signed header was changed on the way."
        )?;
        match &self.server {
            Some(server) => server.write(f),
            None => Ok(()),
        }
    }
}

impl ServerSide {
    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (bytes, hash) = (self.canonical_request_bytes, &self.canonical_request_sha256);
        writeln!(f)?;
        writeln!(f, "canonical request as the service builds it, {bytes} bytes, SHA-256 {hash}:")?;
        write_block(f, &self.canonical_request)?;
        writeln!(f)?;
        writeln!(f, "string to sign, {} bytes:", self.string_to_sign.len())?;
        write_block(f, &self.string_to_sign)?;
        writeln!(f)?;
        match self.vouched {
            Vouched::CanonicalRequest => writeln!(
                f,
                "help: the device has the same canonical request; compare the string to sign, then the secret access key"
            ),
            Vouched::Nothing => writeln!(
                f,
                "help: compare with what the device builds, line by line; or let it send the hash of its canonical request in \
                 `{HASH_HEADER}`, or the text in base64 in `{TEXT_HEADER}`, unsigned, and look here again"
            ),
        }
    }
}

fn write_block(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    for line in text.split('\n') {
        writeln!(f, "  | {}", visible(line))?;
    }
    Ok(())
}

fn write_finding(f: &mut fmt::Formatter<'_>, finding: &Finding, at: usize) -> fmt::Result {
    let together = if at > 0 { "and " } else { "" };
    writeln!(f, "{together}{} [{}]", finding.headline, finding.id)?;
    let width = finding.facts.iter().map(|fact| fact.name.len()).max().unwrap_or_default();
    for fact in &finding.facts {
        writeln!(f, "  {:>width$}: {}", fact.name, visible(&fact.value))?;
    }
    if let Some(difference) = &finding.difference {
        write_difference(f, difference)?;
    }
    writeln!(f, "  help: {}", finding.help)
}

fn write_difference(f: &mut fmt::Formatter<'_>, difference: &Difference) -> fmt::Result {
    let (expected, signed) = (difference.expected.as_deref(), difference.signed.as_deref());
    writeln!(f, "  {}", difference.place)?;
    let common = match (expected, signed) {
        (Some(expected), Some(signed)) => {
            expected.chars().zip(signed.chars()).take_while(|(left, right)| left == right).count()
        }
        _ => 0,
    };
    let from = if common > SHOWN_BEFORE + 8 { common - SHOWN_BEFORE } else { 0 };
    writeln!(f, "    expected: {}", window(expected, from))?;
    writeln!(f, "      signed: {}", window(signed, from))?;
    if expected.is_none_or(str::is_empty) || signed.is_none_or(str::is_empty) {
        return Ok(());
    }
    let column = common - from + usize::from(from > 0);
    writeln!(f, "              {:column$}^ byte {}", "", difference.byte + 1)
}

/// The part of a line that is shown.
fn window(line: Option<&str>, from: usize) -> String {
    match line {
        None => "(no such line)".to_owned(),
        Some("") => "(empty)".to_owned(),
        Some(line) => {
            let start = if from > 0 { "…" } else { "" };
            let end = if line.chars().count() > from + SHOWN_MAX { "…" } else { "" };
            let middle: String = line.chars().skip(from).take(SHOWN_MAX).collect();
            format!("{start}{middle}{end}")
        }
    }
}
