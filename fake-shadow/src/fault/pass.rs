//! The plan around a service that is elsewhere: what is done before it is asked, and what becomes of its answer.

use std::time::Duration;

use super::act::{Act, Spoil};
use super::armed::FaultRef;
use super::plan::{Delivery, Faulty};
use crate::answer;
use crate::clock::UnixMillis;
use crate::event::{Exchange, RequestRecord};
use crate::message::{Request, WireStep};
use crate::proxy::{Beyond, How, PassError, Passage, Passed, PassedAnswer, is_key_known};
use crate::service::{Examined, FakeShadow};
use crate::wire::{WireAnswer, encode, http_date};

/// What becomes of a request before the service elsewhere is asked.
pub(crate) enum Begun {
    /// It is dealt with: a fault answered it, its signature is refused, or it cannot be passed on.
    Done(Box<Delivery>),
    /// The service is to be asked.
    Ask(Box<Asking>),
}

/// A request on its way to the service elsewhere.
pub(crate) struct Asking {
    /// What goes out.
    pub(crate) request: Request,
    how: How,
    is_key_known: bool,
    to: String,
    record: RequestRecord,
    fault: Option<FaultRef>,
    spoil: Option<Spoil>,
}

impl Faulty {
    /// What becomes of a request that came in `now` and is for a service elsewhere, until that is asked.
    pub(crate) fn begin(&mut self, now: UnixMillis, request: &Request, beyond: &Beyond) -> Begun {
        let examined = Examined::new(request);
        let operation = examined.operation.clone();
        let found = self.find(now, request, operation.as_ref().ok());
        let acted = found.map(|place| self.act(place, operation.as_ref().ok()));
        let (fault, act) = acted.map_or((None, None), |(fault, act)| (Some(fault), Some(act)));
        let spoil = match act {
            None => None,
            Some(Act::Spoil(spoil)) => Some(spoil),
            Some(Act::Shift(offset_ms)) => Some(with_date(now.offset_by(offset_ms))),
            Some(Act::Sever(steps)) => {
                let done = Delivery::of_steps(request, (None, operation), fault, steps);
                return Begun::Done(Box::new(done));
            }
            Some(Act::Answer(response)) => {
                let bytes = encode(&response, request, self.cloud().cloud_time(now));
                let steps = vec![WireStep::Send(bytes)];
                let done = Delivery::of_steps(request, (None, operation), fault, steps);
                return Begun::Done(Box::new(done));
            }
        };
        let record = self.cloud_mut().examine(now, request, &examined);
        let to = beyond.endpoint.to_string();
        let is_key_known = is_key_known(request, &self.cloud().settings().keyring);
        match beyond.passage(request, &record.verdict, now) {
            Passage::On(how, request) => {
                let asking = Asking { request, how, is_key_known, to, record, fault, spoil };
                Begun::Ask(Box::new(asking))
            }
            Passage::Refused => {
                let exchange = FakeShadow::refuse_signature(request, &examined.routed, record);
                let answer =
                    WireAnswer::new(&exchange.response, request, exchange.record.cloud_time);
                let steps = spoiled(spoil, answer);
                let done = Delivery::of_steps(request, (Some(exchange), operation), fault, steps);
                Begun::Done(Box::new(done))
            }
            Passage::Failed(error) => {
                let (how, took, answer) = (How::SignedAnew, Duration::ZERO, Err(error));
                let passed = Passed { to, how, is_key_known, took, answer };
                Begun::Done(Box::new(self.not_passed(now, request, (record, fault), passed)))
            }
        }
    }

    /// What becomes of a request when the service elsewhere has been asked.
    pub(crate) fn finish(
        &mut self,
        now: UnixMillis,
        request: &Request,
        asking: Asking,
        (answer, took): (Result<PassedAnswer, PassError>, Duration),
    ) -> Delivery {
        let Asking { how, is_key_known, to, mut record, fault, spoil, .. } = asking;
        let passed = Passed { to, how, is_key_known, took, answer };
        let Ok(answer) = &passed.answer else {
            return self.not_passed(now, request, (record, fault), passed);
        };
        let steps = spoiled(spoil, answer.wire(request));
        if let Some(id) = answer.header(answer::REQUEST_ID) {
            id.clone_into(&mut record.id);
        }
        record.version = version(&answer.body);
        let (response, operation) = (answer.response(), record.operation.clone());
        // What the service said of its own connection to the rig is not about the device's, so it has no say in it.
        let mut delivery = Delivery::of_steps(request, (None, operation), fault, steps);
        delivery.exchange = Some(Exchange { response, record });
        delivery.passed = Some(Box::new(passed));
        delivery
    }

    /// The rig's own answer where there is none of the service: 502, which the service never says.
    fn not_passed(
        &mut self,
        now: UnixMillis,
        request: &Request,
        (record, fault): (RequestRecord, Option<FaultRef>),
        passed: Passed,
    ) -> Delivery {
        let reason = passed.answer.as_ref().err().map(ToString::to_string);
        let response = answer::not_passed(&record.id, &reason.unwrap_or_default());
        let bytes = encode(&response, request, self.cloud().cloud_time(now));
        let mut delivery = Delivery::of_steps(
            request,
            (Some(Exchange { response, record: record.clone() }), record.operation),
            fault,
            vec![WireStep::Send(bytes)],
        );
        delivery.passed = Some(Box::new(passed));
        delivery
    }
}

fn spoiled(spoil: Option<Spoil>, answer: WireAnswer) -> Vec<WireStep> {
    match spoil {
        Some(spoil) => spoil(answer),
        None => vec![WireStep::Send(answer.bytes())],
    }
}

/// The clock of a service elsewhere cannot be moved; what a device sees of it can.
fn with_date(at: UnixMillis) -> Spoil {
    Box::new(move |mut answer: WireAnswer| {
        answer.set_header("date", Some(http_date(at)));
        vec![WireStep::Send(answer.bytes())]
    })
}

/// The version of a shadow in an answer.
fn version(body: &[u8]) -> Option<u64> {
    let body: serde_json::Value = serde_json::from_slice(body).ok()?;
    body.get("version")?.as_u64()
}
