//! One cloud, shared by all connections, by the rig and by the control interface.

use std::fmt;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio::sync::{Notify, broadcast, watch};

use super::control::Token;
use crate::clock::UnixMillis;
use crate::data::{DataError, DataFile};
use crate::dns::{self, Carrier, Names, Reply};
use crate::event::{CloudEvent, CloudEventKind, ConnectionId, Controlled, Served};
use crate::fault::{Begun, Carried, Carries, Channel, ConnectFate, Delivery, FaultRef, Faulty};
use crate::message::Request;
use crate::ntp;
use crate::proxy::{Beyond, Signer, Upstream};
use crate::recent::Recent;

/// How many events a subscriber may be behind before it loses the oldest.
const EVENTS_BEHIND_MAX: usize = 4096;

type Clock = Box<dyn Fn() -> UnixMillis + Send + Sync>;
type Observer = Box<dyn Fn(&CloudEvent) + Send + Sync>;

/// One cloud, shared by all that act on it.
///
/// Requests are dealt with one after another. Each event is told to the observer and to all subscribers before the next
/// request is dealt with and before anything of the answer is written, so an observer that arms a fault in time is sure
/// that it meets the next request.
pub struct Shared {
    state: Mutex<State>,
    clock: Clock,
    observer: Option<Observer>,
    subscribers: broadcast::Sender<Arc<CloudEvent>>,
    last_connection: AtomicU64,
    remote: Remote,
    ca_pem: Option<String>,
    file: Option<DataFile>,
    beyond: Option<(Beyond, Upstream)>,
    /// Tells open connections that the device's radio link breaks, where that is in hand here.
    link_breaks: Option<Notify>,
    /// Says when somebody may be served; without it everybody may from the beginning.
    doors: Option<watch::Receiver<bool>>,
}

struct State {
    cloud: Faulty,
    recent: Recent,
}

/// From where the page and the control interface may be used.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Remote {
    /// From any address that can reach the server, by whoever knows the token; this machine needs it, too, as a proxy on
    /// it speaks for others.
    WithToken(Token),
    /// From this machine only, without a token.
    #[default]
    Refused,
}

impl Shared {
    /// Shares a cloud; `clock` says what time it is.
    pub fn new(cloud: Faulty, clock: impl Fn() -> UnixMillis + Send + Sync + 'static) -> Self {
        let (subscribers, _) = broadcast::channel(EVENTS_BEHIND_MAX);
        Self {
            state: Mutex::new(State { cloud, recent: Recent::default() }),
            clock: Box::new(clock),
            observer: None,
            subscribers,
            last_connection: AtomicU64::new(0),
            remote: Remote::default(),
            ca_pem: None,
            file: None,
            beyond: None,
            link_breaks: None,
            doors: None,
        }
    }

    /// Tells each event to an observer, in order. It is called while the cloud is locked: it must not wait, and must not
    /// call back into this.
    #[must_use]
    pub fn observed_by(self, observer: impl Fn(&CloudEvent) + Send + Sync + 'static) -> Self {
        Self { observer: Some(Box::new(observer)), ..self }
    }

    /// Says from where the control interface may be used. Default: [`Remote::Refused`].
    #[must_use]
    pub fn controlled_from(self, remote: Remote) -> Self {
        Self { remote, ..self }
    }

    /// Shows a CA's certificate to whoever asks the control interface for it.
    #[must_use]
    pub fn showing_ca(self, ca_pem: Option<String>) -> Self {
        Self { ca_pem, ..self }
    }

    /// Keeps all changes in a file, each before its answer is written.
    #[must_use]
    pub fn kept_in(self, file: Option<DataFile>) -> Self {
        Self { file, ..self }
    }

    /// Passes requests on to a service elsewhere, whose answers meet the same faults; the cloud in here checks signatures, and
    /// its shadows are asked for nothing. Refused signatures are answered here, where the request would have to be signed anew.
    #[must_use]
    pub fn passing_on_to(self, upstream: Upstream, signer: Option<Signer>) -> Self {
        let beyond = Beyond { endpoint: upstream.endpoint().clone(), signer };
        Self { beyond: Some((beyond, upstream)), ..self }
    }

    /// Says what of the radio link of the one device that is served is in hand here, so that faults can take it away.
    #[must_use]
    pub fn carrying(self, carries: Carries) -> Self {
        self.lock().cloud.set_carries(carries);
        let link_breaks = (carries != Carries::Nothing).then(Notify::new);
        Self { link_breaks, ..self }
    }

    /// Lets the servers serve nobody until the sender says true or is gone. Until then connections and datagrams wait in their sockets,
    /// so that a rig that starts a device can arm faults and be sure that its first packet meets them.
    #[must_use]
    pub fn closed_until(self, is_open: watch::Receiver<bool>) -> Self {
        Self { doors: Some(is_open), ..self }
    }

    /// Waits until somebody may be served.
    pub(crate) async fn doors_opened(&self) {
        if let Some(mut is_open) = self.doors.clone() {
            // Without a sender nobody keeps them closed.
            let _ = is_open.wait_for(|is_open| *is_open).await;
        }
    }

    /// Acts on the cloud between two requests; the second argument is the time. A file that cannot be written is tried
    /// again with the next change.
    pub fn with<T>(&self, act: impl FnOnce(&mut Faulty, UnixMillis) -> T) -> T {
        self.control(|cloud, now| (act(cloud, now), None)).0
    }

    /// As [`Shared::with`], for what somebody does by the control interface: what `act` says of it is told before the next request is
    /// dealt with. Says, too, whether it is kept.
    pub(super) fn control<T>(
        &self,
        act: impl FnOnce(&mut Faulty, UnixMillis) -> (T, Option<Controlled>),
    ) -> (T, Result<(), DataError>) {
        let mut state = self.lock();
        let now = self.now();
        let (made, done) = act(&mut state.cloud, now);
        if let Some(done) = done {
            self.tell(now, self.next_connection(), CloudEventKind::Controlled(done));
        }
        (made, self.keep(&mut state.cloud))
    }

    /// Events from now on. A subscriber that falls far behind loses the oldest ones and is told how many.
    #[must_use]
    pub fn subscribe(&self) -> broadcast::Receiver<Arc<CloudEvent>> {
        self.subscribers.subscribe()
    }

    /// What time it is.
    #[must_use]
    pub fn now(&self) -> UnixMillis {
        (self.clock)()
    }

    pub(super) const fn remote(&self) -> &Remote {
        &self.remote
    }

    pub(super) fn ca_pem(&self) -> Option<String> {
        self.ca_pem.clone()
    }

    /// Where requests go on to, as people write it; none if the cloud is in here.
    pub(super) fn beyond(&self) -> Option<String> {
        self.beyond.as_ref().map(|(beyond, _)| beyond.endpoint.to_string())
    }

    pub(super) fn next_connection(&self) -> ConnectionId {
        ConnectionId(self.last_connection.fetch_add(1, Ordering::Relaxed) + 1)
    }

    /// What time it is for the cloud, its offset included.
    pub(super) fn cloud_time(&self) -> UnixMillis {
        self.lock().cloud.cloud().cloud_time(self.now())
    }

    /// A connection was made: what becomes of it.
    pub(super) fn opened(
        &self,
        connection: ConnectionId,
        peer: SocketAddr,
        channel: Channel,
    ) -> ConnectFate {
        let mut state = self.lock();
        let now = self.now();
        let fate = state.cloud.connect(now, channel);
        self.tell(now, connection, CloudEventKind::Opened { peer: peer.to_string() });
        match &fate {
            ConnectFate::Serve => {}
            ConnectFate::Lost(met) => self.lost(now, connection, *met),
            ConnectFate::Refuse(fault)
            | ConnectFate::Perform(fault, _)
            | ConnectFate::Handshake(fault, _) => {
                self.tell(now, connection, CloudEventKind::Fault(*fault));
            }
        }
        fate
    }

    /// The device's radio link is gone; with the fault that took it, if it took it only now.
    fn lost(&self, now: UnixMillis, connection: ConnectionId, met: Option<FaultRef>) {
        let Some(fault) = met else { return };
        self.tell(now, connection, CloudEventKind::Fault(fault));
        if let Some(link_breaks) = &self.link_breaks {
            link_breaks.notify_waiters();
        }
    }

    /// Whether somebody's radio link is in hand here.
    pub(super) const fn has_link(&self) -> bool {
        self.link_breaks.is_some()
    }

    /// Waits until the device's radio link breaks, which breaks its open connections.
    pub(super) async fn link_broken(&self) {
        match &self.link_breaks {
            Some(link_breaks) => link_breaks.notified().await,
            None => std::future::pending().await,
        }
    }

    /// A client asked for the time: the answer, if there is one.
    pub(crate) fn asked_time(&self, peer: SocketAddr, request: &[u8]) -> Option<Vec<u8>> {
        let mut state = self.lock();
        let at = self.now();
        // Only a request meets a fault; whatever else comes is thrown away.
        ntp::answer(request, ntp::Asked { at, flaw: None })?;
        if let Carried::Lost(met) = state.cloud.asked(at) {
            self.lost(at, self.next_connection(), met);
            return None;
        }
        let met = state.cloud.time(at);
        let flaw = met.map(|(_, flaw, met_for_ms)| (flaw, met_for_ms));
        let answer = ntp::answer(request, ntp::Asked { at, flaw });
        let connection = self.next_connection();
        let shown = flaw.map_or(Some(at), |(flaw, met_for_ms)| flaw.shows(at, met_for_ms));
        self.tell(at, connection, CloudEventKind::TimeAsked { peer: peer.to_string(), shown });
        if let Some((fault, ..)) = met {
            self.tell(at, connection, CloudEventKind::Fault(fault));
        }
        answer
    }

    /// A client asked for a name: the answer, if there is one.
    pub(crate) fn asked_name(
        &self,
        peer: SocketAddr,
        carrier: Carrier,
        names: &Names,
        request: &[u8],
    ) -> Option<Reply> {
        let name = dns::asked_name(request)?;
        let mut state = self.lock();
        let now = self.now();
        if let Carried::Lost(met) = state.cloud.asked(now) {
            self.lost(now, self.next_connection(), met);
            return None;
        }
        let met = state.cloud.name(now, carrier);
        let reply = dns::answer(names, request, met.map(|(_, flaw)| flaw))?;
        let connection = self.next_connection();
        let (peer, says) = (peer.to_string(), reply.says.clone());
        self.tell(now, connection, CloudEventKind::NameAsked { peer, name, says });
        if let Some((fault, _)) = met {
            self.tell(now, connection, CloudEventKind::Fault(fault));
        }
        Some(reply)
    }

    /// A request was read, and is dealt with here, or by the service elsewhere.
    pub(super) async fn deal(&self, connection: ConnectionId, request: Request) -> Arc<Served> {
        let Some((beyond, upstream)) = &self.beyond else {
            return self.served(connection, request, Faulty::handle);
        };
        let begun = {
            let mut state = self.lock();
            state.cloud.begin(self.now(), &request, beyond)
        };
        let asking = match begun {
            Begun::Done(delivery) => {
                return self.served(connection, request, move |_, _, _| *delivery);
            }
            Begun::Ask(asking) => asking,
        };
        let began = Instant::now();
        let answer = upstream.ask(&asking.request).await;
        let answered = (answer, began.elapsed());
        self.served(connection, request, move |cloud, now, request| {
            cloud.finish(now, request, *asking, answered)
        })
    }

    /// A request was read: what becomes of it.
    pub(super) fn served(
        &self,
        connection: ConnectionId,
        request: Request,
        handle: impl FnOnce(&mut Faulty, UnixMillis, &Request) -> Delivery,
    ) -> Arc<Served> {
        let mut state = self.lock();
        let now = self.now();
        let mut delivery = handle(&mut state.cloud, now, &request);
        let kept = self.keep(&mut state.cloud);
        if kept.is_err() {
            delivery = state.cloud.fail(now, &request, delivery);
        }
        let fault = delivery.fault;
        let served = Arc::new(Served { request, delivery });
        let forgotten = state.recent.push(now, connection, Arc::clone(&served));
        self.tell(now, connection, CloudEventKind::Request(Arc::clone(&served)));
        if let Err(error) = kept {
            let reason = format!("{error}; {}", error.help());
            self.tell(now, connection, CloudEventKind::NotKept { reason });
        }
        if let Some(fault) = fault {
            self.tell(now, connection, CloudEventKind::Fault(fault));
        }
        // Giving back what it held takes a while, and nobody needs to wait for that.
        drop(state);
        drop(forgotten);
        served
    }

    /// Something happened that does not concern the cloud's state.
    pub(super) fn note(&self, connection: ConnectionId, kind: CloudEventKind) {
        if !self.is_heard() {
            return;
        }
        let _state = self.lock();
        self.tell(self.now(), connection, kind);
    }

    pub(super) fn recent<T>(&self, look: impl FnOnce(&mut Recent) -> T) -> T {
        look(&mut self.lock().recent)
    }

    /// Looks at everything at one moment.
    pub(super) fn look<T>(&self, look: impl FnOnce(&Faulty, &Recent, UnixMillis) -> T) -> T {
        let state = self.lock();
        look(&state.cloud, &state.recent, self.now())
    }

    /// Writes what has changed; without a file everything counts as kept.
    fn keep(&self, cloud: &mut Faulty) -> Result<(), DataError> {
        if cloud.cloud().has_changes() {
            if let Some(file) = &self.file {
                file.write(&cloud.cloud().changes())?;
            }
            cloud.cloud_mut().changes_are_kept();
        }
        Ok(())
    }

    /// Whether anybody is told of events.
    fn is_heard(&self) -> bool {
        self.observer.is_some() || self.subscribers.receiver_count() > 0
    }

    fn tell(&self, at: UnixMillis, connection: ConnectionId, kind: CloudEventKind) {
        if !self.is_heard() {
            return;
        }
        let event = CloudEvent { at, connection, kind };
        if let Some(observer) = &self.observer {
            observer(&event);
        }
        // Nobody may be listening, which is no error.
        let _ = self.subscribers.send(Arc::new(event));
    }

    /// A thread that panicked while it held the lock has left the state as it was between two of its own steps; the
    /// cloud goes on, as one broken request must not end a run.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Shared").field("remote", &self.remote).finish_non_exhaustive()
    }
}
