//! `expect-requests`: several requests, in order or in any order.

use std::sync::Arc;

use super::expect_request::{missing, seen};
use super::{Step, Verb};
use crate::engine::mismatch::Mismatch;
use crate::engine::search::{self, Found};
use crate::engine::step::{Progress, Run};
use crate::scenario::field::{Shape, optional};
use crate::scenario::node::Data;
use crate::scenario::request_want::{self, RequestWant};
use crate::time;

pub(super) const VERB: Verb = Verb {
    name: "expect-requests",
    shape: Shape::List(&request_want::SHAPE),
    beside: &[optional("any-order", Shape::TrueFalse, "`true`: they may come in any order")],
    doc: "Passes when all of these requests have come, one after the other; others may come between them.",
    example: "expect-requests: [GET shadow, { is: POST shadow, answered: 200 }]",
    read: |context, _| {
        let wants = context.node.items().iter().filter_map(RequestWant::read).collect();
        let any = context.step.get("any-order").map(|node| &node.data);
        let order = if any == Some(&Data::Bool(true)) { Order::Any } else { Order::AsListed };
        Some(Arc::new(ExpectRequests { wants, order }))
    },
};

#[derive(Debug)]
struct ExpectRequests {
    wants: Vec<RequestWant>,
    order: Order,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    Any,
    AsListed,
}

impl ExpectRequests {
    /// The places of those that have come; or the first that has not, and from where it was looked for.
    fn find(&self, run: &Run<'_>) -> Result<Vec<usize>, (&RequestWant, usize)> {
        let start = run.search_from(run.cursors.request);
        let mut from = start;
        let mut places = Vec::new();
        for want in &self.wants {
            let mut at = from;
            loop {
                match search::request(want, at, run) {
                    // In any order, one request cannot stand for two that are wanted.
                    Found::At(index, _) if places.contains(&index) => at = index + 1,
                    Found::At(index, _) => {
                        places.push(index);
                        break;
                    }
                    Found::Pending | Found::No(_) => return Err((want, from)),
                }
            }
            if self.order == Order::AsListed {
                from = places.last().map_or(from, |last| last + 1);
            }
        }
        Ok(places)
    }
}

impl Step for ExpectRequests {
    fn poll(&self, run: &mut Run<'_>) -> Progress {
        let Ok(places) = self.find(run) else { return Progress::Waiting(None) };
        run.cursors.request = places.iter().max().map_or(run.cursors.request, |last| last + 1);
        Progress::Passed(seen(run, &places))
    }

    fn late(&self, run: &Run<'_>) -> Mismatch {
        let within = time::span(self.within(run.common));
        match self.find(run) {
            Err((want, from)) => {
                let headline = format!("no {} as described within {within}", want.pattern);
                missing(want, headline, from, run)
            }
            // What is found passes at the look before.
            Ok(_) => super::reset::not_done("all requests had come"),
        }
    }
}
