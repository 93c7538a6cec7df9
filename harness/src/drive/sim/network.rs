//! The network between the simulated device and its cloud: names, connections, requests and what comes back.

use std::time::Duration;

use fake_shadow::dns::Carrier;
use fake_shadow::fault::{Channel, WifiFlaw};
use fake_shadow::message::WireStep;
use fake_shadow::raw_request;
use fake_shadow::wire::encode;

use super::accept::{Accepted, Resolved, THROWN_OUT, accepted, met_event, resolved};
use super::bench::SimBench;
use super::due::{CloudAct, Due};
use super::timing::{CONNECT, ONE_WAY, SERVICE, true_time};
use super::wire::{Wire, sendings, with_end};
use crate::drive::cloud_side;
use crate::engine::Event;
use crate::engine::event::ConnectionChange;
use crate::time::Moment;

impl SimBench {
    pub(super) fn drop_connection(&mut self) -> Vec<Event> {
        let Some(connection) = self.connection.take().filter(|connection| !connection.ended) else {
            return Vec::new();
        };
        vec![Event::Connection { id: connection.id, change: ConnectionChange::Closed }]
    }

    pub(super) fn wire(&mut self, now: Moment, what: &Wire) -> Vec<Event> {
        let end = |change| {
            move |bench: &mut Self| {
                let connection = bench.connection.as_mut()?;
                connection.ended = true;
                Some(Event::Connection { id: connection.id, change })
            }
        };
        let ended = match what {
            Wire::Connected | Wire::Failed(_) | Wire::Bytes(_) => None,
            Wire::Closed => end(ConnectionChange::Closed)(self),
            Wire::Reset => end(ConnectionChange::Reset)(self),
        };
        let mut events: Vec<_> = ended.into_iter().collect();
        events.extend(self.tell(now, what.input()));
        events
    }

    pub(super) fn cloud_act(&mut self, now: Moment, connection: u64, act: CloudAct) -> Vec<Event> {
        match act {
            CloudAct::Accept => self.accept(now, connection),
            CloudAct::Request(bytes) => self.request(now, connection, &bytes),
            CloudAct::Answer(event) => vec![*event],
        }
    }

    fn accept(&mut self, now: Moment, connection: u64) -> Vec<Event> {
        let fate = self.cloud.connect(true_time(now), Channel::Tls);
        let Accepted { is_opened, met, after, what, steps } = accepted(fate);
        if !steps.is_empty() {
            self.unread = Some(connection);
        }
        self.at(now.after(after), Due::Wire { connection, what });
        self.play(now, connection, steps, None);
        let opened = Event::Connection { id: connection, change: ConnectionChange::Opened };
        is_opened.then_some(opened).into_iter().chain(met.map(met_event)).collect()
    }

    /// The name of the endpoint is asked for at each connection, as of a device that keeps nothing across a sleep.
    pub(super) fn connect(&mut self, now: Moment, connection: u64) -> Vec<Event> {
        if let Some(fault) = self.cloud.radio(true_time(now), WifiFlaw::Deauth) {
            let what = Wire::Failed(THROWN_OUT);
            self.at(now.after(CONNECT), Due::Wire { connection, what });
            return vec![met_event(fault)];
        }
        let met = self.cloud.name(true_time(now), Carrier::Udp);
        match met.map_or(Resolved::After(Duration::ZERO), |(_, flaw)| resolved(flaw)) {
            Resolved::After(more) => {
                let due = Due::Cloud { connection, act: CloudAct::Accept };
                self.at(now.after(CONNECT).after(more), due);
            }
            Resolved::Failed(reason) => {
                let due = Due::Wire { connection, what: Wire::Failed(reason) };
                self.at(now.after(CONNECT), due);
            }
            Resolved::Nowhere => {}
        }
        met.map(|(fault, _)| met_event(fault)).into_iter().collect()
    }

    pub(super) fn request(&mut self, now: Moment, connection: u64, bytes: &[u8]) -> Vec<Event> {
        if self.unread == Some(connection) {
            return Vec::new();
        }
        let Ok(request) = raw_request::parse(bytes) else {
            self.at(now, Due::Wire { connection, what: Wire::Closed });
            return vec![Event::Note { text: "the cloud could not read the request".into() }];
        };
        self.last_request += 1;
        let cloud_now = true_time(now);
        let delivery = self.cloud.handle(cloud_now, &request);
        let number = self.last_request;
        let settings = self.cloud.cloud().settings();
        let events = self.side.request_events(settings, (number, connection), &request, &delivery);
        let answer = cloud_side::answer_event(number, &delivery);
        let steps = match (delivery.wire, delivery.exchange) {
            (Some(steps), _) => steps,
            (None, Some(exchange)) => {
                let time = self.cloud.cloud().cloud_time(cloud_now);
                vec![WireStep::Send(encode(&exchange.response, &request, time))]
            }
            (None, None) => Vec::new(),
        };
        let steps = with_end(steps, &request);
        self.play(now.after(SERVICE), connection, steps, Some(answer));
        events
    }

    /// Puts what the cloud does to a connection into the queue; the answer is seen when its first byte, or its end, goes out.
    fn play(&mut self, from: Moment, connection: u64, steps: Vec<WireStep>, answer: Option<Event>) {
        let mut answer = answer;
        for (at, what) in sendings(from, steps) {
            if let Some(answer) = answer.take() {
                self.at(at, Due::Cloud { connection, act: CloudAct::Answer(Box::new(answer)) });
            }
            self.at(at.after(ONE_WAY), Due::Wire { connection, what });
        }
    }
}
