//! How large the records of TLS may be that a client wants: the extension `max_fragment_length` of RFC 6066, section 4.
//!
//! Clients with little memory send it, as BearSSL does with a small buffer. rustls does not know it, so it is read off the
//! client's first words here. That records are small is all that such a client needs; that the server agreed cannot be told
//! to it, as the answer is rustls's.
#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

use super::handshake::{CLIENT_HELLO, HANDSHAKE};

/// The number of the extension.
const MAX_FRAGMENT_LENGTH: u16 = 1;

/// Bytes of content in a record that the client wants at most: 512, 1024, 2048 or 4096; none if it does not say, or if its
/// hello is not whole.
pub(super) fn wanted_bytes(records: &[u8]) -> Option<u16> {
    let hello = message(records)?;
    let mut hello = Reader(&hello);
    if hello.take(1)? != [CLIENT_HELLO] {
        return None;
    }
    let mut body = Reader(hello.vector(3)?);
    // Version and random.
    body.take(2 + 32)?;
    // The session, the suites and the compressions.
    for length_bytes in [1, 2, 1] {
        body.vector(length_bytes)?;
    }
    let mut extensions = Reader(body.vector(2)?);
    while let Some(number) = extensions.number(2) {
        let content = extensions.vector(2)?;
        if number == usize::from(MAX_FRAGMENT_LENGTH) {
            return match content {
                [code @ 1..=4] => Some(256 << code),
                _ => None,
            };
        }
    }
    None
}

/// What is in records of the handshake from the first one on, joined; a message may be spread over several.
fn message(records: &[u8]) -> Option<Vec<u8>> {
    let mut records = Reader(records);
    let mut message = Vec::new();
    while let Some([kind]) = records.take(1) {
        // The version of a record says nothing.
        records.take(2)?;
        match records.vector(2) {
            Some(content) if *kind == HANDSHAKE => message.extend_from_slice(content),
            _ => break,
        }
    }
    Some(message)
}

/// Bytes that are taken from the front.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, bytes: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(bytes)?;
        self.0 = rest;
        Some(taken)
    }

    /// A number of so many bytes, the highest first.
    fn number(&mut self, bytes: usize) -> Option<usize> {
        Some(self.take(bytes)?.iter().fold(0, |number, byte| number << 8 | usize::from(*byte)))
    }

    /// Bytes behind their own count, which has so many bytes.
    fn vector(&mut self, length_bytes: usize) -> Option<&'a [u8]> {
        let bytes = self.number(length_bytes)?;
        self.take(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn vector(length_bytes: usize, content: &[u8]) -> Vec<u8> {
        let length = u32::try_from(content.len()).unwrap().to_be_bytes();
        [&length[4 - length_bytes..], content].concat()
    }

    /// The message of a client that offers two suites, with these extensions.
    fn hello(extensions: &[u8]) -> Vec<u8> {
        let body = [
            [3; 2 + 32].to_vec(),
            vector(1, &[7; 32]),
            vector(2, &[0xc0, 0x2b, 0, 0xff]),
            vector(1, &[0]),
            vector(2, extensions),
        ];
        [vec![CLIENT_HELLO], vector(3, &body.concat())].concat()
    }

    fn record(content: &[u8]) -> Vec<u8> {
        [vec![HANDSHAKE, 3, 1], vector(2, content)].concat()
    }

    fn check(extensions: &[u8], expected: Option<u16>) {
        assert_eq!(wanted_bytes(&record(&hello(extensions))), expected, "{extensions:?}");
    }

    const SERVER_NAME: [u8; 7] = [0, 0, 0, 3, 0, 1, 0];

    #[test]
    fn the_four_lengths_are_known() {
        for (code, bytes) in [(1, 512), (2, 1024), (3, 2048), (4, 4096)] {
            check(&[&SERVER_NAME[..], &[0, 1, 0, 1, code]].concat(), Some(bytes));
        }
    }

    #[test]
    fn a_client_that_says_nothing_or_nonsense_wants_no_length() {
        check(&[], None);
        check(&SERVER_NAME, None);
        check(&[0, 1, 0, 1, 0], None);
        check(&[0, 1, 0, 1, 5], None);
        check(&[0, 1, 0, 0], None);
        check(&[0, 1, 0, 2, 1, 1], None);
        check(&[0, 1, 0, 9, 1], None);
    }

    #[test]
    fn a_hello_may_be_spread_over_records_and_must_be_whole() {
        let message = hello(&[0, 1, 0, 1, 2]);
        for at in 1..message.len() {
            let spread = [record(&message[..at]), record(&message[at..])].concat();
            assert_eq!(wanted_bytes(&spread), Some(1024), "in two at {at}");
        }
        let whole = record(&message);
        for end in 0..whole.len() {
            assert_eq!(wanted_bytes(&whole[..end]), None, "cut at {end}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = wanted_bytes(&bytes);
            let _ = wanted_bytes(&record(&bytes));
        }
    }
}
