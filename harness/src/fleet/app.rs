//! The app side of a fleet: what each shadow holds at the beginning, and what is desired later.

use std::time::Duration;

use fake_shadow::shadow::ShadowId;
use serde_json::{Value, json};

use super::chance::{Place, Question};
use super::incident::{Met, Mishap};
use super::machine::Fleet;
use super::queue::Due;
use crate::drive::sim::timing::true_time;
use crate::invariant::Seen;
use crate::time::Moment;

impl Fleet {
    /// Gives a device its shadow, and lets it be switched on some time within the first period.
    pub(super) fn begin(&mut self, number: u32) {
        let place = Place { device: number, wake: 0, number: 0 };
        let sleep = self.settings.every.as_secs();
        let section = json!({ "sleep": sleep, "signal": 0 });
        self.update(Moment::START, number, &json!({ "desired": section, "reported": section }));
        let period = u64::try_from(self.settings.every.as_micros()).unwrap_or(u64::MAX);
        let start = self.network.chance.below(period, Question::Start, place);
        self.queue.push(Moment::at(Duration::from_micros(start)), (number, 0), Due::PowerOn);
        self.next_change(Moment::START, number);
    }

    fn update(&mut self, now: Moment, number: u32, state: &Value) {
        let Ok(id) = ShadowId::classic(&self.names[number]) else { return };
        let document = json!({ "state": state });
        let updated = self.cloud.cloud_mut().update(true_time(now), &id, &document);
        self.see(now, number, Seen::Changed);
        if let Ok(accepted) = updated {
            self.see(now, number, Seen::Version(accepted.version));
        }
    }

    /// From half the average to half as much again.
    fn next_change(&mut self, now: Moment, number: u32) {
        let member = &self.members[number];
        let place = Place { device: number, wake: member.changes, number: 0 };
        let mean = u64::try_from(self.settings.changes_every.as_micros()).unwrap_or(u64::MAX);
        if mean > 0 {
            let wait = mean / 2 + self.network.chance.below(mean, Question::Change, place);
            let at = now.after(Duration::from_micros(wait));
            self.queue.push(at, (number, 0), Due::Change);
        }
    }

    pub(super) fn change(&mut self, now: Moment, number: u32) {
        let member = &mut self.members[number];
        member.changes += 1;
        let changes = member.changes;
        let place = Place { device: number, wake: changes, number: 1 };
        // Never the value before, so that each change is one.
        let step = self.network.chance.below(2, Question::Value, place) as u8;
        member.desired = (member.desired + step) % 3 + 1;
        let (desired, pending) = (member.desired, member.changed_at);
        let what = Mishap::Change(changes, desired);
        if self.network.may_happen(&self.members[number], what, Met::Change) {
            self.members[number].changed_at = pending.or(Some(now));
            self.tally.at(now).changes += 1;
            self.update(now, number, &json!({ "desired": { "signal": desired } }));
        }
        self.next_change(now, number);
    }
}
