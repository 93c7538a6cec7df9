//! `expect-request`: the device asks the cloud for something.

use std::sync::Arc;

use serde_json::Value;

use super::{Step, Verb};
use crate::engine::mismatch::{Mismatch, MismatchKind};
use crate::engine::search::{self, Found};
use crate::engine::step::{Progress, Run};
use crate::scenario::request_want::{self, RequestWant};
use crate::time;

pub(super) const VERB: Verb = Verb {
    name: "expect-request",
    shape: request_want::SHAPE,
    beside: &[],
    doc: "Passes on the next request that is as described, whether it has come already or comes `within` the limit.",
    example: "expect-request: { is: POST shadow, signed: true, body: { state: { reported: { signal: 2 } } } }",
    read: |context, _| Some(Arc::new(ExpectRequest { want: RequestWant::read(context.node)? })),
};

#[derive(Debug)]
struct ExpectRequest {
    want: RequestWant,
}

impl Step for ExpectRequest {
    fn poll(&self, run: &mut Run<'_>) -> Progress {
        match search::request(&self.want, run.search_from(run.cursors.request), run) {
            Found::At(index, found) => {
                run.cursors.request = index + 1;
                run.variables.extend(found);
                Progress::Passed(search::request_seen(run.log, index))
            }
            Found::Pending | Found::No(_) => Progress::Waiting(None),
        }
    }

    fn late(&self, run: &Run<'_>) -> Mismatch {
        let start = run.search_from(run.cursors.request);
        let within = time::span(self.within(run.common));
        let headline = format!("no {} as described within {within}", self.want.pattern);
        missing(&self.want, headline, start, run)
    }
}

/// Why a wanted request is not there: the nearest one, and all that came instead.
pub(super) fn missing(
    want: &RequestWant,
    headline: String,
    start: usize,
    run: &Run<'_>,
) -> Mismatch {
    let nearest = match search::request(want, start, run) {
        Found::No(nearest) => nearest,
        Found::At(..) | Found::Pending => None,
    };
    let seen = search::requests_between(run.log, start..run.log.len());
    let seen: Vec<_> = seen.into_iter().map(|(_, _, short)| short).collect();
    let actual = match seen.as_slice() {
        [] => "no request at all".to_owned(),
        seen => seen.join(", "),
    };
    let mut expected = want.pattern.to_string();
    if let Some(body) = &want.body {
        expected = format!("{expected} {}", body.words(run.variables));
    }
    match want.signed {
        Some(true) => expected += ", with a right signature",
        Some(false) => expected += ", with a signature that is refused",
        None => {}
    }
    if let Some(answered) = &want.answered {
        expected = format!("{expected}, answered {}", answered.words(run.variables));
    }
    let mismatch = Mismatch::new(MismatchKind::RequestMissing, headline, expected, actual)
        .with_nearest(nearest);
    mismatch.with_window(start..run.log.len())
}

/// What a step that saw several requests hands to its captures.
pub(super) fn seen(run: &Run<'_>, indexes: &[usize]) -> Value {
    indexes.iter().map(|index| search::request_seen(run.log, *index)).collect()
}
