//! The protocol without its socket: Telnet (RFC 854), its options (RFC 855) and the option for serial
//! ports (RFC 2217).
#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

use std::collections::BTreeSet;

/// Interpret as command.
const IAC: u8 = 255;
const DONT: u8 = 254;
const DO: u8 = 253;
const WONT: u8 = 252;
const WILL: u8 = 251;
/// Begins a negotiation of an option.
const SB: u8 = 250;
/// Ends it.
const SE: u8 = 240;

/// The options that are spoken: binary, no go-ahead, serial port.
const BINARY: u8 = 0;
const SUPPRESS_GO_AHEAD: u8 = 3;
const COM_PORT: u8 = 44;

/// What is added to a command's number in its answer.
const ANSWER: u8 = 100;

/// Commands of the serial-port option.
const SIGNATURE: u8 = 0;
const SET_BAUDRATE: u8 = 1;
const SET_DATASIZE: u8 = 2;
const SET_PARITY: u8 = 3;
const SET_STOPSIZE: u8 = 4;
const SET_CONTROL: u8 = 5;
const NOTIFY_MODEMSTATE: u8 = 7;
const SET_LINESTATE_MASK: u8 = 10;
const SET_MODEMSTATE_MASK: u8 = 11;
const PURGE_DATA: u8 = 12;

/// CTS, DSR and carrier are there.
const MODEM_STATE: u8 = 0b1011_0000;

/// Bytes of a negotiation; the longest is a signature.
const NEGOTIATION_BYTES_MAX: usize = 256;

/// What the client did.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Act {
    Baud(u32),
    Data(Vec<u8>),
    Lines {
        dtr: bool,
        rts: bool,
    },
    /// To be sent back as it is.
    Reply(Vec<u8>),
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Place {
    Data,
    AfterIac,
    AfterVerb(u8),
    Negotiation,
    NegotiationIac,
}

/// One client's side of the port.
#[derive(Clone, Debug)]
pub(crate) struct Telnet {
    place: Place,
    negotiation: Vec<u8>,
    /// Options as verbs that were already answered, so that two sides do not answer each other forever.
    answered: BTreeSet<(u8, u8)>,
    baud: u32,
    dtr: bool,
    rts: bool,
}

impl Telnet {
    pub(crate) const fn new() -> Self {
        Self {
            place: Place::Data,
            negotiation: Vec::new(),
            answered: BTreeSet::new(),
            baud: 115_200,
            dtr: false,
            rts: false,
        }
    }

    /// What the client did by sending these bytes, in order.
    pub(crate) fn received(&mut self, bytes: &[u8]) -> Vec<Act> {
        let mut acts = Vec::new();
        for byte in bytes {
            self.step(*byte, &mut acts);
        }
        acts
    }

    fn step(&mut self, byte: u8, acts: &mut Vec<Act>) {
        self.place = match (self.place, byte) {
            (Place::Data, IAC) => Place::AfterIac,
            (Place::Data, byte) | (Place::AfterIac, byte @ IAC) => {
                match acts.last_mut() {
                    Some(Act::Data(data)) => data.push(byte),
                    _ => acts.push(Act::Data(vec![byte])),
                }
                Place::Data
            }
            (Place::AfterIac, WILL | WONT | DO | DONT) => Place::AfterVerb(byte),
            (Place::AfterIac, SB) => {
                self.negotiation.clear();
                Place::Negotiation
            }
            (Place::AfterIac, _) => Place::Data,
            (Place::AfterVerb(verb), option) => {
                acts.extend(self.answer_option(verb, option).map(Act::Reply));
                Place::Data
            }
            (Place::Negotiation, IAC) => Place::NegotiationIac,
            (Place::Negotiation, byte) | (Place::NegotiationIac, byte @ IAC) => {
                if self.negotiation.len() < NEGOTIATION_BYTES_MAX {
                    self.negotiation.push(byte);
                }
                Place::Negotiation
            }
            (Place::NegotiationIac, SE) => {
                self.negotiated(acts);
                Place::Data
            }
            (Place::NegotiationIac, _) => Place::Data,
        };
    }

    fn answer_option(&mut self, verb: u8, option: u8) -> Option<Vec<u8>> {
        let is_spoken = matches!(option, BINARY | SUPPRESS_GO_AHEAD | COM_PORT);
        let answer = match (verb, is_spoken) {
            (WILL, true) => DO,
            (WILL, false) | (WONT, _) => DONT,
            (DO, true) => WILL,
            _ => WONT,
        };
        self.answered.insert((answer, option)).then(|| vec![IAC, answer, option])
    }

    fn negotiated(&mut self, acts: &mut Vec<Act>) {
        let negotiation = std::mem::take(&mut self.negotiation);
        let [COM_PORT, command, values @ ..] = &negotiation[..] else {
            return;
        };
        let first = values.first().copied().unwrap_or(0);
        let reply = |values: &[u8]| Act::Reply(self::reply(*command, values));
        match *command {
            SIGNATURE if values.is_empty() => acts.push(reply(b"virtual-board")),
            SET_BAUDRATE => {
                let asked = values.try_into().map_or(0, u32::from_be_bytes);
                // Zero asks what it is.
                if asked > 0 {
                    self.baud = asked;
                    acts.push(Act::Baud(asked));
                }
                acts.push(reply(&self.baud.to_be_bytes()));
            }
            // Eight bits, no parity, one stop bit: what is asked for is granted, what it is is told.
            SET_DATASIZE => acts.push(reply(&[if first == 0 { 8 } else { first }])),
            SET_PARITY | SET_STOPSIZE => acts.push(reply(&[first.max(1)])),
            SET_CONTROL => {
                let answer = self.set_control(first, acts);
                acts.push(reply(&[answer]));
            }
            SET_LINESTATE_MASK | PURGE_DATA => acts.push(reply(&[first])),
            SET_MODEMSTATE_MASK => {
                acts.push(reply(&[first]));
                acts.push(Act::Reply(self::reply(NOTIFY_MODEMSTATE, &[MODEM_STATE])));
            }
            _ => {}
        }
    }

    /// Sets or tells a line; gives what is answered.
    fn set_control(&mut self, asked: u8, acts: &mut Vec<Act>) -> u8 {
        match asked {
            7 => return if self.dtr { 8 } else { 9 },
            8 => self.dtr = true,
            9 => self.dtr = false,
            10 => return if self.rts { 11 } else { 12 },
            11 => self.rts = true,
            12 => self.rts = false,
            // Flow control and break: told to be off, granted as asked.
            0 => return 1,
            4 => return 6,
            13 => return 14,
            other => return other,
        }
        acts.push(Act::Lines { dtr: self.dtr, rts: self.rts });
        asked
    }
}

/// Data as it goes to the client.
pub(crate) fn escaped(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    for byte in bytes {
        out.push(*byte);
        if *byte == IAC {
            out.push(IAC);
        }
    }
    out
}

fn reply(command: u8, values: &[u8]) -> Vec<u8> {
    let mut bytes = vec![IAC, SB, COM_PORT, command + ANSWER];
    bytes.extend(escaped(values));
    bytes.extend([IAC, SE]);
    bytes
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(bytes: &[u8], expected: &[Act]) {
        assert_eq!(Telnet::new().received(bytes), expected);
    }

    #[test]
    fn data_is_unescaped() {
        check(b"a\xff\xffb", &[Act::Data(b"a\xffb".to_vec())]);
    }

    #[test]
    fn spoken_options_are_agreed_to_once_and_others_refused() {
        check(
            b"\xff\xfb\x2c\xff\xfd\x2c\xff\xfb\x2c\xff\xfd\x01",
            &[
                Act::Reply(vec![IAC, DO, COM_PORT]),
                Act::Reply(vec![IAC, WILL, COM_PORT]),
                Act::Reply(vec![IAC, WONT, 1]),
            ],
        );
    }

    #[test]
    fn lines_are_set_and_acknowledged() {
        check(
            b"\xff\xfa\x2c\x05\x08\xff\xf0\xff\xfa\x2c\x05\x0b\xff\xf0",
            &[
                Act::Lines { dtr: true, rts: false },
                Act::Reply(vec![IAC, SB, COM_PORT, 105, 8, IAC, SE]),
                Act::Lines { dtr: true, rts: true },
                Act::Reply(vec![IAC, SB, COM_PORT, 105, 11, IAC, SE]),
            ],
        );
    }

    #[test]
    fn a_rate_with_the_escape_in_it_is_read_and_told() {
        check(
            b"\xff\xfa\x2c\x01\x00\x00\xff\xff\x00\xff\xf0",
            &[
                Act::Baud(0xff00),
                Act::Reply(vec![IAC, SB, COM_PORT, 101, 0, 0, IAC, IAC, 0, IAC, SE]),
            ],
        );
    }

    proptest! {
        #[test]
        fn any_bytes_are_taken(bytes: Vec<u8>) {
            let _ = Telnet::new().received(&bytes);
        }

        #[test]
        fn what_is_escaped_is_data(bytes in proptest::collection::vec(any::<u8>(), 1..99)) {
            prop_assert_eq!(Telnet::new().received(&escaped(&bytes)), [Act::Data(bytes)]);
        }
    }
}
