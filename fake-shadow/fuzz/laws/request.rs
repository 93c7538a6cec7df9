//! No bytes that come in as a request make the service panic, and what is not signed changes nothing.
use fake_shadow::clock::UnixMillis;
use fake_shadow::message::Request;
use fake_shadow::sigv4::Refusal;
use fake_shadow::{FakeShadow, Faulty, Settings, encode, raw_request};

const NOW: UnixMillis = UnixMillis::from_secs(1_767_323_045);

/// A request that was refused, and by whom.
pub(crate) struct Refused {
    cloud: Faulty,
    request: Request,
    refusal: Refusal,
}

/// Serves a request, if the bytes are one; panics where the law is broken.
pub(crate) fn served(bytes: &[u8]) -> Option<Refused> {
    let request = raw_request::parse(bytes).ok()?;
    let mut cloud = Faulty::new(FakeShadow::new(Settings::default()));
    let delivery = cloud.handle(NOW, &request);
    let exchange = delivery.exchange.expect("nothing is armed that could act before the service");
    let answer = encode(&exchange.response, &request, NOW);
    assert!(answer.starts_with(b"HTTP/1.1 "));
    // The fuzzer has no key that it could find a signature by.
    let refusal = exchange.record.verdict.expect_err("nobody signed");
    assert_eq!(delivery.status, Some(exchange.response.status));
    assert!(!cloud.cloud().has_changes());
    Some(Refused { cloud, request, refusal })
}

/// Explains a refused request; panics where the law is broken.
pub(crate) fn explained(refused: &Refused) {
    let Refused { cloud, request, refusal } = refused;
    let explanation = cloud.cloud().explainer().explain(NOW, request, refusal);
    assert!(!explanation.render().contains(fake_shadow::settings::TEST_SECRET_ACCESS_KEY));
}
