//! No bytes that come in as a request make the service panic, and what is not signed changes nothing.
use fake_shadow::clock::UnixMillis;
use fake_shadow::{FakeShadow, Faulty, Settings, encode, raw_request};

const NOW: UnixMillis = UnixMillis::from_secs(1_767_323_045);

/// Panics where the law is broken.
pub(crate) fn check(bytes: &[u8]) {
    let Ok(request) = raw_request::parse(bytes) else { return };
    let mut cloud = Faulty::new(FakeShadow::new(Settings::default()));
    let delivery = cloud.handle(NOW, &request);
    let exchange = delivery.exchange.expect("nothing is armed that could act before the service");
    let answer = encode(&exchange.response, &request, NOW);
    assert!(answer.starts_with(b"HTTP/1.1 "));
    // The fuzzer has no key that it could find a signature by.
    assert!(exchange.record.verdict.is_err());
    assert_eq!(delivery.status, Some(exchange.response.status));
    assert!(!cloud.cloud().has_changes());
    let refusal = exchange.record.verdict.expect_err("asserted above");
    let explanation = cloud.cloud().explainer().explain(NOW, &request, &refusal);
    assert!(!explanation.render().contains(fake_shadow::settings::TEST_SECRET_ACCESS_KEY));
}
