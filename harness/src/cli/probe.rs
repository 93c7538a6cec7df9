//! Boards on a debug probe for commands, and what is said where the program was built without them.

use virtual_board::Provisioning;

use crate::board::probe::Selector;
use crate::board::{Board, Sink};
use crate::engine::ActionError;
use crate::flash::image::Part;
use crate::flash::{Chip, EraseFirst, Identity, Mac, Rewrite, Update, Written};
use crate::inventory::doctor::ProbeSeen;

/// What is flashed by a probe, and how.
#[derive(Debug)]
#[cfg_attr(
    not(feature = "board-probe"),
    expect(dead_code, reason = "only the image is told where there are no probes")
)]
pub(super) struct Job<'a> {
    /// The image, as a person wrote it.
    pub(super) image: &'a str,
    /// The partition that a program goes to.
    pub(super) partition: Option<&'a str>,
    /// What is erased first.
    pub(super) erase: EraseFirst,
    /// Whether what is there already is written again.
    pub(super) rewrite: Rewrite,
    /// Whether the board runs afterwards.
    pub(super) runs: bool,
}

/// A board on a probe: the chip and the MAC that it has to have, where they are known.
#[cfg(feature = "board-probe")]
pub(super) fn board(
    name: &str,
    (selector, chip, mac): (&Selector, Option<Chip>, Option<Mac>),
    settings: Provisioning,
    sink: Sink,
) -> Result<Box<dyn Board>, ActionError> {
    use crate::board::images;
    use crate::board::probe::{ProbeBoard, ProbeLink, Recipe};
    let recipe = Recipe {
        name: name.to_owned(),
        link: Box::new(ProbeLink::new(selector.clone(), chip)),
        chip,
        mac,
        images: Box::new(images::find),
        settings,
    };
    Ok(Box::new(ProbeBoard::new(recipe, sink)))
}

/// Flashes the chip on a probe. `add` may add parts to the image, told where its settings are.
#[cfg(feature = "board-probe")]
pub(super) fn flash(
    (selector, chip, mac): (&Selector, Option<Chip>, Option<Mac>),
    job: &Job<'_>,
    add: impl FnOnce(&mut Vec<Part>, (u32, u32)),
    tell: &mut dyn FnMut(Update),
) -> Result<(Identity, Written), ActionError> {
    use crate::board::images;
    use crate::board::probe::flash::{Fitted, fit, write};
    use crate::board::probe::{Link, ProbeLink};
    let what = format!("flash {}", job.image);
    let mut link = ProbeLink::new(selector.clone(), chip);
    let find = |chip| images::find(job.image, chip);
    let fitted = fit(&mut link, (mac, job.partition), &what, find)?;
    let Fitted { identity, mut image, nvs, .. } = fitted;
    tell(Update::Note(format!("{} {} on {selector}", identity.chip, identity.mac)));
    add(&mut image.parts, nvs);
    let written = write(&mut link, &image.parts, (job.erase, job.rewrite), tell);
    let started = if job.runs { link.reset() } else { Ok(()) };
    let written = written.map_err(|error| error.stops(what))?;
    started.map_err(|error| error.stops("start what was flashed"))?;
    Ok((identity, written))
}

/// The probes of this host; `None` where the program does not look for them.
#[cfg(feature = "board-probe")]
pub(super) fn seen() -> Option<Vec<ProbeSeen>> {
    let probes = crate::board::probe::list().into_iter();
    let seen = probes.map(|probe| ProbeSeen {
        name: probe.name,
        selector: probe.selector,
        may_be_used: probe.may_be_used,
    });
    Some(seen.collect())
}

/// Why nothing is done about probes.
#[cfg(not(feature = "board-probe"))]
pub(super) fn without(what: impl Into<String>) -> ActionError {
    ActionError::new(what, "this shadowrig was built without debug probes")
        .help("install it with them: `cargo install --path harness --features board-probe`")
}

/// As with probes, and an error at once.
#[cfg(not(feature = "board-probe"))]
pub(super) fn board(
    name: &str,
    _: (&Selector, Option<Chip>, Option<Mac>),
    _: Provisioning,
    _: Sink,
) -> Result<Box<dyn Board>, ActionError> {
    Err(without(format!("take the board {name}")))
}

/// As with probes, and an error at once.
#[cfg(not(feature = "board-probe"))]
pub(super) fn flash(
    _: (&Selector, Option<Chip>, Option<Mac>),
    job: &Job<'_>,
    _: impl FnOnce(&mut Vec<Part>, (u32, u32)),
    _: &mut dyn FnMut(Update),
) -> Result<(Identity, Written), ActionError> {
    Err(without(format!("flash {}", job.image)))
}

/// Without probes nobody looks for them.
#[cfg(not(feature = "board-probe"))]
pub(super) const fn seen() -> Option<Vec<ProbeSeen>> {
    None
}
