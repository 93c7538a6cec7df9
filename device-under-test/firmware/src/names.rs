//! The address of a name, from a name server: RFC 1035. One question, one answer; the bytes are read and written by a library.

use core::net::{Ipv4Addr, SocketAddrV4};

use smoltcp::wire::{
    DnsFlags, DnsOpcode, DnsPacket, DnsQueryType, DnsQuestion, DnsRcode, DnsRecord, DnsRecordData,
    DnsRepr,
};

/// The port of name servers.
pub const PORT: u16 = 53;

/// Bytes of the longest name in a question, the length before each label and the end included (section 2.3.4).
const NAME_BYTES_MAX: usize = 255;

/// Bytes of the longest label (section 2.3.4).
const LABEL_BYTES_MAX: usize = 63;

/// Bytes of the longest question: a header, a name, its type and its class.
pub const QUESTION_BYTES_MAX: usize = 12 + NAME_BYTES_MAX + 4;

/// Bytes of the longest answer over UDP (section 4.2.1).
pub const ANSWER_BYTES_MAX: usize = 512;

/// Why an answer gives no address.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum NameError {
    /// The name exists, and has no IPv4 address.
    NoAddress,
    /// There is no such name.
    NoSuchName,
    /// It is no answer, or cut off in the middle.
    NotAnAnswer,
    /// It does not answer this question: an old answer, or a guess.
    NotMine,
    /// The server cannot or does not want to answer.
    Refused,
    /// The answer is too long for UDP; over TCP it is to be had whole.
    Truncated,
}

impl NameError {
    /// Whether the server has answered this question, so that a better answer is not worth waiting for.
    #[must_use]
    pub const fn is_final(self) -> bool {
        match self {
            Self::NoAddress | Self::NoSuchName | Self::Refused | Self::Truncated => true,
            Self::NotAnAnswer | Self::NotMine => false,
        }
    }

    /// What is wrong, in a few words.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::NoAddress => "the name has no address",
            Self::NoSuchName => "there is no such name",
            Self::NotAnAnswer | Self::NotMine => "the name server does not answer",
            Self::Refused => "the name server refuses to answer",
            Self::Truncated => "the name server's answer is too long",
        }
    }
}

/// What is said of a name server that stays silent.
pub const SILENT: &str = NameError::NotAnAnswer.reason();

/// The address of a name server and its port, which is [`PORT`] where none is said; `None` for what is no IPv4 address: a name
/// would have to be asked for first.
#[must_use]
pub fn server(text: &str) -> Option<SocketAddrV4> {
    let (address, port) = crate::endpoint::server(text, PORT)?;
    Some(SocketAddrV4::new(address.parse().ok()?, port))
}

/// A question for the IPv4 address of a name, told from others by its `id`; `None` for what is no name.
#[must_use]
pub fn question<'b>(
    name: &str,
    id: u16,
    buffer: &'b mut [u8; QUESTION_BYTES_MAX],
) -> Option<&'b [u8]> {
    let (mut labels, mut bytes) = ([0; NAME_BYTES_MAX], 0);
    for label in name.strip_suffix('.').unwrap_or(name).split('.') {
        let to = labels.get_mut(bytes..=bytes + label.len())?;
        if label.is_empty() || label.len() > LABEL_BYTES_MAX {
            return None;
        }
        to[0] = label.len() as u8;
        to[1..].copy_from_slice(label.as_bytes());
        bytes += to.len();
    }
    // The empty label of the root ends the name; it stands there as a zero already.
    let question = DnsQuestion { name: labels.get(..=bytes)?, type_: DnsQueryType::A };
    let flags = DnsFlags::RECURSION_DESIRED;
    let message = DnsRepr { transaction_id: id, opcode: DnsOpcode::Query, flags, question };
    buffer.fill(0);
    let asked = buffer.get_mut(..message.buffer_len())?;
    message.emit(&mut DnsPacket::new_unchecked(&mut *asked));
    Some(asked)
}

/// The first address in an answer to the question for this name with this `id`; aliases are followed inside the answer.
///
/// # Errors
///
/// [`NameError`] for what is no answer to this question, or gives no address.
pub fn address(answer: &[u8], name: &str, id: u16) -> Result<Ipv4Addr, NameError> {
    let packet = DnsPacket::new_checked(answer).map_err(|_| NameError::NotAnAnswer)?;
    if !packet.flags().contains(DnsFlags::RESPONSE) {
        return Err(NameError::NotAnAnswer);
    }
    if packet.transaction_id() != id {
        return Err(NameError::NotMine);
    }
    let asked = DnsQuestion::parse(packet.payload());
    let (mut rest, asked) = asked.map_err(|_| NameError::NotAnAnswer)?;
    let labels =
        name.strip_suffix('.').unwrap_or(name).split('.').map(|label| Ok(label.as_bytes()));
    if packet.question_count() != 1 || !is_same(packet.parse_name(asked.name), labels) {
        return Err(NameError::NotMine);
    }
    match packet.rcode() {
        DnsRcode::NoError => {}
        DnsRcode::NXDomain => return Err(NameError::NoSuchName),
        _ => return Err(NameError::Refused),
    }
    if packet.flags().contains(DnsFlags::TRUNCATED) {
        return Err(NameError::Truncated);
    }
    let mut wanted = asked.name;
    for _ in 0..packet.answer_record_count() {
        let (behind, record) = DnsRecord::parse(rest).map_err(|_| NameError::NotAnAnswer)?;
        rest = behind;
        if !is_same(packet.parse_name(record.name), packet.parse_name(wanted)) {
            continue;
        }
        match record.data {
            DnsRecordData::A(address) => return Ok(address),
            DnsRecordData::Cname(alias) => wanted = alias,
            _ => {}
        }
    }
    Err(NameError::NoAddress)
}

/// Whether two names are the same, whatever the case of their letters (RFC 4343); a broken one is no name.
fn is_same<'a, E>(
    mut one: impl Iterator<Item = Result<&'a [u8], E>>,
    mut other: impl Iterator<Item = Result<&'a [u8], E>>,
) -> bool {
    loop {
        match (one.next(), other.next()) {
            (None, None) => return true,
            (Some(Ok(one)), Some(Ok(other))) if one.eq_ignore_ascii_case(other) => {}
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use simple_dns::rdata::{A, CNAME, RData};
    use simple_dns::{CLASS, Name, Packet, PacketFlag, RCODE, ResourceRecord};

    use super::*;

    const NAME: &str = "A1-ats.iot.eu-west-1.amazonaws.com";

    /// What another library answers to our question: these records and this code.
    fn answer(
        records: &[(&'static str, RData<'static>)],
        code: RCODE,
        flags: PacketFlag,
    ) -> Vec<u8> {
        let mut buffer = [0; QUESTION_BYTES_MAX];
        let asked = Packet::parse(question(NAME, 77, &mut buffer).unwrap()).unwrap();
        assert!(asked.has_flags(PacketFlag::RECURSION_DESIRED));
        let mut reply = Packet::new_reply(asked.id());
        reply.set_flags(flags);
        *reply.rcode_mut() = code;
        reply.questions = asked.questions.clone();
        for (name, data) in records {
            let name = Name::new(name).unwrap();
            reply.answers.push(ResourceRecord::new(name, CLASS::IN, 1, data.clone()));
        }
        reply.build_bytes_vec_compressed().unwrap()
    }

    fn a(last: u8) -> RData<'static> {
        RData::A(A::from(Ipv4Addr::new(192, 0, 2, last)))
    }

    fn check(bytes: &[u8], expected: Result<u8, NameError>) {
        let expected = expected.map(|last| Ipv4Addr::new(192, 0, 2, last));
        assert_eq!(address(bytes, NAME, 77), expected);
    }

    #[test]
    fn another_library_understands_the_question_and_is_understood() {
        let plain = PacketFlag::empty();
        let lower = "a1-ats.iot.eu-west-1.amazonaws.com";
        check(&answer(&[(lower, a(1)), (lower, a(2))], RCODE::NoError, plain), Ok(1));
        let alias = RData::CNAME(CNAME(Name::new_unchecked("b.example")));
        let behind = [("other.example", a(9)), (NAME, alias), ("b.example", a(3))];
        check(&answer(&behind, RCODE::NoError, plain), Ok(3));
    }

    #[test]
    fn what_gives_no_address_is_told_why() {
        let plain = PacketFlag::empty();
        check(&answer(&[], RCODE::NameError, plain), Err(NameError::NoSuchName));
        check(&answer(&[], RCODE::ServerFailure, plain), Err(NameError::Refused));
        check(&answer(&[], RCODE::NoError, plain), Err(NameError::NoAddress));
        check(&answer(&[("x.example", a(1))], RCODE::NoError, plain), Err(NameError::NoAddress));
        check(&answer(&[], RCODE::NoError, PacketFlag::TRUNCATION), Err(NameError::Truncated));
        let right = answer(&[(NAME, a(1))], RCODE::NoError, plain);
        check(&right[..right.len() - 3], Err(NameError::NotAnAnswer));
        assert_eq!(address(&right, NAME, 78), Err(NameError::NotMine));
        assert_eq!(address(&right, "b.example", 77), Err(NameError::NotMine));
        let mut buffer = [0; QUESTION_BYTES_MAX];
        check(question(NAME, 77, &mut buffer).unwrap(), Err(NameError::NotAnAnswer));
        assert!(NameError::NoSuchName.is_final() && !NameError::NotMine.is_final());
    }

    #[test]
    fn what_is_no_name_is_not_asked_for() {
        let mut buffer = [0; QUESTION_BYTES_MAX];
        let long = "a".repeat(64);
        let deep = "a.".repeat(128);
        for name in ["", ".", "a..b", long.as_str(), deep.as_str()] {
            assert_eq!(question(name, 1, &mut buffer), None, "{name}");
        }
        assert!(question("localhost.", 1, &mut buffer).is_some());
        assert!(question(&"a.".repeat(126), 1, &mut buffer).is_some());
    }

    #[test]
    fn a_server_is_an_address_and_may_have_a_port_of_its_own() {
        assert_eq!(server("192.168.4.1"), Some(SocketAddrV4::new([192, 168, 4, 1].into(), 53)));
        assert_eq!(server("127.0.0.1:4053"), Some(SocketAddrV4::new([127, 0, 0, 1].into(), 4053)));
        for wrong in ["", "dns.example", "192.168.4.1:0", "::1"] {
            assert_eq!(server(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(bytes: Vec<u8>, at: usize, byte: u8) {
            let _ = address(&bytes, NAME, 77);
            let mut near = answer(&[(NAME, a(1))], RCODE::NoError, PacketFlag::empty());
            let length = near.len();
            near[at % length] = byte;
            let _ = address(&near, NAME, 77);
        }

        #[test]
        fn any_text_is_asked_for_or_refused(name in ".{0,300}") {
            let mut buffer = [0; QUESTION_BYTES_MAX];
            if let Some(asked) = question(&name, 1, &mut buffer) {
                prop_assert!(asked.len() <= QUESTION_BYTES_MAX);
            }
        }
    }
}
