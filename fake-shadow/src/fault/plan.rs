//! The plan: which faults are armed, and what becomes of a request that meets one.

use std::borrow::Cow;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;

use super::act::{Act, Elsewhere, Met, OnConnect, OnHandshake, Spoil};
use super::armed::{Armed, Fault, FaultId, FaultRef};
use super::dns::DnsFlaw;
use super::link::{Carried, Carries, Link};
use super::ntp::NtpFlaw;
use super::wifi::WifiFlaw;
use crate::answer;
use crate::clock::UnixMillis;
use crate::dns::Carrier;
use crate::event::{Exchange, NoOperation};
use crate::message::{Request, WireStep};
use crate::operation::Operation;
use crate::proxy::{How, Passed};
use crate::route::route;
use crate::service::{Examined, FakeShadow};
use crate::sigv4::{Identity, Refusal};
use crate::wire::{WireAnswer, encode, keeps_alive};

/// A [`FakeShadow`] with faults around it.
#[derive(Debug, Clone)]
pub struct Faulty {
    cloud: FakeShadow,
    armed: Vec<Armed>,
    link: Link,
    last_id: u64,
    chance: ChaCha8Rng,
}

/// What becomes of a new connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConnectFate {
    /// It is served.
    Serve,
    /// It never arrives: the device's radio link is gone, by this fault if it is met only now.
    Lost(Option<FaultRef>),
    /// It is refused, as if nobody listened.
    Refuse(FaultRef),
    /// It is accepted, and this is done to it instead of reading from it.
    Perform(FaultRef, Vec<WireStep>),
    /// It is accepted, and this is done to its TLS handshake.
    Handshake(FaultRef, OnHandshake),
}

/// What carries a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    /// TCP alone.
    Plain,
    /// TLS.
    Tls,
}

/// What becomes of a request.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivery {
    /// The answer and what is known about it; none if a fault acted before the service saw the request.
    pub exchange: Option<Exchange>,
    /// What was asked for, or why that is nothing; known for requests, too, that the service never saw.
    pub operation: Result<Operation, NoOperation>,
    /// The fault that acted.
    pub fault: Option<FaultRef>,
    /// What the service elsewhere made of it, if there is one and it was asked.
    pub passed: Option<Box<Passed>>,
    /// The status that goes out, if the bytes that go out begin with a status line; of two the first.
    pub status: Option<u16>,
    /// What to do to the connection, in order; none to send the answer in the ordinary way, by [`encode`].
    pub wire: Option<Vec<WireStep>>,
    /// Whether the connection goes on behind that. If not and no step has ended it, it is to be ended in order.
    pub keeps_alive: bool,
}

impl Delivery {
    /// What becomes of a request to whose connection these steps are done.
    pub(super) fn of_steps(
        request: &Request,
        (exchange, operation): (Option<Exchange>, Result<Operation, NoOperation>),
        fault: Option<FaultRef>,
        steps: Vec<WireStep>,
    ) -> Self {
        let status = status_of(&steps);
        let is_ended =
            matches!(steps.last(), Some(WireStep::Close | WireStep::Reset | WireStep::Hold(_)));
        let keeps_alive = !is_ended
            && exchange.as_ref().map_or_else(
                || request.keeps_alive(),
                |exchange| keeps_alive(&exchange.response, request),
            );
        Self { exchange, operation, fault, passed: None, status, wire: Some(steps), keeps_alive }
    }

    /// Who signed, or why the signature is refused; none where nobody looked at it, or where the request went on as it came with
    /// a key that only the service elsewhere knows.
    #[must_use]
    pub fn verdict(&self) -> Option<&Result<Identity, Refusal>> {
        let verdict = &self.exchange.as_ref()?.record.verdict;
        let is_judged = |passed: &Passed| passed.how == How::SignedAnew || passed.is_key_known;
        self.passed.as_deref().is_none_or(is_judged).then_some(verdict)
    }

    /// What to do to the connection, in order, the ordinary answer included.
    #[must_use]
    pub fn steps(&self, request: &Request) -> Cow<'_, [WireStep]> {
        match (&self.wire, &self.exchange) {
            (Some(steps), _) => Cow::Borrowed(steps),
            (None, Some(Exchange { response, record })) => {
                Cow::Owned(vec![WireStep::Send(encode(response, request, record.cloud_time))])
            }
            (None, None) => Cow::Borrowed(&[]),
        }
    }
}

impl Faulty {
    /// A cloud without faults yet.
    #[must_use]
    pub fn new(cloud: FakeShadow) -> Self {
        let mut chance = ChaCha8Rng::seed_from_u64(cloud.settings().seed);
        // The cloud draws its request ids from stream 0 of the same seed.
        chance.set_stream(1);
        Self { cloud, armed: Vec::new(), link: Link::default(), last_id: 0, chance }
    }

    /// The cloud inside.
    #[must_use]
    pub const fn cloud(&self) -> &FakeShadow {
        &self.cloud
    }

    /// The cloud inside, to act on it from the app side.
    pub const fn cloud_mut(&mut self) -> &mut FakeShadow {
        &mut self.cloud
    }

    /// Arms a fault. Of several that fit, the one armed first acts.
    pub fn arm(&mut self, fault: Fault) -> FaultId {
        self.last_id += 1;
        let id = FaultId(self.last_id);
        self.armed.push(Armed::new(id, fault));
        id
    }

    /// Takes one fault away and says what it did; none if there is none of that number.
    pub fn disarm(&mut self, id: FaultId) -> Option<Armed> {
        let place = self.armed.iter().position(|armed| armed.id == id)?;
        self.link.disarmed(Some(id));
        Some(self.armed.remove(place))
    }

    /// Takes all faults away, spent ones too.
    pub fn clear(&mut self) {
        self.armed.clear();
        self.link.disarmed(None);
    }

    /// All faults since the last [`Faulty::clear`], spent ones too, in the order in which they were armed.
    #[must_use]
    pub fn armed(&self) -> &[Armed] {
        &self.armed
    }

    /// What becomes of a connection that is made `now`.
    pub fn connect(&mut self, now: UnixMillis, channel: Channel) -> ConnectFate {
        if let Carried::Lost(met) = self.carry(now, true) {
            return ConnectFate::Lost(met);
        }
        let met = self.meet_elsewhere(now, |elsewhere| match elsewhere {
            Elsewhere::Connect(_) => Some(elsewhere),
            Elsewhere::Handshake(_) => (channel == Channel::Tls).then_some(elsewhere),
            Elsewhere::Name(_) | Elsewhere::Radio(_) | Elsewhere::Time(_) => None,
        });
        match met.map(|(fault, act, _)| (fault, act)) {
            None | Some((_, Elsewhere::Name(_) | Elsewhere::Radio(_) | Elsewhere::Time(_))) => {
                ConnectFate::Serve
            }
            Some((fault, Elsewhere::Connect(OnConnect::Refuse))) => ConnectFate::Refuse(fault),
            Some((fault, Elsewhere::Connect(OnConnect::Perform(steps)))) => {
                ConnectFate::Perform(fault, steps)
            }
            Some((fault, Elsewhere::Handshake(act))) => ConnectFate::Handshake(fault, act),
        }
    }

    /// Says what of the device's radio link this cloud has in hand; default [`Carries::Nothing`].
    pub const fn set_carries(&mut self, carries: Carries) {
        self.link.carries = carries;
    }

    /// The device sleeps or is off, so that it joins its network anew when it wakes; matters to what this cloud carries.
    pub const fn device_left(&mut self) {
        self.link.leaves();
    }

    /// What becomes of a question that the device sends `now`, before it is looked at.
    pub fn asked(&mut self, now: UnixMillis) -> Carried {
        self.carry(now, false)
    }

    fn carry(&mut self, now: UnixMillis, connects: bool) -> Carried {
        let mut link = self.link;
        let carried = link.sends(connects, |flaw| self.radio(now, flaw));
        self.link = link;
        carried
    }

    /// What a question for the time meets `now`, and for how many milliseconds that fault has been met.
    pub fn time(&mut self, now: UnixMillis) -> Option<(FaultRef, NtpFlaw, i64)> {
        self.meet_elsewhere(now, |elsewhere| match elsewhere {
            Elsewhere::Time(flaw) => Some(flaw),
            Elsewhere::Connect(_)
            | Elsewhere::Handshake(_)
            | Elsewhere::Name(_)
            | Elsewhere::Radio(_) => None,
        })
    }

    /// What a question for a name meets `now`.
    pub fn name(&mut self, now: UnixMillis, carrier: Carrier) -> Option<(FaultRef, DnsFlaw)> {
        let met = self.meet_elsewhere(now, |elsewhere| match elsewhere {
            Elsewhere::Name(DnsFlaw::Truncated) if carrier == Carrier::Tcp => None,
            Elsewhere::Name(flaw) => Some(flaw),
            Elsewhere::Connect(_)
            | Elsewhere::Handshake(_)
            | Elsewhere::Radio(_)
            | Elsewhere::Time(_) => None,
        });
        met.map(|(fault, flaw, _)| (fault, flaw))
    }

    /// Whether the device's radio link drops like this `now`: [`WifiFlaw::Drop`] is asked for when it joins, [`WifiFlaw::Deauth`] when
    /// it connects.
    pub fn radio(&mut self, now: UnixMillis, flaw: WifiFlaw) -> Option<FaultRef> {
        let met = self.meet_elsewhere(now, |elsewhere| match elsewhere {
            Elsewhere::Radio(armed) => (armed == flaw).then_some(()),
            Elsewhere::Connect(_)
            | Elsewhere::Handshake(_)
            | Elsewhere::Name(_)
            | Elsewhere::Time(_) => None,
        });
        met.map(|(fault, ..)| fault)
    }

    /// The first armed fault that acts on something else than requests, is meant here and acts now; with for how many
    /// milliseconds it has been met.
    fn meet_elsewhere<T>(
        &mut self,
        now: UnixMillis,
        is_meant: impl Fn(Elsewhere) -> Option<T>,
    ) -> Option<(FaultRef, T, i64)> {
        let chance = &mut self.chance;
        self.armed.iter_mut().find_map(|armed| {
            let meant = armed.fault.kind.elsewhere().and_then(&is_meant)?;
            let acts = !armed.is_spent() && armed.meets(now, chance);
            acts.then(|| (armed.reference(), meant, armed.met_for_ms(now)))
        })
    }

    /// Answers a request that came in `now`, or does to it what the first fault that fits does.
    pub fn handle(&mut self, now: UnixMillis, request: &Request) -> Delivery {
        let examined = Examined::new(request);
        let Some(place) = self.find(now, request, examined.operation.as_ref().ok()) else {
            let exchange = self.cloud.handle_examined(now, request, &examined);
            let status = Some(exchange.response.status);
            let keeps_alive = keeps_alive(&exchange.response, request);
            let exchange = Some(exchange);
            return Delivery {
                exchange,
                operation: examined.operation,
                fault: None,
                passed: None,
                status,
                wire: None,
                keeps_alive,
            };
        };
        let (fault, act) = self.act(place, examined.operation.as_ref().ok());
        let fault = Some(fault);
        let (exchange, steps) = match act {
            Act::Answer(response) => {
                let bytes = encode(&response, request, self.cloud.cloud_time(now));
                (None, vec![WireStep::Send(bytes)])
            }
            Act::Sever(steps) => (None, steps),
            Act::Shift(offset_ms) => {
                let later = now.offset_by(offset_ms);
                let as_is = |answer: WireAnswer| vec![WireStep::Send(answer.bytes())];
                self.answered(later, request, &examined, Box::new(as_is))
            }
            Act::Spoil(spoil) => self.answered(now, request, &examined, spoil),
        };
        Delivery::of_steps(request, (exchange, examined.operation), fault, steps)
    }

    /// What the fault at a place of the plan does to a request.
    pub(super) fn act(&mut self, place: usize, operation: Option<&Operation>) -> (FaultRef, Act) {
        let request_id = self.cloud.request_id();
        let armed = &self.armed[place];
        let act = armed.fault.kind.act(&mut Met {
            operation,
            request_id: &request_id,
            limits: &self.cloud.settings().limits,
            chance: &mut self.chance,
        });
        (armed.reference(), act)
    }

    /// Refuses a request whose body is larger than any message may be; the body is not looked at and the service never
    /// sees the request.
    pub fn refuse_too_large(&mut self, now: UnixMillis, request: &Request) -> Delivery {
        let response = answer::too_large(&self.cloud.request_id());
        let bytes = encode(&response, request, self.cloud.cloud_time(now));
        Delivery {
            exchange: None,
            operation: NoOperation::or_operation(&route(request)),
            fault: None,
            passed: None,
            status: Some(response.status),
            wire: Some(vec![WireStep::Send(bytes)]),
            keeps_alive: false,
        }
    }

    /// Lets the service answer, and the fault do to the answer what it does.
    fn answered(
        &mut self,
        now: UnixMillis,
        request: &Request,
        examined: &Examined,
        spoil: Spoil,
    ) -> (Option<Exchange>, Vec<WireStep>) {
        let exchange = self.cloud.handle_examined(now, request, examined);
        let answer = WireAnswer::new(&exchange.response, request, self.cloud.cloud_time(now));
        (Some(exchange), spoil(answer))
    }

    /// Puts the service's own failure in place of an answer that must not be given, as when what was done cannot be kept.
    #[must_use]
    pub fn fail(&mut self, now: UnixMillis, request: &Request, delivery: Delivery) -> Delivery {
        let response = answer::failure(&self.cloud.request_id());
        let bytes = encode(&response, request, self.cloud.cloud_time(now));
        Delivery {
            status: Some(response.status),
            wire: Some(vec![WireStep::Send(bytes)]),
            ..delivery
        }
    }

    /// The place of the fault that acts on a request.
    pub(super) fn find(
        &mut self,
        now: UnixMillis,
        request: &Request,
        operation: Option<&Operation>,
    ) -> Option<usize> {
        let chance = &mut self.chance;
        self.armed.iter_mut().position(|armed| {
            !armed.is_spent()
                && armed.fault.kind.elsewhere().is_none()
                && armed.fault.to.fits(request, operation)
                && armed.meets(now, chance)
        })
    }
}

/// The status in the first bytes that are sent.
fn status_of(steps: &[WireStep]) -> Option<u16> {
    const STATUS_LINE_BYTES: usize = "HTTP/1.1 200".len();
    let sent = steps.iter().flat_map(|step| match step {
        WireStep::Send(bytes) => bytes.as_slice(),
        _ => &[],
    });
    let start: Vec<u8> = sent.copied().take(STATUS_LINE_BYTES).collect();
    let (version, status) = str::from_utf8(&start).ok()?.split_once(' ')?;
    (version.starts_with("HTTP/") && status.len() == 3).then(|| status.parse().ok())?
}
