//! The time from a server, by the simple protocol of RFC 4330: one question, one answer of 48 bytes.

/// Bytes of a question and of an answer.
pub const PACKET_BYTES: usize = 48;

/// The port of time servers.
pub const PORT: u16 = 123;

/// Seconds from 1900, where the protocol begins to count, to 1970.
const SECONDS_1900_TO_1970: u64 = 2_208_988_800;

/// Seconds after which the protocol's counter begins again, in 2036.
const ERA_SECONDS: u64 = 1 << 32;

/// Where the time of the server's sending stands, and that of the question which it answers.
const TRANSMIT_AT: usize = 40;
const ORIGINATE_AT: usize = 24;

/// Why an answer tells no time.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SntpError {
    /// It does not answer this question: an old answer, or a guess.
    NotMine,
    /// It is no answer of a server, or too short.
    NotAnAnswer,
    /// The server has no time itself, or wants to be left alone.
    Unsynchronized,
}

impl SntpError {
    /// Whether the server has answered this question, and asking it again would only trouble it (RFC 4330, section 8).
    #[must_use]
    pub const fn is_final(self) -> bool {
        match self {
            Self::NotMine | Self::NotAnAnswer => false,
            Self::Unsynchronized => true,
        }
    }
}

/// The name or address of a time server and its port, which is [`PORT`] where none is said; `None` for a port that is no number
/// from 1 to 65535, and for an empty name.
#[must_use]
pub fn server(text: &str) -> Option<(&str, u16)> {
    crate::endpoint::server(text, PORT)
}

/// A question that is told from all others by its `nonce`, which stands where the sender's time would.
#[must_use]
pub fn question(nonce: u64) -> [u8; PACKET_BYTES] {
    let mut packet = [0; PACKET_BYTES];
    // No leap second announced, version 4, a client.
    packet[0] = 4 << 3 | 3;
    packet[TRANSMIT_AT..].copy_from_slice(&nonce.to_be_bytes());
    packet
}

/// The milliseconds since 1970 in an answer to the question with this `nonce`.
///
/// The server's time of sending is taken as it is: what the way back took is small beside the minutes that a signature
/// may be off.
///
/// # Errors
///
/// [`SntpError`] for what is no answer to this question, or tells no time.
pub fn unix_ms(answer: &[u8], nonce: u64) -> Result<u64, SntpError> {
    let Some(answer) = answer.first_chunk::<PACKET_BYTES>() else {
        return Err(SntpError::NotAnAnswer);
    };
    let (leap, mode, stratum) = (answer[0] >> 6, answer[0] & 7, answer[1]);
    if mode != 4 {
        return Err(SntpError::NotAnAnswer);
    }
    if answer[ORIGINATE_AT..ORIGINATE_AT + 8] != nonce.to_be_bytes() {
        return Err(SntpError::NotMine);
    }
    let word = |at: usize| {
        u32::from_be_bytes([answer[at], answer[at + 1], answer[at + 2], answer[at + 3]])
    };
    let (seconds, fraction) = (u64::from(word(TRANSMIT_AT)), u64::from(word(TRANSMIT_AT + 4)));
    // A stratum of 0 is the "kiss of death" (section 8), a leap of 3 a server without time.
    if leap == 3 || stratum == 0 || stratum > 15 || seconds == 0 {
        return Err(SntpError::Unsynchronized);
    }
    // A number with a clear first bit is a date from 2036 on (section 3).
    let era = if seconds >> 31 == 0 { ERA_SECONDS } else { 0 };
    let unix_s = seconds + era - SECONDS_1900_TO_1970;
    Ok(unix_s * 1000 + ((fraction * 1000) >> 32))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NONCE: u64 = 0x0123_4567_89ab_cdef;

    fn answer(seconds: u32, fraction: u32) -> [u8; PACKET_BYTES] {
        let mut packet = [0; PACKET_BYTES];
        (packet[0], packet[1]) = (0x24, 2);
        packet[24..32].copy_from_slice(&NONCE.to_be_bytes());
        packet[40..44].copy_from_slice(&seconds.to_be_bytes());
        packet[44..48].copy_from_slice(&fraction.to_be_bytes());
        packet
    }

    fn check(change: impl FnOnce(&mut [u8; PACKET_BYTES]), expected: Result<u64, SntpError>) {
        let mut packet = answer(3_765_443_696, 1 << 31);
        change(&mut packet);
        assert_eq!(unix_ms(&packet, NONCE), expected);
    }

    #[test]
    fn the_time_is_read_to_the_millisecond() {
        check(|_| {}, Ok(1_556_454_896_500));
    }

    #[test]
    fn the_counter_that_begins_again_is_a_later_date() {
        check(
            |packet| packet[40..48].copy_from_slice(&[0, 0, 0, 1, 0, 0, 0, 0]),
            Ok(2_085_978_497_000),
        );
    }

    #[test]
    fn an_answer_to_another_question_is_refused() {
        check(|packet| packet[24] ^= 1, Err(SntpError::NotMine));
    }

    #[test]
    fn a_server_without_time_tells_none() {
        check(|packet| packet[1] = 0, Err(SntpError::Unsynchronized));
        check(|packet| packet[1] = 16, Err(SntpError::Unsynchronized));
        check(|packet| packet[0] |= 0xc0, Err(SntpError::Unsynchronized));
        check(|packet| packet[40..44].fill(0), Err(SntpError::Unsynchronized));
    }

    #[test]
    fn a_server_may_have_a_port_of_its_own() {
        assert_eq!(server("pool.ntp.org"), Some(("pool.ntp.org", 123)));
        assert_eq!(server("192.168.4.1:4123"), Some(("192.168.4.1", 4123)));
        for wrong in ["", ":123", "host:", "host:0", "host:65536", "host:ntp"] {
            assert_eq!(server(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn only_a_server_that_refuses_ends_the_question() {
        assert!(SntpError::Unsynchronized.is_final());
        assert!(!SntpError::NotMine.is_final() && !SntpError::NotAnAnswer.is_final());
    }

    #[test]
    fn a_question_is_no_answer() {
        assert_eq!(unix_ms(&question(NONCE), NONCE), Err(SntpError::NotAnAnswer));
        assert_eq!(unix_ms(&answer(1, 1)[..47], NONCE), Err(SntpError::NotAnAnswer));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(bytes: Vec<u8>, nonce: u64) {
            let _ = unix_ms(&bytes, nonce);
        }
    }
}
