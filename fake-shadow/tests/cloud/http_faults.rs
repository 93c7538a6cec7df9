//! Faults over a real socket.

use crate::support::bench::{Bench, Client, PATIENCE, get, http_1_0, post, raw};
use fake_shadow::event::{CloudEventKind, Side};
use serde_json::json;
use tokio::io::AsyncReadExt as _;
use tokio::time::{Duration, Instant};

const ON: &str = r#"{"state":{"reported":{"on":true}}}"#;

/// A client that has sent a GET.
async fn asking(bench: &Bench) -> Client {
    let mut client = bench.connect().await;
    client.send(&raw(&get())).await;
    client
}

#[tokio::test]
async fn a_connection_is_reset_before_any_request() {
    for fault in [json!({ "reset": "accept" }), json!({ "refuse": true })] {
        let mut bench = Bench::with_shadow().await;
        bench.arm(&fault);
        let mut client = bench.connect().await;
        assert_eq!(client.rest().await, (String::new(), false));
        bench.event(|kind| matches!(kind, CloudEventKind::Fault(_))).await;
        bench.event(|kind| matches!(kind, CloudEventKind::Reset { by: Side::Cloud })).await;
        assert!(asking(&bench).await.answer().await.starts_with("HTTP/1.1 200 OK\r\n"));
    }
}

#[tokio::test]
async fn a_reset_at_the_request_does_nothing_and_a_lost_answer_does_it() {
    for (fault, version) in [
        (json!({ "reset": true }), 1),
        (json!({ "lost-answer": true }), 2),
        (json!({ "reset": "after-headers" }), 2),
    ] {
        let bench = Bench::with_shadow().await;
        bench.arm(&fault);
        let mut client = bench.connect().await;
        client.send(&raw(&post(ON))).await;
        let (_, in_order) = client.rest().await;
        assert!(!in_order, "{fault}");
        assert_eq!(bench.version(), version, "{fault}");
    }
}

#[tokio::test]
async fn a_reset_behind_the_headers_comes_after_them() {
    let bench = Bench::with_shadow().await;
    bench.arm(&json!({ "reset": "after-headers" }));
    let (answer, in_order) = asking(&bench).await.rest().await;
    assert!(!in_order);
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("\r\n\r\n"), "{answer}");
}

#[tokio::test]
async fn a_truncated_body_ends_in_order() {
    let bench = Bench::with_shadow().await;
    bench.arm(&json!({ "truncate": 9 }));
    let (answer, in_order) = asking(&bench).await.rest().await;
    assert!(in_order);
    assert!(answer.ends_with("\r\n\r\n{\"state\":"), "{answer}");
}

#[tokio::test(start_paused = true)]
async fn silence_lasts_as_long_as_it_says() {
    let bench = Bench::with_shadow().await;
    bench.arm(&json!({ "hang": "10s" }));
    let mut client = asking(&bench).await;
    let began = Instant::now();
    assert_eq!(client.stream.read(&mut [0]).await.unwrap(), 0);
    assert!(began.elapsed() >= Duration::from_secs(10), "{:?}", began.elapsed());
}

#[tokio::test]
async fn silence_ends_when_the_client_leaves() {
    let mut bench = Bench::with_shadow().await;
    bench.arm(&json!({ "hang": "1h" }));
    drop(asking(&bench).await);
    bench.event(|kind| matches!(kind, CloudEventKind::Closed { by: Side::Client })).await;
}

#[tokio::test(start_paused = true)]
async fn an_answer_in_drops_is_whole_and_the_connection_goes_on() {
    let bench = Bench::with_shadow().await;
    bench.arm(&json!({ "drip": { "bytes": 50, "every": "2s" } }));
    let mut client = asking(&bench).await;
    let began = Instant::now();
    let mut answer = Vec::new();
    while !answer.ends_with(b"\"version\":1,\"timestamp\":1795190924}") {
        answer.push(client.stream.read_u8().await.unwrap());
    }
    assert!(began.elapsed() >= Duration::from_secs(10), "{:?}", began.elapsed());
    client.send(&raw(&get())).await;
    assert_eq!(client.stream.read_u8().await.unwrap(), b'H');
}

#[tokio::test(start_paused = true)]
async fn a_late_answer_is_done_at_once() {
    let mut bench = Bench::with_shadow().await;
    bench.arm(&json!({ "latency": "20s" }));
    let mut client = bench.connect().await;
    client.send(&raw(&post(ON))).await;
    let began = Instant::now();
    bench.event(|kind| matches!(kind, CloudEventKind::Request(_))).await;
    assert_eq!(bench.version(), 2);
    assert!(began.elapsed() < Duration::from_secs(20));
    let mut start = [0; 12];
    client.stream.read_exact(&mut start).await.unwrap();
    assert_eq!(&start, b"HTTP/1.1 200");
    assert!(began.elapsed() >= Duration::from_secs(20), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_connection_stays_open_behind_the_answer_to_http_1_0() {
    let mut bench = Bench::with_shadow().await;
    bench.arm(&json!({ "keep-open": true }));
    let mut client = bench.connect().await;
    client.send(&raw(&http_1_0(get()))).await;
    let answer = client.answer().await;
    assert!(answer.contains("\r\nconnection: keep-alive\r\n"), "{answer}");
    drop(client);
    bench.event(|kind| matches!(kind, CloudEventKind::Closed { by: Side::Client })).await;
}

#[tokio::test]
async fn a_status_fault_leaves_the_connection_open() {
    let bench = Bench::with_shadow().await;
    bench.arm(&json!({ "status": 503 }));
    let mut client = asking(&bench).await;
    assert!(client.answer().await.starts_with("HTTP/1.1 503 Service Unavailable\r\n"));
    client.send(&raw(&get())).await;
    assert!(client.answer().await.starts_with("HTTP/1.1 200 OK\r\n"));
}

#[tokio::test]
async fn a_fault_armed_when_a_request_is_told_meets_the_next_one() {
    let mut bench = Bench::with_shadow().await;
    let mut client = asking(&bench).await;
    bench.event(|kind| matches!(kind, CloudEventKind::Request(_))).await;
    bench.arm(&json!({ "conflict": true }));
    assert!(client.answer().await.starts_with("HTTP/1.1 200 OK\r\n"));
    client.send(&raw(&get())).await;
    let answer = tokio::time::timeout(PATIENCE, client.answer()).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 409 Conflict\r\n"), "{answer}");
}

#[tokio::test]
async fn no_fault_holds_up_the_end_of_the_server() {
    let mut bench = Bench::with_shadow().await;
    bench.arm(&json!({ "hang": "1h" }));
    bench.arm(&json!({ "latency": "1h" }));
    let mut hanging = asking(&bench).await;
    bench.event(|kind| matches!(kind, CloudEventKind::Fault(_))).await;
    let mut late = asking(&bench).await;
    bench.event(|kind| matches!(kind, CloudEventKind::Fault(_))).await;
    let ending = tokio::spawn(bench.server.shutdown());
    assert_eq!(hanging.rest().await, (String::new(), true));
    let (answer, in_order) = late.rest().await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && in_order, "{answer}");
    drop((hanging, late));
    ending.await.unwrap();
}
