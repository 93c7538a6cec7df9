//! The clients: each sends its one request again and again, and waits for the whole answer each time.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::runtime;
use tokio::task::JoinSet;

/// What is sent, and for how long.
pub(crate) struct Load {
    /// One for each connection.
    pub(crate) requests: Vec<Vec<u8>>,
    pub(crate) span: Duration,
}

/// How long each answer took, from the first to the last byte.
pub(crate) struct Answered {
    pub(crate) spans: Vec<Duration>,
    pub(crate) elapsed: Duration,
}

impl Load {
    /// Sends to a server on one thread.
    pub(crate) fn run(&self, address: SocketAddr) -> Answered {
        runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
            let mut clients = JoinSet::new();
            let began = Instant::now();
            for request in self.requests.clone() {
                clients.spawn(client(address, request, began + self.span));
            }
            let spans = clients.join_all().await.concat();
            Answered { spans, elapsed: began.elapsed() }
        })
    }
}

async fn client(address: SocketAddr, request: Vec<u8>, until: Instant) -> Vec<Duration> {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let mut spans = Vec::new();
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let sent = Instant::now();
        if sent >= until {
            return spans;
        }
        stream.write_all(&request).await.unwrap();
        let goes_on = read_answer(&mut stream, &mut buffer).await;
        if !goes_on {
            // Moto ends every connection; the next one is part of what it costs.
            stream = TcpStream::connect(address).await.unwrap();
        }
        spans.push(sent.elapsed());
    }
}

/// Reads one answer, which must be a good one, and says whether the connection goes on behind it.
async fn read_answer(stream: &mut TcpStream, buffer: &mut [u8]) -> bool {
    let mut read = 0;
    loop {
        let more = stream.read(&mut buffer[read..]).await.unwrap();
        assert!(more > 0, "the server ended the connection");
        read += more;
        if let Some(bytes) = answer_bytes(&buffer[..read])
            && read >= bytes
        {
            let is_good = buffer.starts_with(b"HTTP/1.1 200");
            assert!(is_good, "{}", String::from_utf8_lossy(&buffer[..read]));
            return !has(&buffer[..bytes], b"connection: close");
        }
    }
}

/// Bytes of head and body; none as long as the head is not whole.
fn answer_bytes(answer: &[u8]) -> Option<usize> {
    let head = answer.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let name = b"content-length: ";
    let at = answer[..head].windows(name.len()).position(|some| some.eq_ignore_ascii_case(name));
    let digits = &answer[at.expect("an answer has a length") + name.len()..head];
    let value = |bytes: usize, digit: &u8| bytes * 10 + usize::from(digit - b'0');
    Some(head + digits.iter().take_while(|digit| digit.is_ascii_digit()).fold(0, value))
}

fn has(answer: &[u8], text: &[u8]) -> bool {
    answer.windows(text.len()).any(|some| some.eq_ignore_ascii_case(text))
}
