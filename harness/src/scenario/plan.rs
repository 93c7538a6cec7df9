//! A scenario as it is run: checked values, nothing that can still be wrong in its text.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use fake_shadow::fault::Place;
use serde_json::Value;

use super::include::SourceText;
use super::node::Span;
use super::path::Path;
use super::secrets::Mask;
use super::snapshots::Snapshots;
use super::template::Variables;
use super::watch::Watch;
use crate::engine::steps::Step;
use crate::invariant::Rule;

/// One test case: a file, or one row of a file's matrix.
#[derive(Debug, Clone)]
pub struct Plan {
    /// What a person calls it; with the row of the matrix behind it where there is one.
    pub name: String,
    /// Longer words about it.
    pub description: Option<String>,
    /// Words to select it by.
    pub tags: Vec<String>,
    /// The file it was read from, as it was given.
    pub file: String,
    /// The most time that the whole case may take; without it the steps' own limits bound it.
    pub timeout: Option<Duration>,
    /// What the board must be and have.
    pub board: BoardNeeds,
    /// The cloud that the case needs; any where it is not named.
    pub requires_cloud: Option<CloudKind>,
    /// The image that runs on the board, by name or path.
    pub firmware: Firmware,
    /// Whether the cloud is to be served over TLS.
    pub tls: bool,
    /// What the faults act on that the case arms, as far as that is known before it runs.
    pub fault_places: BTreeSet<Place>,
    /// The kinds of faults that the case arms, as far as they are known before it runs.
    pub fault_kinds: BTreeSet<&'static str>,
    /// What the shadows hold at the beginning.
    pub shadows: BTreeMap<Option<String>, StartShadow>,
    /// What must not happen during the whole case.
    pub guards: Vec<Guard>,
    /// What must hold for all that is observed.
    pub invariants: Vec<Rule>,
    /// Whether a sleeping board may be woken early to save time.
    pub sleeping: Sleeping,
    /// The values of `vars` and of the row of the matrix.
    pub variables: Variables,
    /// The names of the secrets that it uses; their values are not in the file.
    pub secrets: Vec<String>,
    /// What no output may show.
    pub mask: Mask,
    /// What earlier runs have stored.
    pub snapshots: Snapshots,
    /// Why it cannot run anywhere, or is not to run for now; the case is skipped with this reason.
    pub unmet: Option<String>,
    /// Why it is not to count for now.
    pub quarantine: Option<String>,
    /// The files that it includes; number 1 of a [`Span`] is the first.
    pub included: Vec<SourceText>,
    /// What is done and seen, in order.
    pub steps: Vec<PlannedStep>,
    /// What is done at the end, whatever happened.
    pub finally: Vec<PlannedStep>,
}

impl Plan {
    /// Whether the current must be measured.
    #[must_use]
    pub fn needs_meter(&self) -> bool {
        let meter = "current-meter";
        let measures = |step: &&PlannedStep| step.step.needs().contains(&meter);
        self.board.needs.iter().any(|need| need == meter) || self.all_steps().iter().any(measures)
    }

    /// All steps, those of `finally` and those inside others too.
    #[must_use]
    pub fn all_steps(&self) -> Vec<&PlannedStep> {
        let mut found = Vec::new();
        let mut left: Vec<_> = self.finally.iter().rev().chain(self.steps.iter().rev()).collect();
        while let Some(step) = left.pop() {
            found.push(step);
            left.extend(step.step.inner().iter().rev());
        }
        found
    }
}

/// What a board must be and have.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BoardNeeds {
    /// The chips that will do; any where none is named.
    pub chips: Vec<String>,
    /// Capabilities, as `console` or `power-switch`.
    pub needs: Vec<String>,
    /// Labels that a board of the inventory must have, all of them.
    pub labels: Vec<String>,
    /// The family of labels, as `rig`, of which it must have one: `rig:window-2`.
    pub same: Option<String>,
}

/// The image that runs on the board.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Firmware {
    /// A name from the board's inventory, or a path.
    pub image: String,
    /// What is erased before the first step.
    pub erase: Erase,
    /// The named shadow that the device is provisioned for; `None` for the classic one.
    pub shadow: Option<String>,
    /// What it prints when it sleeps and wakes, beside what every firmware of ours prints.
    pub console: ConsoleLines,
}

/// What a firmware prints when it sleeps and wakes: regular expressions, each for one line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConsoleLines {
    /// When it goes to sleep; a group `seconds`, `millis` or `micros` is for how long.
    pub sleep: Vec<String>,
    /// When it wakes; a group `cause` is the cause.
    pub wake: Vec<String>,
}

/// What is erased before the first step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Erase {
    /// Everything.
    All,
    /// Nothing.
    Nothing,
    /// What the device remembers from earlier runs; the default.
    State,
}

/// Which cloud.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CloudKind {
    /// The real one.
    Aws,
    /// Ours.
    Fake,
}

/// Whether a sleep may be cut short.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sleeping {
    /// It may, where the board can be woken.
    FastForward,
    /// It may not; the default.
    Real,
}

/// What a shadow holds at the beginning.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct StartShadow {
    /// The desired section, an object.
    pub desired: Option<Value>,
    /// The reported section, an object.
    pub reported: Option<Value>,
}

impl StartShadow {
    /// The update document that makes a new shadow hold this.
    #[must_use]
    pub fn document(&self) -> Value {
        let sections = [("desired", &self.desired), ("reported", &self.reported)];
        let state = sections
            .into_iter()
            .filter_map(|(name, section)| Some((name.to_owned(), section.clone()?)))
            .collect();
        Value::Object([("state".to_owned(), Value::Object(state))].into_iter().collect())
    }
}

/// Something that must not happen during the whole case.
#[derive(Debug, Clone)]
pub struct Guard {
    /// Where it stands; the beginning of the file for the built-in ones.
    pub span: Span,
    /// What must not happen.
    pub watch: Watch,
}

/// One step with the keys that every step may have.
#[derive(Debug, Clone)]
pub struct PlannedStep {
    /// Where its verb stands.
    pub span: Span,
    /// Its name, or its verb and what follows it on the line.
    pub title: String,
    /// Its verb.
    pub verb: &'static str,
    /// Its own name, for `since: step:<name>`.
    pub name: Option<String>,
    /// The keys beside the verb.
    pub common: Common,
    /// What it does.
    pub step: Arc<dyn Step>,
}

/// The keys that every step may have.
#[derive(Debug, Clone, Default)]
pub struct Common {
    /// The most time that it may take.
    pub within: Option<Duration>,
    /// How long it watches.
    pub watch_for: Option<Duration>,
    /// From where in the log it looks.
    pub since: Option<Since>,
    /// What it keeps of what it saw.
    pub capture: Vec<(String, Path)>,
    /// It is done only if this text, filled in, is `true` or any text but `false`, `0` and nothing.
    pub condition: Option<String>,
}

/// From where in the log a step looks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Since {
    /// The beginning of the run.
    Start,
    /// The beginning of the step of that name.
    Step(String),
    /// The latest wake.
    Wake,
}

/// A name as part of a path: short, lower-case, nothing but letters, digits and `-`.
#[must_use]
pub fn slug(name: &str) -> String {
    const CHARS_MAX: usize = 60;
    let mut slug = String::new();
    for c in name.chars() {
        match c {
            c if c.is_ascii_alphanumeric() => slug.push(c.to_ascii_lowercase()),
            _ if slug.ends_with('-') || slug.is_empty() => {}
            _ => slug.push('-'),
        }
    }
    slug.truncate(CHARS_MAX);
    slug.trim_end_matches('-').to_owned()
}

/// The most time that a step may take where it does not say.
pub const WITHIN_DEFAULT: Duration = Duration::from_secs(10);
