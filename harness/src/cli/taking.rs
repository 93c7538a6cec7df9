//! How boards of the inventory are taken, and for how long.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::known;
use crate::inventory::Mac;
use crate::inventory::file;
use crate::inventory::lock::{BoardLock, Holder};

/// How boards are taken.
#[derive(Debug, Clone)]
pub(super) struct Settings {
    /// The folder of locks.
    pub(super) locks: PathBuf,
    /// Who we are.
    pub(super) holder: Holder,
    /// How long somebody else's board is waited for.
    pub(super) wait: Duration,
    /// What `--board` says.
    pub(super) choice: String,
    /// Where locks stay between several labs that use the same boards; without it a board is free as soon as no case wants it.
    pub(super) keep: Option<Keep>,
}

impl Settings {
    /// How the boards of a choice are taken by a run, each for as long as a case wants it.
    pub(super) fn new(
        run: &str,
        (choice, wait): (String, Duration),
        variable: fn(&str) -> Option<String>,
    ) -> Self {
        let (locks, holder) = (file::locks(variable), known::holder(run, variable));
        Self { locks, holder, wait, choice, keep: None }
    }

    /// The same for several labs, one after the other: a board stays taken until these settings and their copies are gone.
    pub(super) fn keeping(self) -> Self {
        Self { keep: Some(Keep::default()), ..self }
    }
}

/// Boards that stay ours while no case has them; its copies are one, and all are free when the last is dropped.
#[derive(Debug, Clone, Default)]
pub(super) struct Keep(Arc<Mutex<BTreeMap<Mac, BoardLock>>>);

impl Keep {
    /// What is kept now.
    pub(super) fn inner(&self) -> MutexGuard<'_, BTreeMap<Mac, BoardLock>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
