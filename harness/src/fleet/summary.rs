//! What is told of a run of a fleet, in words.

use std::fmt::Write as _;
use std::time::Duration;

use super::incident::{Carried, CutAt, Met, Mishap};
use super::machine::{Fleet, Found};
use super::member::Member;
use super::settings::Settings;
use super::shrink::Minimal;
use crate::invariant::Rule;
use crate::time::{self, Moment};

/// How many devices are named for each invariant.
const NAMED_MAX: usize = 3;

/// All that is told before the last line. Equal runs have equal words.
#[must_use]
pub fn words(fleet: &Fleet) -> String {
    let mut text = String::new();
    let totals = fleet.tally().totals();
    let profile = fleet.profile();
    let _ = writeln!(text, "profile {}: {}", profile.name, profile.says);
    let seconds = fleet.settings().span.as_secs_f64();
    let busiest = fleet.tally().buckets.iter().map(|bucket| bucket.peak).max().unwrap_or_default();
    let _ = writeln!(
        text,
        "requests: {:.1} in a second, {busiest} in the busiest; {} not answered with 200",
        totals.requests as f64 / seconds,
        totals.refused,
    );
    let _ = writeln!(
        text,
        "mishaps: {} faults met, {} power cuts, {} messages lost or connections broken",
        totals.faults,
        totals.cuts,
        fleet.network_mishaps(),
    );
    let lag = |share| {
        let millis = fleet.tally().lag_below(share, None);
        millis.map_or_else(
            || "none".to_owned(),
            |millis| seconds_of(Moment::at(Duration::from_millis(millis.into()))),
        )
    };
    let _ = writeln!(
        text,
        "changes: {} desired, {} reports; half reported within {}, 99% within {}, all within {}",
        totals.changes,
        totals.reports,
        lag(0.5),
        lag(0.99),
        lag(1.0),
    );
    let _ = writeln!(text, "digest: {:016x}", fleet.digest());
    for (index, rule) in fleet.rules().iter().enumerate() {
        let is_of = |found: &&Found| found.violation.rule == index;
        let found: Vec<_> = fleet.found().iter().filter(is_of).collect();
        if found.is_empty() {
            continue;
        }
        let _ = writeln!(text, "violated: {} ({})", rule.name, rule.says);
        for found in found.iter().take(NAMED_MAX) {
            let _ = writeln!(text, "  {}", found_words(found));
        }
        if found.len() > NAMED_MAX {
            let more = found.len() - NAMED_MAX;
            let devices = if more == 1 { "device" } else { "devices" };
            let _ = writeln!(text, "  and {more} {devices} more");
        }
    }
    text
}

/// A violation made smaller, with the command that shows it; `again` is the one for the whole fleet, up to the violation.
#[must_use]
pub fn minimal_words((minimal, rule): (&Minimal, &Rule), again: &str) -> String {
    let mut text = String::new();
    let device = minimal.found.device;
    let (left, of, trials) = (minimal.incidents.len(), minimal.of, minimal.trials);
    let is_minimal = if minimal.is_minimal { "" } else { ", where the trials ran out" };
    let _ = writeln!(
        text,
        "reduced: {} takes {left} of {of} things that went wrong or were changed, found in {trials} runs of {}{is_minimal}",
        rule.name,
        Member::name(device)
    );
    let _ = writeln!(text, "  {}", found_words(&minimal.found));
    for (incident, met) in &minimal.incidents {
        let _ = writeln!(text, "  in wake {}: {}", incident.wake, met_words(incident.what, met));
    }
    let only: Vec<_> = minimal.incidents.iter().map(|(it, _)| it.to_string()).collect();
    let only = if only.is_empty() { String::new() } else { format!(" --only {}", only.join(",")) };
    let _ = writeln!(text, "  alone: {again} --device {device}{only}");
    text
}

fn met_words(what: Mishap, met: &Met) -> String {
    let carried = |carried: Carried| match carried {
        Carried::Answer => "an answer",
        Carried::Connect => "the wish for a connection",
        Carried::Request => "a request",
    };
    match (what, met) {
        (Mishap::Change(_, value), _) => format!("signal {value} is desired"),
        (_, Met::Cut(at)) => format!("the power is cut {}", cut_words(at)),
        (Mishap::Fault(index, _), Met::Fault { connection, on_connect }) => {
            let place = if *on_connect { "connection" } else { "request" };
            format!("fault {} of the profile meets {place} {connection}", index + 1)
        }
        (_, Met::Loss { connection, carried: what, delay: Some(delay) }) => format!(
            "{} on connection {connection} is lost and sent again after {}",
            carried(*what),
            time::span(*delay)
        ),
        (_, Met::Loss { connection, carried: what, .. }) => {
            format!("{} on connection {connection} is lost for good", carried(*what))
        }
        (_, Met::Reset { connection, carried: what }) => {
            format!("connection {connection} breaks under {}", carried(*what))
        }
        (_, Met::WrongDate(off_ms)) => {
            format!("the date is off by {}", time::signed_span(*off_ms))
        }
        (_, Met::Change | Met::Fault { .. }) => "something happens".to_owned(),
    }
}

fn cut_words(at: &CutAt) -> String {
    match at {
        CutAt::Connect(number) => format!("when connection {} is asked for", number + 1),
        CutAt::Console(line, _) => format!("at `{line}`"),
        CutAt::Other(since) => format!("{} behind the wake", time::span(*since)),
        CutAt::Request(connection) => format!("when request {connection} is sent"),
        CutAt::Sleep => "in the sleep behind it".to_owned(),
        CutAt::StateWrite(number, is_torn) => {
            let when = if *is_torn { "in the middle of" } else { "right behind" };
            format!("{when} state write {}", number + 1)
        }
    }
}

/// A violation in one line.
#[must_use]
pub fn found_words(found: &Found) -> String {
    format!(
        "{} at {}, in wake {}: {}",
        Member::name(found.device),
        seconds_of(found.violation.at),
        found.wake,
        found.violation.why
    )
}

/// The last line: devices, wakes, requests, violated invariants, virtual and wall time.
#[must_use]
pub fn last_line(fleet: &Fleet, wall: Duration) -> String {
    let totals = fleet.tally().totals();
    let settings = fleet.settings();
    format!(
        "{} devices, {} wakes, {} requests, {} invariants violated, {} in {:.2}s",
        settings.devices,
        totals.wakes,
        totals.requests,
        violated(fleet),
        time::span(settings.span),
        wall.as_secs_f64()
    )
}

/// How many invariants were violated by one device at least.
#[must_use]
pub fn violated(fleet: &Fleet) -> usize {
    let is_violated =
        |index: &usize| fleet.found().iter().any(|found| found.violation.rule == *index);
    (0..fleet.rules().len()).filter(is_violated).count()
}

/// The command that runs the same again; `more` are its further words.
#[must_use]
pub fn again(settings: &Settings, profile: &str, more: &str) -> String {
    format!(
        "shadowrig simulate --devices {} --for {} --seed {} --profile {profile} --every {} --changes-every {}{more}",
        settings.devices,
        time::span(settings.span),
        settings.seed,
        time::span(settings.every),
        time::span(settings.changes_every),
    )
}

/// A point in time or a span, with its fraction of a second only where it is short.
pub(super) fn seconds_of(at: Moment) -> String {
    let span = at.since_start();
    let is_short = span < Duration::from_secs(60);
    time::span(if is_short { span } else { Duration::from_secs(span.as_secs()) })
}
