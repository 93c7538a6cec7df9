//! The requests of the fixtures over a real socket: they get the verdict there that they get when they are read from a file.

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use fake_shadow::Settings;
use fake_shadow::clock::UnixMillis;
use fake_shadow::sigv4::{Credential, timestamp};
use serde_json::Value;
use tokio::io::AsyncWriteExt as _;

use crate::support::bench::Bench;

const KEY_ID: &str = "AKIDEXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
/// The token that all captures with temporary credentials carry.
const TOKEN: &str = "AQoDYXdzEPT//////////wEXAMPLEtoken==";

/// A request of a fixture, and who may send it when.
struct Case {
    id: String,
    raw: Vec<u8>,
    credentials: Vec<Credential>,
    now: UnixMillis,
    is_accepted: bool,
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/sigv4")
}

fn read_json(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// Those whose verdict is settled.
fn hard_requests() -> Vec<Case> {
    let read = read_json(&fixtures().join("adversarial.json"));
    let cases = read["cases"].as_array().unwrap().iter();
    let case = |case: &Value| {
        let text = |key: &str| case[key].as_str().unwrap();
        let (key_id, secret) = (text("access_key"), text("secret"));
        Case {
            id: text("id").to_owned(),
            raw: base64::engine::general_purpose::STANDARD.decode(text("raw")).unwrap(),
            credentials: vec![match case["token"].as_str() {
                Some(token) => Credential::temporary(key_id, secret, token),
                None => Credential::long_term(key_id, secret),
            }],
            now: UnixMillis::from_secs(case["now"].as_i64().unwrap()),
            is_accepted: text("expect") == "accept",
        }
    };
    cases.filter(|case| case["expect"] != "either").map(case).collect()
}

fn captures() -> Vec<Case> {
    let files =
        fs::read_dir(fixtures().join("captures")).unwrap().map(|entry| entry.unwrap().path());
    let described = files.filter(|path| path.extension().is_some_and(|end| end == "json"));
    let case = |path: PathBuf| {
        let described = read_json(&path);
        Case {
            id: path.display().to_string(),
            raw: fs::read(path.with_extension("req")).unwrap(),
            credentials: vec![
                Credential::long_term(KEY_ID, SECRET),
                Credential::temporary(KEY_ID, SECRET, TOKEN),
            ],
            now: timestamp::parse_basic(described["x_amz_date"].as_str().unwrap()).unwrap(),
            is_accepted: described["verifies"].as_bool().unwrap(),
        }
    };
    described.map(case).collect()
}

/// The answers to a request that is sent whole, or in pieces of so many bytes.
async fn answers(case: &Case, piece_bytes: usize) -> String {
    let keyring = case.credentials.iter().cloned().collect();
    let bench = Bench::at(case.now, Settings { keyring, ..Settings::default() }).await;
    let mut client = bench.connect().await;
    for piece in case.raw.chunks(piece_bytes) {
        client.send(piece).await;
        // Lets the server read what it has so far.
        tokio::task::yield_now().await;
    }
    // The server may have ended the connection already.
    let _ = client.stream.shutdown().await;
    client.rest().await.0
}

async fn check(cases: &[Case]) {
    for case in cases {
        let whole = answers(case, usize::MAX).await;
        let of = |status: &str| whole.starts_with(&format!("HTTP/1.1 {status} "));
        // What is signed rightly may ask for what there is not.
        let is_accepted =
            of("200") || of("404") || (of("400") && whole.contains("InvalidRequestException:"));
        assert_eq!(is_accepted, case.is_accepted, "{}: {whole}", case.id);
        assert!(is_accepted || of("403") || of("400"), "{}: {whole}", case.id);
        assert_eq!(answers(case, 7).await, whole, "{}, in pieces", case.id);
    }
}

#[tokio::test]
async fn hard_requests_get_their_verdict_over_a_socket() {
    check(&hard_requests()).await;
}

#[tokio::test]
async fn captured_requests_get_their_verdict_over_a_socket() {
    check(&captures()).await;
}
