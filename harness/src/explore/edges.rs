//! The edges of a good run: everything that can be observed, each a place at which something can go wrong.

use super::faults::Meets;
use super::place::Place;
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
    /// How the power is cut there.
    pub place: Place,
}

/// A wake, a connection or a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meeting {
    /// What a fault is meant for, as `GET shadow`, `connect` or [`WAKE`].
    pub to: String,
    /// How many like it came before.
    pub before: usize,
}

/// What stands for a wake among what faults are meant for; a scenario says nothing there.
pub const WAKE: &str = "wake";

impl Meeting {
    /// What it is.
    #[must_use]
    pub fn meets(&self) -> Meets {
        match self.to.as_str() {
            "connect" => Meets::Connection,
            WAKE => Meets::Wake,
            _ => Meets::Request,
        }
    }
}

/// A write of the device's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Write {
    /// When.
    pub at: Moment,
    /// Its length in bytes.
    pub bytes: usize,
}

/// All edges up to a point in time, in order; one for each point in time.
#[must_use]
pub fn edges(log: &Log, until: Moment) -> Vec<Edge> {
    let mut edges: Vec<Edge> = Vec::new();
    for (index, entry) in log.entries().iter().enumerate() {
        let Some(what) = words(&entry.event).filter(|_| entry.at <= until) else { continue };
        let waits = waits_for(log, index);
        match edges.last_mut().filter(|edge| edge.at == entry.at) {
            Some(edge) => {
                edge.what = what;
                edge.place = waits.unwrap_or_else(|| edge.place.clone());
            }
            None => {
                let place = waits.unwrap_or(Place::At(entry.at));
                edges.push(Edge { at: entry.at, what, place });
            }
        }
    }
    edges
}

/// All wakes, connections and requests up to a point in time, in order.
#[must_use]
pub fn meetings(log: &Log, until: Moment) -> Vec<Meeting> {
    let mut meetings: Vec<Meeting> = Vec::new();
    for entry in log.entries().iter().filter(|entry| entry.at <= until) {
        let to = match &entry.event {
            Event::Connection { change: ConnectionChange::Opened, .. } => "connect".to_owned(),
            Event::Request(request) => request.short(),
            Event::Wake { .. } => WAKE.to_owned(),
            _ => continue,
        };
        let before = meetings.iter().filter(|meeting| meeting.to == to).count();
        meetings.push(Meeting { to, before });
    }
    meetings
}

/// All writes of the device's state up to a point in time, in order.
#[must_use]
pub fn writes(log: &Log, until: Moment) -> Vec<Write> {
    let write = |entry: &crate::engine::Entry| match entry.event {
        Event::StateWrite { bytes, .. } => Some(Write { at: entry.at, bytes }),
        _ => None,
    };
    log.entries().iter().filter(|entry| entry.at <= until).filter_map(write).collect()
}

/// How the power can be cut at an event at any speed; `None` where only its time is known.
///
/// What a scenario waits for is armed behind its beginning, so what happens at the beginning has its time alone.
fn waits_for(log: &Log, index: usize) -> Option<Place> {
    let entry = log.entries().get(index)?;
    let before = log.entries().iter().take(index).filter(|entry| entry.at > Moment::START);
    let count = |is_like: &dyn Fn(&Event) -> bool| {
        before.clone().filter(|entry| is_like(&entry.event)).count()
    };
    if entry.at == Moment::START {
        return None;
    }
    Some(match &entry.event {
        Event::Connection { change: ConnectionChange::Opened, .. } => {
            let is_like = |event: &Event| {
                matches!(event, Event::Connection { change: ConnectionChange::Opened, .. })
            };
            Place::Event { name: "connect", after: count(&is_like) }
        }
        Event::Console { line } => {
            let is_like =
                |event: &Event| matches!(event, Event::Console { line: other } if other == line);
            Place::Console { line: line.clone(), after: count(&is_like) }
        }
        Event::Sleep { .. } => {
            let is_like = |event: &Event| matches!(event, Event::Sleep { .. });
            Place::Event { name: "sleep", after: count(&is_like) }
        }
        Event::Wake { .. } => {
            let is_like = |event: &Event| matches!(event, Event::Wake { .. });
            Place::Event { name: "wake", after: count(&is_like) }
        }
        _ => return None,
    })
}

fn words(event: &Event) -> Option<String> {
    Some(match event {
        Event::Answer(answer) => format!("answer to #{}", answer.request),
        Event::Connection { id, change } => format!("connection {id} {}", change.word()),
        Event::Console { line } => format!("`{line}`"),
        Event::Request(request) => format!("#{} {}", request.id, request.short()),
        Event::Sleep { .. } => "sleep".to_owned(),
        Event::Wake { cause } => format!("wake by {cause}"),
        Event::Message(message) => message.short(),
        Event::Shadow { .. } => "shadow changed".to_owned(),
        _ => return None,
    })
}
