//! What an invariant demands.

use std::time::Duration;

use serde_json::Value;

use crate::scenario::matcher::Matcher;
use crate::scenario::node::Span;
use crate::scenario::watch::Watch;
use crate::time;

/// The most invariants that one run can have: a device keeps one bit for each.
pub const RULES_MAX: usize = 64;

/// One invariant.
#[derive(Debug, Clone)]
pub struct Rule {
    /// What it is called, as `acts-once`.
    pub name: String,
    /// What it demands in a sentence.
    pub says: String,
    /// Where it stands in its file.
    pub span: Span,
    /// What it demands.
    pub kind: RuleKind,
    /// As it is written in a list of invariants.
    pub written: Value,
}

/// What an invariant demands.
#[derive(Debug, Clone)]
pub enum RuleKind {
    /// An event is seen no more often than this.
    AtMost {
        /// How often it may be.
        count: u32,
        /// What is counted.
        of: Watch,
        /// Within what.
        per: Per,
    },
    /// No wake lasts longer.
    Awake {
        /// The longest.
        at_most: Duration,
    },
    /// An event is never seen.
    Never(Watch),
    /// When nothing was changed or disturbed for some wakes, the shadow looks like this.
    Quiet {
        /// How many wakes in a row must have been quiet.
        wakes: u32,
        /// The document as a GET answers it.
        shadow: Matcher,
    },
    /// Each sleep that is announced has a length within these bounds.
    Sleep {
        /// The shortest.
        at_least: Duration,
        /// The longest.
        at_most: Duration,
    },
    /// Each change of a shadow has a higher version than the one before.
    VersionGrows,
}

impl Rule {
    /// Whether it is about a message that the shadow service publishes.
    #[must_use]
    pub fn hears_shadow(&self) -> bool {
        match &self.kind {
            RuleKind::AtMost { of: watch, .. } | RuleKind::Never(watch) => watch.hears_shadow(),
            RuleKind::Awake { .. }
            | RuleKind::Quiet { .. }
            | RuleKind::Sleep { .. }
            | RuleKind::VersionGrows => false,
        }
    }
}

/// Within what an event is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Per {
    /// One change of the desired state, as the device saw it in its last GET; wakes are counted in which the event is seen.
    Change,
    /// One wake; each event is counted.
    Wake,
}

impl RuleKind {
    /// What it demands, in words.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::AtMost { count, of, per: Per::Change } => {
                format!("{} in at most {count} wakes for each change", of.words())
            }
            Self::AtMost { count, of, per: Per::Wake } => {
                format!("{} at most {count} times in each wake", of.words())
            }
            Self::Awake { at_most } => format!("awake for {} at most", time::span(*at_most)),
            Self::Never(watch) => format!("never {}", watch.words()),
            Self::Quiet { wakes, shadow } => {
                let shadow = shadow.words(&std::collections::BTreeMap::new());
                format!("after {wakes} quiet wakes a shadow like {shadow}")
            }
            Self::Sleep { at_least, at_most } => {
                format!("sleeps from {} to {}", time::span(*at_least), time::span(*at_most))
            }
            Self::VersionGrows => "versions that only grow".into(),
        }
    }

    /// The pattern for events that it watches for.
    #[must_use]
    pub const fn watch(&self) -> Option<&Watch> {
        match self {
            Self::AtMost { of, .. } => Some(of),
            Self::Never(watch) => Some(watch),
            Self::Awake { .. } | Self::Quiet { .. } | Self::Sleep { .. } | Self::VersionGrows => {
                None
            }
        }
    }
}
