//! Asks a time server once. RFC 4330.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs as _, UdpSocket};
use std::time::Duration;

/// How long an answer may take. The thing gives up at the same time.
const ANSWER_TIMEOUT: Duration = Duration::from_millis(thing::TIME_MS_MAX);

/// An answer that is none, or a kiss of death.
#[derive(Debug)]
pub(crate) struct Unbelievable;

const PACKET_BYTES: usize = 48;

/// Version 4, as a client: RFC 4330, section 5.
const FIRST_BYTE: u8 = 4 << 3 | 3;

/// What is sent as the client's own time, and must come back: it need not be a time.
const NONCE: [u8; 8] = *b"shadowrg";

/// The time in milliseconds since 1970, or that an answer came which cannot be believed; none in silence and where nobody can
/// be asked, which the thing notices by itself.
pub(crate) fn ask(server: &str) -> Option<Result<u64, Unbelievable>> {
    let address = server.to_socket_addrs().ok()?.next()?;
    let any: IpAddr = match address {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = UdpSocket::bind((any, 0)).ok()?;
    socket.connect(address).ok()?;
    socket.set_read_timeout(Some(ANSWER_TIMEOUT)).ok()?;
    let mut request = [0; PACKET_BYTES];
    request[0] = FIRST_BYTE;
    request[40..].copy_from_slice(&NONCE);
    socket.send(&request).ok()?;
    let mut answer = [0; PACKET_BYTES];
    let bytes = socket.recv(&mut answer).ok()?;
    let time = if bytes == PACKET_BYTES { read(&answer) } else { None };
    Some(time.ok_or(Unbelievable))
}

/// The time in an answer, after the checks of RFC 4330, section 5.
fn read(answer: &[u8; PACKET_BYTES]) -> Option<u64> {
    /// Seconds from 1900 to 1970, and those of an era.
    const UNIX_EPOCH_SECS: u64 = 2_208_988_800;
    const ERA_SECS: u64 = 1 << 32;
    let (leap, mode, stratum) = (answer[0] >> 6, answer[0] & 7, answer[1]);
    let is_set = leap != 3 && (1..=15).contains(&stratum);
    if mode != 4 || !is_set || answer[24..32] != NONCE || answer[40..] == [0; 8] {
        return None;
    }
    let word = |at: usize| {
        let bytes = [answer[at], answer[at + 1], answer[at + 2], answer[at + 3]];
        u64::from(u32::from_be_bytes(bytes))
    };
    let (secs, fraction) = (word(40), word(44));
    // RFC 4330, section 3: the highest bit is set until 2036 and clear after it.
    let secs = if secs & 0x8000_0000 == 0 { secs + ERA_SECS } else { secs };
    Some((secs - UNIX_EPOCH_SECS) * 1000 + ((fraction * 1000) >> 32))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An answer as a server gives it, with this first byte, this stratum and these seconds.
    fn answer(first: u8, stratum: u8, secs: u32) -> [u8; PACKET_BYTES] {
        let mut bytes = [0; PACKET_BYTES];
        (bytes[0], bytes[1]) = (first, stratum);
        bytes[24..32].copy_from_slice(&NONCE);
        bytes[40..44].copy_from_slice(&secs.to_be_bytes());
        bytes[44] = 0x80;
        bytes
    }

    fn check(bytes: [u8; PACKET_BYTES], expected: Option<u64>) {
        assert_eq!(read(&bytes), expected, "{bytes:?}");
    }

    #[test]
    fn the_time_is_read_in_both_eras() {
        check(answer(0x24, 1, 2_208_988_800), Some(500));
        check(answer(0x24, 15, u32::MAX), Some(2_085_978_495_500));
        check(answer(0x24, 1, 1), Some(2_085_978_497_500));
    }

    #[test]
    fn an_answer_that_cannot_be_believed_is_none() {
        check(answer(0x24, 0, u32::MAX), None);
        check(answer(0x24, 16, u32::MAX), None);
        check(answer(0xe4, 1, u32::MAX), None);
        check(answer(0x23, 1, u32::MAX), None);
        let mut of_another = answer(0x24, 1, u32::MAX);
        of_another[31] = 0;
        check(of_another, None);
    }
}
