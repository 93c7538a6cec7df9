//! Asks a time server once. RFC 4330; the bytes are those of the firmware.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, UdpSocket};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use firmware::sntp::{PACKET_BYTES, question, server, unix_ms};

use super::names::look_up;

/// How long an answer may take. The thing gives up at the same time.
const ANSWER_TIMEOUT: Duration = Duration::from_millis(thing::TIME_MS_MAX);

/// An answer that is none, or a kiss of death.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Unbelievable;

/// The time in milliseconds since 1970, or that an answer came which cannot be believed; none in silence and where nobody can
/// be asked, which the thing notices by itself. A server that is a name is looked up at the name server. Takes twenty seconds at
/// most.
#[must_use]
pub fn ask_time(
    time_server: &str,
    name_server: Option<SocketAddrV4>,
) -> Option<Result<u64, Unbelievable>> {
    // The machine knows names of its own, and addresses of version 6.
    let given = time_server.parse::<SocketAddr>().ok();
    let address = match given {
        Some(address) => address,
        None => look_up(server(time_server)?, name_server).ok()?.into_iter().next()?,
    };
    let any: IpAddr = match address {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = UdpSocket::bind((any, 0)).ok()?;
    socket.connect(address).ok()?;
    socket.set_read_timeout(Some(ANSWER_TIMEOUT)).ok()?;
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let nonce = since_1970.as_nanos() as u64;
    socket.send(&question(nonce)).ok()?;
    let mut answer = [0; PACKET_BYTES];
    let bytes = socket.recv(&mut answer).ok()?;
    Some(unix_ms(answer.get(..bytes)?, nonce).map_err(|_| Unbelievable))
}
