//! Requests at the edges of HTTP, byte by byte as they come over a socket.
//!
//! Where AWS's answer is not known it is that of RFC 9112 in its strict reading: what is no message of HTTP is answered by a
//! bare 400 and the end of the connection, and is told; what is one goes to the service, whose first check is the signature.
//! `docs/http-edges.md` tells users so, line by line.

use fake_shadow::event::CloudEventKind;
use fake_shadow::message::Header;
use tokio::io::AsyncWriteExt as _;

use crate::support::bench::{Bench, get, http_1_0, post, raw};
use crate::support::{NOW, Signer};

const ON: &str = r#"{"state":{"reported":{"on":true}}}"#;
const BARE: &str = "connection: close\r\ncontent-length: 0\r\n";

/// All that is answered to these bytes by a bench with one shadow, which serves others afterwards.
async fn answers(bench: &Bench, request: &[u8]) -> String {
    let mut client = bench.connect().await;
    // Who sends on although the answer is there may meet a reset.
    if client.stream.write_all(request).await.is_ok() {
        let _ = client.stream.shutdown().await;
    }
    let answers = client.rest().await.0;
    let mut other = bench.connect().await;
    other.send(&raw(&get())).await;
    assert!(other.answer().await.starts_with("HTTP/1.1 200 OK\r\n"));
    answers
}

/// Checks that one answer comes that begins so, and that holds a text.
async fn check(request: impl AsRef<[u8]>, status: &str, text: &str) {
    let bench = Bench::with_shadow().await;
    let answer = answers(&bench, request.as_ref()).await;
    let shown = String::from_utf8_lossy(request.as_ref());
    let shown = &shown[..shown.len().min(400)];
    assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}\nto {shown}");
    assert!(answer.contains(text), "{answer}\nto {shown}");
    assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{answer}\nto {shown}");
}

/// Checks that bytes are answered as no request at all, and that this is told.
async fn check_unreadable(request: impl AsRef<[u8]>, status: &str) {
    check(&request, status, BARE).await;
    let mut bench = Bench::with_shadow().await;
    answers(&bench, request.as_ref()).await;
    bench.event(|kind| matches!(kind, CloudEventKind::Unreadable { .. })).await;
    assert_eq!(bench.version(), 1);
}

fn text(request: &fake_shadow::message::Request) -> String {
    String::from_utf8(raw(request)).unwrap()
}

/// A signed GET of the lamp's shadow with lines of a head that it does not sign.
fn get_with(lines: &str) -> String {
    text(&get()).replacen("\r\n", &format!("\r\n{lines}\r\n"), 1)
}

fn signed(line: &str) -> String {
    text(&Signer::default().request(line, "", NOW))
}

/// A signed update whose body is sent so instead of with its length.
fn post_as(headers: &str, body: &str) -> String {
    let length = format!("Content-Length: {}", ON.len());
    text(&post(ON)).replace(&length, headers).replace(ON, body)
}

fn chunk() -> String {
    format!("{:x}\r\n{ON}\r\n0\r\n\r\n", ON.len())
}

#[tokio::test]
async fn header_lines_that_are_none_are_refused() {
    for lines in ["X-My: a\r\n b", "X-My : a", ": a", "no colon", "X-My: a\0b", "X-My: a\rb"] {
        check_unreadable(get_with(lines), "400").await;
    }
}

#[tokio::test]
async fn white_space_around_values_does_not_count() {
    let spaced = text(&get())
        .replacen("Host: ", "Host:\t \t", 1)
        .replacen(".com\r\n", ".com \t\r\n", 1)
        .replacen("SignedHeaders=", "  SignedHeaders=", 1);
    check(spaced, "200", "").await;
}

#[tokio::test]
async fn values_may_hold_bytes_that_are_no_text() {
    let mut request = get();
    request.headers.push(Header::new("X-My", "?"));
    let bytes: Vec<u8> = raw(&request)
        .iter()
        .flat_map(|byte| if *byte == b'?' { vec![0xe9, 0xff, b'\t', 0x80] } else { vec![*byte] })
        .collect();
    check(bytes, "200", "").await;
}

#[tokio::test]
async fn targets_without_a_path_lead_nowhere_and_into_nothing() {
    let ask = |line: &str| format!("{line} HTTP/1.1\r\nHost: h\r\n\r\n");
    for line in ["OPTIONS *", "GET *", "CONNECT h:443", "GET http://h", "GET http://h?x=1"] {
        check(ask(line), "403", r#""message":"Missing Authentication Token","traceId""#).await;
    }
    for line in ["GET h:443", "GET things", "GET /a b", "G@T /", "GET"] {
        check_unreadable(ask(line), "400").await;
    }
}

#[tokio::test]
async fn lengths_that_are_none_are_refused() {
    let length = ON.len();
    for value in ["+1", "-1", "1e1", "0x10", "3, 3", "99999999999999999999"] {
        check_unreadable(post_as(&format!("Content-Length: {value}"), ON), "400").await;
    }
    check_unreadable(post_as(&format!("Content-Length: 3\r\nContent-Length: {length}"), ON), "400")
        .await;
    check(post_as(&format!("Content-Length: {length}\r\nContent-Length: {length}"), ON), "200", "")
        .await;
}

#[tokio::test]
async fn chunks_may_have_extensions_and_trailers_that_change_nothing() {
    let body = format!(
        "{:X};a=b;c=\"d\"\r\n{ON}\r\n0;e\r\nX-Amz-Date: 19700101T000000Z\r\nHost: other\r\n\r\n",
        ON.len()
    );
    check(post_as("Transfer-Encoding: Chunked", &body), "200", "\"version\":2").await;
}

/// Two readers on the way that believe the one and the other see different requests.
#[tokio::test]
async fn a_body_with_a_length_and_in_chunks_is_refused() {
    for length in [format!("Content-Length: {}", ON.len()), "Content-Length: 0".to_owned()] {
        let coding = "Transfer-Encoding: chunked";
        check_unreadable(post_as(&format!("{length}\r\n{coding}"), &chunk()), "400").await;
        check_unreadable(post_as(&format!("{coding}\r\n{length}"), &chunk()), "400").await;
    }
    let smuggled = format!("0\r\n\r\n{}", text(&get()));
    let both = format!("Content-Length: {}\r\nTransfer-Encoding: chunked", smuggled.len());
    check_unreadable(post_as(&both, &smuggled), "400").await;
}

/// hyper reads on behind a request of the control interface; what it leaves out of the next head is seen all the same.
#[tokio::test]
async fn a_length_beside_chunks_is_seen_behind_another_request_too() {
    let ask = "GET /_shadowrig/clock HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let length = format!("Transfer-Encoding: chunked\r\nContent-Length: {}", ON.len());
    for (post, status) in [
        (post_as("Transfer-Encoding: chunked", &chunk()), "200 OK"),
        (post_as(&length, &chunk()), "400 Bad Request"),
    ] {
        let bench = Bench::with_shadow().await;
        let mut client = bench.connect().await;
        client.send(ask.as_bytes()).await;
        client.answer().await;
        client.send(post.as_bytes()).await;
        let answer = client.answer().await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}\r\n")), "{answer}");
    }
}

/// RFC 9112, section 3.2.
#[tokio::test]
async fn http_1_1_names_one_host() {
    let host = "Host: a1b2c3d4e5f6g7-ats.iot.us-east-1.amazonaws.com\r\n";
    let with = |line: &str| text(&get()).replace(host, line);
    for line in
        ["", &host.repeat(2), &format!("{host}Host: h\r\n"), "Host: h/p\r\n", "Host: a b\r\n"]
    {
        check_unreadable(with(line), "400").await;
    }
    check(with("Host:\r\n"), "403", "The request signature we calculated does not match").await;
    let old = |line: &str| with(line).replace("HTTP/1.1", "HTTP/1.0");
    check(old(""), "403", "The request signature we calculated does not match").await;
    let bench = Bench::with_shadow().await;
    let answer = answers(&bench, old(&host.repeat(2)).as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.0 400 Bad Request\r\n"), "{answer}");
}

#[tokio::test]
async fn bodies_in_another_coding_are_refused() {
    check_unreadable(post_as("Transfer-Encoding: gzip, chunked", &chunk()), "501").await;
    check_unreadable(post_as("Transfer-Encoding: gzip", &chunk()), "400").await;
    check_unreadable(post_as("Transfer-Encoding: chunked, chunked", &chunk()), "400").await;
    let old = post_as("Transfer-Encoding: chunked", &chunk()).replace("HTTP/1.1", "HTTP/1.0");
    check_unreadable(old, "400").await;
}

#[tokio::test]
async fn chunks_that_are_none_are_refused() {
    let size = ON.len();
    for body in [
        format!("zz\r\n{ON}\r\n0\r\n\r\n"),
        format!("-1\r\n{ON}\r\n0\r\n\r\n"),
        format!("ffffffffffffffffff\r\n{ON}\r\n0\r\n\r\n"),
        format!("{size:x}\r\n{ON}XX0\r\n\r\n"),
    ] {
        check_unreadable(post_as("Transfer-Encoding: chunked", &body), "400").await;
    }
}

#[tokio::test]
async fn a_body_that_its_client_cuts_off_is_not_answered_and_changes_nothing() {
    let bench = Bench::with_shadow().await;
    let in_chunks = post_as("Transfer-Encoding: chunked", &format!("{:x}\r\n{{", ON.len()));
    for request in [text(&post(ON)).replace(ON, "{"), in_chunks] {
        assert_eq!(answers(&bench, request.as_bytes()).await, "");
    }
    assert_eq!(bench.version(), 1);
}

#[tokio::test]
async fn long_heads_are_served_up_to_64_kb() {
    check(get_with(&format!("X-My: {}", "a".repeat(60_000))), "200", "").await;
    check(get_with(&["X-My: a"; 90].join("\r\n")), "200", "").await;
    check(signed(&format!("GET /things/lamp/shadow?a={}", "b".repeat(50_000))), "200", "").await;
    check(get_with(&format!("X-My: {}", "a".repeat(70_000))), "431", BARE).await;
    check(get_with(&["X-My: a"; 200].join("\r\n")), "431", BARE).await;
    let target = format!("GET /{} HTTP/1.1\r\nHost: h\r\n\r\n", "b".repeat(70_000));
    check(target, "431", BARE).await;
    check(signed(&format!("GET /things/{}/shadow", "b".repeat(5000))), "400", "no thing name")
        .await;
}

#[tokio::test]
async fn escapes_in_the_path_are_data() {
    let exists = ["GET /things/%6Camp/shadow", "GET /things/%6camp/shadow"];
    for line in exists {
        check(signed(line), "200", "").await;
    }
    let no_names = ["la%zzmp", "lamp%2", "lamp%", "lamp%00", "la%2Fmp", "la+mp", "la%20mp"];
    for name in no_names {
        check(signed(&format!("GET /things/{name}/shadow")), "400", "InvalidRequestException:")
            .await;
    }
    // A slash that is escaped, or a word of the path that is, is not that slash or word.
    for path in ["/things%2Flamp/shadow", "/things/lamp/%73hadow", "/things/lamp/shadow%00"] {
        check(signed(&format!("GET {path}")), "404", "The specified resource does not exist.")
            .await;
    }
}

#[tokio::test]
async fn queries_may_be_empty_in_many_ways() {
    for query in ["?", "?&&a=&", "?a", "?a+b=c+d", "??name=x", "?Name=x"] {
        check(signed(&format!("GET /things/lamp/shadow{query}")), "200", "").await;
    }
    for query in ["?name=", "?name", "?name&name=x", "?name=a%2Fb", "?name=+"] {
        check(signed(&format!("GET /things/lamp/shadow{query}")), "400", "no shadow name").await;
    }
    let bad = text(&get()).replace("/shadow HTTP", "/shadow?a=%4 HTTP");
    check(bad, "400", "Incomplete trailing escape % sequence").await;
}

#[tokio::test]
async fn lines_may_end_without_a_carriage_return_and_begin_with_empty_ones() {
    check(text(&get()).replace("\r\n", "\n"), "200", "").await;
    check(format!("\r\n\r\n{}", text(&get())), "200", "").await;
}

#[tokio::test]
async fn other_versions_of_http_are_refused() {
    for version in ["HTTP/1.2", "HTTP/0.9", "http/1.1", "HTTP/11", "ICY/1.1"] {
        check_unreadable(text(&get()).replace("HTTP/1.1", version), "400").await;
    }
    // The start of HTTP/2 is no request, and its client could not read an answer of HTTP/1.1.
    let bench = Bench::with_shadow().await;
    assert_eq!(answers(&bench, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await, "");
}

#[tokio::test]
async fn methods_are_told_apart_by_case_and_after_the_signature() {
    check(signed("get /things/lamp/shadow"), "405", "MethodNotAllowedException:").await;
    check("get /things/lamp/shadow HTTP/1.1\r\nHost: h\r\n\r\n", "403", "Missing Auth").await;
}

#[tokio::test]
async fn an_expectation_is_met_where_there_is_one_to_meet() {
    let with = |line: &str| text(&post(ON)).replacen("\r\n", &format!("\r\n{line}\r\n"), 1);
    check(with("Expect: tea"), "200", "").await;
    // HTTP/1.0 knows no interim answers (RFC 9110, section 10.1.1).
    let old = text(&http_1_0(post(ON))).replacen("\r\n", "\r\nExpect: 100-continue\r\n", 1);
    check(old, "200", "").await;
}

/// Clients of AWS send none with an update, or `application/octet-stream`; curl says that it is a form.
#[tokio::test]
async fn the_type_of_a_body_does_not_matter() {
    for value in ["text/plain", "application/x-www-form-urlencoded", "", "nonsense"] {
        let line = format!("Content-Type: {value}");
        check(text(&post(ON)).replacen("\r\n", &format!("\r\n{line}\r\n"), 1), "200", "").await;
    }
}

#[tokio::test]
async fn who_may_go_on_is_told_by_the_connection_header_alone() {
    for (lines, says) in [
        ("Connection: keep-alive, Close", "connection: close"),
        ("Connection: upgrade\r\nUpgrade: websocket", "connection: keep-alive"),
        ("Connection: te", "connection: keep-alive"),
    ] {
        check(get_with(lines), "200", says).await;
    }
}

#[tokio::test]
async fn of_headers_that_come_twice_the_first_counts_and_all_are_signed() {
    check(get_with("X-Amz-Date: 20260101T000000Z"), "403", "").await;
    check(get_with("Authorization: Basic abc"), "403", "Unsupported AWS 'algorithm': 'Basic'.")
        .await;
    let second = text(&get()).replacen("\r\n\r\n", "\r\nAuthorization: Basic abc\r\n\r\n", 1);
    check(second, "200", "").await;
}
