//! The first words of TLS, read and answered by hand where no library would answer so.
//!
//! Only what a client must refuse is answered here; nothing is ever encrypted.

use std::io;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::perform::end;
use super::stream::Stream;

/// Bytes of a record's header: type, version, length. RFC 8446, section 5.1.
const HEADER_BYTES: usize = 5;

/// The most that a record may say it holds: RFC 8446, section 5.2.
const RECORD_BYTES_MAX: usize = 16_640;

/// The type of a record that holds messages of the handshake.
pub(super) const HANDSHAKE: u8 = 22;
const ALERT: u8 = 21;
const TLS_1_0: [u8; 2] = [3, 1];
const FATAL: u8 = 2;
const HANDSHAKE_FAILURE: u8 = 40;
/// The type of the first message.
pub(super) const CLIENT_HELLO: u8 = 1;
const SERVER_HELLO: u8 = 2;

/// A suite that every client of the age of TLS 1.0 offers, `TLS_RSA_WITH_AES_128_CBC_SHA`.
const OLD_SUITE: [u8; 2] = [0, 0x2f];

/// How a handshake is refused by hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// By the alert `handshake_failure`, as RFC 8446, section 4.1.1, has it of a server without a suite in common.
    NoCommonCipher,
    /// By a choice of TLS 1.0, which a client must not accept: RFC 8996, section 4.
    OldVersion,
}

/// Refuses the handshake of a client and says how it took that.
pub(super) async fn refuse_handshake(mut tcp: TcpStream, refusal: Refusal) -> String {
    let hello = match client_hello(&mut tcp).await {
        Ok(hello) => hello,
        Err(error) => return error.to_string(),
    };
    let answer = match refusal {
        Refusal::NoCommonCipher => alert(HANDSHAKE_FAILURE),
        Refusal::OldVersion => server_hello_of_tls_1_0(&hello),
    };
    let reply = match tcp.write_all(&answer).await {
        Ok(()) if refusal == Refusal::OldVersion => read_record(&mut tcp).await.ok(),
        _ => None,
    };
    end(Stream::Plain(tcp)).await;
    match (refusal, reply) {
        (Refusal::NoCommonCipher, _) => "no cipher suite in common, as a fault wants it".to_owned(),
        (Refusal::OldVersion, Some((ALERT, body))) => {
            let number = body.get(1).copied().unwrap_or_default();
            format!("the client refused TLS 1.0 by alert {number}")
        }
        (Refusal::OldVersion, Some(_)) => {
            "the client went on with TLS 1.0, which it must not".to_owned()
        }
        (Refusal::OldVersion, None) => "the client left when it heard of TLS 1.0".to_owned(),
    }
}

/// Reads the first record of a client.
pub(super) async fn client_hello(tcp: &mut TcpStream) -> io::Result<Vec<u8>> {
    match read_record(tcp).await? {
        (HANDSHAKE, body) if body.first() == Some(&CLIENT_HELLO) => Ok(body),
        _ => Err(io::Error::new(io::ErrorKind::InvalidData, "the client does not speak TLS")),
    }
}

/// The type of a record and what is in it.
async fn read_record(tcp: &mut TcpStream) -> io::Result<(u8, Vec<u8>)> {
    let mut header = [0; HEADER_BYTES];
    tcp.read_exact(&mut header).await?;
    let bytes = usize::from(u16::from_be_bytes([header[3], header[4]]));
    if bytes > RECORD_BYTES_MAX {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "the client does not speak TLS"));
    }
    let mut body = vec![0; bytes];
    tcp.read_exact(&mut body).await?;
    Ok((header[0], body))
}

fn record(kind: u8, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len()).unwrap_or(u16::MAX).to_be_bytes();
    [&[kind], &TLS_1_0[..], &length, body].concat()
}

fn alert(description: u8) -> Vec<u8> {
    record(ALERT, &[FATAL, description])
}

/// A choice of TLS 1.0: RFC 2246, section 7.4.1.3. The random is of no use to anybody, as nothing follows.
fn server_hello_of_tls_1_0(client_hello: &[u8]) -> Vec<u8> {
    let suite = old_suite_of(client_hello).unwrap_or(OLD_SUITE);
    let body = [&TLS_1_0[..], &[0x53; 32], &[0], &suite, &[0]].concat();
    let length = u8::try_from(body.len()).unwrap_or(u8::MAX);
    record(HANDSHAKE, &[&[SERVER_HELLO, 0, 0, length], &body[..]].concat())
}

/// The first suite of a client that is not one of TLS 1.3, a signal or grease (RFC 8701), if it offers one.
fn old_suite_of(client_hello: &[u8]) -> Option<[u8; 2]> {
    // Type, length, version and random, then the session id and the suites with their lengths.
    const BEFORE_SESSION: usize = 4 + 2 + 32;
    let session_bytes = usize::from(*client_hello.get(BEFORE_SESSION)?);
    let at = BEFORE_SESSION + 1 + session_bytes;
    let bytes =
        usize::from(u16::from_be_bytes([*client_hello.get(at)?, *client_hello.get(at + 1)?]));
    let suites = client_hello.get(at + 2..at + 2 + bytes)?;
    let is_old = |suite: &[u8; 2]| {
        let is_grease = suite[0] == suite[1] && suite[0] & 0x0f == 0x0a;
        !is_grease && suite[0] != 0x13 && *suite != [0, 0xff] && *suite != [0x56, 0]
    };
    suites.chunks_exact(2).map(|suite| [suite[0], suite[1]]).find(is_old)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The suite that is chosen of those that a client offers.
    fn check(suites: &[u8], expected: Option<[u8; 2]>) {
        let length = u16::try_from(suites.len()).unwrap().to_be_bytes();
        let hello =
            [&[CLIENT_HELLO, 0, 0, 0, 3, 3], &[0; 32][..], &[2, 7, 7], &length, suites].concat();
        assert_eq!(old_suite_of(&hello), expected, "{suites:?}");
        for end in 0..hello.len() {
            assert_eq!(old_suite_of(&hello[..end]), None, "cut at {end}");
        }
    }

    #[test]
    fn the_first_suite_of_an_old_version_is_chosen() {
        check(&[0x0a, 0x0a, 0x13, 0x01, 0x00, 0xff, 0xc0, 0x2f, 0x00, 0x2f], Some([0xc0, 0x2f]));
        check(&[0x13, 0x01], None);
        check(&[], None);
    }
}
