//! Requests over a real socket, in every form in which devices send them.

use crate::support::bench::{Bench, get, http_1_0, post, raw};
use crate::support::{NOW, Signer, unsigned};
use fake_shadow::event::{CloudEventKind, Side};
use fake_shadow::message::Header;
use insta::assert_snapshot;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

const ON: &str = r#"{"state":{"reported":{"on":true}}}"#;

#[tokio::test]
async fn an_answer_has_the_bytes_of_the_real_one() {
    let bench = Bench::with_shadow().await;
    let mut client = bench.connect().await;
    client.send(&raw(&get())).await;
    assert_snapshot!(client.answer().await.replace('\r', "␍"));
}

#[tokio::test]
async fn a_refusal_has_the_bytes_of_the_real_one() {
    let bench = Bench::new().await;
    let mut client = bench.connect().await;
    client.send(&raw(&unsigned("localhost", "GET /things/lamp/shadow", ""))).await;
    assert_snapshot!(client.answer().await.replace('\r', "␍"));
}

#[tokio::test]
async fn a_request_may_come_byte_by_byte() {
    let bench = Bench::new().await;
    let mut client = bench.connect().await;
    for byte in raw(&post(ON)) {
        client.send(&[byte]).await;
        client.stream.flush().await.unwrap();
        tokio::task::yield_now().await;
    }
    assert!(client.answer().await.starts_with("HTTP/1.1 200 OK\r\n"));
    assert_eq!(bench.version(), 1);
}

#[tokio::test]
async fn header_names_may_be_in_any_case_and_order() {
    let bench = Bench::new().await;
    let mut client = bench.connect().await;
    for change in [str::to_ascii_lowercase, str::to_ascii_uppercase] {
        let mut request = post(ON);
        request.headers.reverse();
        for header in &mut request.headers {
            header.name = change(&header.name).into();
        }
        client.send(&raw(&request)).await;
        assert!(client.answer().await.starts_with("HTTP/1.1 200 OK\r\n"));
    }
    assert_eq!(bench.version(), 2);
}

#[tokio::test]
async fn http_1_0_gets_an_answer_and_the_end_of_the_connection() {
    let bench = Bench::with_shadow().await;
    let mut client = bench.connect().await;
    client.send(&raw(&http_1_0(get()))).await;
    let (answer, in_order) = client.rest().await;
    assert!(in_order);
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.contains("\r\ncontent-length: "), "{answer}");
    assert!(answer.contains("\r\nconnection: close\r\n"), "{answer}");
}

#[tokio::test]
async fn a_connection_serves_request_after_request() {
    let bench = Bench::new().await;
    let mut client = bench.connect().await;
    for version in 1..=3 {
        client.send(&raw(&post(ON))).await;
        let answer = client.answer().await;
        assert!(answer.contains(&format!("\"version\":{version},")), "{answer}");
    }
}

#[tokio::test]
async fn requests_may_be_sent_ahead() {
    let bench = Bench::new().await;
    let mut client = bench.connect().await;
    let mut last = get();
    last.headers.push(Header::new("Connection", "close"));
    client.send(&[raw(&post(ON)), raw(&post(ON)), raw(&last)].concat()).await;
    let (answers, in_order) = client.rest().await;
    assert!(in_order);
    assert_eq!(answers.matches("HTTP/1.1 200 OK\r\n").count(), 3, "{answers}");
    assert!(answers.contains("\"version\":2,"), "{answers}");
}

#[tokio::test]
async fn a_client_that_ends_its_side_is_still_answered() {
    let bench = Bench::with_shadow().await;
    let mut client = bench.connect().await;
    client.send(&raw(&get())).await;
    client.stream.shutdown().await.unwrap();
    let (answer, in_order) = client.rest().await;
    assert!(in_order);
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
}

#[tokio::test]
async fn a_reset_behind_the_status_line_undoes_nothing() {
    let mut bench = Bench::new().await;
    let mut client = bench.connect().await;
    client.send(&raw(&post(ON))).await;
    let mut status_line = [0; 17];
    client.stream.read_exact(&mut status_line).await.unwrap();
    assert_eq!(&status_line, b"HTTP/1.1 200 OK\r\n");
    client.stream.set_zero_linger().unwrap();
    drop(client);
    bench.event(|kind| matches!(kind, CloudEventKind::Reset { by: Side::Client })).await;
    assert_eq!(bench.version(), 1);
    let mut next = bench.connect().await;
    next.send(&raw(&get())).await;
    assert!(next.answer().await.starts_with("HTTP/1.1 200 OK\r\n"));
}

#[tokio::test]
async fn a_length_in_characters_stores_nothing_and_leaves_nothing_behind() {
    let bench = Bench::new().await;
    let body = r#"{"state":{"reported":{"name":"café ☃"}}}"#;
    for version in [http_1_0, |request| request] {
        let mut request = version(post(body));
        request.headers.push(Header::new("Content-Length", body.chars().count().to_string()));
        let mut client = bench.connect().await;
        client.send(&raw(&request)).await;
        let (answer, in_order) = client.rest().await;
        assert!(in_order);
        assert!(answer.starts_with("HTTP/1.1 403 Forbidden\r\n"), "{answer}");
        assert_eq!(answer.matches("HTTP/1.1").count(), 1, "{answer}");
    }
    assert_eq!(bench.shadow(), None);
}

#[tokio::test]
async fn a_request_hidden_behind_a_short_body_is_not_served() {
    let bench = Bench::new().await;
    let mut request = post(ON);
    request.headers.push(Header::new("Content-Length", "1"));
    let hidden = raw(&post(ON));
    request.body = [b"{", hidden.as_slice()].concat();
    let mut client = bench.connect().await;
    client.send(&raw(&request)).await;
    let (answer, _) = client.rest().await;
    assert_eq!(answer.matches("HTTP/1.1").count(), 1, "{answer}");
    assert_eq!(bench.shadow(), None);
}

#[tokio::test]
async fn a_proxy_s_form_of_target_is_the_same_request() {
    let bench = Bench::with_shadow().await;
    let mut request = get();
    request.target = format!("http://localhost:1{}", request.target);
    let mut client = bench.connect().await;
    client.send(&raw(&request)).await;
    assert!(client.answer().await.starts_with("HTTP/1.1 200 OK\r\n"));
}

#[tokio::test]
async fn head_is_refused_without_a_body() {
    let bench = Bench::with_shadow().await;
    let mut request = Signer::default().request("HEAD /things/lamp/shadow", "", NOW);
    request.headers.push(Header::new("Connection", "close"));
    let mut client = bench.connect().await;
    client.send(&raw(&request)).await;
    let (answer, _) = client.rest().await;
    assert!(answer.starts_with("HTTP/1.1 405 Method Not Allowed\r\n"), "{answer}");
    assert!(answer.ends_with("\r\n\r\n"), "{answer}");
}

#[tokio::test]
async fn a_client_that_asks_first_is_told_to_go_on() {
    let bench = Bench::new().await;
    let mut request = post(ON);
    request.headers.push(Header::new("Expect", "100-continue"));
    let whole = raw(&request);
    let (head, body) = whole.split_at(whole.len() - ON.len());
    let mut client = bench.connect().await;
    client.send(head).await;
    assert_eq!(client.answer().await, "HTTP/1.1 100 Continue\r\n\r\n");
    client.send(body).await;
    assert!(client.answer().await.starts_with("HTTP/1.1 200 OK\r\n"));
}

#[tokio::test(start_paused = true)]
async fn a_head_that_never_ends_ends_the_connection() {
    let mut bench = Bench::new().await;
    let mut client = bench.connect().await;
    client.send(b"GET /things/lamp/shadow HTTP/1.1\r\nHost: ").await;
    let mut byte = [0];
    assert_eq!(client.stream.read(&mut byte).await.unwrap(), 0);
    drop(client);
    bench.event(|kind| matches!(kind, CloudEventKind::Closed { by: Side::Cloud })).await;
}

#[tokio::test]
async fn a_body_beyond_all_messages_is_refused_unread() {
    let bench = Bench::new().await;
    let mut client = bench.connect().await;
    client
        .send(b"POST /things/lamp/shadow HTTP/1.1\r\nHost: h\r\nContent-Length: 131073\r\n\r\n{")
        .await;
    let (answer, in_order) = client.rest().await;
    assert!(in_order);
    assert!(answer.starts_with("HTTP/1.1 413 Payload Too Large\r\n"), "{answer}");
    assert!(
        answer.contains("\r\nx-amzn-ErrorType: RequestEntityTooLargeException:\r\n"),
        "{answer}"
    );
    assert!(answer.contains("\r\nconnection: close\r\n"), "{answer}");
}

#[tokio::test]
async fn a_document_beyond_8_kb_is_refused_as_aws_refuses_it() {
    let bench = Bench::new().await;
    let mut client = bench.connect().await;
    let body = format!(r#"{{"state":{{"reported":{{"a":"{}"}}}}}}"#, "x".repeat(9000));
    client.send(&raw(&post(&body))).await;
    let answer = client.answer().await;
    assert!(answer.starts_with("HTTP/1.1 413 Payload Too Large\r\n"), "{answer}");
    assert!(answer.contains("The payload exceeds the maximum size allowed"), "{answer}");
    assert_eq!(bench.shadow(), None);
}

#[tokio::test]
async fn a_body_in_chunks_is_one_body() {
    let bench = Bench::new().await;
    let mut request = post(ON);
    request.headers.push(Header::new("Transfer-Encoding", "chunked"));
    request.body.clear();
    let mut client = bench.connect().await;
    client.send(&raw(&request)).await;
    for part in [&ON[..7], &ON[7..]] {
        client.send(format!("{:x}\r\n{part}\r\n", part.len()).as_bytes()).await;
    }
    client.send(b"0\r\n\r\n").await;
    assert!(client.answer().await.starts_with("HTTP/1.1 200 OK\r\n"));
}

#[tokio::test]
async fn what_is_no_http_is_refused_and_told() {
    let mut bench = Bench::new().await;
    let mut client = bench.connect().await;
    client.send(b"\x16\x03\x01 hello\r\n\r\n").await;
    let (answer, _) = client.rest().await;
    assert!(answer.starts_with("HTTP/1.1 400 Bad Request\r\n"), "{answer}");
    bench.event(|kind| matches!(kind, CloudEventKind::Unreadable { .. })).await;
}

#[tokio::test]
async fn a_request_is_told_before_anything_of_its_answer_is_written() {
    let mut bench = Bench::with_shadow().await;
    let mut client = bench.connect().await;
    client.send(&raw(&get())).await;
    client.answer().await;
    let mut names = Vec::new();
    while names.last() != Some(&"answered") {
        let event = bench.event(|_| true).await;
        names.push(match event.kind {
            CloudEventKind::Opened { .. } => "opened",
            CloudEventKind::Request(_) => "request",
            CloudEventKind::Answered { status: Some(200), .. } => "answered",
            _ => "something else",
        });
    }
    assert_eq!(names, ["opened", "request", "answered"]);
}

#[tokio::test]
async fn the_end_of_the_server_lets_what_is_in_flight_finish() {
    let mut bench = Bench::with_shadow().await;
    let request = raw(&get());
    let (early, late) = request.split_at(40);
    let mut client = bench.connect().await;
    client.send(early).await;
    bench.event(|kind| matches!(kind, CloudEventKind::Opened { .. })).await;
    let mut idle = bench.connect().await;
    bench.event(|kind| matches!(kind, CloudEventKind::Opened { .. })).await;
    let shutdown = tokio::spawn(bench.server.shutdown());
    assert_eq!(idle.rest().await, (String::new(), true));
    client.send(late).await;
    assert!(client.answer().await.starts_with("HTTP/1.1 200 OK\r\n"));
    assert_eq!(client.rest().await, (String::new(), true));
    drop((client, idle));
    shutdown.await.unwrap();
}
