//! A bench for each case: what `--board` names.

use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use fake_shadow::Settings;
use fake_shadow::settings::{DEFAULT_REGION, TEST_ACCESS_KEY_ID, TEST_SECRET_ACCESS_KEY};
use tokio::runtime::Runtime;

use super::files::Case;
use crate::board::Board;
use crate::board::process::{ProcessBoard, Recipe};
use crate::drive::bench::RUN_NOT_ALLOWED;
use crate::drive::real_bench::{CloudServer, RealBench};
use crate::drive::seen::Sink;
use crate::drive::sim::SimBench;
use crate::drive::{Bench, Facts, real_time, virtual_time};
use crate::engine::mismatch::Mismatch;
use crate::engine::verdict::Failure;
use crate::engine::{ActionError, Engine, Log, Outcome, Verdict};
use crate::report::CaseReport;
use crate::scenario::SourceText;
use crate::scenario::node::Span;
use crate::scenario::plan::CloudKind;
use crate::time::Moment;

/// The name of the thing on benches in real time.
const THING_NAME: &str = "thing-1";

/// How many cases run at once on benches that mostly sleep, where nobody says otherwise.
const PROCESS_JOBS: usize = 16;

/// What `--board` names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BoardName {
    /// A program on this machine, in real time.
    Process,
    /// The simulated bench, in virtual time.
    Sim,
}

impl BoardName {
    /// Reads a name.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        match text {
            "process" => Ok(Self::Process),
            "sim" => Ok(Self::Sim),
            _ => Err(format!("no board is called `{text}`; there are sim and process")),
        }
    }

    /// How many cases run at once where nobody says.
    pub(super) fn default_jobs(self) -> usize {
        match self {
            Self::Process => PROCESS_JOBS,
            Self::Sim => std::thread::available_parallelism().map_or(1, Into::into),
        }
    }
}

/// What all cases of a run share.
#[derive(Debug)]
pub(super) struct Benches {
    /// What they run on.
    pub(super) board: BoardName,
    /// The cloud that they talk to.
    pub(super) cloud: CloudKind,
    /// Where chance comes from.
    pub(super) seed: u64,
    /// The program that is the device, with its arguments; `None` to go by the image.
    pub(super) command: Option<Vec<String>>,
    /// Whether scenarios may run programs on this machine.
    pub(super) allow_run: bool,
    /// The program that stands for our own things: this one.
    pub(super) things: PathBuf,
    /// What runs the clouds; only in real time.
    pub(super) runtime: Option<Runtime>,
}

impl Benches {
    /// Runs one case; `folder` is its place in the run directory.
    pub(super) fn run(
        &self,
        case: &Case,
        folder: &std::path::Path,
        interrupted: &AtomicBool,
        watcher: &mut dyn FnMut(&Engine),
    ) -> CaseReport {
        let began = Instant::now();
        let (facts, outcome) = match (self.board, &self.runtime) {
            (BoardName::Process, Some(runtime)) => match self.process(runtime, folder) {
                Ok(mut bench) => {
                    let facts = self.facts(bench.facts());
                    let outcome = skip(&facts, case).unwrap_or_else(|| {
                        real_time::run(case.plan.clone(), &mut bench, interrupted, watcher)
                    });
                    (facts.board, outcome)
                }
                Err(error) => ("process".to_owned(), broken(&error)),
            },
            (BoardName::Sim | BoardName::Process, _) => {
                let mut bench = SimBench::new(self.seed);
                let facts = self.facts(bench.facts());
                let outcome = skip(&facts, case)
                    .unwrap_or_else(|| virtual_time::run(case.plan.clone(), &mut bench));
                (facts.board, outcome)
            }
        };
        // From here on nothing that is kept or shown holds a secret.
        let mask = &case.plan.mask;
        let cover = |source: &SourceText| SourceText {
            text: mask.cover(&source.text).into(),
            path: source.path.clone(),
        };
        CaseReport {
            plan: case.plan.as_ref().into(),
            source: mask.cover(&case.text).into(),
            included: case.plan.included.iter().map(cover).collect(),
            board: facts,
            seed: self.seed,
            origin: None,
            outcome: outcome.masked(mask),
            wall: began.elapsed(),
        }
    }

    /// What a bench can do in this run.
    fn facts(&self, bench: Facts) -> Facts {
        let mut cannot = bench.cannot;
        if !self.allow_run {
            cannot.push(RUN_NOT_ALLOWED);
        }
        Facts { cloud: self.cloud, cannot, ..bench }
    }

    fn process(
        &self,
        runtime: &Runtime,
        folder: &std::path::Path,
    ) -> Result<RealBench, ActionError> {
        std::fs::create_dir_all(folder).map_err(|error| {
            ActionError::new(format!("make the folder {}", folder.display()), error.to_string())
        })?;
        let (sink, seen) = Sink::new();
        let settings = Settings { seed: self.seed, ..Settings::default() };
        let cloud = CloudServer::start(runtime.handle(), settings, sink.clone())?;
        let variable = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let recipe = Recipe {
            command: self.command.clone(),
            things: self.things.clone(),
            environment: vec![
                variable("SHADOWRIG_ENDPOINT", &cloud.endpoint()),
                variable("SHADOWRIG_THING_NAME", THING_NAME),
                variable("AWS_REGION", DEFAULT_REGION),
                variable("AWS_ACCESS_KEY_ID", TEST_ACCESS_KEY_ID),
                variable("AWS_SECRET_ACCESS_KEY", TEST_SECRET_ACCESS_KEY),
            ],
            state_file: folder.join("device-state"),
        };
        let board: Box<dyn Board> = Box::new(ProcessBoard::new(recipe, sink));
        Ok(RealBench::new(board, cloud, THING_NAME, seen))
    }
}

/// The outcome of a case that the bench cannot run; `None` if it can.
fn skip(facts: &Facts, case: &Case) -> Option<Outcome> {
    let reason = facts.misses(&case.plan)?;
    Some(untouched(Verdict::Skipped { reason }))
}

/// The outcome of a case whose bench cannot be had.
fn broken(error: &ActionError) -> Outcome {
    let mismatch = Mismatch::of_rig(error);
    let failure = Failure { span: Span::default(), step: None, at: Moment::START, mismatch };
    untouched(Verdict::Failed(Box::new(failure)))
}

fn untouched(verdict: Verdict) -> Outcome {
    Outcome { verdict, steps: Vec::new(), log: Log::default(), took: Duration::ZERO }
}
