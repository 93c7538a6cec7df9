//! The gateway: TCP by a stack of its own, each connection one of the machine's.

use std::collections::{BTreeMap, VecDeque};
use std::net::{Ipv4Addr, SocketAddrV4};

use smoltcp::iface::{Config, Interface, SocketHandle, SocketSet};
use smoltcp::socket::tcp::{Socket, SocketBuffer, State};
use smoltcp::time::{Duration, Instant};
use smoltcp::wire::{
    EthernetFrame, EthernetProtocol, HardwareAddress, IpAddress, IpCidr, IpListenEndpoint,
    IpProtocol, Ipv4Packet, TcpPacket,
};

use super::datagrams::{Datagram, GATEWAY, GATEWAY_MAC};
use super::queue::Queue;
use crate::time::Moment;

/// Bytes that a connection has on their way in each direction.
const WINDOW_BYTES: usize = 16 * 1024;
/// Bytes for the program that wait; a connection that brings more is broken off.
const WAITING_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Connections at once; what is on top is refused.
const FLOWS_MAX: usize = 64;
/// How long a program may be silent that should acknowledge something.
const SILENCE: Duration = Duration::from_secs(60);

/// When it is: since the board began, and by this machine's date.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Now {
    pub(crate) moment: Moment,
    pub(crate) unix_ms: u64,
}

/// What the gateway hears. Connections and questions are known by numbers that it gave.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Heard {
    /// A frame came over the cable.
    Frame(Vec<u8>),
    /// Time passed.
    Tick,
    /// The chip is gone, with all of its connections.
    Gone,
    Opened(u64),
    Refused(u64),
    Bytes(u64, Vec<u8>),
    /// The other side will send no more.
    Ended(u64),
    Broken(u64),
    /// An answer to a datagram.
    Answer(u64, Vec<u8>),
}

/// What the gateway wants.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Want {
    /// Send a frame over the cable.
    Frame(Vec<u8>),
    /// Connect to this port of the loopback.
    Open {
        flow: u64,
        port: u16,
    },
    Send {
        flow: u64,
        bytes: Vec<u8>,
    },
    /// The program will send no more.
    End {
        flow: u64,
    },
    /// The connection is over.
    Drop {
        flow: u64,
    },
    /// Send a datagram to this port of the loopback.
    Ask {
        question: u64,
        port: u16,
        bytes: Vec<u8>,
    },
}

/// Who talks to whom: the program, and whom it takes for its peer.
type Ends = (SocketAddrV4, SocketAddrV4);

#[derive(Debug)]
struct Flow {
    ends: Ends,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    /// The machine's connection is not there yet; the frame with which the program began waits.
    Opening {
        frame: Vec<u8>,
    },
    Open(Open),
}

#[derive(Debug)]
struct Open {
    handle: SocketHandle,
    /// For the program, as soon as there is room.
    waiting: VecDeque<u8>,
    is_ended: bool,
    has_told_end: bool,
    /// It is closed; the stack may still have to say so.
    is_over: bool,
}

/// The gateway.
pub(crate) struct Gateway {
    interface: Interface,
    queue: Queue,
    sockets: SocketSet<'static>,
    flows: BTreeMap<u64, Flow>,
    /// Datagrams that were sent on, for their answers.
    questions: BTreeMap<u64, Datagram>,
    next: u64,
}

impl std::fmt::Debug for Gateway {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gateway").field("flows", &self.flows).finish_non_exhaustive()
    }
}

/// Questions whose answers are waited for; older ones are forgotten.
const QUESTIONS_MAX: usize = 64;

impl Gateway {
    pub(crate) fn new() -> Self {
        let mut queue = Queue::default();
        let config = Config::new(HardwareAddress::Ethernet(GATEWAY_MAC));
        let mut interface = Interface::new(config, &mut queue, Instant::ZERO);
        interface.update_ip_addrs(|addresses| {
            // The list has room for its first address.
            let _ = addresses.push(IpCidr::new(IpAddress::Ipv4(GATEWAY), 24));
        });
        // It answers for every address.
        interface.set_any_ip(true);
        // The table has room for its first route.
        let _ = interface.routes_mut().add_default_ipv4_route(GATEWAY);
        Self {
            interface,
            queue,
            sockets: SocketSet::new(Vec::new()),
            flows: BTreeMap::new(),
            questions: BTreeMap::new(),
            next: 1,
        }
    }

    /// When [`Heard::Tick`] is due.
    pub(crate) fn wake_at(&mut self, now: Moment) -> Option<Moment> {
        let at = self.interface.poll_at(instant(now), &self.sockets)?;
        Some(Moment { micros: u64::try_from(at.total_micros()).unwrap_or_default() })
    }

    /// Takes what happened, and gives all that follows from it, in order.
    pub(crate) fn handle(&mut self, now: Now, heard: Heard) -> Vec<Want> {
        let mut wants = Vec::new();
        match heard {
            Heard::Frame(frame) => self.frame(now, frame, &mut wants),
            Heard::Tick => {}
            Heard::Gone => {
                let flows = std::mem::take(&mut self.flows);
                wants.extend(flows.into_keys().map(|flow| Want::Drop { flow }));
                // Numbers go on, so that what is still told about old connections means none of the new ones.
                *self = Self { next: self.next, ..Self::new() };
            }
            Heard::Opened(flow) => self.opened(flow),
            Heard::Refused(flow) => {
                // Nobody listens, so that the stack refuses it.
                if let Some(Flow { stage: Stage::Opening { frame }, .. }) = self.flows.remove(&flow)
                {
                    self.queue.incoming.push_back(frame);
                }
            }
            Heard::Bytes(flow, bytes) => self.bytes(flow, &bytes, &mut wants),
            Heard::Ended(flow) => {
                if let Some(open) = self.open(flow) {
                    open.is_ended = true;
                }
            }
            Heard::Broken(flow) => self.break_off(flow),
            Heard::Answer(question, bytes) => {
                let frame = self.questions.get(&question).map(|asked| asked.answer(&bytes));
                wants.extend(frame.map(Want::Frame));
            }
        }
        self.poll(now.moment, &mut wants);
        wants
    }

    fn open(&mut self, flow: u64) -> Option<&mut Open> {
        match &mut self.flows.get_mut(&flow)?.stage {
            Stage::Open(open) => Some(open),
            Stage::Opening { .. } => None,
        }
    }

    fn frame(&mut self, now: Now, frame: Vec<u8>, wants: &mut Vec<Want>) {
        if let Some(datagram) = Datagram::read(&frame) {
            match datagram.answered(now.unix_ms) {
                Some(answer) => wants.extend(answer.map(Want::Frame)),
                None => self.ask(datagram, wants),
            }
            return;
        }
        let Some(ends) = beginning(&frame) else {
            self.queue.incoming.push_back(frame);
            return;
        };
        match self.flows.values().find(|flow| flow.ends == ends).map(|flow| &flow.stage) {
            // It asks again, and is not answered yet.
            Some(Stage::Opening { .. }) => {}
            Some(Stage::Open(_)) => self.queue.incoming.push_back(frame),
            None if self.flows.len() >= FLOWS_MAX => self.queue.incoming.push_back(frame),
            None => {
                let flow = self.number();
                let port = ends.1.port();
                self.flows.insert(flow, Flow { ends, stage: Stage::Opening { frame } });
                wants.push(Want::Open { flow, port });
            }
        }
    }

    fn number(&mut self) -> u64 {
        let number = self.next;
        self.next += 1;
        number
    }

    fn ask(&mut self, datagram: Datagram, wants: &mut Vec<Want>) {
        if self.questions.len() >= QUESTIONS_MAX {
            self.questions.pop_first();
        }
        let question = self.number();
        let (port, bytes) = (datagram.to.port(), datagram.bytes.clone());
        self.questions.insert(question, datagram);
        wants.push(Want::Ask { question, port, bytes });
    }

    /// The machine's connection stands: somebody listens, and the program's first frame is let in.
    fn opened(&mut self, flow: u64) {
        let Some(Flow { ends, stage }) = self.flows.get_mut(&flow) else { return };
        let buffer = || SocketBuffer::new(vec![0; WINDOW_BYTES]);
        let mut socket = Socket::new(buffer(), buffer());
        socket.set_timeout(Some(SILENCE));
        socket.set_nagle_enabled(false);
        socket.set_ack_delay(None);
        let at =
            IpListenEndpoint { addr: Some(IpAddress::Ipv4(*ends.1.ip())), port: ends.1.port() };
        // A port of 0 is not listened to; the frame is then refused.
        let is_listening = socket.listen(at).is_ok();
        let opening = match std::mem::replace(stage, Stage::Opening { frame: Vec::new() }) {
            Stage::Opening { frame } => frame,
            Stage::Open(open) => {
                *stage = Stage::Open(open);
                return;
            }
        };
        self.queue.incoming.push_back(opening);
        if is_listening {
            *stage = Stage::Open(Open {
                handle: self.sockets.add(socket),
                waiting: VecDeque::new(),
                is_ended: false,
                has_told_end: false,
                is_over: false,
            });
        } else {
            self.flows.remove(&flow);
        }
    }

    fn bytes(&mut self, flow: u64, bytes: &[u8], wants: &mut Vec<Want>) {
        let Some(open) = self.open(flow) else { return };
        if open.waiting.len() + bytes.len() > WAITING_BYTES_MAX {
            wants.push(Want::Drop { flow });
            self.break_off(flow);
            return;
        }
        open.waiting.extend(bytes);
    }

    fn break_off(&mut self, flow: u64) {
        if let Some(open) = self.open(flow) {
            open.waiting.clear();
            let handle = open.handle;
            self.sockets.get_mut::<Socket<'_>>(handle).abort();
        } else {
            self.flows.remove(&flow);
        }
    }

    /// Lets the stack work until nothing moves any more.
    fn poll(&mut self, now: Moment, wants: &mut Vec<Want>) {
        let now = instant(now);
        loop {
            self.interface.poll(now, &mut self.queue, &mut self.sockets);
            let numbers: Vec<u64> = self.flows.keys().copied().collect();
            let moved = numbers.into_iter().filter(|flow| self.move_bytes(*flow, wants)).count();
            wants.extend(self.queue.outgoing.drain(..).map(Want::Frame));
            if moved == 0 && self.queue.incoming.is_empty() {
                return;
            }
        }
    }

    /// Moves what can be moved between the stack and the machine's connection; says whether anything was.
    fn move_bytes(&mut self, flow: u64, wants: &mut Vec<Want>) -> bool {
        let Some(Flow { stage: Stage::Open(open), .. }) = self.flows.get_mut(&flow) else {
            return false;
        };
        let socket = self.sockets.get_mut::<Socket<'_>>(open.handle);
        let mut has_moved = false;
        while let Ok(bytes) = socket.recv(|bytes| (bytes.len(), bytes.to_vec()))
            && !bytes.is_empty()
        {
            wants.push(Want::Send { flow, bytes });
            has_moved = true;
        }
        let has_ended = matches!(
            socket.state(),
            State::CloseWait | State::LastAck | State::Closing | State::TimeWait
        );
        if has_ended && !open.has_told_end {
            open.has_told_end = true;
            wants.push(Want::End { flow });
        }
        if socket.can_send() && !open.waiting.is_empty() {
            let (first, _) = open.waiting.as_slices();
            let sent = socket.send_slice(first).unwrap_or_default();
            open.waiting.drain(..sent);
            has_moved |= sent > 0;
        }
        let may_close = matches!(socket.state(), State::Established | State::CloseWait);
        if open.is_ended && open.waiting.is_empty() && may_close {
            socket.close();
            has_moved = true;
        }
        if open.is_over {
            self.sockets.remove(open.handle);
            self.flows.remove(&flow);
            wants.push(Want::Drop { flow });
        } else if matches!(socket.state(), State::Closed | State::TimeWait) {
            open.is_over = true;
            has_moved = true;
        }
        has_moved
    }
}

fn instant(moment: Moment) -> Instant {
    Instant::from_micros(i64::try_from(moment.micros).unwrap_or(i64::MAX))
}

/// Both ends of the connection that a frame begins; `None` for all other frames.
fn beginning(frame: &[u8]) -> Option<Ends> {
    let frame = EthernetFrame::new_checked(frame).ok()?;
    if frame.ethertype() != EthernetProtocol::Ipv4 {
        return None;
    }
    let packet = Ipv4Packet::new_checked(frame.payload()).ok()?;
    if packet.next_header() != IpProtocol::Tcp {
        return None;
    }
    let segment = TcpPacket::new_checked(packet.payload()).ok()?;
    let ends = |address: Ipv4Addr, port| SocketAddrV4::new(address, port);
    (segment.syn() && !segment.ack()).then(|| {
        (ends(packet.src_addr(), segment.src_port()), ends(packet.dst_addr(), segment.dst_port()))
    })
}
