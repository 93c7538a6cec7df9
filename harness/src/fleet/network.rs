//! What chance does to one device: to its messages, its supply, its clock, and to what it is answered.

use std::collections::BTreeSet;
use std::time::Duration;

use super::chance::{Chance, Place, Question};
use super::incident::{Carried, CutAt, Incident, Met, Mishap, Subset};
use super::member::Member;
use super::profile::Profile;

/// How often something is sent before TCP gives up here: the device gives up after ten seconds anyway.
const TRIES_MAX: u16 = 6;

/// How long TCP waits before it sends for the second time (RFC 6298, section 2); each further wait is twice as long.
const RETRANSMIT: Duration = Duration::from_secs(1);

/// Edges from which the one is drawn at which the power is cut: a wake with an action has fewer.
const EDGES: u64 = 40;

/// Chance with a profile: what happens to whom.
#[derive(Debug)]
pub(super) struct Network {
    pub(super) chance: Chance,
    pub(super) profile: Profile,
    subset: Option<Subset>,
    /// What has happened, where one device is looked at.
    pub(super) incidents: Vec<(Incident, Met)>,
    /// How many messages were lost, and connections broken.
    pub(super) mishaps: u64,
}

/// What becomes of something that is sent.
pub(super) enum Way {
    Arrives { after: Duration, was_disturbed: bool },
    Breaks { after: Duration },
    Lost,
}

impl Network {
    pub(super) const fn new(seed: u64, profile: Profile, subset: Option<Subset>) -> Self {
        let chance = Chance::new(seed);
        Self { chance, profile, subset, incidents: Vec::new(), mishaps: 0 }
    }

    /// What becomes of the next thing that is sent, either way.
    pub(super) fn way(&mut self, member: &mut Member, carried: Carried) -> Way {
        let way = member.ways;
        member.ways = member.ways.saturating_add(1);
        let settings = self.profile.network;
        let jitter = u64::try_from(settings.jitter.as_micros()).unwrap_or(u64::MAX);
        let jitter = self.chance.below(jitter, Question::Latency, place(member, way, 0));
        let mut after = settings.latency + Duration::from_micros(jitter);
        let is_reset = self.chance.happens(settings.reset, Question::Reset, place(member, way, 0));
        let connection = member.connection;
        let broken = Met::Reset { connection, carried };
        if is_reset && self.may_happen(member, Mishap::Reset(connection, way), broken) {
            self.mishaps += 1;
            return Way::Breaks { after };
        }
        let mut was_disturbed = false;
        for number in 0..TRIES_MAX {
            let place = place(member, way, number);
            let is_lost = self.chance.happens(settings.loss, Question::Loss, place);
            let wait = RETRANSMIT * 2_u32.pow(number.into());
            let delay = (number + 1 < TRIES_MAX).then_some(wait);
            let lost = Met::Loss { connection, carried, delay };
            if !is_lost || !self.may_happen(member, Mishap::Loss(way, number), lost) {
                return Way::Arrives { after, was_disturbed };
            }
            self.mishaps += 1;
            was_disturbed = true;
            after += wait;
        }
        Way::Lost
    }

    /// How long a sleep lasts in truth.
    pub(super) const fn slept(&self, member: &Member, length: Duration) -> Duration {
        let off = self.profile.clock.sleep_off as u64;
        let drawn = self.chance.below(2 * off + 1, Question::SleepOff, place(member, 0, 0));
        // From 1 - off to 1 + off, in millionths.
        let share = 1_000_000 + drawn - off;
        Duration::from_micros(length.as_micros() as u64 / 1_000_000 * share)
    }

    /// The edge at which the power is cut in a wake that begins.
    pub(super) fn cut(&mut self, member: &Member) -> Option<u16> {
        let is_cut =
            self.chance.happens(self.profile.power.cut, Question::Cut, place(member, 0, 0));
        let edge = || self.chance.below(EDGES, Question::Edge, place(member, 0, 0)) as u16;
        let edge = is_cut.then(edge)?;
        // The sleep behind the wake, unless it comes to the edge.
        let met = Met::Cut(CutAt::Sleep);
        self.may_happen(member, Mishap::Cut(edge), met).then_some(edge)
    }

    /// Remembers what a power cut of this wake met, where one device is looked at.
    pub(super) fn cut_met(&mut self, member: &Member, at: impl FnOnce() -> CutAt) {
        if self.subset.is_none() {
            return;
        }
        let is_it = |(incident, met): &&mut (Incident, Met)| {
            incident.wake == member.wake && matches!(met, Met::Cut(_))
        };
        if let Some((_, met)) = self.incidents.iter_mut().rev().find(is_it) {
            *met = Met::Cut(at());
        }
    }

    /// Whether a power cut at a write of the state leaves only a part of it.
    pub(super) fn is_torn(&self, member: &Member) -> bool {
        self.chance.happens(500_000, Question::Torn, place(member, 0, 0))
    }

    /// How far the date is off that a device is told, in milliseconds, and whether that is wrong on purpose.
    pub(super) fn date_off(&mut self, member: &Member) -> (i64, bool) {
        let clock = self.profile.clock;
        let millis = |span: Duration| i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
        let is_wrong = self.chance.happens(clock.wrong, Question::WrongDate, place(member, 0, 0));
        let number = self.chance.number(Question::DateOff, place(member, 0, 0));
        let sign = if number.is_multiple_of(2) { 1 } else { -1 };
        let wrong_by = sign * millis(clock.wrong_by);
        if is_wrong && self.may_happen(member, Mishap::WrongDate, Met::WrongDate(wrong_by)) {
            return (wrong_by, true);
        }
        let off = millis(clock.date_off);
        ((number % (2 * off.unsigned_abs() + 1)) as i64 - off, false)
    }

    /// The faults of the profile that chance wants for a connection of a device, by their place.
    pub(super) fn faults(
        &self,
        (device, wake, connection): (u32, u32, u16),
        since_start: Duration,
    ) -> Vec<usize> {
        let is_due = |(index, fault): &(usize, &super::profile::ProfileFault)| {
            let place = Place { device, wake, number: number(connection, *index as u16) };
            // What is named happens at any time: where less goes wrong before, the same wake comes earlier or later.
            let is_named = self.subset.as_ref().is_some_and(|subset| subset.incidents.is_some());
            let is_open = fault.window.is_none_or(|window| window.is_open(since_start));
            (is_named || is_open && self.chance.happens(fault.chance, Question::Fault, place))
                && self.is_wanted(Incident { wake, what: Mishap::Fault(*index as u16, connection) })
        };
        self.profile.faults.iter().enumerate().filter(is_due).map(|(index, _)| index).collect()
    }

    /// Whether something that chance wants may happen; if so it is remembered.
    pub(super) fn may_happen(&mut self, member: &Member, what: Mishap, met: Met) -> bool {
        let incident = Incident { wake: member.wake, what };
        let is_wanted = self.is_wanted(incident);
        if is_wanted {
            self.note(incident, met);
        }
        is_wanted
    }

    /// Remembers what has happened, where one device is looked at.
    pub(super) fn note(&mut self, incident: Incident, met: Met) {
        if self.subset.is_some() {
            self.incidents.push((incident, met));
        }
    }

    fn is_wanted(&self, incident: Incident) -> bool {
        let only = self.subset.as_ref().and_then(|subset| subset.incidents.as_ref());
        let is_named = |only: &BTreeSet<Incident>| match incident.what {
            // The app side does not wait for wakes, so a change may fall into another one.
            Mishap::Change(..) => only.iter().any(|named| named.what == incident.what),
            _ => only.contains(&incident),
        };
        only.is_none_or(is_named)
    }
}

const fn place(member: &Member, first: u16, second: u16) -> Place {
    Place { device: member.number, wake: member.wake, number: number(first, second) }
}

const fn number(first: u16, second: u16) -> u32 {
    (first as u32) << 16 | second as u32
}
