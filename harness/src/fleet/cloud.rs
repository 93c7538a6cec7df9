//! The cloud's side of a fleet: connections, requests, and the answers on their way back.

use fake_shadow::event::ShadowTopic;
use fake_shadow::fault::{Channel, Delivery, FaultId};
use fake_shadow::message::{Request as CloudRequest, WireStep};
use fake_shadow::raw_request;

use super::incident::{Carried, Incident, Met, Mishap};
use super::machine::Fleet;
use super::member::Member;
use super::network::Way;
use super::queue::Due;
use crate::drive::cloud_side;
use crate::drive::sim::accept::{Accepted, accepted};
use crate::drive::sim::timing::{SERVICE, true_time};
use crate::drive::sim::wire::{Wire, sendings, with_end};
use crate::engine::event::{Request, Signature};
use crate::invariant::Seen;
use crate::time::Moment;

/// Who sent a request, and when: its device may be in another life when it arrives.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sender {
    /// The device.
    pub(super) number: u32,
    pub(super) life: u32,
    /// The wake, as chance counts.
    pub(super) wake: u32,
    /// The same as the monitor counts.
    pub(super) watched: u32,
    /// The connection of that wake.
    pub(super) connection: u16,
}

impl Sender {
    /// A device as it is now.
    pub(super) const fn of(member: &Member) -> Self {
        let Member { number, life, wake, connection, .. } = *member;
        Self { number, life, wake, watched: member.monitor.wakes(), connection }
    }
}

impl Fleet {
    pub(super) fn accept(&mut self, now: Moment, number: u32, connection: u16) {
        let sender = Sender { connection, ..Sender::of(&self.members[number]) };
        let armed = self.arm(now, sender);
        let fate = self.cloud.connect(true_time(now), Channel::Tls);
        self.cloud.clear();
        let Accepted { met, after, what, steps, .. } = accepted(fate);
        self.met(now, (sender, true), met.map(|met| met.id), &armed);
        let member = &mut self.members[number];
        if !steps.is_empty() {
            member.unserved = Some((member.life, connection));
        }
        self.queue.push(now.after(after), member.id(), Due::Wire { connection, what });
        self.play(now, number, connection, steps);
    }

    pub(super) fn request(&mut self, now: Moment, sender: Sender, bytes: &[u8]) {
        let Sender { number, life, connection, .. } = sender;
        if self.members[number].unserved == Some((life, connection)) {
            return;
        }
        let Ok(request) = raw_request::parse(bytes) else { return };
        let armed = self.arm(now, sender);
        let delivery = self.cloud.handle(true_time(now), &request);
        if !armed.is_empty() {
            self.cloud.clear();
        }
        self.count(now, sender, &request, &delivery);
        self.met(now, (sender, false), delivery.fault.map(|met| met.id), &armed);
        let member = &self.members[number];
        if member.life == life && member.is_open && member.connection == connection {
            let steps = with_end(delivery.steps(&request).into_owned(), &request);
            self.play(now.after(SERVICE), number, connection, steps);
        }
    }

    /// Arms what chance wants for a connection; with the number of each fault its place in the profile.
    fn arm(&mut self, now: Moment, sender: Sender) -> Vec<(FaultId, usize)> {
        let place = (sender.number, sender.wake, sender.connection);
        let wanted = self.network.faults(place, now.since_start());
        let faults = &self.network.profile.faults;
        wanted
            .into_iter()
            .map(|index| (self.cloud.arm(faults[index].fault.clone()), index))
            .collect()
    }

    fn met(
        &mut self,
        now: Moment,
        (sender, on_connect): (Sender, bool),
        met: Option<FaultId>,
        armed: &[(FaultId, usize)],
    ) {
        let Some((_, index)) = armed.iter().find(|(id, _)| Some(*id) == met) else { return };
        let Sender { number, wake, connection, .. } = sender;
        self.tally.at(now).faults += 1;
        let what = Mishap::Fault(*index as u16, connection);
        self.network.note(Incident { wake, what }, Met::Fault { connection, on_connect });
        self.see(now, number, Seen::Disturbed);
    }

    fn count(&mut self, now: Moment, sender: Sender, request: &CloudRequest, delivery: &Delivery) {
        let Sender { number, watched, .. } = sender;
        self.tally.request(now);
        if delivery.status != Some(200) {
            self.tally.at(now).refused += 1;
        }
        let seen = Request {
            id: 0,
            connection: None,
            method: request.method.clone(),
            target: request.target.clone(),
            pattern: delivery.operation.as_ref().ok().and_then(cloud_side::pattern),
            headers: Vec::new(),
            body: String::from_utf8_lossy(&request.body).into_owned(),
            signature: Signature::Unchecked,
        };
        self.see(now, number, Seen::Request { request: &seen, sent_in: watched });
        let Some(record) = delivery.exchange.as_ref().map(|exchange| &exchange.record) else {
            return;
        };
        let has = |topic| record.events.iter().any(|event| event.topic == topic);
        let (Some(version), true) = (record.version, has(ShadowTopic::UpdateAccepted)) else {
            return;
        };
        self.tally.at(now).reports += 1;
        self.see(now, number, Seen::Version(version));
        if !has(ShadowTopic::UpdateDelta)
            && let Some(changed_at) = self.members[number].changed_at.take()
        {
            self.tally.lag(now, changed_at);
        }
    }

    /// Puts what the cloud does to a connection into the queue.
    fn play(&mut self, from: Moment, number: u32, connection: u16, steps: Vec<WireStep>) {
        for (at, what) in sendings(from, steps) {
            let member = &mut self.members[number];
            let way = self.network.way(member, Carried::Answer);
            let (what, after, was_disturbed) = match way {
                Way::Arrives { after, was_disturbed } => (what, after, was_disturbed),
                Way::Breaks { after } => (Wire::Reset, after, true),
                Way::Lost => return self.see(from, number, Seen::Disturbed),
            };
            let at = at.after(after).max(member.arrives_at);
            member.arrives_at = at;
            let is_broken = what == Wire::Reset;
            self.queue.push(at, member.id(), Due::Wire { connection, what });
            if was_disturbed {
                self.see(from, number, Seen::Disturbed);
            }
            if is_broken {
                return;
            }
        }
    }
}
