//! What the page shows, in one answer, so that it never shows two moments at once.

use serde_json::{Value, json};

use crate::clock::UnixMillis;
use crate::fault::Faulty;
use crate::recent::Recent;
use crate::service::FakeShadow;
use crate::shadow::ShadowId;
use crate::show;

/// How many shadows the page shows; a document has 8 KiB at most, so the answer stays below 2 MiB.
const SHADOWS_SHOWN_MAX: usize = 100;

/// How many requests one answer brings; the page asks again for the rest.
const REQUESTS_SHOWN_MAX: usize = 200;

/// Shadows, faults, clock, and the requests with a number above `after`, the latest ones if there are too many.
///
/// Documents come as text: the script would change the digits of large numbers.
pub(crate) fn state(cloud: &Faulty, recent: &Recent, now: UnixMillis, after: u64) -> Value {
    let newer = recent.iter().rev().take_while(|kept| kept.number > after);
    let mut requests: Vec<Value> = newer.take(REQUESTS_SHOWN_MAX).map(show::request_line).collect();
    requests.reverse();
    let ids = cloud.cloud().shadows();
    let shown: Vec<Value> =
        ids.take(SHADOWS_SHOWN_MAX).filter_map(|id| shadow(cloud.cloud(), now, &id)).collect();
    let left_out = cloud.cloud().shadows().count().saturating_sub(SHADOWS_SHOWN_MAX);
    let mut state = show::faults(cloud.armed());
    state["clock"] = show::clock(cloud.cloud(), now);
    state["shadows"] = json!(shown);
    state["shadows_left_out"] = json!(left_out);
    state["requests"] = json!(requests);
    state["first_request"] = json!(recent.iter().next().map(|kept| kept.number));
    state["last_request"] = json!(recent.iter().next_back().map(|kept| kept.number));
    state
}

fn shadow(cloud: &FakeShadow, now: UnixMillis, id: &ShadowId) -> Option<Value> {
    let document = cloud.shadow(now, id)?;
    let section = |name: &str| document["state"].get(name).map(|section| format!("{section:#}"));
    Some(json!({
        "thing": id.thing.as_str(),
        "name": id.name.as_ref().map(|name| name.as_str()),
        "version": document["version"],
        "desired": section("desired"),
        "reported": section("reported"),
        "delta": section("delta"),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Settings;

    const NOW: UnixMillis = UnixMillis::from_secs(1_795_190_924);

    #[test]
    fn documents_keep_their_digits_and_many_shadows_are_cut_off() {
        let mut cloud = FakeShadow::new(Settings::default());
        for number in 0..=SHADOWS_SHOWN_MAX {
            let id = ShadowId::classic(&format!("lamp{number:03}")).unwrap();
            let document = json!({ "state": { "desired": { "id": u64::MAX, "t": 10.0 } } });
            cloud.update(NOW, &id, &document).unwrap();
        }
        let state = state(&Faulty::new(cloud), &Recent::default(), NOW, 0);
        assert_eq!(state["shadows"].as_array().unwrap().len(), SHADOWS_SHOWN_MAX);
        assert_eq!(state["shadows_left_out"], 1);
        let first = &state["shadows"][0];
        assert_eq!(first["desired"], "{\n  \"id\": 18446744073709551615,\n  \"t\": 10.0\n}");
        assert_eq!(first["delta"], first["desired"]);
        assert_eq!(first["reported"], Value::Null);
    }
}
