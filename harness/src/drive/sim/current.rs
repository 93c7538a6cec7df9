//! The current of the simulated board: a level for each thing that it does, and a meter that is never wrong.

use std::time::Duration;

use super::bench::SimBench;
use crate::engine::reading::Reading;
use crate::engine::{ActionError, Event};
use crate::time::Moment;

/// How often the meter tells of a current that does not change.
const TELL: Duration = Duration::from_secs(1);

/// A level with its peak, in nanoamperes.
type Level = (i64, i64);

// What the data sheet of an ESP32-C3 and measurements of small boards with it have.
/// Without a supply.
const DARK: Level = (0, 0);
/// In deep sleep with its timer, the regulator of a board included.
const ASLEEP: Level = (8_000, 8_000);
/// The processor runs, and the radio does not.
const AWAKE: Level = (24_000_000, 38_000_000);
/// The radio listens, and sends now and then.
const RADIO: Level = (84_000_000, 335_000_000);

/// A meter that measures.
#[derive(Debug)]
pub(super) struct SimMeter {
    /// Up to when it has told.
    told: Moment,
}

impl SimBench {
    pub(super) fn measure(&mut self, now: Moment) {
        self.meter = Some(SimMeter { told: now });
    }

    /// When the meter tells next, whatever happens.
    pub(super) fn meter_wake_at(&self) -> Option<Moment> {
        self.meter.as_ref().map(|meter| meter.told.after(TELL))
    }

    /// Lets something happen; if it changes the current, the meter tells first what the current was before.
    pub(super) fn metered(
        &mut self,
        now: Moment,
        act: impl FnOnce(&mut Self) -> Result<Vec<Event>, ActionError>,
    ) -> Result<Vec<Event>, ActionError> {
        let before = self.level();
        let mut events = act(self)?;
        let changed = self.level() != before;
        let Some(meter) = &mut self.meter else { return Ok(events) };
        let length = now.since(meter.told);
        if length >= TELL || (changed && !length.is_zero()) {
            let (average_na, peak_na) = before;
            meter.told = now;
            let reading = Reading { until: now, length, average_na, peak_na, lost: 0 };
            events.insert(0, Event::Current(reading));
        }
        Ok(events)
    }

    const fn level(&self) -> Level {
        match (self.chip.powered, self.chip.asleep, self.chip.radio) {
            (false, ..) => DARK,
            (true, true, _) => ASLEEP,
            (true, false, true) => RADIO,
            (true, false, false) => AWAKE,
        }
    }
}
