//! An earlier attempt as JSON, both ways.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Attempt;
use super::record::{BlameWord, micros};

/// An attempt that did not pass.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct AttemptRecord {
    /// Empty in runs of before it was written.
    #[serde(default)]
    board: String,
    /// Why the board was set aside after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    board_set_aside: Option<String>,
    blame: BlameWord,
    headline: String,
    text: String,
    seed: u64,
    took_us: u64,
    wall_us: u64,
}

impl From<&Attempt> for AttemptRecord {
    fn from(attempt: &Attempt) -> Self {
        Self {
            board: attempt.board.clone(),
            board_set_aside: attempt.aside.clone(),
            blame: if attempt.is_rigs_fault { BlameWord::Rig } else { BlameWord::Firmware },
            headline: attempt.headline.clone(),
            text: attempt.text.clone(),
            seed: attempt.seed,
            took_us: micros(attempt.took),
            wall_us: micros(attempt.wall),
        }
    }
}

impl From<AttemptRecord> for Attempt {
    fn from(record: AttemptRecord) -> Self {
        Self {
            board: record.board,
            aside: record.board_set_aside,
            is_rigs_fault: matches!(record.blame, BlameWord::Rig),
            headline: record.headline,
            text: record.text,
            seed: record.seed,
            took: Duration::from_micros(record.took_us),
            wall: Duration::from_micros(record.wall_us),
        }
    }
}
