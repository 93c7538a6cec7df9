//! The edges of a good run: everything that can be observed, and the connections and requests that a fault can meet.

use crate::engine::Log;
use crate::engine::event::{ConnectionChange, Event};
use crate::time::Moment;

/// The most edges that one sweep looks at; what comes later in a run is left out, and told.
pub const EDGES_MAX: usize = 200;

/// A point in time at which something was observed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edge {
    /// When.
    pub at: Moment,
    /// What, in a few words: the last of what was seen at that time.
    pub what: String,
}

/// A connection or a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meeting {
    /// What a fault is meant for, as `GET shadow` or `connect`.
    pub to: String,
    /// How many like it came before.
    pub before: usize,
}

/// All edges up to a point in time, in order.
#[must_use]
pub fn edges(log: &Log, until: Moment) -> Vec<Edge> {
    let mut edges: Vec<Edge> = Vec::new();
    for entry in log.entries().iter().filter(|entry| entry.at <= until) {
        let Some(what) = words(&entry.event) else { continue };
        match edges.last_mut().filter(|edge| edge.at == entry.at) {
            Some(edge) => edge.what = what,
            None => edges.push(Edge { at: entry.at, what }),
        }
    }
    edges
}

/// All connections and requests up to a point in time, in order.
#[must_use]
pub fn meetings(log: &Log, until: Moment) -> Vec<Meeting> {
    let mut meetings: Vec<Meeting> = Vec::new();
    for entry in log.entries().iter().filter(|entry| entry.at <= until) {
        let to = match &entry.event {
            Event::Connection { change: ConnectionChange::Opened, .. } => "connect".to_owned(),
            Event::Request(request) => request.short(),
            _ => continue,
        };
        let before = meetings.iter().filter(|meeting| meeting.to == to).count();
        meetings.push(Meeting { to, before });
    }
    meetings
}

fn words(event: &Event) -> Option<String> {
    Some(match event {
        Event::Answer(answer) => format!("answer to #{}", answer.request),
        Event::Connection { id, change } => format!("connection {id} {}", change.word()),
        Event::Console { line } => format!("`{line}`"),
        Event::Request(request) => format!("#{} {}", request.id, request.short()),
        Event::Sleep { .. } => "sleep".to_owned(),
        Event::Wake { cause } => format!("wake by {cause}"),
        Event::Shadow { .. } => "shadow changed".to_owned(),
        _ => return None,
    })
}
