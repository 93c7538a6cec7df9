//! The words of RFC 2217, the serial port over Telnet, as its client speaks and hears them. Pure.
#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

/// RFC 854: the byte that begins a command, and the commands.
const IAC: u8 = 255;
const DONT: u8 = 254;
const DO: u8 = 253;
const WONT: u8 = 252;
const WILL: u8 = 251;
const SB: u8 = 250;
const SE: u8 = 240;

/// Options: eight-bit data, no go-ahead, and the serial port (RFC 2217 section 2).
const BINARY: u8 = 0;
const SUPPRESS_GO_AHEAD: u8 = 3;
const COM_PORT: u8 = 44;

/// RFC 2217 section 2: what a client asks for; the server answers with a number higher by this.
const SET_BAUDRATE: u8 = 1;
const SET_DATASIZE: u8 = 2;
const SET_PARITY: u8 = 3;
const SET_STOPSIZE: u8 = 4;
const SET_CONTROL: u8 = 5;
const ANSWER: u8 = 100;

/// Bytes of a subnegotiation; the longest that is known has 5, so anything longer is noise.
const SUBNEGOTIATION_BYTES_MAX: usize = 256;

/// A modem line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Line {
    Dtr,
    Rts,
}

/// What came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Heard {
    /// Bytes of the serial line.
    Data(Vec<u8>),
    /// The server has done what was asked for by this command.
    Done(u8),
    /// It agrees to be a serial port.
    IsComPort,
    /// It refuses to be one.
    IsNoComPort,
    /// This must be sent in answer.
    Answer(Vec<u8>),
}

/// What is sent first: who we are, and what we want the server to be.
pub(super) fn hello() -> Vec<u8> {
    let wanted = [
        (WILL, COM_PORT),
        (WILL, BINARY),
        (DO, BINARY),
        (WILL, SUPPRESS_GO_AHEAD),
        (DO, SUPPRESS_GO_AHEAD),
    ];
    wanted.into_iter().flat_map(|(verb, option)| [IAC, verb, option]).collect()
}

/// Asks for 8 bits, no parity, 1 stop bit and no flow control.
pub(super) fn plain_line() -> Vec<u8> {
    [(SET_DATASIZE, 8), (SET_PARITY, 1), (SET_STOPSIZE, 1), (SET_CONTROL, 1)]
        .into_iter()
        .flat_map(|(command, value)| ask(command, &[value]))
        .collect()
}

/// Asks for a rate; with the command that [`Heard::Done`] names.
pub(super) fn baud(baud: u32) -> (Vec<u8>, u8) {
    (ask(SET_BAUDRATE, &baud.to_be_bytes()), SET_BAUDRATE)
}

/// Asks for a level of a line; with the command that [`Heard::Done`] names.
pub(super) fn set_line(line: Line, is_on: bool) -> (Vec<u8>, u8) {
    let value = match (line, is_on) {
        (Line::Dtr, true) => 8,
        (Line::Dtr, false) => 9,
        (Line::Rts, true) => 11,
        (Line::Rts, false) => 12,
    };
    (ask(SET_CONTROL, &[value]), SET_CONTROL)
}

/// Bytes of the serial line as they are sent.
pub(super) fn data(bytes: &[u8]) -> Vec<u8> {
    bytes
        .iter()
        .flat_map(|byte| std::iter::repeat_n(*byte, if *byte == IAC { 2 } else { 1 }))
        .collect()
}

fn ask(command: u8, value: &[u8]) -> Vec<u8> {
    let mut bytes = vec![IAC, SB, COM_PORT, command];
    bytes.extend(data(value));
    bytes.extend([IAC, SE]);
    bytes
}

/// Takes what comes in apart.
#[derive(Debug, Default)]
pub(super) struct Listener {
    state: State,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Data,
    Command,
    Option(u8),
    Subnegotiation(Vec<u8>),
    SubnegotiationCommand(Vec<u8>),
}

impl Listener {
    /// Takes bytes, cut anywhere.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> Vec<Heard> {
        let mut heard = Vec::new();
        for byte in bytes {
            self.take(*byte, &mut heard);
        }
        heard
    }

    fn take(&mut self, byte: u8, heard: &mut Vec<Heard>) {
        self.state = match (std::mem::take(&mut self.state), byte) {
            (State::Data, IAC) => State::Command,
            (State::Data, byte) => {
                push_data(heard, byte);
                State::Data
            }
            (State::Command, IAC) => {
                push_data(heard, IAC);
                State::Data
            }
            (State::Command, DO | DONT | WILL | WONT) => State::Option(byte),
            (State::Command, SB) => State::Subnegotiation(Vec::new()),
            (State::Command, _) => State::Data,
            (State::Option(verb), option) => {
                heard.extend(answer(verb, option));
                State::Data
            }
            (State::Subnegotiation(bytes), IAC) => State::SubnegotiationCommand(bytes),
            (State::Subnegotiation(mut bytes), byte) => {
                if bytes.len() < SUBNEGOTIATION_BYTES_MAX {
                    bytes.push(byte);
                }
                State::Subnegotiation(bytes)
            }
            (State::SubnegotiationCommand(mut bytes), IAC) => {
                bytes.push(IAC);
                State::Subnegotiation(bytes)
            }
            (State::SubnegotiationCommand(bytes), SE) => {
                heard.extend(done(&bytes));
                State::Data
            }
            // Not closed as it should be: what comes next is data again.
            (State::SubnegotiationCommand(_), _) => State::Data,
        };
    }
}

fn push_data(heard: &mut Vec<Heard>, byte: u8) {
    match heard.last_mut() {
        Some(Heard::Data(bytes)) => bytes.push(byte),
        _ => heard.push(Heard::Data(vec![byte])),
    }
}

/// What an offer or a wish of the server means. What [`hello`] said already is not said again, so nobody talks in circles.
fn answer(verb: u8, option: u8) -> Option<Heard> {
    let is_ours = matches!(option, BINARY | SUPPRESS_GO_AHEAD | COM_PORT);
    match verb {
        DO if option == COM_PORT => Some(Heard::IsComPort),
        DONT if option == COM_PORT => Some(Heard::IsNoComPort),
        DO if !is_ours => Some(Heard::Answer(vec![IAC, WONT, option])),
        WILL if option == COM_PORT => Some(Heard::Answer(vec![IAC, DO, option])),
        WILL if !is_ours => Some(Heard::Answer(vec![IAC, DONT, option])),
        _ => None,
    }
}

fn done(subnegotiation: &[u8]) -> Option<Heard> {
    let (COM_PORT, answer) = (*subnegotiation.first()?, *subnegotiation.get(1)?) else {
        return None;
    };
    answer.checked_sub(ANSWER).map(Heard::Done)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(bytes: &[u8], expected: &[Heard]) {
        assert_eq!(Listener::default().feed(bytes), expected, "{bytes:?}");
    }

    #[test]
    fn data_and_commands_are_told_apart() {
        check(b"ab\xff\xffc", &[Heard::Data(b"ab\xffc".to_vec())]);
        check(&[IAC, DO, COM_PORT, b'x'], &[Heard::IsComPort, Heard::Data(vec![b'x'])]);
        check(&[IAC, DONT, COM_PORT], &[Heard::IsNoComPort]);
        check(&[IAC, SB, COM_PORT, 101, 0, 1, 0xc2, 0, IAC, SE], &[Heard::Done(SET_BAUDRATE)]);
    }

    #[test]
    fn what_we_are_not_is_refused_once() {
        check(&[IAC, WILL, 1], &[Heard::Answer(vec![IAC, DONT, 1])]);
        check(&[IAC, DO, 24], &[Heard::Answer(vec![IAC, WONT, 24])]);
        check(&[IAC, WILL, BINARY, IAC, DO, SUPPRESS_GO_AHEAD], &[]);
    }

    #[test]
    fn a_value_of_all_ones_is_doubled() {
        assert_eq!(
            ask(SET_BAUDRATE, &[0, 0, 0, 255]),
            [255, 250, 44, 1, 0, 0, 0, 255, 255, 255, 240]
        );
    }

    proptest! {
        #[test]
        fn data_comes_out_as_it_went_in(bytes: Vec<u8>, cut in 0usize..100) {
            let sent = data(&bytes);
            let (first, second) = sent.split_at(cut.min(sent.len()));
            let mut listener = Listener::default();
            let mut heard = listener.feed(first);
            heard.extend(listener.feed(second));
            let data: Vec<u8> = heard.into_iter().flat_map(|heard| match heard {
                Heard::Data(bytes) => bytes,
                other => panic!("{other:?}"),
            }).collect();
            prop_assert_eq!(data, bytes);
        }

        #[test]
        fn any_bytes_are_heard_without_a_panic(bytes: Vec<u8>) {
            let _ = Listener::default().feed(&bytes);
        }
    }
}
