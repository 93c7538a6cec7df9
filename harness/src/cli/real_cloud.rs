//! `--cloud aws`: which account, which endpoint, which thing.

use std::io::{self, Write};
use std::sync::Arc;

use clap::Args;
use fake_shadow::account::{ACCOUNT_VARIABLES, Account, AccountWants, Renewal, RenewalTimes};
use fake_shadow::clock::UnixMillis;
use fake_shadow::proxy::{Endpoint, Reach};
use fake_shadow::shadow::ShadowId;
use tokio::runtime::Runtime;

use super::again::CommandLine;
use super::{Terminal, exit};
use crate::drive::real_service::Thing;
use crate::engine::ActionError;
use crate::scenario::plan::{CloudKind, Plan};

/// The words about the real cloud.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct RealCloudArgs {
    /// With `--cloud aws`: where shadows are [default: AWS_ENDPOINT_URL_IOT_DATA_PLANE, else what DescribeEndpoint says].
    #[arg(long, value_name = "URL")]
    endpoint: Option<String>,
    /// With `--cloud aws`: the profile of ~/.aws/credentials and ~/.aws/config; keys in the environment then do not count.
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    /// With `--cloud aws`: the region [default: AWS_REGION, else that of the profile].
    #[arg(long, value_name = "REGION")]
    region: Option<String>,
}

/// The real cloud of a run.
#[derive(Debug, Clone)]
pub(super) struct RealCloud {
    /// The ways there.
    pub(super) reach: Reach,
    /// The region.
    pub(super) region: String,
    thing: Option<String>,
    /// What makes names of things this run's own.
    stamp: String,
    /// What keeps the keys good for longer than they last.
    _renewal: Arc<Renewal>,
}

impl RealCloudArgs {
    /// The flag that says something about the real cloud, if one does.
    fn said(&self) -> Option<&'static str> {
        let Self { endpoint, profile, region } = self;
        [("--endpoint", endpoint), ("--profile", profile), ("--region", region)]
            .into_iter()
            .find_map(|(flag, value)| value.as_ref().map(|_| flag))
    }

    /// The words that a run must have again.
    pub(super) fn again(&self, cloud: CloudKind, line: CommandLine) -> CommandLine {
        let Self { endpoint, profile, region } = self;
        line.value("--cloud", (cloud == CloudKind::Aws).then_some("aws"))
            .value("--endpoint", endpoint.as_deref())
            .value("--profile", profile.as_deref())
            .value("--region", region.as_deref())
    }

    /// The real cloud, if the run is to have it; the exit code of a run that cannot. `thing` is the thing whose shadows the cases
    /// use, where it was named.
    pub(super) fn of_run<W: Write, E: Write>(
        &self,
        (cloud, thing): (CloudKind, Option<&str>),
        runtime: Option<&Runtime>,
        terminal: &mut Terminal<'_, W, E>,
    ) -> io::Result<Result<Option<RealCloud>, u8>> {
        let (problem, help) = match (cloud, runtime, self.said()) {
            (CloudKind::Fake, _, None) => return Ok(Ok(None)),
            (CloudKind::Fake, _, Some(flag)) => {
                (format!("{flag} is about the real cloud"), "add --cloud aws".to_owned())
            }
            (CloudKind::Aws, None, _) => (
                "the simulated bench has no time for the real cloud".to_owned(),
                "take a board in real time, as --board process".to_owned(),
            ),
            (CloudKind::Aws, Some(runtime), _) => {
                let now = jiff::Timestamp::now();
                let error = match self.reach((runtime, thing), terminal.variable, now) {
                    Ok(real_cloud) => return Ok(Ok(Some(real_cloud))),
                    Err(error) => error,
                };
                writeln!(terminal.err, "error: {error}")?;
                if let Some(help) = error.help {
                    writeln!(terminal.err, "help: {help}")?;
                }
                return Ok(Err(exit::RIG));
            }
        };
        writeln!(terminal.err, "error: {problem}\nhelp: {help}")?;
        Ok(Err(exit::USAGE))
    }

    /// Finds credentials and endpoint; no shadow is asked for.
    fn reach(
        &self,
        (runtime, thing): (&Runtime, Option<&str>),
        variable: fn(&str) -> Option<String>,
        now: jiff::Timestamp,
    ) -> Result<RealCloud, ActionError> {
        let what = "reach the real cloud";
        let wants = AccountWants { profile: self.profile.clone(), region: self.region.clone() };
        let allowed =
            move |name: &str| ACCOUNT_VARIABLES.contains(&name).then(|| variable(name)).flatten();
        let account = Account::find(&wants, &allowed, UnixMillis(now.as_millisecond()));
        let account = account
            .map_err(|error| ActionError::new(what, error.to_string()).help(error.help()))?;
        let reach = runtime.block_on(Reach::of(&account, self.endpoint.as_deref()));
        let reach =
            reach.map_err(|error| ActionError::new(what, error.to_string()).help(error.help()))?;
        let keys = &reach.signer.keys;
        let renewal = Renewal::start(keys, wants, allowed, RenewalTimes::default(), |words| {
            // New keys are as it should be. Old ones may last for the rest of the run.
            let trouble = words.err().map(|words| format!("note: {words}\n"));
            let _left = trouble.map(|trouble| io::stderr().lock().write_all(trouble.as_bytes()));
        });
        Ok(RealCloud {
            _renewal: Arc::new(renewal),
            reach,
            region: account.region,
            thing: thing.map(str::to_owned),
            stamp: now.strftime("%Y%m%d-%H%M%S-%3f").to_string(),
        })
    }
}

impl RealCloud {
    /// The thing of a case; `number` counts the cases and attempts of this run.
    pub(super) fn thing(&self, number: u64) -> Thing {
        match &self.thing {
            Some(name) => Thing::Given(name.clone()),
            None => Thing::Made(format!("shadowrig-{}-{number}", self.stamp)),
        }
    }
}

/// Reads the name of a thing, as the service allows them.
pub(super) fn parse_thing_name(text: &str) -> Result<String, String> {
    ShadowId::classic(text).map(|_| text.to_owned()).map_err(|error| error.to_string())
}

/// Reads the name of a cloud.
pub(super) fn parse_cloud(text: &str) -> Result<CloudKind, String> {
    match text {
        "fake" => Ok(CloudKind::Fake),
        "aws" => Ok(CloudKind::Aws),
        _ => Err("write fake or aws".to_owned()),
    }
}

/// Why the real cloud cannot have such a case; none if it can.
pub(super) fn cannot(real_cloud: &RealCloud, plan: &Plan) -> Option<String> {
    let has = real_cloud.reach.upstream.endpoint();
    // A file says where it belongs, and not where real keys sign.
    if let Some(meant) = plan.endpoint.as_ref().filter(|meant| !is_same(meant, has)) {
        return Some(format!(
            "the case is for {meant}; this run has {has}: run it with `--endpoint {meant}`"
        ));
    }
    let (kind, reason) = plan.fault_kinds.iter().find_map(|kind| {
        let reason = fake_shadow::fault::Kind::needs_fake(kind)?;
        Some((kind, reason))
    })?;
    Some(format!("the fault `{kind}` needs the fake cloud: {reason}"))
}

fn is_same(one: &Endpoint, other: &Endpoint) -> bool {
    one.channel == other.channel && one.is_meant_by(&other.authority())
}
