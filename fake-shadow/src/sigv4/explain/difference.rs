//! Where two ways to sign a request first differ.

use super::explanation::Difference;
use super::made::Made;
use super::recipe::{Canonical, Recipe};
use super::redact::Redactor;

/// Longer lines are cut, because a body may stand where its hash should be.
const LINE_BYTES_MAX: usize = 2048;

/// The first line in which what was signed differs from what should have been; nothing if the difference cannot be shown,
/// as one in the secret.
pub(super) fn between(right: &Recipe, wrong: &Recipe, redactor: &Redactor) -> Option<Difference> {
    if right.canonical() != wrong.canonical() {
        return canonical_text(right.canonical(), &wrong.canonical().text(), redactor);
    }
    if right.to_sign() != wrong.to_sign() {
        let right: Made = right.make(&[]);
        let wrong: Made = wrong.make(&[&right]);
        let [right, wrong] = [right, wrong].map(|made| shown(&made.string_to_sign(), redactor));
        return first(&right, &wrong, string_to_sign_line);
    }
    let (right, wrong) = (&right.key().steps, &wrong.key().steps);
    let at = right.iter().zip(wrong).position(|(right, wrong)| right != wrong)?;
    if right.len() != wrong.len() {
        return None;
    }
    let place = format!("signing key, step {}, the {}", at + 1, STEPS.get(at)?);
    let [right, wrong] = [right, wrong].map(|steps| shown(&steps[at], redactor));
    Some(Difference {
        byte: first_byte(&right, &wrong),
        place,
        expected: Some(visible(&right)),
        signed: Some(visible(&wrong)),
    })
}

/// The first line in which a text differs from the canonical request.
pub(super) fn canonical_text(
    right: &Canonical,
    wrong: &[u8],
    redactor: &Redactor,
) -> Option<Difference> {
    let names: Vec<String> = right
        .headers()
        .iter()
        .map(|line| String::from_utf8_lossy(&line.name).into_owned())
        .collect();
    first(&shown(&right.text(), redactor), &shown(wrong, redactor), |line| {
        canonical_line(line, &names)
    })
}

const STEPS: [&str; 4] = ["day", "region", "service", "terminator"];

fn shown(text: &[u8], redactor: &Redactor) -> String {
    redactor.clean(&String::from_utf8_lossy(text))
}

fn first(right: &str, wrong: &str, place: impl Fn(usize) -> String) -> Option<Difference> {
    let (mut right, mut wrong) = (right.split('\n'), wrong.split('\n'));
    for line in 0.. {
        let (expected, signed) = (right.next(), wrong.next());
        if expected.is_none() && signed.is_none() {
            break;
        }
        if expected != signed {
            return Some(Difference {
                place: place(line),
                byte: first_byte(expected.unwrap_or_default(), signed.unwrap_or_default()),
                expected: expected.map(visible),
                signed: signed.map(visible),
            });
        }
    }
    None
}

fn canonical_line(line: usize, headers: &[String]) -> String {
    let part = match line {
        0 => "the method".to_owned(),
        1 => "the path".to_owned(),
        2 => "the query".to_owned(),
        _ => match (headers.get(line - 3), line - 3 - headers.len().min(line - 3)) {
            (Some(name), _) => format!("the header `{name}`"),
            (None, 0) => "the empty line behind the headers".to_owned(),
            (None, 1) => "the list of signed headers".to_owned(),
            (None, 2) => "the hash of the body".to_owned(),
            (None, _) => "behind the end".to_owned(),
        },
    };
    format!("canonical request, line {}, {part}", line + 1)
}

fn string_to_sign_line(line: usize) -> String {
    let part = match line {
        0 => "the algorithm",
        1 => "the time",
        2 => "the scope",
        3 => "the hash of the canonical request",
        _ => "behind the end",
    };
    format!("string to sign, line {}, {part}", line + 1)
}

fn first_byte(left: &str, right: &str) -> usize {
    left.bytes().zip(right.bytes()).take_while(|(left, right)| left == right).count()
}

/// A line with its control characters written out, so that they can be seen.
pub(super) fn visible(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    for character in line.chars() {
        match character {
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\0' => out.push_str("\\0"),
            _ if character.is_control() => out.extend(character.escape_default()),
            _ => out.push(character),
        }
        if out.len() >= LINE_BYTES_MAX {
            out.push('…');
            break;
        }
    }
    out
}
