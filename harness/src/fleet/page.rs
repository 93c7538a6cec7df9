//! A run of a fleet as one page: plots over time, violations, and how to run it again. The page loads nothing and runs nothing.

use std::time::Duration;

use askama::Template;

use super::machine::Fleet;
use super::member::Member;
use super::summary;
use super::tally::{Bucket, Tally};
use crate::report::html::{STYLE, hash};
use crate::time;

/// How many violations the page has.
const VIOLATIONS_MAX: usize = 200;

/// How many of them stand above the plots without a click.
const VIOLATIONS_SHOWN: usize = 10;

const OWN_STYLE: &str = include_str!("page/fleet.css");

// The plot's corners in the units of its view box.
const LEFT: f64 = 56.0;
const RIGHT: f64 = 712.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 182.0;

/// The page. `wall` is how long the run took on this machine, and `again` the command that shows it again.
///
/// # Errors
///
/// What the library of templates says; it does not happen with text.
pub fn render(fleet: &Fleet, wall: Duration, again: &str) -> Result<String, askama::Error> {
    let style = format!("{STYLE}{OWN_STYLE}");
    let violated = summary::violated(fleet);
    let mut violations = fleet.found().iter().take(VIOLATIONS_MAX).map(|found| {
        [
            fleet.rules()[found.violation.rule].name.clone(),
            Member::name(found.device),
            summary::seconds_of(found.violation.at),
            found.wake.to_string(),
            found.violation.why.clone(),
        ]
    });
    let shown = violations.by_ref().take(VIOLATIONS_SHOWN).collect();
    let page = Page {
        verdict: match violated {
            0 => format!("{} devices kept every invariant", fleet.settings().devices),
            1 => "1 invariant was violated".to_owned(),
            count => format!("{count} invariants were violated"),
        },
        is_good: violated == 0,
        profile: &fleet.profile().name,
        says: &fleet.profile().says,
        seed: fleet.settings().seed,
        digest: format!("{:016x}", fleet.digest()),
        wall: format!("{:.2}s", wall.as_secs_f64()),
        version: env!("CARGO_PKG_VERSION"),
        again,
        facts: facts(fleet),
        violations: shown,
        more: violations.collect(),
        left_out: fleet.found().len().saturating_sub(VIOLATIONS_MAX),
        plots: plots(fleet.tally()),
        ticks: ticks(fleet.settings().span),
        style_hash: hash(&style),
        style,
    };
    page.render()
}

/// The page as its template sees it.
#[derive(Template)]
#[template(path = "fleet.html")]
struct Page<'a> {
    verdict: String,
    is_good: bool,
    profile: &'a str,
    says: &'a str,
    seed: u64,
    digest: String,
    wall: String,
    version: &'static str,
    again: &'a str,
    facts: Vec<(&'static str, String)>,
    violations: Vec<[String; 5]>,
    more: Vec<[String; 5]>,
    left_out: usize,
    plots: Vec<Plot>,
    ticks: Vec<(f64, String)>,
    style: String,
    style_hash: String,
}

struct Plot {
    title: &'static str,
    series: Vec<Series>,
    /// Heights with what they stand for.
    grid: Vec<(f64, String)>,
}

struct Series {
    class: &'static str,
    name: &'static str,
    most: String,
    /// Stretches without a gap, each as the points of a line.
    lines: Vec<String>,
}

fn facts(fleet: &Fleet) -> Vec<(&'static str, String)> {
    let totals = fleet.tally().totals();
    vec![
        ("devices", fleet.settings().devices.to_string()),
        ("virtual time", time::span(fleet.settings().span)),
        ("wakes", totals.wakes.to_string()),
        ("requests", totals.requests.to_string()),
        ("not answered with 200", totals.refused.to_string()),
        ("changes by the app", totals.changes.to_string()),
        ("reports", totals.reports.to_string()),
        ("faults met", totals.faults.to_string()),
        ("power cuts", totals.cuts.to_string()),
        ("lost or broken", fleet.network_mishaps().to_string()),
    ]
}

fn plots(tally: &Tally) -> Vec<Plot> {
    let width = tally.width.as_secs_f64();
    let counts = |count: fn(&Bucket) -> u32, per: f64| -> Vec<Option<f64>> {
        tally.buckets.iter().map(|bucket| Some(f64::from(count(bucket)) / per)).collect()
    };
    let lags = |share: f64| -> Vec<Option<f64>> {
        let lag = |index| Some(f64::from(tally.lag_below(share, Some(index))?) / 1000.0);
        (0..tally.buckets.len()).map(lag).collect()
    };
    let minute = width / 60.0;
    vec![
        plot(
            "Requests in a second",
            [
                ("in the busiest second", counts(|bucket| bucket.peak, 1.0)),
                ("not answered with 200", counts(|bucket| bucket.refused, width)),
                ("on average", counts(|bucket| bucket.requests, width)),
            ],
        ),
        plot(
            "Versions and mishaps in a minute",
            [
                ("reports of devices", counts(|bucket| bucket.reports, minute)),
                (
                    "mishaps: faults and power cuts",
                    counts(|bucket| bucket.faults + bucket.cuts, minute),
                ),
                ("changes by the app", counts(|bucket| bucket.changes, minute)),
            ],
        ),
        plot(
            "Lag from a change to its report, in seconds",
            [
                ("half of them below", lags(0.5)),
                ("all below", lags(1.0)),
                ("95% below", lags(0.95)),
            ],
        ),
    ]
}

fn plot(title: &'static str, series: [(&'static str, Vec<Option<f64>>); 3]) -> Plot {
    let most = |values: &[Option<f64>]| values.iter().flatten().copied().fold(0.0, f64::max);
    let top = round_up(series.iter().map(|(_, values)| most(values)).fold(0.0, f64::max));
    let height = |value: f64| BOTTOM - value / top * (BOTTOM - TOP);
    let grid = [0.0, 0.25, 0.5, 0.75, 1.0].map(|share| (height(top * share), number(top * share)));
    let drawn = series.into_iter().zip(["l1", "l2", "l3"]).map(|((name, values), class)| Series {
        class,
        name,
        most: number(most(&values)),
        lines: lines(&values, height),
    });
    Plot { title, series: drawn.collect(), grid: grid.into() }
}

/// The points of each stretch without a gap.
fn lines(values: &[Option<f64>], height: impl Fn(f64) -> f64) -> Vec<String> {
    let step = (RIGHT - LEFT) / (values.len().max(2) - 1) as f64;
    let point = |(index, value): (usize, f64)| {
        format!("{:.1},{:.1}", LEFT + index as f64 * step, height(value))
    };
    let mut lines = vec![Vec::new()];
    for (index, value) in values.iter().enumerate() {
        match (value, lines.last_mut()) {
            (Some(value), Some(line)) => line.push(point((index, *value))),
            _ => lines.push(Vec::new()),
        }
    }
    lines.into_iter().filter(|line| !line.is_empty()).map(|line| line.join(" ")).collect()
}

fn ticks(span: Duration) -> Vec<(f64, String)> {
    let tick = |quarter: u32| {
        let at = Duration::from_secs((span * quarter / 4).as_secs());
        let words = if at.is_zero() { "0".to_owned() } else { time::span(at) };
        (LEFT + (RIGHT - LEFT) * f64::from(quarter) / 4.0, words)
    };
    (0..=4).map(tick).collect()
}

/// The next number of the form 1, 2, 4 or 5 times a power of ten; at least one.
fn round_up(value: f64) -> f64 {
    let mut power = 1.0;
    while power * 10.0 < value {
        power *= 10.0;
    }
    [1.0, 2.0, 4.0, 5.0, 10.0]
        .map(|step| step * power)
        .into_iter()
        .find(|top| *top >= value)
        .unwrap_or(1.0)
}

fn number(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_top_of_a_plot_is_a_round_number() {
        for (value, top) in
            [(0.0, 1.0), (0.7, 1.0), (3.0, 4.0), (4.5, 5.0), (61.0, 100.0), (390.0, 400.0)]
        {
            assert_eq!(round_up(value), top);
        }
    }

    #[test]
    fn a_gap_ends_a_line() {
        let values = [Some(0.0), Some(1.0), None, Some(0.5)];
        assert_eq!(lines(&values, |value| value * 10.0).len(), 2);
    }
}
