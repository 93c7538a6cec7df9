//! What is served, and with which headers.

use fake_shadow::Settings;
use fake_shadow::http::Remote;
use fake_shadow::settings::TEST_SECRET_ACCESS_KEY;
use fake_shadow::shadow::ShadowId;
use serde_json::{Value, json};

use super::site::{HTML, Site};

#[tokio::test]
async fn a_browser_is_told_to_load_and_run_nothing_else() {
    let site = Site::new().await;
    for (line, kind) in [
        ("GET /", "text/html; charset=utf-8"),
        ("GET /_shadowrig/page/page.css", "text/css; charset=utf-8"),
        ("GET /_shadowrig/page/page.js", "text/javascript; charset=utf-8"),
        ("GET /_shadowrig/page/told.js", "text/javascript; charset=utf-8"),
        ("GET /_shadowrig/page/icon.svg", "image/svg+xml"),
        ("GET /_shadowrig/page/state", "application/json"),
    ] {
        let answer = site.check(line, &[HTML], 200).await;
        assert_eq!(answer.header("content-type"), Some(kind), "{line}");
        let policy = answer.header("content-security-policy").unwrap();
        for piece in ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'"] {
            assert!(policy.contains(piece), "{policy}");
        }
        assert!(!policy.contains("unsafe") && !policy.contains('*'), "{policy}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(answer.header("access-control-allow-origin"), None);
    }
}

#[tokio::test]
async fn only_browsers_get_the_page_and_all_others_the_service() {
    let site = Site::new().await;
    assert!(site.check("GET /", &[HTML], 200).await.body.contains("<!doctype html>"));
    let signed = "Authorization: AWS4-HMAC-SHA256 Credential=A/20260101/us-east-1/iotdata/aws4_request, SignedHeaders=host, Signature=0";
    for headers in [&["Accept: */*"][..], &[], &[HTML, signed]] {
        let answer = site.check("GET /", headers, 403).await;
        assert!(answer.head.contains("x-amzn-RequestId: "), "{}", answer.head);
    }
}

#[tokio::test]
async fn what_is_filled_in_cannot_become_markup() {
    let region = "\"><script>alert(1)</script>".to_owned();
    let site = Site::of(Settings { region, ..Settings::default() }, Remote::Refused).await;
    let page = site.check("GET /", &[HTML], 200).await.body;
    assert!(!page.contains("<script>alert"), "{page}");
    assert!(page.contains("&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;"), "{page}");
}

#[tokio::test]
async fn the_state_has_all_that_is_shown_and_no_secret() {
    let site = Site::new().await;
    let update = |id: ShadowId, document: Value| {
        site.shared.with(|cloud, now| cloud.cloud_mut().update(now, &id, &document)).unwrap()
    };
    update(ShadowId::classic("lamp").unwrap(), json!({ "state": { "desired": { "on": true } } }));
    update(ShadowId::named("lamp", "b").unwrap(), json!({ "state": { "reported": { "n": 1.0 } } }));
    for _ in 0..2 {
        site.check("GET /things/lamp/shadow", &["X-Amz-Security-Token: hush-token"], 403).await;
    }
    let text = site.check("GET /_shadowrig/page/state?after=1", &[], 200).await.body;
    let state: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        state["shadows"],
        json!([
            { "thing": "lamp", "name": null, "version": 1, "desired": "{\n  \"on\": true\n}",
              "reported": null, "delta": "{\n  \"on\": true\n}" },
            { "thing": "lamp", "name": "b", "version": 1, "desired": null,
              "reported": "{\n  \"n\": 1.0\n}", "delta": null },
        ])
    );
    assert_eq!(state["requests"].as_array().unwrap().len(), 1);
    assert_eq!((&state["first_request"], &state["last_request"]), (&json!(1), &json!(2)));
    assert_eq!((&state["faults"], &state["clock"]["offset_ms"]), (&json!([]), &json!(0)));
    for secret in [TEST_SECRET_ACCESS_KEY, "hush-token"] {
        assert!(!text.contains(secret), "{text}");
    }
}
