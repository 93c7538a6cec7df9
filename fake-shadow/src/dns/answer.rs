//! From a question to the answer. RFC 1035, section 4; the bytes are read and written by a library.
#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

use std::net::IpAddr;
use std::time::Duration;

use simple_dns::rdata::{A, AAAA, RData};
use simple_dns::{
    CLASS, OPCODE, Packet, PacketFlag, QCLASS, QTYPE, Question, RCODE, ResourceRecord, TYPE,
};

use super::names::Names;
use crate::fault::DnsFlaw;

/// How long an answer may be kept, in seconds: a scenario changes what is answered.
const TTL_SECS: u32 = 1;

/// What carries a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carrier {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// How long it waits before it goes out.
    pub after: Duration,
    /// Its bytes, without the length that goes before them over TCP.
    pub bytes: Vec<u8>,
    /// What it says, in a word or an address, for people.
    pub says: String,
}

/// The name that is asked for; none if the bytes are no question.
#[must_use]
pub fn asked_name(request: &[u8]) -> Option<String> {
    let packet = Packet::parse(request).ok()?;
    (!packet.has_flags(PacketFlag::RESPONSE))
        .then(|| packet.questions.first().map(|question| question.qname.to_string()))?
}

/// The answer to a question; none for bytes that are no question, which nobody should answer.
#[must_use]
pub fn answer(names: &Names, request: &[u8], flaw: Option<DnsFlaw>) -> Option<Reply> {
    let request = Packet::parse(request).ok()?;
    if request.has_flags(PacketFlag::RESPONSE) {
        return None;
    }
    let mut reply = Packet::new_reply(request.id());
    reply.set_flags(PacketFlag::AUTHORITATIVE_ANSWER);
    if request.has_flags(PacketFlag::RECURSION_DESIRED) {
        // Clients that ask for recursion expect to hear that it is to be had.
        reply.set_flags(PacketFlag::RECURSION_DESIRED | PacketFlag::RECURSION_AVAILABLE);
    }
    let (rcode, addresses) = match request.questions.as_slice() {
        _ if request.opcode() != OPCODE::StandardQuery => (RCODE::NotImplemented, Vec::new()),
        [question] => resolve(names, question, flaw),
        _ => (RCODE::FormatError, Vec::new()),
    };
    let mut says = match (rcode, addresses.first()) {
        (_, Some(address)) => address.to_string(),
        (RCODE::NoError, None) => "no such record".to_owned(),
        (RCODE::NameError, None) => "no such name".to_owned(),
        (other, None) => format!("{other:?}"),
    };
    *reply.rcode_mut() = rcode;
    if flaw == Some(DnsFlaw::Truncated) {
        reply.set_flags(PacketFlag::TRUNCATION);
        "ask over TCP".clone_into(&mut says);
    } else if let [question] = request.questions.as_slice() {
        reply.answers = addresses.iter().map(|address| record(question, *address)).collect();
    }
    reply.questions = request.questions;
    let after = match flaw {
        Some(DnsFlaw::Slow { by }) => by,
        _ => Duration::ZERO,
    };
    Some(Reply { after, bytes: reply.build_bytes_vec_compressed().ok()?, says })
}

/// The addresses of the kind that is asked for.
fn resolve(names: &Names, question: &Question<'_>, flaw: Option<DnsFlaw>) -> (RCODE, Vec<IpAddr>) {
    let is_internet = matches!(question.qclass, QCLASS::CLASS(CLASS::IN) | QCLASS::ANY);
    let known = match flaw {
        Some(DnsFlaw::NxDomain) => None,
        _ => names.find(&question.qname.to_string()).filter(|_| is_internet),
    };
    let Some(addresses) = known else { return (RCODE::NameError, Vec::new()) };
    let addresses = match flaw {
        Some(DnsFlaw::Wrong { address }) => vec![address],
        _ => addresses.to_vec(),
    };
    let is_asked = |address: &IpAddr| match question.qtype {
        QTYPE::TYPE(TYPE::A) => address.is_ipv4(),
        QTYPE::TYPE(TYPE::AAAA) => address.is_ipv6(),
        QTYPE::ANY => true,
        _ => false,
    };
    (RCODE::NoError, addresses.into_iter().filter(is_asked).collect())
}

fn record<'a>(question: &Question<'a>, address: IpAddr) -> ResourceRecord<'a> {
    let data = match address {
        IpAddr::V4(address) => RData::A(A::from(address)),
        IpAddr::V6(address) => RData::AAAA(AAAA::from(address)),
    };
    ResourceRecord::new(question.qname.clone(), CLASS::IN, TTL_SECS, data)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use simple_dns::Name;

    use super::*;

    const ENDPOINT: &str = "a1b2-ats.iot.us-east-1.amazonaws.com";

    fn question(name: &str, kind: TYPE) -> Vec<u8> {
        let mut packet = Packet::new_query(77);
        packet.set_flags(PacketFlag::RECURSION_DESIRED);
        let name = Name::new(name).unwrap();
        packet.questions.push(Question::new(name, kind.into(), CLASS::IN.into(), false));
        packet.build_bytes_vec().unwrap()
    }

    fn names() -> Names {
        Names::of_aws(&["192.168.4.1".parse().unwrap()])
    }

    /// What is answered: the code, whether it is cut short, and the addresses.
    fn check(name: &str, kind: TYPE, flaw: Option<DnsFlaw>, expected: (RCODE, bool, &[&str])) {
        let reply = answer(&names(), &question(name, kind), flaw).unwrap();
        let packet = Packet::parse(&reply.bytes).unwrap();
        assert_eq!(packet.id(), 77);
        assert_eq!(packet.questions[0].qname.to_string(), name);
        let addresses: Vec<String> = packet
            .answers
            .iter()
            .map(|answer| match &answer.rdata {
                RData::A(a) => std::net::Ipv4Addr::from(a.address).to_string(),
                other => format!("{other:?}"),
            })
            .collect();
        let is_cut = packet.has_flags(PacketFlag::TRUNCATION);
        assert_eq!((packet.rcode(), is_cut), (expected.0, expected.1), "{name}");
        assert_eq!(addresses, expected.2, "{name}");
    }

    #[test]
    fn an_endpoint_of_aws_leads_to_the_rig_and_nothing_else_leads_anywhere() {
        check(ENDPOINT, TYPE::A, None, (RCODE::NoError, false, &["192.168.4.1"]));
        check(ENDPOINT, TYPE::AAAA, None, (RCODE::NoError, false, &[]));
        check(ENDPOINT, TYPE::MX, None, (RCODE::NoError, false, &[]));
        check("example.com", TYPE::A, None, (RCODE::NameError, false, &[]));
    }

    #[test]
    fn faults_change_the_answer() {
        let wrong = DnsFlaw::Wrong { address: "192.0.2.1".parse().unwrap() };
        check(ENDPOINT, TYPE::A, Some(DnsFlaw::NxDomain), (RCODE::NameError, false, &[]));
        check(ENDPOINT, TYPE::A, Some(DnsFlaw::Truncated), (RCODE::NoError, true, &[]));
        check(ENDPOINT, TYPE::A, Some(wrong), (RCODE::NoError, false, &["192.0.2.1"]));
        let slow = DnsFlaw::Slow { by: Duration::from_secs(3) };
        check(ENDPOINT, TYPE::A, Some(slow), (RCODE::NoError, false, &["192.168.4.1"]));
        let late = answer(&names(), &question(ENDPOINT, TYPE::A), Some(slow)).unwrap();
        assert_eq!(late.after, Duration::from_secs(3));
    }

    #[test]
    fn an_answer_is_not_answered() {
        let reply = answer(&names(), &question(ENDPOINT, TYPE::A), None).unwrap();
        assert_eq!(answer(&names(), &reply.bytes, None), None);
        assert_eq!(asked_name(&reply.bytes), None);
    }

    proptest! {
        #[test]
        fn no_bytes_are_too_odd(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _either = answer(&names(), &bytes, None);
            let mut near = question(ENDPOINT, TYPE::A);
            for (at, byte) in bytes.iter().enumerate().take(4) {
                let place = usize::from(*byte) * 7 + at;
                let length = near.len();
                near[place % length] = *byte;
            }
            let _either = answer(&names(), &near, None);
        }
    }
}
