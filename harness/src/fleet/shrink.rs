//! A failing run of a fleet made smaller: one device, the fewest things that go wrong, the shortest time.
//!
//! Chance has no state, so a device does alone what it did among others, and leaving one incident out changes no other.

use std::collections::BTreeSet;
use std::time::Duration;

use super::incident::{Incident, Met, Subset};
use super::machine::{Fleet, Found};
use super::profile::Profile;
use super::settings::Settings;
use crate::invariant::Rule;
use crate::shrink::shrink;

/// How long a run goes on behind the time of the violation at least: where less goes wrong before, it may come later.
const BEHIND: Duration = Duration::from_secs(600);

/// A violation with what it takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Minimal {
    /// The violation, as it is seen when nothing else goes wrong.
    pub found: Found,
    /// What it takes, in order; leaving one out makes the invariant hold, unless the trials ran out.
    pub incidents: Vec<(Incident, Met)>,
    /// How many things had gone wrong up to the violation, or were changed by the app side.
    pub of: usize,
    /// How many runs of the one device it took.
    pub trials: usize,
    /// Whether nothing more can be left out.
    pub is_minimal: bool,
}

/// Looks for what a violation takes; `None` when the device does not show it alone, or `trials_max` is 0.
#[must_use]
pub fn minimal(
    settings: &Settings,
    (profile, rules): (&Profile, &[Rule]),
    found: &Found,
    trials_max: usize,
) -> Option<Minimal> {
    let trial = Trial { settings, profile, rules, found };
    let (first, all) =
        trial.run(None, found.violation.at.since_start()).filter(|_| trials_max > 0)?;
    let incidents: Vec<Incident> = all.iter().map(|(incident, _)| *incident).collect();
    let span = first.violation.at.since_start();
    let shrunk = shrink(incidents, trials_max - 1, &mut |incidents| {
        trial.run(Some(incidents), span).is_some()
    });
    let (found, incidents) = trial.run(Some(&shrunk.parts), span)?;
    Some(Minimal {
        found,
        incidents,
        of: all.len(),
        trials: shrunk.trials + 2,
        is_minimal: shrunk.is_minimal,
    })
}

struct Trial<'a> {
    settings: &'a Settings,
    profile: &'a Profile,
    rules: &'a [Rule],
    found: &'a Found,
}

impl Trial<'_> {
    /// Runs the one device, with these incidents or with all; the violation and what had happened up to it.
    fn run(
        &self,
        incidents: Option<&[Incident]>,
        span: Duration,
    ) -> Option<(Found, Vec<(Incident, Met)>)> {
        let device = self.found.device;
        let incidents = incidents.map(|list| list.iter().copied().collect::<BTreeSet<_>>());
        let settings = Settings {
            subset: Some(Subset { device, incidents }),
            span: span + BEHIND + self.settings.every * 3,
            ..self.settings.clone()
        };
        let mut fleet = Fleet::new(settings, self.profile.clone(), self.rules.to_vec());
        fleet.run();
        let is_it = |found: &&Found| found.violation.rule == self.found.violation.rule;
        let found = fleet.found().iter().find(is_it)?.clone();
        let happened = fleet.incidents().iter().filter(|(incident, _)| incident.wake <= found.wake);
        Some((found.clone(), happened.cloned().collect()))
    }
}
