//! The addresses of a name: from a name server that is told, or from this machine's.

use std::io::{self, Read as _, Write as _};
use std::net::{IpAddr, SocketAddr, SocketAddrV4, TcpStream, ToSocketAddrs as _, UdpSocket};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use firmware::names::{ANSWER_BYTES_MAX, NameError, QUESTION_BYTES_MAX, SILENT, address, question};

/// How long an answer is waited for before it is asked for again: packets get lost.
const PATIENCE: Duration = Duration::from_secs(2);

/// How long a name may be asked for. The thing gives up at the same time.
const LOOK_UP_TIMEOUT: Duration = Duration::from_millis(thing::CONNECT_MS_MAX);

/// The addresses to try for a name, in order; one that is an address is asked for nowhere.
///
/// With a name server the question goes to it over UDP, again where an answer is lost, and over TCP where the answer says so.
/// Takes ten seconds at most there.
///
/// # Errors
///
/// Why there is none, in a few words.
pub fn look_up(
    (name, port): (&str, u16),
    server: Option<SocketAddrV4>,
) -> Result<Vec<SocketAddr>, String> {
    let Some(server) = server.filter(|_| name.parse::<IpAddr>().is_err()) else {
        let found = (name, port).to_socket_addrs();
        return found
            .map(Iterator::collect)
            .map_err(|error| format!("name {name} not found: {error}"));
    };
    let found = ask(name, server).map_err(|error| error.to_string());
    let told = found.and_then(|told| told.map_err(|error| error.reason().to_owned()));
    let address = told.map_err(|reason| format!("name {name} not found: {reason}"))?;
    Ok(vec![(address, port).into()])
}

/// What the server says, or that it cannot be asked.
fn ask(name: &str, server: SocketAddrV4) -> io::Result<Result<std::net::Ipv4Addr, NameError>> {
    let until = Instant::now() + LOOK_UP_TIMEOUT;
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    // Only answers of the server reach the socket, so that any number will do.
    let id = since_1970.subsec_micros() as u16;
    let mut buffer = [0; QUESTION_BYTES_MAX];
    let Some(question) = question(name, id, &mut buffer) else {
        return Ok(Err(NameError::NoSuchName));
    };
    let socket = UdpSocket::bind("0.0.0.0:0")?;
    socket.connect(server)?;
    while let Some(left) = until.checked_duration_since(Instant::now()) {
        let again_at = Instant::now() + PATIENCE.min(left);
        socket.send(question)?;
        while let Some(wait) = again_at.checked_duration_since(Instant::now()) {
            socket.set_read_timeout(Some(wait.max(Duration::from_millis(1))))?;
            let mut answer = [0; ANSWER_BYTES_MAX];
            let bytes = match socket.recv(&mut answer) {
                Ok(bytes) => bytes,
                Err(error) if is_late(&error) => break,
                Err(error) => return Err(error),
            };
            match address(answer.get(..bytes).unwrap_or_default(), name, id) {
                Err(NameError::Truncated) => return ask_over_tcp(question, (name, id), server),
                Err(error) if !error.is_final() => {}
                told => return Ok(told),
            }
        }
    }
    Err(io::Error::new(io::ErrorKind::TimedOut, SILENT))
}

/// The same behind its length: RFC 1035, section 4.2.2.
fn ask_over_tcp(
    question: &[u8],
    (name, id): (&str, u16),
    server: SocketAddrV4,
) -> io::Result<Result<std::net::Ipv4Addr, NameError>> {
    let mut stream = TcpStream::connect_timeout(&server.into(), LOOK_UP_TIMEOUT)?;
    stream.set_read_timeout(Some(LOOK_UP_TIMEOUT))?;
    stream.set_write_timeout(Some(LOOK_UP_TIMEOUT))?;
    // A question is far shorter than its length can say.
    let length = (question.len() as u16).to_be_bytes();
    stream.write_all(&[&length, question].concat())?;
    let mut length = [0; 2];
    stream.read_exact(&mut length)?;
    let mut answer = vec![0; u16::from_be_bytes(length).into()];
    stream.read_exact(&mut answer)?;
    Ok(address(&answer, name, id))
}

/// Whether a wait came to its end; which of the two it is differs between systems.
fn is_late(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::thread;

    use super::*;

    /// An answer that leads to 127.0.0.7, or says that it is too long.
    fn answer(asked: &[u8], truncated: bool) -> Vec<u8> {
        let mut answer = asked.to_vec();
        answer[2] = 0x84 | u8::from(truncated) << 1;
        if !truncated {
            answer[7] = 1;
            answer.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, 127, 0, 0, 7]);
        }
        answer
    }

    #[test]
    fn an_answer_that_is_cut_short_over_udp_is_had_over_tcp() {
        let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = tcp.local_addr().unwrap();
        let udp = UdpSocket::bind(address).unwrap();
        let server = thread::spawn(move || {
            let mut asked = [0; ANSWER_BYTES_MAX];
            // The first question is lost; what is no answer to the second does not end it.
            let _lost = udp.recv_from(&mut asked).unwrap();
            let (bytes, from) = udp.recv_from(&mut asked).unwrap();
            udp.send_to(b"noise", from).unwrap();
            udp.send_to(&answer(&asked[..bytes], true), from).unwrap();
            let (mut stream, _) = tcp.accept().unwrap();
            let mut asked = vec![0; 2 + bytes];
            stream.read_exact(&mut asked).unwrap();
            let answer = answer(&asked[2..], false);
            stream.write_all(&(answer.len() as u16).to_be_bytes()).unwrap();
            stream.write_all(&answer).unwrap();
        });
        let SocketAddr::V4(address) = address else { panic!("{address}") };
        let found = look_up(("cloud.example", 8080), Some(address));
        assert_eq!(found, Ok(vec!["127.0.0.7:8080".parse().unwrap()]));
        server.join().unwrap();
    }

    #[test]
    fn an_address_is_asked_for_nowhere() {
        let nobody = SocketAddrV4::new([192, 0, 2, 1].into(), 53);
        let found = look_up(("127.0.0.1", 80), Some(nobody));
        assert_eq!(found, Ok(vec!["127.0.0.1:80".parse().unwrap()]));
    }
}
