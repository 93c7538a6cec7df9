//! A scenario as it is run: checked values, nothing that can still be wrong in its text.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use fake_shadow::Settings;
use fake_shadow::fault::Place;
use fake_shadow::proxy::Endpoint;
use fake_shadow::sigv4::PresignedToken;
use serde_json::Value;

use super::include::SourceText;
use super::node::Span;
use super::path::Path;
use super::provision::Setting;
use super::secrets::Mask;
use super::snapshots::Snapshots;
use super::template::{self, Variables};
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
    /// The names that its provisions ask for; `None` where nothing is provisioned.
    pub provision: Option<BTreeSet<String>>,
    /// Whether the cloud is to be served over TLS.
    pub tls: bool,
    /// What the faults act on that the case arms, as far as that is known before it runs.
    pub fault_places: BTreeSet<Place>,
    /// The kinds of faults that the case arms, as far as they are known before it runs.
    pub fault_kinds: BTreeSet<&'static str>,
    /// How the cloud checks signatures.
    pub signatures: SignatureRules,
    /// The real endpoint that the case is for; any where it is not named.
    pub endpoint: Option<Endpoint>,
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

    /// Whether the messages of the shadow service must be told: a step, a guard or an invariant names a topic of its.
    #[must_use]
    pub fn hears_shadow(&self) -> bool {
        self.all_steps().iter().any(|step| step.step.hears_shadow())
            || self.guards.iter().any(|guard| guard.watch.hears_shadow())
            || self.invariants.iter().any(Rule::hears_shadow)
    }

    /// How the fake cloud is set up for it; `seed` is where chance comes from.
    #[must_use]
    pub fn settings(&self, seed: u64) -> Settings {
        let default = Settings::default();
        Settings {
            seed,
            window: self.signatures.window.unwrap_or(default.window),
            presigned_token: match self.signatures.strict {
                true => PresignedToken::AfterSigning,
                false => default.presigned_token,
            },
            ..default
        }
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
    /// Whether what is on the board already is written again.
    pub rewrite: Rewrite,
    /// The named shadow that the device is provisioned for; `None` for the classic one.
    pub shadow: Option<String>,
    /// What it reads from its NVS partition; nothing where it is one of our own things, which are told in their own way.
    pub provision: Vec<Setting>,
    /// What it prints when it sleeps and wakes, beside what every firmware of ours prints.
    pub console: ConsoleLines,
}

impl Firmware {
    /// An image on a board whose state is erased, told nothing but its cloud.
    #[must_use]
    pub fn of_image(image: impl Into<String>) -> Self {
        Self {
            image: image.into(),
            erase: Erase::State,
            rewrite: Rewrite::IfChanged,
            shadow: None,
            provision: Vec::new(),
            console: ConsoleLines::default(),
        }
    }

    /// The same with what is known filled in.
    #[must_use]
    pub fn filled(&self, known: &Variables) -> Self {
        let text = |text: &String| template::plain(&template::fill(text, known));
        Self {
            image: text(&self.image),
            erase: self.erase,
            rewrite: self.rewrite,
            shadow: self.shadow.as_ref().map(text),
            provision: self.provision.iter().map(|setting| setting.filled(known)).collect(),
            console: self.console.clone(),
        }
    }
}

/// What a firmware prints when it sleeps and wakes: regular expressions, each for one line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConsoleLines {
    /// When it goes to sleep; a group `seconds`, `millis` or `micros` is for how long.
    pub sleep: Vec<String>,
    /// When it wakes; a group `cause` is the cause.
    pub wake: Vec<String>,
}

/// Whether what is on a board already is written again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rewrite {
    /// It is.
    Always,
    /// It is compared by its MD5, and skipped where nothing changed.
    IfChanged,
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
    /// The limit that the file has for steps that say none.
    pub within_of_file: Option<Duration>,
    /// How long it watches.
    pub watch_for: Option<Duration>,
    /// From where in the log it looks.
    pub since: Option<Since>,
    /// What it keeps of what it saw.
    pub capture: Vec<(String, Path)>,
    /// It is done only if this text, filled in, is `true` or any text but `false`, `0` and nothing.
    pub condition: Option<String>,
}

impl Common {
    /// The step's limit; [`WITHIN_DEFAULT`] where neither it nor the file says one.
    #[must_use]
    pub fn limit(&self) -> Duration {
        self.within.or(self.within_of_file).unwrap_or(WITHIN_DEFAULT)
    }
}

/// How the cloud checks signatures.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SignatureRules {
    /// How far a device's clock may be off, either way; the service's own five minutes where it is not said.
    pub window: Option<Duration>,
    /// Whether a presigned URL must have its session token appended after signing, as AWS IoT documents.
    pub strict: bool,
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
