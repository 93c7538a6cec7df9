//! Who is let in.

use super::site::{HTML, Site, TOKEN};

#[tokio::test]
async fn a_page_of_another_origin_may_neither_act_nor_look() {
    let site = Site::new().await;
    for line in ["POST /_shadowrig/reset", "GET /_shadowrig/things", "GET /_shadowrig/events"] {
        for origin in ["http://evil.example", "http://localhost:8081", "null"] {
            site.check(line, &[&format!("Origin: {origin}")], 403).await;
        }
    }
    site.check("POST /_shadowrig/reset", &["Sec-Fetch-Site: cross-site"], 403).await;
    site.check("POST /_shadowrig/reset", &["Origin: http://localhost:8080"], 200).await;
    site.check("POST /_shadowrig/reset", &[], 200).await;
}

#[tokio::test]
async fn a_name_that_dns_could_turn_opens_nothing() {
    let site = Site::new().await;
    let evil = ["Host: evil.example:8080", "Origin: http://evil.example:8080"];
    for line in ["POST /_shadowrig/reset", "GET /_shadowrig/things", "DELETE /_shadowrig/faults"] {
        site.check(line, &evil, 403).await;
        site.check(line, &evil[..1], 403).await;
    }
    let answer = site.check("GET /", &[HTML, evil[0]], 403).await;
    assert!(answer.body.contains("names of this machine"), "{}", answer.body);
    for host in ["Host: 127.0.0.1:8080", "Host: [::1]:8080", "Host: rig.localhost"] {
        site.check("GET /_shadowrig/things", &[host], 200).await;
    }
}

#[tokio::test]
async fn without_the_token_nobody_is_let_in() {
    let site = Site::with_token().await;
    let wrong = [
        "X-Nothing: at all".to_owned(),
        "Authorization: Bearer 0123456789abcdef-tokem".to_owned(),
        "Authorization: Bearer".to_owned(),
        format!("Authorization: Basic {TOKEN}"),
        format!("Authorization: Bearer {TOKEN}x"),
        "Cookie: shadowrig_token=".to_owned(),
        format!("Cookie: other={TOKEN}"),
    ];
    for header in &wrong {
        for line in ["GET /_shadowrig/things", "POST /_shadowrig/reset", "GET /_shadowrig/events"] {
            let answer = site.check(line, &[header], 401).await;
            assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
        }
    }
    site.check(&format!("GET /_shadowrig/things?token={TOKEN}"), &[], 401).await;
    for line in ["GET /", "GET /?token=wrong"] {
        let answer = site.check(line, &[HTML], 401).await;
        assert!(answer.body.contains("name=\"token\"") && !answer.body.contains(TOKEN));
        assert_eq!(answer.header("set-cookie"), None);
    }
}

#[tokio::test]
async fn the_token_opens_by_header_and_by_cookie() {
    let site = Site::with_token().await;
    for header in [
        format!("Authorization: Bearer {TOKEN}"),
        format!("authorization: bearer {TOKEN}"),
        format!("Cookie: a=b; shadowrig_token={TOKEN}; c=d"),
    ] {
        site.check("GET /_shadowrig/things", &[&header], 200).await;
        site.check("GET /", &[HTML, &header], 200).await;
        let named = [header.as_str(), "Host: rig.example", "Origin: http://rig.example"];
        site.check("POST /_shadowrig/reset", &named, 200).await;
        let foreign = [header.as_str(), "Origin: http://evil.example"];
        site.check("POST /_shadowrig/reset", &foreign, 403).await;
    }
}

#[tokio::test]
async fn the_token_in_the_address_becomes_a_cookie() {
    let site = Site::with_token().await;
    let answer = site.check(&format!("GET /?token={TOKEN}"), &[HTML], 303).await;
    assert_eq!(answer.header("location"), Some("/"));
    let cookie = answer.header("set-cookie").unwrap();
    assert_eq!(cookie, format!("shadowrig_token={TOKEN}; Path=/; HttpOnly; SameSite=Strict"));
    let kept = format!("Cookie: shadowrig_token={TOKEN}");
    let answer = site.check("GET /?token=an-old-one", &[HTML, &kept], 303).await;
    assert_eq!(answer.header("set-cookie"), None);
}

#[tokio::test]
async fn devices_need_no_token() {
    let site = Site::with_token().await;
    let answer = site.check("GET /things/lamp/shadow", &[], 403).await;
    assert!(answer.body.contains("Missing Authentication Token"), "{}", answer.body);
}
