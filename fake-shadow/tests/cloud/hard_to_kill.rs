//! Clients that mean harm, or that are simply many.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::process::Command;
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use fake_shadow::clock::UnixMillis;
use fake_shadow::event::CloudEventKind;
use fake_shadow::http::{BODY_TIME_MAX, HEAD_TIME_MAX, SHUTDOWN_TIME_MAX, raise_file_limit};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::task::JoinSet;

use crate::program::Running;
use crate::support::Signer;
use crate::support::bench::{Bench, get, post, raw};

const ON: &str = r#"{"state":{"reported":{"on":true}}}"#;

/// Drips what a client has, a byte every ten seconds, and says how long it was listened to. Time is virtual.
async fn drip(bytes: Vec<u8>) -> Duration {
    let bench = Bench::new().await;
    let mut client = bench.connect().await;
    let began = tokio::time::Instant::now();
    for byte in bytes {
        tokio::time::sleep(Duration::from_secs(10)).await;
        let mut answer = [0];
        // What was ended is seen by either.
        let is_over = client.stream.write_all(&[byte]).await.is_err()
            || client.stream.try_read(&mut answer).is_ok_and(|read| read == 0);
        if is_over {
            return began.elapsed();
        }
    }
    panic!("the client was listened to until its end");
}

#[tokio::test(start_paused = true)]
async fn a_head_that_drips_is_not_waited_for() {
    let took = drip(raw(&get())).await;
    assert!((HEAD_TIME_MAX..=HEAD_TIME_MAX * 3).contains(&took), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_body_that_drips_is_not_waited_for() {
    let bench = Bench::new().await;
    let mut client = bench.connect().await;
    let bytes = raw(&post(ON));
    client.send(&bytes[..bytes.len() - ON.len()]).await;
    let began = tokio::time::Instant::now();
    let mut answer = String::new();
    client.stream.read_to_string(&mut answer).await.unwrap();
    assert_eq!(answer, "");
    assert!((BODY_TIME_MAX..=BODY_TIME_MAX * 2).contains(&began.elapsed()));
    assert_eq!(bench.version(), 0);
}

#[tokio::test]
async fn endless_headers_are_refused() {
    let bench = Bench::new().await;
    let mut client = bench.connect().await;
    client.send(b"GET /things/lamp/shadow HTTP/1.1\r\n").await;
    client.send("X-More: and more\r\n".repeat(10_000).as_bytes()).await;
    let (answer, _) = client.rest().await;
    assert!(answer.starts_with("HTTP/1.1 431 Request Header Fields Too Large\r\n"), "{answer}");
}

/// What is answered to a request by a bench that afterwards still serves others.
async fn check_refused(request: &[u8], expected: &str) {
    let bench = Bench::with_shadow().await;
    let mut client = bench.connect().await;
    client.send(request).await;
    let answer = client.answer().await;
    assert!(answer.contains(expected), "{answer}");
    let mut other = bench.connect().await;
    other.send(&raw(&get())).await;
    assert!(other.answer().await.starts_with("HTTP/1.1 200 OK\r\n"));
    assert_eq!(bench.version(), 1);
}

#[tokio::test]
async fn a_huge_body_is_refused_before_it_comes() {
    let huge =
        "POST /things/lamp/shadow HTTP/1.1\r\nHost: h\r\nContent-Length: 10000000000\r\n\r\n";
    check_refused(huge.as_bytes(), "413 Payload Too Large").await;
}

#[tokio::test]
async fn an_endless_body_in_chunks_is_refused_at_the_limit() {
    let chunk = format!("10000\r\n{}\r\n", "x".repeat(0x10000));
    let endless = format!(
        "POST /things/lamp/shadow HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n{}",
        chunk.repeat(3)
    );
    check_refused(endless.as_bytes(), "413 Payload Too Large").await;
}

#[tokio::test]
async fn a_deep_body_is_refused() {
    let deep = format!(r#"{{"state":{{"desired":{{"a":{}"#, "[".repeat(100_000));
    check_refused(&raw(&post(&deep)), "Invalid JSON").await;
    let (open, close) = ("[".repeat(50), "]".repeat(50));
    let deep = format!(r#"{{"state":{{"desired":{{"a":{open}{close}}}}}}}"#);
    check_refused(&raw(&post(&deep)), "too many levels of nesting").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_writers_at_once_lose_no_update() {
    const WRITERS: u64 = 100;
    const UPDATES: u64 = 5;
    let bench = Arc::new(Bench::new().await);
    let mut writers = JoinSet::new();
    for _ in 0..WRITERS {
        let bench = Arc::clone(&bench);
        writers.spawn(async move {
            let mut client = bench.connect().await;
            let mut versions = Vec::new();
            for _ in 0..UPDATES {
                client.send(&raw(&post(ON))).await;
                versions.push(version_in(&client.answer().await));
            }
            versions
        });
    }
    let mut versions = writers.join_all().await.concat();
    versions.sort_unstable();
    assert_eq!(versions, (1..=WRITERS * UPDATES).collect::<Vec<_>>());
    assert_eq!(bench.version(), WRITERS * UPDATES);
}

fn version_in(answer: &str) -> u64 {
    let (_, version) = answer.rsplit_once("\"version\":").unwrap_or_else(|| panic!("{answer}"));
    version.split(',').next().unwrap().parse().unwrap()
}

/// So many connections to a program on which nothing is sent.
fn idle(running: &Running, count: usize) -> Vec<TcpStream> {
    raise_file_limit();
    let connect = |_| TcpStream::connect(&running.address);
    let connected: Result<Vec<_>, _> = (0..count).map(connect).collect();
    connected.unwrap_or_else(|error| {
        panic!(
            "failed to open {count} connections: {error}\nhelp: raise the hard limit, ulimit -Hn"
        )
    })
}

/// How long the program may take to end: `docs/http-edges.md`. It takes a tenth of a second where nobody keeps it.
const STOP_TIME_MAX: Duration = Duration::from_secs(5);

const ASK: &str = "GET /things/lamp/shadow HTTP/1.0\r\n\r\n";

#[test]
fn ten_thousand_idle_connections_keep_nobody_out() {
    let running = Running::start(&["--log", "off"], &[]);
    let idle = idle(&running, 10_000);
    assert!(running.ask(ASK).starts_with("HTTP/1.1 403 Forbidden\r\n"));
    drop(idle);
    assert_eq!(running.end("-TERM").status.code(), Some(0));
}

#[test]
fn idle_connections_make_room_where_files_are_few() {
    let mut shell = Command::new("sh");
    let script = format!(r#"ulimit -n 160; exec "{}" "$@""#, env!("CARGO_BIN_EXE_fake-shadow"));
    shell.args(["-c", &script, "sh"]);
    let running = Running::start_by(shell, &["--log", "off"], &[]);
    let idle = idle(&running, 400);
    for _ in 0..3 {
        assert!(running.ask(ASK).starts_with("HTTP/1.1 403 Forbidden\r\n"));
    }
    drop(idle);
    assert_eq!(running.end("-TERM").status.code(), Some(0));
}

/// Updates a thing until the program ends; says the last version that was answered, and what came of one more answer.
fn update_until_end(address: &str, thing: &str, has_begun: &Barrier) -> (u64, Vec<u8>) {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
    let now = UnixMillis(i64::try_from(since_1970).unwrap());
    let line = format!("POST /things/{thing}/shadow");
    let request = raw(&Signer::default().request(&line, ON, now));
    let mut stream = TcpStream::connect(address).unwrap();
    let mut last = 0;
    for round in 0.. {
        if round == 5 {
            has_begun.wait();
        }
        let mut answer = Vec::new();
        if stream.write_all(&request).is_err() || !read_answer(&mut stream, &mut answer) {
            assert!(round >= 5, "the program ended early");
            return (last, answer);
        }
        let answer = String::from_utf8(answer).unwrap();
        last = version_in(&answer);
        if answer.contains("connection: close") {
            break;
        }
    }
    (last, Vec::new())
}

/// Reads one answer; false if the connection ended before it was whole.
fn read_answer(stream: &mut TcpStream, answer: &mut Vec<u8>) -> bool {
    let mut buffer = [0; 4096];
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => return false,
            Ok(read) => answer.extend_from_slice(&buffer[..read]),
            Err(error) if error.kind() == ErrorKind::ConnectionReset => return false,
            Err(error) => panic!("{error}"),
        }
        if answer.ends_with(b"}") && answer.windows(4).any(|four| four == b"\r\n\r\n") {
            return true;
        }
    }
}

#[test]
fn an_end_under_load_loses_no_answered_update() {
    let (took, cut) = check_end("-TERM", Some(0));
    assert!(took < STOP_TIME_MAX, "{took:?}");
    assert_eq!(cut, Vec::<Vec<u8>>::new(), "answers were cut");
}

#[test]
fn a_kill_under_load_loses_no_answered_update() {
    check_end("-KILL", None);
}

/// Ends a program by a signal while many update their things, and looks whether all that was answered is kept. Says how long it
/// took, and what came of answers that were cut.
fn check_end(signal: &str, code: Option<i32>) -> (Duration, Vec<Vec<u8>>) {
    const WRITERS: usize = 16;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("shadows").display().to_string();
    let args = ["--log", "off", "--data", &file];
    let running = Running::start(&args, &[]);
    let address = running.address.clone();
    let has_begun = Barrier::new(WRITERS + 1);
    let (took, answered): (_, Vec<_>) = std::thread::scope(|scope| {
        let writer = |number: usize| {
            let (thing, address, has_begun) = (format!("t{number}"), &address, &has_begun);
            scope.spawn(move || (thing.clone(), update_until_end(address, &thing, has_begun)))
        };
        let writers: Vec<_> = (0..WRITERS).map(writer).collect();
        has_begun.wait();
        let began = Instant::now();
        assert_eq!(running.end(signal).status.code(), code);
        (began.elapsed(), writers.into_iter().map(|writer| writer.join().unwrap()).collect())
    });
    let again = Running::start(&args, &[]);
    for (thing, (version, _)) in &answered {
        let question = format!("GET /_shadowrig/things/{thing}/shadow HTTP/1.0\r\n\r\n");
        let kept = version_in(&again.ask(&question));
        assert!(kept >= *version, "{thing}: {version} was answered and {kept} is kept");
    }
    again.end("-TERM");
    let cut = answered.into_iter().map(|(_, (_, cut))| cut);
    (took, cut.filter(|bytes| !bytes.is_empty()).collect())
}

/// A client never ends its head, another never its body, and a third meets a fault that holds it for an hour.
#[tokio::test(start_paused = true)]
async fn what_is_in_flight_at_the_end_is_cut_off_in_time() {
    let mut bench = Bench::with_shadow().await;
    let mut clients = Vec::new();
    let body = raw(&post(ON));
    for bytes in [b"GET /things/lamp".as_slice(), &body[..body.len() - 1]] {
        let mut client = bench.connect().await;
        client.send(bytes).await;
        bench.event(|kind| matches!(kind, CloudEventKind::Opened { .. })).await;
        clients.push(client);
    }
    bench.arm(&serde_json::json!({ "hang": "1h" }));
    let mut hanging = bench.connect().await;
    hanging.send(&raw(&get())).await;
    bench.event(|kind| matches!(kind, CloudEventKind::Fault(_))).await;
    let began = tokio::time::Instant::now();
    bench.server.shutdown().await;
    assert!(began.elapsed() <= SHUTDOWN_TIME_MAX, "{:?}", began.elapsed());
}

/// The same of the program, with a log that nobody reads beside it.
#[test]
fn an_end_waits_for_nobody() {
    let running = Running::start(&["--log", "text"], &[]);
    let connect = || TcpStream::connect(&running.address).unwrap();
    let mut half = connect();
    half.write_all(b"POST /things/lamp/shadow HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\n{")
        .unwrap();
    let mut deaf = connect();
    deaf.set_write_timeout(Some(Duration::from_millis(200))).unwrap();
    let asked = "GET /things/lamp/shadow HTTP/1.1\r\nHost: h\r\n\r\n".repeat(1000);
    // It reads nothing until the program takes no more of it, which by then has more to log than a pipe holds.
    while deaf.write_all(asked.as_bytes()).is_ok() {}
    let began = Instant::now();
    assert_eq!(running.end_unread("-TERM").code(), Some(0));
    let took = began.elapsed();
    // What is cut off at its bound leaves the rest of the five seconds for a machine that is busy.
    assert!(took < STOP_TIME_MAX, "{took:?}");
    drop((half, deaf));
}
