//! Shadows in a file: they survive the end of the process, and a damaged file is never taken for an empty one.
#![expect(clippy::unwrap_used, reason = "a test that cannot set itself up must fail")]

use std::fs;
use std::path::Path;

use fake_shadow::clock::UnixMillis;
use fake_shadow::data::{DataError, DataFile};
use fake_shadow::shadow::ShadowId;
use fake_shadow::{Change, FakeShadow, Settings};
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
        for Change { shadow, kept } in before.changes() {
            prop_assert!(after.restore(shadow, &kept.unwrap()));
        }
        prop_assert_eq!(before.shadow(NOW, &lamp()), after.shadow(NOW, &lamp()));
    }

    #[test]
    fn no_bytes_make_restoring_panic(kept in "[\\[\\]{}\",:0-9a-z_\\-]{0,60}") {
        let _ = cloud().restore(lamp(), kept.as_bytes());
        let _ = cloud().restore(lamp(), format!("{{\"shadow\":{{\"version\":1,\"desired\":{{}},\"reported\":{kept}}}}}").as_bytes());
    }
}
