//! The gateway's name server: every name has one address, so that a program finds the machine that it runs on, and nothing else.

use std::net::Ipv4Addr;

use simple_dns::rdata::{A, RData};
use simple_dns::{CLASS, Packet, PacketFlag, QTYPE, ResourceRecord, TYPE};

/// Seconds for which an answer is good.
const GOOD_FOR_S: u32 = 60;

/// The answer to a question; `None` for what is none. Questions for other things than IPv4 addresses get an answer without any.
pub(super) fn answer(question: &[u8], address: Ipv4Addr) -> Option<Vec<u8>> {
    let question = Packet::parse(question).ok()?;
    if question.has_flags(PacketFlag::RESPONSE) {
        return None;
    }
    let mut answer = Packet::new_reply(question.id());
    answer.set_flags(PacketFlag::RECURSION_DESIRED | PacketFlag::RECURSION_AVAILABLE);
    for asked in &question.questions {
        if matches!(asked.qtype, QTYPE::TYPE(TYPE::A) | QTYPE::ANY) {
            let data = RData::A(A { address: address.into() });
            let name = asked.qname.clone();
            answer.answers.push(ResourceRecord::new(name, CLASS::IN, GOOD_FOR_S, data));
        }
        answer.questions.push(asked.clone());
    }
    answer.build_bytes_vec().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_bytes_are_answered_without_a_panic(bytes: Vec<u8>) {
            let _ = answer(&bytes, Ipv4Addr::LOCALHOST);
        }
    }

    #[test]
    fn a_name_has_the_address_of_the_gateway() {
        // A question for the IPv4 address of `a.b`, by hand.
        let question = b"\x12\x34\x01\x00\0\x01\0\0\0\0\0\0\x01a\x01b\0\0\x01\0\x01";
        let answer = answer(question, Ipv4Addr::new(10, 0, 2, 2)).unwrap();
        assert_eq!(answer[..2], question[..2]);
        assert!(answer.ends_with(&[0, 4, 10, 0, 2, 2]), "{answer:02x?}");
    }
}
