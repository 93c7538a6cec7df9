//! Shadows in a file: they survive the end of the process, and a damaged file is never taken for an empty one.

use std::fs;
use std::path::Path;

use crate::support::Signer;
use fake_shadow::clock::UnixMillis;
use fake_shadow::data::{DataError, DataFile};
use fake_shadow::shadow::{ShadowId, ThingName};
use fake_shadow::topic::Topic;
use fake_shadow::{Change, FakeShadow, Item, Settings};
use proptest::prelude::*;
use serde_json::{Value, json};

const NOW: UnixMillis = UnixMillis::from_secs(1_795_190_924);

fn cloud() -> FakeShadow {
    FakeShadow::new(Settings::default())
}

fn lamp() -> ShadowId {
    ShadowId::classic("lamp").unwrap()
}

fn config() -> ShadowId {
    ShadowId::named("lamp", "config").unwrap()
}

/// A cloud with a classic, a named and a deleted shadow.
fn filled() -> FakeShadow {
    let mut cloud = cloud();
    let document =
        r#"{"state":{"desired":{"a":{"b":[1,{"c":10.0}],"d":{}},"n":123456789012345678901}}}"#;
    let document: Value = serde_json::from_str(document).unwrap();
    cloud.update(NOW, &lamp(), &document).unwrap();
    let later = NOW.offset_by(5000);
    cloud.update(later, &lamp(), &json!({ "state": { "reported": { "a": 1 } } })).unwrap();
    cloud.update(NOW, &config(), &json!({ "state": { "reported": {} } })).unwrap();
    let gone = ShadowId::classic("gone").unwrap();
    cloud.update(NOW, &gone, &json!({ "state": {} })).unwrap();
    cloud.delete(NOW, &gone).unwrap();
    cloud
}

fn write(path: &Path, cloud: &FakeShadow) {
    DataFile::open(path, &mut self::cloud()).unwrap().write(&cloud.changes()).unwrap();
}

#[test]
fn a_file_gives_back_all_shadows_and_the_versions_of_deleted_ones() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shadows");
    let before = filled();
    write(&path, &before);
    let mut after = cloud();
    DataFile::open(&path, &mut after).unwrap();
    assert!(!after.has_changes());
    assert_eq!(before.shadows().collect::<Vec<_>>(), after.shadows().collect::<Vec<_>>());
    for id in before.shadows() {
        assert_eq!(before.shadow(NOW, &id), after.shadow(NOW, &id), "{id}");
    }
    let gone = ShadowId::classic("gone").unwrap();
    assert_eq!(after.update(NOW, &gone, &json!({ "state": {} })).unwrap().version, 3);
}

/// A request to the cloud from whoever is in charge; it must be done.
fn ask(cloud: &mut FakeShadow, service: &str, line: &str, body: &str) -> Value {
    let signer = Signer { service: service.to_owned(), ..Signer::default() };
    let response = cloud.handle(NOW, &signer.request(line, body, NOW)).response;
    assert_eq!(response.status, 200, "{line}: {:?}", String::from_utf8_lossy(&response.body));
    serde_json::from_slice(&response.body).unwrap()
}

/// A cloud with things and messages, and what it says about them.
fn with_things_and_messages() -> FakeShadow {
    let mut cloud = cloud();
    let described = r#"{"thingTypeName":"lamp","attributePayload":{"attributes":{"room":"hall"}}}"#;
    ask(&mut cloud, "iot", "POST /things/lamp", described);
    ask(&mut cloud, "iot", "PATCH /things/lamp", r#"{"attributePayload":{"merge":true}}"#);
    ask(&mut cloud, "iot", "POST /things/plain", "");
    ask(&mut cloud, "iotdata", "POST /topics/house/hall?retain=true&qos=1", "\u{0}binary");
    cloud
}

const QUESTIONS: [(&str, &str); 4] = [
    ("iot", "GET /things"),
    ("iot", "GET /things/lamp"),
    ("iotdata", "GET /retainedMessage"),
    ("iotdata", "GET /retainedMessage/house%2Fhall"),
];

#[test]
fn a_file_gives_back_things_and_what_topics_retain() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shadows");
    let mut before = with_things_and_messages();
    write(&path, &before);
    let mut after = cloud();
    DataFile::open(&path, &mut after).unwrap();
    assert!(!after.has_changes());
    for (service, question) in QUESTIONS {
        let answer = ask(&mut before, service, question, "");
        assert_eq!(answer, ask(&mut after, service, question, ""), "{question}");
    }
}

#[test]
fn things_and_messages_that_are_taken_away_leave_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shadows");
    for by_clearing in [false, true] {
        let mut cloud = with_things_and_messages();
        write(&path, &cloud);
        cloud.changes_are_kept();
        if by_clearing {
            cloud.clear();
        } else {
            ask(&mut cloud, "iot", "DELETE /things/lamp", "");
            ask(&mut cloud, "iot", "DELETE /things/plain", "");
            ask(&mut cloud, "iotdata", "POST /topics/house/hall?retain=true", "");
        }
        write(&path, &cloud);
        let mut after = self::cloud();
        DataFile::open(&path, &mut after).unwrap();
        assert_eq!(ask(&mut after, "iot", "GET /things", ""), json!({ "things": [] }));
        let retained = ask(&mut after, "iotdata", "GET /retainedMessage", "");
        assert_eq!(retained, json!({ "retainedTopics": [] }));
    }
}

#[test]
fn a_file_that_holds_shadows_alone_is_read_and_takes_things_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shadows");
    // Only what is there gets a table, so this is a file as it was before things were kept.
    write(&path, &filled());
    let mut cloud = cloud();
    let file = DataFile::open(&path, &mut cloud).unwrap();
    ask(&mut cloud, "iot", "POST /things/lamp", "");
    file.write(&cloud.changes()).unwrap();
    drop(file);
    let mut after = self::cloud();
    DataFile::open(&path, &mut after).unwrap();
    assert_eq!(after.shadows().count(), 2);
    assert_eq!(ask(&mut after, "iot", "GET /things/lamp", "")["version"], 1);
}

#[test]
fn a_thing_or_message_that_cannot_be_read_is_named() {
    let folder = tempfile::tempdir().unwrap();
    for (file, item, name) in [
        ("one", Item::Thing(ThingName::new("lamp").unwrap()), "the thing lamp"),
        ("two", Item::Message(Topic::new("a/b").unwrap()), "the message of the topic a/b"),
    ] {
        let path = folder.path().join(file);
        let change = Change { item, kept: Some(b"{}".to_vec()) };
        DataFile::open(&path, &mut cloud()).unwrap().write(&[change]).unwrap();
        let refused = DataFile::open(&path, &mut cloud()).unwrap_err();
        assert!(refused.to_string().ends_with(&format!("{name} cannot be read")), "{refused}");
    }
}

#[test]
fn what_is_forgotten_leaves_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shadows");
    let mut cloud = filled();
    write(&path, &cloud);
    cloud.changes_are_kept();
    cloud.clear();
    assert_eq!(cloud.changes().len(), 3);
    write(&path, &cloud);
    let mut after = self::cloud();
    DataFile::open(&path, &mut after).unwrap();
    assert_eq!(after.shadows().count(), 0);
}

#[test]
fn a_file_cut_short_is_refused_at_any_length() {
    let folder = tempfile::tempdir().unwrap();
    let (path, torn) = (folder.path().join("shadows"), folder.path().join("torn"));
    write(&path, &filled());
    let whole = fs::read(&path).unwrap();
    let lengths = (1..64).chain((64..whole.len()).step_by(whole.len() / 60));
    for length in lengths {
        fs::write(&torn, &whole[..length]).unwrap();
        let opened = DataFile::open(&torn, &mut cloud());
        assert!(matches!(opened, Err(DataError::Damaged { .. })), "{length}: {opened:?}");
    }
}

#[test]
fn a_file_with_other_bytes_in_it_is_refused_or_has_all_its_shadows() {
    let folder = tempfile::tempdir().unwrap();
    let (path, torn) = (folder.path().join("shadows"), folder.path().join("torn"));
    write(&path, &filled());
    let whole = fs::read(&path).unwrap();
    let mut refused = 0;
    let places = (0..320).step_by(8).chain((320..whole.len()).step_by(whole.len() / 80));
    for at in places {
        let mut other = whole.clone();
        other[at] ^= 0xff;
        fs::write(&torn, &other).unwrap();
        let mut after = cloud();
        match DataFile::open(&torn, &mut after) {
            Ok(_) => {
                assert_eq!(after.shadow(NOW, &lamp()), filled().shadow(NOW, &lamp()), "byte {at}");
                assert_eq!(after.shadows().count(), 2, "byte {at}");
            }
            Err(_) => refused += 1,
        }
    }
    assert!(refused > 0);
}

#[test]
fn a_file_that_is_something_else_is_refused_and_stays() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes");
    fs::write(&path, "my notes, not shadows\n".repeat(300)).unwrap();
    let before = fs::read(&path).unwrap();
    let opened = DataFile::open(&path, &mut cloud());
    assert!(matches!(opened, Err(DataError::Damaged { .. })), "{opened:?}");
    assert_eq!(fs::read(&path).unwrap(), before);
    let missing = DataFile::open(&folder.path().join("no/such/folder/file"), &mut cloud());
    assert!(matches!(missing, Err(DataError::Unusable { .. })), "{missing:?}");
}

#[test]
fn a_file_that_is_open_is_busy() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shadows");
    let _open = DataFile::open(&path, &mut cloud()).unwrap();
    let second = DataFile::open(&path, &mut cloud());
    assert!(matches!(second, Err(DataError::Busy)), "{second:?}");
}

fn state() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".{0,4}".prop_map(Value::from)
    ];
    leaf.prop_recursive(3, 10, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::btree_map(".{0,3}", inner, 0..3).prop_map(|members| json!(members)),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_kept_of_a_shadow_is_all_of_it(desired in state(), reported in state()) {
        let mut before = cloud();
        let document = json!({ "state": { "desired": { "a": desired }, "reported": { "a": reported } } });
        before.update(NOW, &lamp(), &document).unwrap();
        let mut after = cloud();
        for Change { item, kept } in before.changes() {
            prop_assert!(after.restore(item, &kept.unwrap()));
        }
        prop_assert_eq!(before.shadow(NOW, &lamp()), after.shadow(NOW, &lamp()));
    }

    #[test]
    fn no_bytes_make_restoring_panic(kept in "[\\[\\]{}\",:0-9a-z_\\-]{0,60}") {
        let _ = cloud().restore(Item::Shadow(lamp()), kept.as_bytes());
        let _ = cloud().restore(Item::Shadow(lamp()), format!("{{\"shadow\":{{\"version\":1,\"desired\":{{}},\"reported\":{kept}}}}}").as_bytes());
    }
}
