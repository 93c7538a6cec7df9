//! All combinations of a sweep: what goes wrong, and where it stands in the matrix.

use super::edges::{Edge, Meeting, Write};
use super::faults::{Meets, Variant};
use super::place::{Mishap, Place};
use super::runner::Pace;
use crate::engine::event::StateCut;

/// What goes wrong in one run of a sweep.
#[derive(Debug, Clone, PartialEq)]
pub struct Combination {
    /// In words.
    pub what: String,
    /// Where it stands in the matrix.
    pub slot: Slot,
    /// What is done.
    pub mishap: Mishap,
}

/// A place in the matrix. Rows and columns count from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slot {
    /// The variant of a fault, and the connection or request.
    Fault(usize, usize),
    /// An edge, and one of [`EDGE_COLUMNS`].
    Edge(usize, usize),
    /// A request, counted among connections and requests, and one of [`REQUEST_COLUMNS`].
    Request(usize, usize),
    /// A write of the state, and one of [`WRITE_COLUMNS`].
    Write(usize, usize),
}

/// What is done at an edge.
pub const EDGE_COLUMNS: [&str; 3] = ["cut", "brownout", "reset"];

/// When in a request the power is cut: the cloud has it and does nothing, all is done and nothing is sent, the head is sent.
pub const REQUEST_COLUMNS: [&str; 3] = ["body", "before-response", "mid-response"];

/// When in a write of the state the power is cut.
pub const WRITE_COLUMNS: [StateCut; 3] = [StateCut::Before, StateCut::During, StateCut::After];

/// All combinations, in the order of the matrix.
#[must_use]
pub fn all(
    variants: &[Variant],
    (meetings, edges, writes): (&[Meeting], &[Edge], &[Write]),
    pace: Pace,
) -> Vec<Combination> {
    let mut all = Vec::new();
    for (row, variant) in variants.iter().enumerate() {
        for (column, meeting) in meetings.iter().enumerate() {
            // Many a board has asked for the time before anything can be armed, and would count wakes otherwise.
            let is_exact = pace == Pace::Virtual || variant.meets != Meets::Wake;
            if is_exact && variant.meets == meeting.meets() {
                let (to, after) = (meeting.to.clone(), meeting.before);
                all.push(Combination {
                    what: format!("{} at {}", variant.name, nth(meeting)),
                    slot: Slot::Fault(row, column),
                    mishap: Mishap::Fault { fault: variant.fault.clone(), to, after },
                });
            }
        }
    }
    for (row, edge) in edges.iter().enumerate() {
        at_edge((row, edge), pace, &mut all);
    }
    for (row, meeting) in
        meetings.iter().enumerate().filter(|(_, meeting)| meeting.meets() == Meets::Request)
    {
        for (column, at) in REQUEST_COLUMNS.into_iter().enumerate() {
            let (to, after) = (meeting.to.clone(), meeting.before);
            all.push(Combination {
                what: format!("power cut in {}, {at}", nth(meeting)),
                slot: Slot::Request(row, column),
                mishap: Mishap::Cut(Place::Request { to, at, after }),
            });
        }
    }
    for row in 0..writes.len() {
        for (column, at) in WRITE_COLUMNS.into_iter().enumerate() {
            all.push(Combination {
                what: format!("power cut {} state write {}", at.word(), row + 1),
                slot: Slot::Write(row, column),
                mishap: Mishap::Cut(Place::StateWrite { at, after: row }),
            });
        }
    }
    all
}

/// What happens at a point of time alone is tried only where time is exact.
fn at_edge((row, edge): (usize, &Edge), pace: Pace, all: &mut Vec<Combination>) {
    let mut add = |column: usize, word: &str, mishap: Mishap| {
        let what = format!("{word} at {}, {}", edge.at, edge.what);
        all.push(Combination { what, slot: Slot::Edge(row, column), mishap });
    };
    if pace == Pace::Virtual || !matches!(edge.place, Place::At(_)) {
        add(0, "power cut", Mishap::Cut(edge.place.clone()));
    }
    if pace == Pace::Virtual {
        add(1, "brownout", Mishap::Sag(edge.at));
        add(2, "reset", Mishap::Reset(edge.at));
    }
}

/// A connection or request in words, as `GET shadow 2`.
#[must_use]
pub fn nth(meeting: &Meeting) -> String {
    format!("{} {}", meeting.to, meeting.before + 1)
}
