//! The cloud over TLS, with its private CA and with certificates of one's own.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::support::NOW;
use crate::support::bench::{Bench, get, http_1_0, raw};
use fake_shadow::event::CloudEventKind;
use fake_shadow::http::{Server, ServerIdentity, TlsError, serve_tls, usual_names};
use rustls::crypto::CryptoProvider;
use rustls::crypto::ring::cipher_suite::{
    TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::time_provider::TimeProvider;
use rustls::{ClientConfig, RootCertStore, SupportedCipherSuite, SupportedProtocolVersion};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsConnector;

async fn listening(bench: &Bench, identity: &ServerIdentity) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    serve_tls(listener, Arc::clone(&bench.shared), identity).unwrap()
}

fn private() -> ServerIdentity {
    ServerIdentity::of_private_ca(None, &usual_names("us-east-1")).unwrap()
}

/// The clock of the bench, which stands still: certificates are made by it, and must be judged by it on any day.
#[derive(Debug)]
struct Standing;

impl TimeProvider for Standing {
    fn current_time(&self) -> Option<UnixTime> {
        let secs = u64::try_from(NOW.secs()).ok()?;
        Some(UnixTime::since_unix_epoch(Duration::from_secs(secs)))
    }
}

/// A client that trusts a CA and offers the protocols of AWS's port 443.
fn connector(ca_pem: Option<&str>) -> TlsConnector {
    let provider = rustls::crypto::ring::default_provider();
    connector_by(provider, rustls::DEFAULT_VERSIONS, b"x-amzn-http-ca", ca_pem)
}

fn connector_by(
    provider: CryptoProvider,
    versions: &[&'static SupportedProtocolVersion],
    protocol: &[u8],
    ca_pem: Option<&str>,
) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    if let Some(pem) = ca_pem {
        roots.add(CertificateDer::from_pem_slice(pem.as_bytes()).unwrap()).unwrap();
    }
    let mut config = ClientConfig::builder_with_details(Arc::new(provider), Arc::new(Standing))
        .with_protocol_versions(versions)
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![protocol.to_vec()];
    TlsConnector::from(Arc::new(config))
}

/// What a client hears that checks all that it must, when a fault meets its handshake.
async fn met(fault: &serde_json::Value) -> (Result<String, String>, String) {
    let mut bench = Bench::with_shadow().await;
    let identity = private();
    let server = listening(&bench, &identity).await;
    bench.arm(fault);
    let heard = ask(&server, identity.ca_pem(), "localhost").await;
    bench.event(|kind| matches!(kind, CloudEventKind::Fault(_))).await;
    // The next one is served as ever.
    let next = ask(&server, identity.ca_pem(), "localhost").await.unwrap();
    assert!(next.starts_with("HTTP/1.1 200 OK\r\n"), "{fault}: {next}");
    let mut told = String::new();
    while let Ok(event) = bench.events.try_recv() {
        if let CloudEventKind::HandshakeFailed { reason } = &event.kind {
            told.clone_from(reason);
        }
    }
    (heard.map_err(|error| error.to_string()), told)
}

#[tokio::test]
async fn a_client_that_checks_what_it_must_refuses_each_flaw() {
    for (flaw, heard, told) in [
        ("expired", "certificate expired", "CertificateExpired"),
        ("not-yet-valid", "certificate not valid yet", "CertificateExpired"),
        ("wrong-host", "not valid for name", "BadCertificate"),
        ("unknown-ca", "UnknownIssuer", "UnknownCA"),
        ("no-common-cipher", "HandshakeFailure", "as a fault wants it"),
        ("old-version", "", "the client refused TLS 1.0 by alert 70"),
    ] {
        let (result, reason) = met(&serde_json::json!({ "tls": flaw })).await;
        let error = result.expect_err(flaw);
        assert!(error.contains(heard), "{flaw}: {error}");
        assert!(reason.contains(told), "{flaw}: {reason}");
    }
}

#[tokio::test]
async fn a_client_copes_with_what_it_must_cope_with() {
    for fault in [
        serde_json::json!({ "tls": "large-cert" }),
        serde_json::json!({ "tls": "max-fragment" }),
        serde_json::json!({ "tls": { "flaw": "max-fragment", "bytes": 64 } }),
    ] {
        let (result, reason) = met(&fault).await;
        assert!(result.unwrap().starts_with("HTTP/1.1 200 OK\r\n"), "{fault}");
        assert_eq!(reason, "", "{fault}");
    }
}

#[tokio::test]
async fn a_large_certificate_is_large_and_a_limited_record_small() {
    let bench = Bench::with_shadow().await;
    let identity = private();
    let server = listening(&bench, &identity).await;
    for (fault, at_least, record_max) in [
        (serde_json::json!({ "tls": "large-cert" }), 6000, 16_640),
        (serde_json::json!({ "tls": { "flaw": "max-fragment", "bytes": 64 } }), 1, 64 + 32),
    ] {
        bench.arm(&fault);
        let records = records_of_a_handshake(&server, identity.ca_pem()).await;
        assert!(records.iter().sum::<usize>() >= at_least, "{fault}: {records:?}");
        assert!(records.iter().all(|bytes| *bytes <= record_max), "{fault}: {records:?}");
    }
}

/// The lengths of the records that the server sends until the client has finished its handshake.
async fn records_of_a_handshake(server: &Server, ca_pem: Option<&str>) -> Vec<usize> {
    let config = Arc::clone(connector(ca_pem).config());
    let name = ServerName::try_from("localhost").unwrap();
    let mut client = rustls::ClientConnection::new(config, name).unwrap();
    let mut tcp = TcpStream::connect(server.local_addr()).await.unwrap();
    let mut lengths = Vec::new();
    while client.is_handshaking() {
        let mut out = Vec::new();
        while client.wants_write() {
            client.write_tls(&mut out).unwrap();
        }
        tcp.write_all(&out).await.unwrap();
        if !client.is_handshaking() {
            break;
        }
        let mut header = [0; 5];
        tcp.read_exact(&mut header).await.unwrap();
        let length = usize::from(u16::from_be_bytes([header[3], header[4]]));
        let mut record = vec![0; length];
        tcp.read_exact(&mut record).await.unwrap();
        lengths.push(length);
        let whole = [&header[..], &record].concat();
        let mut rest = &whole[..];
        while !rest.is_empty() {
            client.read_tls(&mut rest).unwrap();
            client.process_new_packets().unwrap();
        }
    }
    lengths
}

#[tokio::test]
async fn a_handshake_is_reset_closed_or_left_in_silence() {
    for fault in [
        serde_json::json!({ "reset": "tls" }),
        serde_json::json!({ "close": "tls" }),
        serde_json::json!({ "hang": { "at": "tls", "for": "1ms" } }),
    ] {
        let (result, _) = met(&fault).await;
        assert!(result.is_err(), "{fault}: {result:?}");
    }
}

#[tokio::test]
async fn a_certificate_of_one_s_own_can_be_flawed_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("own.pem");
    let key = rcgen::KeyPair::generate().unwrap();
    let own = rcgen::CertificateParams::new(["localhost".to_owned()]).unwrap();
    let own = own.self_signed(&key).unwrap();
    std::fs::write(&path, own.pem() + &key.serialize_pem()).unwrap();
    let identity = ServerIdentity::from_files(&path, &path).unwrap();
    let bench = Bench::with_shadow().await;
    let server = listening(&bench, &identity).await;
    for (flaw, is_refused) in [("expired", true), ("large-cert", false), ("max-fragment", false)] {
        bench.arm(&serde_json::json!({ "tls": flaw }));
        let answer = ask(&server, Some(&own.pem()), "localhost").await;
        assert_eq!(answer.is_err(), is_refused, "{flaw}: {answer:?}");
    }
}

/// Connects under a name, asks for the shadow and reads until the end.
async fn ask(server: &Server, ca_pem: Option<&str>, name: &str) -> std::io::Result<String> {
    let tcp = TcpStream::connect(server.local_addr()).await?;
    let name = ServerName::try_from(name.to_owned()).unwrap();
    let mut tls = connector(ca_pem).connect(name, tcp).await?;
    let mut request = get();
    request.headers.push(fake_shadow::message::Header::new("Connection", "close"));
    tls.write_all(&raw(&request)).await?;
    let mut answer = Vec::new();
    tls.read_to_end(&mut answer).await?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

#[tokio::test]
async fn the_private_ca_vouches_for_this_machine_and_for_aws_s_names() {
    let bench = Bench::with_shadow().await;
    let identity = private();
    let server = listening(&bench, &identity).await;
    for name in ["localhost", "127.0.0.1", "::1", "a1b2c3d4e5f6g7-ats.iot.us-east-1.amazonaws.com"]
    {
        let answer = ask(&server, identity.ca_pem(), name).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{name}: {answer}");
    }
    let other = ask(&server, identity.ca_pem(), "a.iot.eu-west-1.amazonaws.com").await;
    assert!(other.is_err(), "{other:?}");
}

/// Whether a device is served that offers one suite of TLS 1.2 and nothing else, and HTTP/1.0.
async fn check_suite(suite: SupportedCipherSuite) {
    let bench = Bench::with_shadow().await;
    let identity = private();
    let server = listening(&bench, &identity).await;
    let mut provider = rustls::crypto::ring::default_provider();
    provider.cipher_suites = vec![suite];
    let connector =
        connector_by(provider, &[&rustls::version::TLS12], b"http/1.0", identity.ca_pem());
    let tcp = TcpStream::connect(server.local_addr()).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let mut tls = connector.connect(name, tcp).await.unwrap();
    tls.write_all(&raw(&http_1_0(get()))).await.unwrap();
    let mut answer = Vec::new();
    tls.read_to_end(&mut answer).await.unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 200 OK\r\n"), "{suite:?}");
}

#[tokio::test]
async fn mbedtls_and_bearssl_find_a_suite_that_they_know() {
    // What mbedTLS 2.28, in ESP-IDF and MicroPython on ESP32, and BearSSL, in the Arduino core of ESP8266, have in common with us.
    check_suite(TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256).await;
    check_suite(TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256).await;
    check_suite(TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384).await;
}

#[tokio::test]
async fn axtls_is_refused_in_its_handshake() {
    // All that axTLS offers, in MicroPython on ESP8266: RSA key exchange with AES in CBC mode, and no extension.
    const SUITES: [u8; 8] = [0x00, 0x3c, 0x00, 0x3d, 0x00, 0x2f, 0x00, 0x35];
    let mut hello = vec![3, 3];
    hello.extend_from_slice(&[7; 32]);
    hello.push(0);
    hello.extend_from_slice(&[0, 8]);
    hello.extend_from_slice(&SUITES);
    hello.extend_from_slice(&[1, 0]);
    let length = u8::try_from(hello.len()).unwrap();
    let mut record = vec![22, 3, 1, 0, length + 4, 1, 0, 0, length];
    record.extend_from_slice(&hello);
    let mut bench = Bench::with_shadow().await;
    let server = listening(&bench, &private()).await;
    let mut tcp = TcpStream::connect(server.local_addr()).await.unwrap();
    tcp.write_all(&record).await.unwrap();
    let mut alert = Vec::new();
    tcp.read_to_end(&mut alert).await.unwrap();
    // An alert, fatal: handshake_failure.
    assert_eq!((alert[0], &alert[5..7]), (21, &[2, 40][..]), "{alert:?}");
    bench.event(|kind| matches!(kind, CloudEventKind::HandshakeFailed { .. })).await;
}

#[tokio::test]
async fn a_client_that_does_not_trust_the_ca_is_told_of() {
    let mut bench = Bench::with_shadow().await;
    let server = listening(&bench, &private()).await;
    assert!(ask(&server, None, "localhost").await.is_err());
    let event = bench.event(|kind| matches!(kind, CloudEventKind::HandshakeFailed { .. })).await;
    let CloudEventKind::HandshakeFailed { reason } = &event.kind else { unreachable!() };
    assert!(reason.contains("UnknownCA"), "{reason}");
}

#[tokio::test]
async fn a_reset_reaches_below_tls() {
    let bench = Bench::with_shadow().await;
    bench.arm(&serde_json::json!({ "reset": "mid-body" }));
    let identity = private();
    let server = listening(&bench, &identity).await;
    let error = ask(&server, identity.ca_pem(), "localhost").await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
}

#[tokio::test]
async fn the_ca_of_a_folder_is_kept_and_its_key_is_private() {
    let folder = tempfile::tempdir().unwrap();
    let pki = folder.path().join("pki");
    let names = usual_names("us-east-1");
    let first = ServerIdentity::of_private_ca(Some(&pki), &names).unwrap();
    let second = ServerIdentity::of_private_ca(Some(&pki), &names).unwrap();
    assert_eq!(first.ca_pem(), second.ca_pem());
    let kept = std::fs::read_to_string(pki.join("ca.pem")).unwrap();
    let bench = Bench::with_shadow().await;
    let server = listening(&bench, &second).await;
    let answer = ask(&server, Some(&kept), "localhost").await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(pki.join("ca-key.pem")).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{mode:o}");
    }
    std::fs::remove_file(pki.join("ca.pem")).unwrap();
    let half = ServerIdentity::of_private_ca(Some(&pki), &names).unwrap_err();
    assert!(matches!(&half, TlsError::File { path, .. } if path.ends_with("ca.pem")), "{half}");
}

#[test]
fn files_that_are_no_pair_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let write = |name: &str, key: &rcgen::KeyPair| {
        let certificate = rcgen::CertificateParams::new(["localhost".to_owned()])
            .unwrap()
            .self_signed(key)
            .unwrap();
        std::fs::write(path(name), certificate.pem() + &key.serialize_pem()).unwrap();
    };
    write("one.pem", &rcgen::KeyPair::generate().unwrap());
    write("two.pem", &rcgen::KeyPair::generate().unwrap());
    let load = |certificate: &str, key: &str| {
        ServerIdentity::from_files(&path(certificate), &path(key))
            .map(|identity| identity.ca_pem().is_none())
    };
    assert!(load("one.pem", "one.pem").unwrap());
    assert!(matches!(load("one.pem", "two.pem"), Err(TlsError::Pair(_))));
    let is_about = |error: TlsError, name: &str| match error {
        TlsError::File { path, .. } => path == Path::new(&folder.path().join(name)),
        _ => false,
    };
    assert!(is_about(load("missing.pem", "one.pem").unwrap_err(), "missing.pem"));
    std::fs::write(path("empty.pem"), "").unwrap();
    assert!(is_about(load("empty.pem", "one.pem").unwrap_err(), "empty.pem"));
    assert!(is_about(load("one.pem", "empty.pem").unwrap_err(), "empty.pem"));
}
