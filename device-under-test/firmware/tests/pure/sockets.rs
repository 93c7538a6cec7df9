//! The seam over the sockets of this machine, against the fake cloud: the second network beside that of a chip.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use fake_shadow::clock::UnixMillis;
use fake_shadow::message::Request;
use fake_shadow::shadow::{ShadowId, ThingName};
use fake_shadow::{FakeShadow, Settings, encode, raw_request};
use firmware::{Connection, Network, Reason};
use thing::WakeCause;

use crate::bench::{Bench, UNIX_MS};

const NOW: UnixMillis = UnixMillis(UNIX_MS.cast_signed());

/// A network of sockets that block: what is waited for here always comes.
struct Sockets {
    cloud: SocketAddr,
}

impl Network for Sockets {
    type Connection<'n> = Socket;

    async fn bring_up(&mut self) -> Result<(), Reason> {
        Ok(())
    }

    async fn unix_ms(&mut self) -> Option<u64> {
        Some(UNIX_MS)
    }

    async fn connect(&mut self, _unix_ms: u64) -> Result<Socket, Reason> {
        TcpStream::connect(self.cloud).map(Socket).map_err(|_| "connection refused")
    }
}

struct Socket(TcpStream);

impl Connection for Socket {
    async fn send(&mut self, bytes: &[u8]) -> Result<(), Reason> {
        self.0.write_all(bytes).map_err(|_| "connection reset")
    }

    async fn receive(&mut self, buffer: &mut [u8]) -> Result<usize, Reason> {
        self.0.read(buffer).map_err(|_| "connection reset")
    }

    async fn close(&mut self) {
        // The server may have been faster.
        let _ = self.0.shutdown(Shutdown::Both);
    }
}

/// Answers so many requests, one a connection, and then gives the shadow as it is.
fn cloud(desired: &str, requests: usize) -> (Sockets, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let cloud = listener.local_addr().unwrap();
    let mut fake = FakeShadow::new(Settings::default());
    let id = ShadowId { thing: ThingName::new("thing-1").unwrap(), name: None };
    fake.update(NOW, &id, &serde_json::from_str(desired).unwrap()).unwrap();
    let (sender, shadows) = channel();
    thread::spawn(move || {
        for stream in listener.incoming().take(requests) {
            answer(&mut fake, stream.unwrap());
        }
        let shadow = serde_json::to_string(&fake.shadow(NOW, &id)).unwrap();
        sender.send(shadow).unwrap();
    });
    (Sockets { cloud }, shadows)
}

fn answer(fake: &mut FakeShadow, mut stream: TcpStream) {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let count = stream.read(&mut buffer).unwrap();
        assert_ne!(count, 0, "the request is cut off");
        bytes.extend(&buffer[..count]);
        if let Some(request) = whole_request(&bytes) {
            let answer = fake.handle(NOW, &request).response;
            stream.write_all(&encode(&answer, &request, NOW)).unwrap();
            return;
        }
    }
}

/// The request, once all of it is there.
fn whole_request(bytes: &[u8]) -> Option<Request> {
    let head = bytes.windows(4).position(|end| end == b"\r\n\r\n")? + 4;
    let request = raw_request::parse(bytes).ok()?;
    let length = request.header("content-length");
    let length = length.map_or(0, |length| String::from_utf8_lossy(length).parse().unwrap());
    (bytes.len() >= head + length).then_some(request)
}

#[test]
fn a_thing_obeys_the_fake_cloud_over_sockets() {
    let (mut network, shadows) = cloud(r#"{"state":{"desired":{"sleep":30,"signal":2}}}"#, 2);
    let mut bench = Bench::default();
    assert_eq!(bench.wake(WakeCause::PowerOn, &mut network), 30);
    let shadow = shadows.recv().unwrap();
    assert!(
        shadow.contains(r#""status":"done: signaled 2 times""#),
        "{shadow}\n{:#?}",
        bench.console
    );
}

#[test]
fn a_cloud_that_is_not_there_is_told() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut network = Sockets { cloud: listener.local_addr().unwrap() };
    drop(listener);
    let mut bench = Bench::default();
    bench.wake(WakeCause::PowerOn, &mut network);
    assert!(bench.console.contains(&"error: GET not connected: connection refused".to_owned()));
}
