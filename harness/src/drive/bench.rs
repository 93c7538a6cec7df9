//! What a loop drives: a board and a cloud that belong together.

use crate::engine::{Action, ActionError, Event};
use crate::scenario::plan::{CloudKind, Plan};
use crate::time::Moment;

/// A board and its cloud. Implemented for simulated benches and for real ones.
pub trait Bench {
    /// What the bench is and what it can do; asked before anything is touched.
    fn facts(&self) -> Facts;

    /// The time of day at the beginning of the run: milliseconds since 1970.
    fn began_ms(&self) -> i64;

    /// Does what the engine asks for and says what that made happen, in order. May take as long as the action takes (a
    /// flash: minutes); on a simulated bench it takes no time at all.
    ///
    /// # Errors
    ///
    /// What could not be done, why, and what to do next. The bench is then as it was before, or off.
    fn perform(&mut self, now: Moment, action: &Action) -> Result<Vec<Event>, ActionError>;

    /// When something will happen on the bench by itself; `None` if nothing will, or if the bench cannot know.
    fn wake_at(&self) -> Option<Moment>;

    /// What has happened up to now and was not told yet, in order. Never waits.
    fn advance(&mut self, now: Moment) -> Vec<Event>;
}

/// What a bench is and what it can do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// What a person calls its board, as `sim`.
    pub board: String,
    /// Its chip; `None` where it stands for any chip.
    pub chip: Option<String>,
    /// Its capabilities, in the words of `board: { needs: [...] }`.
    pub can: Vec<&'static str>,
    /// Its cloud.
    pub cloud: CloudKind,
    /// The verbs that it cannot do, each with the reason; `provision`, a key of `firmware`, is told among them.
    pub cannot: Vec<(&'static str, &'static str)>,
}

/// Why a case that publishes is skipped where the cloud is the real one.
pub(crate) const NO_PUBLISHING: (&str, &str) = (
    "publish",
    "in an account others may listen on the topic, and what it kept before could not be put back",
);

/// Why a case that listens to the shadow service is skipped where the cloud is the real one.
const SHADOW_UNHEARD: &str = "the real shadow service publishes its messages (`$aws/...`) over MQTT, which this program does not speak; the fake \
     cloud has them";

/// Why a case whose firmware is provisioned is skipped where nothing is flashed.
pub(crate) const NO_NVS: (&str, &str) = (
    "provision",
    "it has no flash with an NVS partition; `virtual` and boards on a serial port have one",
);

/// Why a case that runs programs is skipped where nobody has allowed it.
pub(crate) const RUN_NOT_ALLOWED: (&str, &str) =
    ("run", "it runs a program on this machine, and the run does not have --allow-run");

impl Facts {
    /// Why a case cannot run here; `None` if it can.
    #[must_use]
    pub fn misses(&self, plan: &Plan) -> Option<String> {
        let board = &self.board;
        if let Some(chip) = &self.chip
            && !plan.board.chips.is_empty()
            && !plan.board.chips.contains(chip)
        {
            let wanted = plan.board.chips.join(" or ");
            return Some(format!("the case wants a board with {wanted}; {board} has {chip}"));
        }
        if let Some(need) = plan.board.needs.iter().find(|need| !self.can.contains(&need.as_str()))
        {
            return Some(format!("the case needs `{need}`, which {board} does not have"));
        }
        if let Some(wanted) = plan.requires_cloud.filter(|wanted| *wanted != self.cloud) {
            let name = |cloud| match cloud {
                CloudKind::Aws => "the real cloud",
                CloudKind::Fake => "the fake cloud",
            };
            return Some(format!(
                "the case needs {}; this run has {}",
                name(wanted),
                name(self.cloud)
            ));
        }
        if let Some(reason) = &plan.unmet {
            return Some(reason.clone());
        }
        let provisions = plan.provision.as_ref().map(|_| "provision");
        if let Some((_, reason)) = self.cannot.iter().find(|(verb, _)| provisions == Some(*verb)) {
            return Some(format!("{board} cannot do `provision`: {reason}"));
        }
        if self.cloud == CloudKind::Aws && plan.hears_shadow() {
            return Some(SHADOW_UNHEARD.to_owned());
        }
        plan.all_steps().into_iter().find_map(|step| {
            let verb = step.verb;
            if let Some(need) = step.step.needs().iter().find(|need| !self.can.contains(need)) {
                return Some(format!("`{verb}` needs `{need}`, which {board} does not have"));
            }
            let (_, reason) = self.cannot.iter().find(|(cannot, _)| *cannot == verb)?;
            Some(format!("{board} cannot do `{verb}`: {reason}"))
        })
    }
}
