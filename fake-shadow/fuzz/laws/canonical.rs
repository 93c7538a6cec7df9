//! Canonical requests have their form whatever the request is: first line the target, behind it headers, one head value each.
use fake_shadow::message::{Header, HttpVersion, Request};
use fake_shadow::sigv4::canonical::{CanonicalRequest, PathRule, path, query_pairs};

/// Panics where the law is broken.
pub(crate) fn check(text: &str) {
    let mut lines = text.split('\n');
    let target = lines.next().unwrap_or_default().to_owned();
    let signed_headers = lines.next().unwrap_or_default();
    let headers = lines.filter_map(|line| line.split_once(':'));
    let headers = headers.map(|(name, value)| Header::new(name, value)).collect();
    let method = "GET".to_owned();
    let request =
        Request { method, target, version: HttpVersion::Http11, headers, body: Vec::new() };

    let canonical = path(request.path(), PathRule::Normalized);
    assert!(canonical.starts_with('/') && !canonical.contains("//"), "{canonical}");
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/%".contains(&byte);
    assert!(canonical.bytes().all(is_plain), "{canonical}");

    let Ok(pairs) = query_pairs(request.query().unwrap_or_default()) else { return };
    let whole = CanonicalRequest::new(&request, pairs, signed_headers, PathRule::Normalized);
    assert!(whole.query.is_sorted(), "{:?}", whole.query);
    assert!(whole.signed_headers.is_sorted(), "{:?}", whole.signed_headers);
    // The canonical form of a query is that of itself.
    let again = query_pairs(&whole.query_string()).expect("what was encoded can be decoded");
    let again = CanonicalRequest::new(&request, again, signed_headers, PathRule::Normalized);
    assert_eq!(again.sha256(), whole.sha256());
}
