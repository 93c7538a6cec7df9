//! A bench for each case: what `--board` names.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use fake_shadow::fault::{Channel, Place};
use fake_shadow::settings::DEFAULT_REGION;
use tokio::runtime::Runtime;

use super::again::CommandLine;
use super::board_name::BoardName;
use super::files::Case;
use super::known::Known;
use super::reach;
use super::real_cloud::{self, RealCloud};
pub(super) use super::told::THING_NAME;
use super::told::{Network, Told};
use crate::access_point::Order;
use crate::drive::bench::{NO_PUBLISHING, RUN_NOT_ALLOWED};
use crate::drive::cloud_server::CloudServer;
use crate::drive::radio::InHand;
use crate::drive::real_bench::RealBench;
use crate::drive::real_service::RealService;
use crate::drive::seen::Sink;
use crate::drive::sim::SimBench;
use crate::drive::{Bench, Facts, real_time, virtual_time};
use crate::engine::event::Entry;
use crate::engine::mismatch::Mismatch;
use crate::engine::verdict::Failure;
use crate::engine::{ActionError, Engine, Event, Log, Outcome, Verdict};
use crate::inventory::KnownBoard;
use crate::report::CaseReport;
use crate::scenario::SourceText;
use crate::scenario::node::Span;
use crate::scenario::plan::{CloudKind, Plan};
use crate::time::Moment;

/// How far the seeds of attempts are apart; beyond the rounds that a run can have.
const ATTEMPT_SEED: u64 = 100_000;

/// Why a case that moves the cloud's clock is skipped before the real one.
const NO_CLOCK: (&str, &str) = ("clock", "the clock of the real cloud cannot be moved");

/// What all cases of a run share.
#[derive(Debug)]
pub(super) struct Benches {
    /// What they run on.
    pub(super) board: BoardName,
    /// The real cloud, where that is what they talk to.
    pub(super) real_cloud: Option<RealCloud>,
    /// How many benches were made for it.
    pub(super) made: AtomicU64,
    /// Where chance comes from.
    pub(super) seed: u64,
    /// The program that is the device, with its arguments; `None` to go by the image.
    pub(super) command: Option<Vec<String>>,
    /// Whether scenarios may run programs on this machine.
    pub(super) allow_run: bool,
    /// The program that stands for our own things: this one.
    pub(super) things: PathBuf,
    /// The network of boards.
    pub(super) network: Network,
    /// The name of the thing, where the device is in real time.
    pub(super) thing: String,
    /// Who is to be told where each cloud listens.
    pub(super) listening: Option<Sender<String>>,
    /// What runs the clouds; only in real time.
    pub(super) runtime: Option<Runtime>,
    /// What is to be typed to have such a run again, besides file, board and seed.
    pub(super) again: CommandLine,
}

impl Benches {
    /// Runs one case, on this board of the inventory where there is one; `folder` is its place in the run directory.
    pub(super) fn run(
        &self,
        (case, attempt): (&Case, u64),
        known: Option<&Known>,
        (folder, interrupted): (&Path, &AtomicBool),
        watcher: &mut dyn FnMut(&Engine),
    ) -> CaseReport {
        let began = Instant::now();
        // Another round, and another attempt of a firmware that failed, have another chance; the first ones have the seed that was
        // asked for.
        let round = case.round.map_or(0, |(round, _)| u64::from(round) - 1);
        let seed = self.seed.wrapping_add(round).wrapping_add(attempt.wrapping_mul(ATTEMPT_SEED));
        let mut mask = case.plan.mask.clone();
        // Which one of several it was, where a run has several.
        let board = known.map_or_else(|| self.board.to_string(), |known| known.board.name.clone());
        let (facts, outcome) = match &self.runtime {
            Some(runtime) => match self
                .check_reach(known, &case.plan)
                .and_then(|()| self.real((runtime, known), folder, (&case.plan, seed)))
            {
                Ok((mut bench, told)) => {
                    let mut facts = self.facts(bench.facts());
                    if let Some(known) = known {
                        facts.board.clone_from(&known.board.name);
                    }
                    let plan = told.to_plan(&case.plan);
                    mask = plan.mask.clone();
                    let missing = || Some(skipped(told.misses(&plan)?));
                    let board = known.map(|known| &known.board);
                    let reason = self.skip(&facts, board, &case.plan).or_else(missing);
                    let outcome = reason.unwrap_or_else(|| {
                        real_time::run(plan.into(), &mut bench, interrupted, watcher)
                    });
                    let outcome = self.with_reach(outcome, &told);
                    (facts.board, outcome)
                }
                Err(error) => {
                    let name = known.map(|known| known.board.name.clone());
                    let name = name.unwrap_or_else(|| self.board.to_string());
                    (name, untouched(rig_failed(&error)))
                }
            },
            None => {
                let mut bench = SimBench::new(seed).for_plan(&case.plan);
                let facts = self.facts(bench.facts());
                let outcome = self.skip(&facts, None, &case.plan).unwrap_or_else(|| {
                    virtual_time::run_until(case.plan.clone(), &mut bench, interrupted)
                });
                (facts.board, outcome)
            }
        };
        // From here on nothing that is kept or shown holds a secret.
        let cover = |source: &SourceText| SourceText {
            text: mask.cover(&source.text).into(),
            path: source.path.clone(),
        };
        CaseReport {
            plan: case.plan.as_ref().into(),
            source: mask.cover(&case.text).into(),
            included: case.plan.included.iter().map(cover).collect(),
            board: facts,
            aside: None,
            seed,
            command: self.again.of_case(&case.plan, &board, seed),
            origin: None,
            earlier: Vec::new(),
            outcome: outcome.masked(&mask),
            wall: began.elapsed(),
        }
    }

    /// Runs a plan on a bench in real time, and hands the bench out that it ran on; `folder` is the run's place.
    ///
    /// # Errors
    ///
    /// No such bench can be had, or this is not real time.
    pub(super) fn run_real(
        &self,
        plan: &Arc<Plan>,
        known: Option<&Known>,
        (folder, interrupted): (&Path, &AtomicBool),
    ) -> Result<(RealBench, Outcome), ActionError> {
        let mut bench = self.bench((plan, known), folder)?;
        let facts = self.facts(bench.facts());
        let board = known.map(|known| &known.board);
        let outcome = self.skip(&facts, board, plan).unwrap_or_else(|| {
            real_time::run(Arc::clone(plan), &mut bench, interrupted, &mut |_| {})
        });
        Ok((bench, outcome))
    }

    /// A bench in real time for a plan.
    ///
    /// # Errors
    ///
    /// No such bench can be had, or this is not real time.
    pub(super) fn bench(
        &self,
        (plan, known): (&Plan, Option<&Known>),
        folder: &Path,
    ) -> Result<RealBench, ActionError> {
        let runtime = self.runtime.as_ref().ok_or_else(|| {
            ActionError::new("run in real time", format!("{} has no real time", self.board))
        })?;
        self.check_reach(known, plan)?;
        self.real((runtime, known), folder, (plan, self.seed)).map(|(bench, _)| bench)
    }

    fn check_reach(&self, known: Option<&Known>, plan: &Plan) -> Result<(), ActionError> {
        reach::check(self.network.cloud_address, (&self.board, known), plan)
    }

    /// A failure with a word about the network, where a board has one of its own and nothing ever came from it.
    fn with_reach(&self, mut outcome: Outcome, told: &Told) -> Outcome {
        let has_come =
            |entry: &Entry| matches!(entry.event, Event::Connection { .. } | Event::Request(_));
        if let Verdict::Failed(failure) = &mut outcome.verdict
            && self.board.has_a_network()
            && failure.mismatch.help.is_none()
            && !outcome.log.entries().iter().any(has_come)
        {
            failure.mismatch.help = Some(told.unreached());
        }
        outcome
    }

    /// What a bench can do in this run.
    pub(super) fn facts(&self, bench: Facts) -> Facts {
        let mut cannot = bench.cannot;
        if !self.allow_run {
            cannot.push(RUN_NOT_ALLOWED);
        }
        if self.real_cloud.is_some() {
            cannot.extend([NO_CLOCK, NO_PUBLISHING]);
        }
        let cloud = if self.real_cloud.is_some() { CloudKind::Aws } else { CloudKind::Fake };
        Facts { cloud, cannot, ..bench }
    }

    /// What a bench can do that is no board of the inventory; nothing is started on it.
    pub(super) fn facts_of_bench(&self, plan: &Plan) -> Result<Facts, ActionError> {
        let facts = match &self.runtime {
            None => SimBench::new(self.seed).facts(),
            Some(runtime) => {
                let folder = tempfile::tempdir()
                    .map_err(|error| ActionError::new("make a folder", error.to_string()))?;
                self.real((runtime, None), folder.path(), (plan, self.seed))?.0.facts()
            }
        };
        Ok(self.facts(facts))
    }

    /// The outcome of a case that the bench cannot run; `None` if it can.
    fn skip(&self, facts: &Facts, known: Option<&KnownBoard>, plan: &Plan) -> Option<Outcome> {
        facts.misses(plan).or_else(|| self.unreachable_fault(known, plan)).map(skipped)
    }

    /// Why what the case needs of its cloud would never reach a board; none if it does.
    pub(super) fn unreachable_fault(
        &self,
        known: Option<&KnownBoard>,
        plan: &Plan,
    ) -> Option<String> {
        let has = |place| plan.fault_places.contains(&place);
        if let Some(reason) =
            self.real_cloud.as_ref().and_then(|real| real_cloud::cannot(real, plan))
        {
            return Some(reason);
        }
        if has(Place::Radio)
            && let Some(reason) = self.without_radio(known)
        {
            return Some(reason.to_owned());
        }
        let is_untold = matches!(self.board, BoardName::External(_));
        (is_untold && (has(Place::Name) || has(Place::Time))).then(|| {
            "the rig cannot tell this device of its servers of time and names, so their faults would never be met"
                .to_owned()
        })
    }

    /// A board in real time with a cloud of its own.
    fn real(
        &self,
        (runtime, known): (&Runtime, Option<&Known>),
        folder: &Path,
        (plan, seed): (&Plan, u64),
    ) -> Result<(RealBench, Told), ActionError> {
        std::fs::create_dir_all(folder).map_err(|error| {
            ActionError::new(format!("make the folder {}", folder.display()), error.to_string())
        })?;
        let (sink, seen) = Sink::new();
        let mut settings = plan.settings(seed);
        let (mut thing, mut region) = (self.thing.clone(), DEFAULT_REGION.to_owned());
        let service = self.real_cloud.as_ref().map(|real| {
            let real_thing = real.thing(self.made.fetch_add(1, Ordering::Relaxed) + 1);
            real_thing.name().clone_into(&mut thing);
            region.clone_from(&real.region);
            settings.region.clone_from(&real.region);
            let reach = real.reach.clone();
            RealService { reach, thing: real_thing, folder: folder.to_owned() }
        });
        let channel = if plan.tls { Channel::Tls } else { Channel::Plain };
        let wifi = self.network.wifi(known.and_then(|known| known.board.wifi.as_deref()))?;
        let ssid = wifi.as_ref().map(|wifi| wifi.ssid.as_str());
        let in_hand = self.radio(known.map(|known| &known.board), ssid);
        if let InHand::AccessPoint(point) = &in_hand
            && plan.fault_places.contains(&Place::Radio)
        {
            point.obey(Order::Restore)?;
        }
        let way = (channel, in_hand.carries(), service.as_ref());
        let listen = self.board.listens_at(self.network.cloud_address);
        let cloud = CloudServer::start_at(listen, (runtime.handle(), settings), way, sink.clone())?;
        // Whoever waited for it may have left, which is no error.
        let _left = self.listening.as_ref().map(|listening| listening.send(cloud.endpoint()));
        let told = Told::of(&cloud, plan, wifi, (thing, region));
        let board = self.board(known, &told, folder, sink)?;
        Ok((RealBench::new((board, in_hand), cloud, told.thing(), seen), told))
    }
}

fn skipped(reason: String) -> Outcome {
    untouched(Verdict::Skipped { reason })
}

/// The report of a case that was not begun.
pub(super) fn not_begun(case: &Case, board: String, verdict: Verdict) -> CaseReport {
    CaseReport {
        plan: case.plan.as_ref().into(),
        source: case.plan.mask.cover(&case.text).into(),
        included: Vec::new(),
        board,
        aside: None,
        seed: 0,
        command: String::new(),
        origin: case.round.map(|(round, of)| format!("{round} of {of}")),
        earlier: Vec::new(),
        outcome: untouched(verdict),
        wall: Duration::ZERO,
    }
}

/// The verdict about a case whose bench cannot be had.
pub(super) fn rig_failed(error: &ActionError) -> Verdict {
    let mismatch = Mismatch::of_rig(error);
    let failure = Failure { span: Span::default(), step: None, at: Moment::START, mismatch };
    Verdict::Failed(Box::new(failure))
}

pub(super) fn untouched(verdict: Verdict) -> Outcome {
    Outcome { verdict, steps: Vec::new(), log: Log::default(), took: Duration::ZERO }
}
