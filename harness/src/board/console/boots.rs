//! What a boot means: a reset, a wake, a supply that is too weak, a loop.

use std::time::Duration;

use super::causes::Cause;
use super::machine::{ANNOUNCED_MAX, Announced, Console, note};
use crate::engine::Event;
use crate::time::{self, Moment};

/// So many boots in [`LOOP_WITHIN`] that nobody asked for, without a sleep between them, are a boot loop.
const LOOP_BOOTS: usize = 3;

/// See [`LOOP_BOOTS`].
const LOOP_WITHIN: Duration = Duration::from_secs(60);

impl Console {
    pub(super) fn is_weak_start(&self, cause: Cause) -> bool {
        self.is_starting && cause == Cause::Brownout
    }

    /// The supply broke down before anything ran.
    pub(super) fn weak_start(&mut self, events: &mut Vec<Event>) {
        self.weak_starts += 1;
        let count = self.weak_starts;
        events.push(note(&format!(
            "the supply broke down while the board was starting, {count} in a row"
        )));
    }

    pub(super) fn boot(&mut self, now: Moment, cause: Cause, events: &mut Vec<Event>) {
        let announced = self.announced.take().filter(|(_, at)| now.since(*at) <= ANNOUNCED_MAX);
        // The timer of an ESP8266 wakes it by its reset pin.
        let is_pin_of_timer = self.chip.as_deref() == Some("esp8266") && cause == Cause::External;
        let cause = match announced {
            Some((Announced::As(cause), _)) => cause,
            None if is_pin_of_timer && self.has_slept => Cause::DeepSleep,
            Some((Announced::Silently, _)) | None => cause,
        };
        let crashed = self.crashed.take().filter(|crashed| {
            cause == *crashed
                || matches!(cause, Cause::Software | Cause::Watchdog | Cause::External)
        });
        let told = crashed.unwrap_or(cause);
        self.has_slept = false;
        self.told_by_boot = None;
        self.complaint = None;
        self.held_wake = Some(told.wake_word());
        if announced.is_none() && self.is_weak_start(told) {
            // Where the firmware's own detector has said so, it is counted.
            if crashed.is_none() {
                self.weak_start(events);
            }
            return;
        }
        if cause == Cause::DeepSleep {
            return self.boots.clear();
        }
        let is_silent = matches!(announced, Some((Announced::Silently, _)));
        if !is_silent && crashed.is_none() {
            events.push(Event::Reset { cause: cause.word().to_owned() });
        }
        if announced.is_none() {
            self.count_boot(now, told, events);
        }
    }

    /// Names a boot loop when the boots are enough to be one, and no more after that until something else happens.
    fn count_boot(&mut self, now: Moment, cause: Cause, events: &mut Vec<Event>) {
        self.boots.retain(|(at, _)| now.since(*at) <= LOOP_WITHIN);
        self.boots.push_back((now, cause));
        if self.boots.len() != LOOP_BOOTS {
            return;
        }
        let first = self.boots.front().map_or(now, |(at, _)| *at);
        let same = self.boots.iter().all(|(_, other)| *other == cause);
        let by = if same {
            format!("all by {}", cause.word())
        } else {
            format!("the last by {}", cause.word())
        };
        let help = match cause {
            Cause::Brownout => "the supply is too weak: another cable, another port, a capacitor",
            Cause::Panic => "the firmware crashes each time it starts: see the crash above",
            Cause::Watchdog => {
                "the firmware hangs each time it starts, or the flash holds no program"
            }
            _ => "something resets the board each time it starts",
        };
        let span = time::span(now.since(first));
        events.push(note(&format!("boot loop: {LOOP_BOOTS} boots within {span}, {by}: {help}")));
    }
}
