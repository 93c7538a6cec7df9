//! What a case leaves behind, with every secret masked. Every text of every kind of event passes here.

use super::event::{Event, Log, Message, Request, Signature};
use super::mismatch::Mismatch;
use super::verdict::{Outcome, Verdict};
use crate::scenario::request_pattern::{RequestPattern, Target};
use crate::scenario::secrets::Mask;

impl Outcome {
    /// The same with every secret masked.
    #[must_use]
    pub fn masked(mut self, mask: &Mask) -> Self {
        if mask.is_empty() {
            return self;
        }
        match &mut self.verdict {
            Verdict::Failed(failure) => mask_mismatch(&mut failure.mismatch, mask),
            Verdict::Skipped { reason } => mask.apply(reason),
            Verdict::Passed | Verdict::Interrupted => {}
        }
        for step in &mut self.steps {
            mask.apply(&mut step.title);
        }
        let mut log = Log::default();
        for entry in self.log.entries() {
            let mut event = entry.event.clone();
            mask_event(&mut event, mask);
            log.push(entry.at, event);
        }
        self.log = log;
        self
    }
}

fn mask_mismatch(mismatch: &mut Mismatch, mask: &Mask) {
    let Mismatch {
        kind: _,
        blame: _,
        headline,
        expected,
        actual,
        nearest,
        window: _,
        help,
        step: _,
        trouble: _,
    } = mismatch;
    [headline, expected, actual].into_iter().for_each(|text| mask.apply(text));
    help.iter_mut().for_each(|text| mask.apply(text));
    let Some(nearest) = nearest else { return };
    nearest.explanation.iter_mut().for_each(|text| mask.apply(text));
    for difference in &mut nearest.differences {
        mask.apply(&mut difference.path);
        mask.apply(&mut difference.expected);
        difference.actual.iter_mut().for_each(|text| mask.apply(text));
    }
}

fn mask_event(event: &mut Event, mask: &Mask) {
    match event {
        Event::Answer(answer) => {
            mask.apply(&mut answer.body);
            answer.fault.iter_mut().for_each(|text| mask.apply(text));
        }
        Event::Command { command, output, exit: _ } => {
            mask.apply(command);
            mask.apply(output);
        }
        Event::Console { line: text }
        | Event::ConsolePart { line: text }
        | Event::FaultMet { what: text, .. }
        | Event::Fired { what: text, .. }
        | Event::Note { text }
        | Event::Pin { pin: text, .. }
        | Event::Reset { cause: text }
        | Event::Wake { cause: text } => mask.apply(text),
        Event::Armed { id: _, what, step, hold: _ } => {
            mask.apply(what);
            *step = mask.json(step);
        }
        Event::FaultArmed { id: _, what, step } => {
            mask.apply(what);
            step.iter_mut().for_each(|step| *step = mask.json(step));
        }
        Event::Crash(crash) => crash.texts_mut().into_iter().for_each(|text| mask.apply(text)),
        Event::Message(Message { topic, payload, qos: _, retain: _, by: _ }) => {
            mask.apply(topic);
            mask.apply(payload);
        }
        Event::Passed(passed) => {
            mask.apply(&mut passed.body);
            passed.error.iter_mut().for_each(|text| mask.apply(text));
        }
        Event::Request(request) => mask_request(request, mask),
        Event::Shadow { name, by: _, document } => {
            name.iter_mut().for_each(|text| mask.apply(text));
            document.iter_mut().for_each(|document| *document = mask.json(document));
        }
        Event::Snapshot { name, text } => {
            mask.apply(name);
            mask.apply(text);
        }
        Event::Brownout { .. }
        | Event::Clock { .. }
        | Event::Connection { .. }
        | Event::FaultsCleared
        | Event::Power { .. }
        | Event::Sleep { .. }
        | Event::Current(_)
        | Event::StateWrite { .. }
        | Event::Step { .. } => {}
    }
}

fn mask_request(request: &mut Request, mask: &Mask) {
    let Request { id: _, connection: _, method, target, pattern, headers, body, signature } =
        request;
    if let Some(RequestPattern { target: Target::Named(name), .. }) = pattern {
        mask.apply(name);
    }
    [method, target, body].into_iter().for_each(|text| mask.apply(text));
    for (name, value) in headers {
        mask.apply(name);
        mask.apply(value);
    }
    if let Signature::Refused { message, explanation } = signature {
        mask.apply(message);
        mask.apply(explanation);
    }
}
