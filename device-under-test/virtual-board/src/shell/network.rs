//! The network of the program on the board: connections of this machine, as the thing as a program has them.

use std::sync::mpsc::Sender;
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use thing_host::net::{Connection, ConnectionEvent, Target, ask_time, trusting_der};

use super::running::Message;
use crate::io::{Ask, Destination, Heard, Input, Security};

/// The one connection that a program has.
#[derive(Debug)]
pub(crate) struct Network {
    sender: Sender<Message>,
    /// Counts connections; what comes from an older one is ignored.
    number: u64,
    connection: Option<Connection>,
}

/// What another thread heard for the program.
#[derive(Debug)]
pub(crate) enum Wire {
    /// On the connection of this number.
    Connection(u64, ConnectionEvent),
    /// Of a time server, which says nothing to believe where there is no date.
    Date(Option<u64>),
}

impl Network {
    pub(crate) const fn new(sender: Sender<Message>) -> Self {
        Self { sender, number: 0, connection: None }
    }

    /// Does what the board asks. Gives what it hears at once.
    pub(crate) fn ask(&mut self, life: u64, ask: Ask) -> Option<Input> {
        let heard = match ask {
            Ask::Date { time_server: None, .. } => date(),
            Ask::Date { time_server: Some(server), name_server } => {
                let sender = self.sender.clone();
                let spawned = thread::Builder::new().name("board-time".into()).spawn(move || {
                    if let Some(told) = ask_time(&server, name_server) {
                        // A driver that has ended listens no more.
                        let wire = Wire::Date(told.ok());
                        let _ = sender.send(Message::Wire { life, wire });
                    }
                });
                // The program takes it for silence, and gives up by itself.
                return spawned.err().map(|_| Input::Network { life, heard: Heard::NoDate });
            }
            Ask::Connect(destination) => {
                self.disconnect();
                match target(destination) {
                    Ok(target) => {
                        self.connection = Some(self.connect(life, target));
                        return None;
                    }
                    Err(reason) => Heard::ConnectFailed(format!("tls: {reason}")),
                }
            }
            Ask::Send(bytes) => {
                self.connection.as_ref()?.send(&bytes);
                return None;
            }
            Ask::Disconnect => {
                self.disconnect();
                return None;
            }
        };
        Some(Input::Network { life, heard })
    }

    /// Takes what another thread heard; gives what the board hears of it.
    pub(crate) fn wire(&self, life: u64, wire: Wire) -> Option<Input> {
        let heard = match wire {
            Wire::Connection(number, _) if number != self.number => return None,
            Wire::Connection(_, ConnectionEvent::Closed) => Heard::Closed,
            Wire::Connection(_, ConnectionEvent::Connected) => Heard::Connected,
            Wire::Connection(_, ConnectionEvent::Failed(reason)) => Heard::ConnectFailed(reason),
            Wire::Connection(_, ConnectionEvent::Received(bytes)) => Heard::Received(bytes),
            Wire::Connection(_, ConnectionEvent::Reset) => Heard::Reset,
            Wire::Date(Some(unix_ms)) => Heard::Date { unix_ms },
            Wire::Date(None) => Heard::NoDate,
        };
        Some(Input::Network { life, heard })
    }

    fn disconnect(&mut self) {
        self.number += 1;
        self.connection = None;
    }

    fn connect(&self, life: u64, target: Target) -> Connection {
        let (sender, number) = (self.sender.clone(), self.number);
        Connection::open(target, move |event| {
            // A driver that has ended listens no more.
            let _ = sender.send(Message::Wire { life, wire: Wire::Connection(number, event) });
        })
    }
}

/// The same with TLS set up, or why it cannot be.
fn target(destination: Destination) -> Result<Target, String> {
    let Destination { name, port, security, name_server } = destination;
    let tls = match security {
        Security::Plain => None,
        Security::PublicRoots => Some(trusting_der(None)?),
        Security::PrivateCa(certificate) => Some(trusting_der(Some(certificate))?),
    };
    Ok(Target { name, port, tls, name_server })
}

fn date() -> Heard {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let millis = since.ok().and_then(|since| u64::try_from(since.as_millis()).ok());
    millis.map_or(Heard::NoDate, |unix_ms| Heard::Date { unix_ms })
}
