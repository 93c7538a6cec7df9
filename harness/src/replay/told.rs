//! What became of a recording, in words.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::machine::{Compared, Replayed, Seen, Why};
use crate::time;

/// The requests whose answers differ, each with what is different.
#[must_use]
pub fn told(replayed: &Replayed) -> String {
    let mut text = String::new();
    for refused in &replayed.refused {
        let _ = writeln!(text, "the app side {refused}");
    }
    for seen in &replayed.requests {
        let Compared::Different(differences) = &seen.compared else { continue };
        let _ = writeln!(text, "#{} {} {}", seen.id, seen.short, place(seen));
        let width = differences.iter().map(|difference| difference.path.chars().count()).max();
        let width = width.unwrap_or_default();
        for difference in differences {
            let actual = difference.actual.as_deref().unwrap_or("nothing");
            let _ =
                writeln!(text, "  {:<width$}  recorded: {}", difference.path, difference.expected);
            let _ = writeln!(text, "  {:<width$}       now: {actual}", "");
        }
    }
    text
}

/// The same for programs, equal answers and those that were not compared too.
#[must_use]
pub fn to_json(name: &str, replayed: &Replayed) -> Value {
    let requests = replayed.requests.iter().map(|seen| {
        let mut told = json!({ "id": seen.id, "request": seen.short, "at_s": seen.at.as_secs_f64() });
        if let Some((cycle, since)) = seen.in_cycle {
            told["cycle"] = json!({ "number": cycle, "since_s": since.as_secs_f64() });
        }
        told["result"] = match &seen.compared {
            Compared::Equal => "equal".into(),
            Compared::Different(_) => "different".into(),
            Compared::Not(_) => "not-compared".into(),
        };
        match &seen.compared {
            Compared::Equal => {}
            Compared::Different(differences) => {
                let differences = differences.iter().map(|difference| {
                    json!({ "path": difference.path, "recorded": difference.expected, "now": difference.actual })
                });
                told["differences"] = differences.collect();
            }
            Compared::Not(why) => {
                told["why"] = match why {
                    Why::Fault => "fault".into(),
                    Why::SignatureRefused => "signature-refused".into(),
                    Why::Unanswered => "unanswered".into(),
                };
            }
        }
        told
    });
    json!({ "name": name, "refused": replayed.refused, "requests": requests.collect::<Vec<_>>() })
}

fn place(seen: &Seen) -> String {
    match seen.in_cycle {
        Some((cycle, since)) => {
            format!("at {}, {} into cycle {cycle}", time::span(seen.at), time::span(since))
        }
        None => format!("at {}", time::span(seen.at)),
    }
}

impl Replayed {
    /// How many answers are equal, different and not compared.
    #[must_use]
    pub fn counts(&self) -> (usize, usize, usize) {
        self.requests.iter().fold((0, 0, 0), |(equal, different, not), seen| match seen.compared {
            Compared::Equal => (equal + 1, different, not),
            Compared::Different(_) => (equal, different + 1, not),
            Compared::Not(_) => (equal, different, not + 1),
        })
    }

    /// Why answers were not compared, and how many, in words; nothing if all were.
    #[must_use]
    pub fn why_not(&self) -> String {
        let count = |why| {
            let is_it = |seen: &&Seen| matches!(seen.compared, Compared::Not(is) if is == why);
            self.requests.iter().filter(is_it).count()
        };
        [
            (Why::Fault, "met a fault"),
            (Why::SignatureRefused, "had a refused signature"),
            (Why::Unanswered, "had no answer"),
        ]
        .into_iter()
        .map(|(why, words)| (count(why), words))
        .filter(|(count, _)| *count > 0)
        .map(|(count, words)| format!("{count} {words}"))
        .collect::<Vec<_>>()
        .join(", ")
    }
}
