//! The fake cloud as a bench uses it: what the engine asks for goes in, what an observer may see comes out.

use fake_shadow::Settings;
use fake_shadow::clock::UnixMillis;
use fake_shadow::event::ShadowEvent;
use fake_shadow::fault::{
    Delivery, Fault, FaultId, Faulty, Place, RequestPattern as CloudPattern, ShadowPattern,
    Target as CloudTarget,
};
use fake_shadow::message::{Request as CloudRequest, WireStep};
use fake_shadow::operation::Operation;
use fake_shadow::proxy::{How, Passed};
use fake_shadow::shadow::{ShadowError, ShadowId};
use serde_json::json;

use super::{published, request_told};
use crate::engine::action::{ClockOrder, FaultOrder, FaultTarget, Times};
use crate::engine::event::{Answer, BY_CHANCE, Party};
use crate::engine::{Action, ActionError, Event};
use crate::scenario::plan::StartShadow;
use crate::scenario::request_pattern::{RequestPattern, Target};

/// What a bench keeps about its cloud.
#[derive(Debug, Default)]
pub struct CloudSide {
    /// The thing whose shadows the case is about.
    pub thing: String,
    /// Whether what the shadow service publishes is told.
    hears_shadow: bool,
    /// When faults are taken off again that are armed for a time only.
    expiries: Vec<(UnixMillis, FaultId)>,
}

impl CloudSide {
    /// Nothing known yet about the cloud of a thing.
    #[must_use]
    pub fn new(thing: impl Into<String>) -> Self {
        Self { thing: thing.into(), ..Self::default() }
    }

    /// When the next fault is to be taken off.
    #[must_use]
    pub fn wake_at(&self) -> Option<UnixMillis> {
        self.expiries.iter().map(|(at, _)| *at).min()
    }

    /// Takes off the faults whose time is over.
    pub fn expire(&mut self, cloud: &mut Faulty, now: UnixMillis) {
        let over = |(at, _): &(UnixMillis, FaultId)| *at <= now;
        for (_, id) in self.expiries.iter().filter(|expiry| over(expiry)) {
            cloud.disarm(*id);
        }
        self.expiries.retain(|expiry| !over(expiry));
    }

    /// Does an action of the cloud.
    ///
    /// # Errors
    ///
    /// What the cloud refused, in its own words; and anything that is not the cloud's to do.
    pub fn perform(
        &mut self,
        cloud: &mut Faulty,
        now: UnixMillis,
        action: &Action,
    ) -> Result<Vec<Event>, ActionError> {
        if let Action::ArmFault(order) = action {
            let (id, event) = arm(cloud, order)?;
            if let Some(span) = order.armed_for {
                self.expiries.push((now.after(span), id));
            }
            return Ok(vec![event]);
        }
        if *action == Action::HearShadow {
            self.hears_shadow = true;
            return Ok(Vec::new());
        }
        let Performed { mut events, published } = perform(cloud, &self.thing, now, action)?;
        events.extend(self.heard(&published));
        Ok(events)
    }

    /// What is told of the messages that the shadow service publishes: nothing, unless the case listens.
    pub fn heard(&self, published: &[ShadowEvent]) -> Vec<Event> {
        if !self.hears_shadow {
            return Vec::new();
        }
        published.iter().map(published::by_shadow_service).map(Event::Message).collect()
    }

    /// What an observer sees of a request when it comes in, in order: the request, the faults that it meets, what it publishes and
    /// changes, and what the shadow service publishes about that.
    #[must_use]
    pub fn request_events(
        &self,
        settings: &Settings,
        numbers: (u64, u64),
        request: &CloudRequest,
        delivery: &Delivery,
    ) -> Vec<Event> {
        let mut events = request_told::request_events(settings, numbers, request, delivery);
        events.extend(published::message(request, delivery).map(Event::Message));
        if let Some(exchange) = &delivery.exchange {
            events.extend(published::changed(&exchange.record.events, Party::Device));
            events.extend(self.heard(&exchange.record.events));
        }
        events
    }
}

/// What came of an action, and what the shadow service published about it.
#[derive(Default)]
struct Performed {
    events: Vec<Event>,
    published: Vec<ShadowEvent>,
}

impl From<Vec<Event>> for Performed {
    fn from(events: Vec<Event>) -> Self {
        Self { events, published: Vec::new() }
    }
}

fn perform(
    cloud: &mut Faulty,
    thing: &str,
    now: UnixMillis,
    action: &Action,
) -> Result<Performed, ActionError> {
    match action {
        Action::ArmFault(order) => arm(cloud, order).map(|(_, event)| vec![event].into()),
        Action::ClearFaults => {
            let had_any = !cloud.armed().is_empty();
            cloud.clear();
            Ok(if had_any { vec![Event::FaultsCleared].into() } else { Performed::default() })
        }
        Action::Clock(order) => Ok(set_clock(cloud, now, *order).into()),
        Action::DeleteShadow { name } => {
            let id = shadow_id(thing, name.as_deref())?;
            let deleted = cloud.cloud_mut().delete(now, &id);
            let deleted = deleted.map_err(|error| refused("delete the shadow", &error))?;
            let event = Event::Shadow { name: name.clone(), by: Party::Rig, document: None };
            Ok(Performed { events: vec![event], published: deleted.events })
        }
        Action::Publish(order) => {
            let (event, published) = published::publish(cloud, now, order)?;
            let changed = published::changed(&published, Party::Cloud);
            Ok(Performed { events: [event].into_iter().chain(changed).collect(), published })
        }
        Action::SetShadow { name, shadow } => {
            set_shadow(cloud, now, (thing, name.as_deref()), shadow)
        }
        Action::UpdateShadow { name, document } => {
            let id = shadow_id(thing, name.as_deref())?;
            let updated = cloud.cloud_mut().update(now, &id, document);
            let updated = updated.map_err(|error| refused("update the shadow", &error))?;
            let events = vec![shadow_event(cloud, now, &id, Party::Rig)];
            Ok(Performed { events, published: updated.events })
        }
        Action::Brownout { .. }
        | Action::CutAtStateWrite(_)
        | Action::Flash(_)
        | Action::HearShadow
        | Action::Measure
        | Action::Power(_)
        | Action::Reset
        | Action::RunCommand(_)
        | Action::SetPin { .. }
        | Action::Wake
        | Action::WriteConsole { .. } => {
            Err(ActionError::new("act on the board", "this went to the cloud by mistake"))
        }
    }
}

fn set_clock(cloud: &mut Faulty, now: UnixMillis, order: ClockOrder) -> Vec<Event> {
    let before = cloud.cloud().clock_offset();
    let offset_ms = match order {
        ClockOrder::Advance(by) => before.saturating_add(by),
        ClockOrder::Set(to) => to.saturating_sub(now.0),
        ClockOrder::Skew(by) => by,
    };
    if offset_ms == before {
        return Vec::new();
    }
    cloud.cloud_mut().set_clock_offset(offset_ms);
    vec![Event::Clock { offset_ms }]
}

/// A shadow that is there is emptied first; `state: null` does that without ending its versions.
fn set_shadow(
    cloud: &mut Faulty,
    now: UnixMillis,
    (thing, name): (&str, Option<&str>),
    shadow: &StartShadow,
) -> Result<Performed, ActionError> {
    let id = shadow_id(thing, name)?;
    let service = cloud.cloud_mut();
    let mut published = Vec::new();
    if service.shadow(now, &id).is_some() {
        let emptied = service.update(now, &id, &json!({ "state": null }));
        published.extend(emptied.map_err(|error| refused("empty the shadow", &error))?.events);
    }
    let set = service.update(now, &id, &shadow.document());
    published.extend(set.map_err(|error| refused("set the shadow", &error))?.events);
    Ok(Performed { events: vec![shadow_event(cloud, now, &id, Party::Rig)], published })
}

fn refused(what: &str, error: &ShadowError) -> ActionError {
    ActionError::new(what, format!("the cloud refused it: {}", error.message()))
        .help("the scenario asks for something that no shadow may hold")
}

fn arm(cloud: &mut Faulty, order: &FaultOrder) -> Result<(FaultId, Event), ActionError> {
    let read = Fault::read(&order.description);
    let mut fault = read.map_err(|error| ActionError::new("arm the fault", error.to_string()))?;
    fault.to = match &order.target {
        FaultTarget::Any => CloudTarget::Any,
        FaultTarget::Connect => CloudTarget::Connect,
        FaultTarget::Request(pattern) => CloudTarget::Request(cloud_pattern(pattern)),
    };
    match order.times {
        None => {}
        Some(Times::Always) => fault.times = None,
        Some(Times::Count(times)) => fault.times = Some(times),
    }
    fault.after = order.after;
    fault.chance = order.chance.unwrap_or(fault.chance);
    let by_chance = if fault.is_by_chance() { BY_CHANCE } else { "" };
    let is_beside = matches!(fault.kind.place(), Place::Name | Place::Radio | Place::Time);
    let to = if is_beside { String::new() } else { target_words(&order.target) };
    let what = format!("{}{to}{by_chance}", fault.kind.name());
    let id = cloud.arm(fault);
    Ok((id, Event::FaultArmed { id: id.0, what, step: Some(order.to_json()) }))
}

fn target_words(target: &FaultTarget) -> String {
    match target {
        FaultTarget::Any => " to any request".to_owned(),
        FaultTarget::Connect => " to the next connection".to_owned(),
        FaultTarget::Request(pattern) => format!(" to {pattern}"),
    }
}

fn cloud_pattern(pattern: &RequestPattern) -> CloudPattern {
    let shadow = match &pattern.target {
        Target::Classic => Some(ShadowPattern::Classic),
        Target::Named(name) => Some(ShadowPattern::Named(name.clone())),
        Target::List => None,
    };
    CloudPattern { method: Some(pattern.method.clone()), shadow, thing: None }
}

fn shadow_id(thing: &str, name: Option<&str>) -> Result<ShadowId, ActionError> {
    let id = match name {
        None => ShadowId::classic(thing),
        Some(name) => ShadowId::named(thing, name),
    };
    id.map_err(|error| ActionError::new("name the shadow", format!("{error}")))
}

/// The shadow as it is now, as an event.
#[must_use]
pub fn shadow_event(cloud: &Faulty, now: UnixMillis, id: &ShadowId, by: Party) -> Event {
    let name = id.name.as_ref().map(ToString::to_string);
    Event::Shadow { name, by, document: cloud.cloud().shadow(now, id) }
}

/// Whether the real service answered the device, and not the rig.
///
/// # Errors
///
/// It gave no answer, or refused what the rig had signed anew: then the device has nothing to do with it.
pub fn passed_well(passed: &Passed) -> Result<(), ActionError> {
    let what = format!("pass the device's request on to {}", passed.to);
    match &passed.answer {
        Err(error) => Err(ActionError::new(what, error.to_string())
            .help("is the endpoint right, and can this machine reach it?")),
        Ok(answer) if answer.status == 403 && passed.how == How::SignedAnew => {
            let body = String::from_utf8_lossy(&answer.body);
            let why = format!("the real service refuses what the rig signed: 403 {body}");
            Err(ActionError::new(what, why).help(
                "the credentials need iot:GetThingShadow and iot:UpdateThingShadow on the thing, and this machine's clock must be \
                 right",
            ))
        }
        Ok(_) => Ok(()),
    }
}

/// What an observer sees of the answer when it is on its way.
#[must_use]
pub fn answer_event(number: u64, delivery: &Delivery) -> Event {
    let body = match (&delivery.wire, &delivery.exchange) {
        (Some(steps), _) => sent_body(steps),
        (None, Some(exchange)) => exchange.response.body.clone(),
        (None, None) => Vec::new(),
    };
    Event::Answer(Answer {
        request: number,
        status: delivery.status,
        body: String::from_utf8_lossy(&body).into_owned(),
        fault: delivery.fault.map(|met| met.kind.to_owned()),
    })
}

/// The bytes behind the head of what is sent, as far as they are sent.
fn sent_body(steps: &[WireStep]) -> Vec<u8> {
    let sent: Vec<u8> = steps
        .iter()
        .filter_map(|step| match step {
            WireStep::Send(bytes) => Some(bytes.as_slice()),
            WireStep::Wait(_) | WireStep::Close | WireStep::Reset | WireStep::Hold(_) => None,
        })
        .flatten()
        .copied()
        .collect();
    let end = sent.windows(4).position(|window| window == b"\r\n\r\n");
    end.map_or_else(Vec::new, |end| sent[end + 4..].to_vec())
}

/// What an operation asks of which shadow.
#[must_use]
pub fn pattern(operation: &Operation) -> Option<RequestPattern> {
    let of = |method: &str, id: &ShadowId| RequestPattern {
        method: method.to_owned(),
        target: id.name.as_ref().map_or(Target::Classic, |name| Target::Named(name.to_string())),
    };
    match operation {
        Operation::DeleteThingShadow(id) => Some(of("DELETE", id)),
        Operation::GetThingShadow(id) => Some(of("GET", id)),
        Operation::UpdateThingShadow(id) => Some(of("POST", id)),
        Operation::ListNamedShadowsForThing(..) => {
            Some(RequestPattern { method: "GET".into(), target: Target::List })
        }
        Operation::CreateThing(_)
        | Operation::DeleteThing(..)
        | Operation::DescribeEndpoint
        | Operation::DescribeThing(_)
        | Operation::GetRetainedMessage(_)
        | Operation::ListRetainedMessages(_)
        | Operation::ListThings(..)
        | Operation::Publish(..)
        | Operation::UpdateThing(_) => None,
    }
}
