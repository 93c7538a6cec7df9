//! `reset`: the chip is reset, and seen to be.

use std::sync::Arc;

use super::power::OFF_DEFAULT;
use super::{Step, Verb};
use crate::engine::action::{Action, ActionError, PowerOrder};
use crate::engine::event::Event;
use crate::engine::mismatch::{Mismatch, MismatchKind};
use crate::engine::step::{Progress, Run};
use crate::scenario::field::Shape;

pub(super) const VERB: Verb = Verb {
    name: "reset",
    shape: Shape::Choice(&["pin", "rts", "jtag", "power"]),
    beside: &[],
    doc: "Resets the chip and passes when it is seen to be reset. `pin` is its reset button, however the board reaches it; `rts` the \
          lines of its serial port (needs `reset-line`); `jtag` its debug probe (needs `debug-probe`); `power` a power cycle (needs \
          `power-switch`). What the device keeps in memory that only deep sleep keeps is lost. All but `power` is told as `external` \
          and the wake as `reset` on every board: most chips take their reset pin for power, but the rig knows what it did.",
    example: "reset: pin",
    read: |context, _| {
        let by = match context.node.text()? {
            "rts" => By::Rts,
            "jtag" => By::Jtag,
            "power" => By::Power,
            _ => By::Pin,
        };
        Some(Arc::new(Reset { by }))
    },
};

/// What resets the chip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    /// Its reset pin, by whatever way the board has.
    Pin,
    /// The RTS line of its serial port.
    Rts,
    /// Its debug probe.
    Jtag,
    /// Its supply.
    Power,
}

#[derive(Debug)]
struct Reset {
    by: By,
}

impl Step for Reset {
    fn poll(&self, run: &mut Run<'_>) -> Progress {
        let progress = run.act_once(|_| match self.by {
            // A board has one way to its reset pin, or it does not say that it has this one.
            By::Pin | By::Rts | By::Jtag => Action::Reset,
            By::Power => Action::Power(PowerOrder::Cycle(OFF_DEFAULT)),
        });
        let is_seen = |event: &Event| matches!(event, Event::Reset { .. } | Event::Wake { .. });
        match progress {
            Progress::Passed(_)
                if !run.log.from(run.started_index).any(|(_, entry)| is_seen(&entry.event)) =>
            {
                Progress::Waiting(None)
            }
            progress => progress,
        }
    }

    fn late(&self, run: &Run<'_>) -> Mismatch {
        let what = match run.memory.actions.first() {
            Some(Some(Ok(()))) => "the board was reset, and was not seen to start again",
            _ => "the board was not reset",
        };
        not_done(what).with_window(run.started_index..run.log.len())
    }

    fn needs(&self) -> &'static [&'static str] {
        match self.by {
            By::Pin => &[],
            By::Rts => &["reset-line"],
            By::Jtag => &["debug-probe"],
            By::Power => &["power-switch"],
        }
    }
}

/// Why an action that should be over is not.
pub(super) fn not_done(what: &str) -> Mismatch {
    Mismatch {
        kind: Some(MismatchKind::StepNotDone),
        ..Mismatch::of_rig(&ActionError::new("finish the step in time", what))
    }
}
