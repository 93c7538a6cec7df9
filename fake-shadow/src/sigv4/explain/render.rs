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
        if self.findings.is_empty() {
            let text = match self.outcome {
                Outcome::OnlyThis => "nothing is wrong with the signature",
                _ => "the signature does not match, and no known mistake explains it",
            };
            writeln!(f, "refused: {text}")?;
        }
        let mut before: Option<&Finding> = None;
        for (at, finding) in self.findings.iter().enumerate() {
            let label = match (before, finding.proof) {
                (None, _) => "refused",
                (Some(before), Proof::RecomputedWith(other))
                    if before.id == other && self.is_second(at) =>
                {
                    "and"
                }
                (Some(before), _) if before.is_proven() && finding.is_proven() => "or",
                (Some(_), _) => "also",
            };
            // What comes to the same as the finding before is not drawn again.
            let is_same = label == "or"
                && before.is_some_and(|before| before.difference == finding.difference);
            write_finding(f, label, finding, is_same)?;
            before = Some(finding);
        }
        self.write_conclusion(f)?;
        let (status, code, message) = (self.status, self.code, visible(&self.message));
        writeln!(f, "answer: {status} {code}: {}", message.trim_end())?;
        writeln!(f, "server time: {}", timestamp::basic(self.server_time))?;
        if self.outcome != Outcome::Unexplained {
            return Ok(());
        }
        match &self.server {
            Some(server) => server.write(f),
            None => Ok(()),
        }
    }
}

impl Explanation {
    /// True for the second of the two findings of a pair.
    fn is_second(&self, at: usize) -> bool {
        let is_of_pair = |finding: &&Finding| matches!(finding.proof, Proof::RecomputedWith(_));
        self.findings.iter().take(at).filter(is_of_pair).count() % 2 == 1
    }

    fn write_conclusion(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let alternatives = self.findings.iter().filter(|finding| finding.is_proven()).count();
        let text = match self.outcome {
            Outcome::OnlyThis => "apart from this the signature is right",
            Outcome::Seen if self.recomputations > 0 => {
                "it can be seen in the request; the signature is wrong besides, and no known \
                    mistake explains that"
            }
            Outcome::Seen => "it can be seen in the request",
            Outcome::Proven if alternatives > 1 => {
                "made with any one of these mistakes the signature is the one that came; in this \
                    request they come to the same"
            }
            Outcome::Proven => {
                "made with this mistake, and no other, the signature is the one that came"
            }
            Outcome::ProvenPair if alternatives > 2 => {
                "made with any one of these pairs of mistakes the signature is the one that came"
            }
            Outcome::ProvenPair => {
                "made with these two mistakes the signature is the one that came"
            }
            Outcome::Told => "the device told what it signed",
            Outcome::Unexplained => return self.write_unexplained(f),
        };
        writeln!(f, "proof: {text}")
    }

    fn write_unexplained(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.recomputations;
        writeln!(
            f,
            "  tried: {count} signatures, with each known mistake and with pairs of them; none is \
                the one that came"
        )?;
        writeln!(
            f,
            "  likely: the secret access key is another one, or a signed header was changed on \
                the way"
        )
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
                "help: the device has the same canonical request; compare the string to sign, \
                    then the secret access key"
            ),
            Vouched::Nothing => writeln!(
                f,
                "help: compare with what the device builds, line by line; or let it send the hash \
                    of its canonical request in \
                 `{HASH_HEADER}`, or the text in base64 in `{TEXT_HEADER}`, unsigned, and look \
                 here again"
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

fn write_finding(
    f: &mut fmt::Formatter<'_>,
    label: &str,
    finding: &Finding,
    is_same: bool,
) -> fmt::Result {
    writeln!(f, "{label}: {} [{}]", finding.headline, finding.id)?;
    if is_same {
        return Ok(());
    }
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
