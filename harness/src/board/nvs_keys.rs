//! What firmware of users is told by keys of its NVS partition: put among what is there, and taken out again.
//!
//! PURE. With the keys goes a note of which they are, in a namespace of the rig's own. A rig that was killed leaves the note,
//! so that the next one, on whichever host, takes the keys off before it does anything else.

#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

use crate::engine::ActionError;
use crate::nvs::{Contents, Value};
use crate::scenario::provision::{NOTE_NAMESPACE, Setting};

/// The key of the note.
const NOTE_KEY: &str = "keys";

/// What stands between the names in the note; no name has it.
const SEPARATOR: u8 = 0;

/// Bytes of the shortest secret that is looked for elsewhere: a shorter one is found everywhere.
const SECRET_BYTES_MIN: usize = crate::scenario::secrets::LENGTH_MIN;

/// Puts the settings among what is there, with the note.
///
/// # Errors
///
/// A value is not of its type, has a name that is not known, or does not fit.
pub(super) fn put(mut contents: Contents, settings: &[Setting]) -> Result<Contents, ActionError> {
    let mut note = Vec::new();
    for setting in settings {
        let Setting { namespace, key, kind, .. } = setting;
        let failed = |why: String| ActionError::new(format!("provision {namespace}/{key}"), why);
        if let Some(name) = setting.names().first() {
            return Err(failed(format!("{name} is not known here")));
        }
        let value = setting
            .value()
            .map_err(|wanted| failed(format!("its value is not {wanted}, as `{kind}` must be")))?;
        contents.set(namespace, key, value).map_err(|error| failed(error.to_string()))?;
        for name in [namespace, key] {
            note.extend_from_slice(name.as_bytes());
            note.push(SEPARATOR);
        }
    }
    let noted = contents.set(NOTE_NAMESPACE, NOTE_KEY, Value::Blob(note));
    noted.map_err(|error| ActionError::new("note what is provisioned", error.to_string()))?;
    Ok(contents)
}

/// Takes off what a rig has left that did not come to do so; says whether there was anything.
pub(super) fn forget(contents: &mut Contents) -> bool {
    let Some(Value::Blob(note)) = contents.get(NOTE_NAMESPACE, NOTE_KEY) else {
        return contents.remove_namespace(NOTE_NAMESPACE);
    };
    let note = note.clone();
    let names: Vec<_> =
        note.split(|byte| *byte == SEPARATOR).map(String::from_utf8_lossy).collect();
    for pair in names.as_chunks::<2>().0 {
        contents.remove(&pair[0], &pair[1]);
    }
    contents.remove_namespace(NOTE_NAMESPACE);
    true
}

/// Takes the settings out of what the device left, and puts back what stood in their place. A namespace into which the
/// firmware copied a secret goes as a whole, since what it made of it may stand beside it; those namespaces are given.
pub(super) fn take_out(
    contents: &mut Contents,
    before: &Contents,
    settings: &[Setting],
) -> Vec<String> {
    for Setting { namespace, key, .. } in settings {
        match before.get(namespace, key) {
            // It was there, so it fits.
            Some(value) => drop(contents.set(namespace, key, value.clone())),
            None => drop(contents.remove(namespace, key)),
        }
    }
    contents.remove_namespace(NOTE_NAMESPACE);
    let secrets: Vec<_> = settings
        .iter()
        .filter(|setting| setting.is_secret)
        .filter_map(|setting| match setting.value() {
            Ok(Value::Text(bytes) | Value::Blob(bytes)) => Some(bytes),
            _ => None,
        })
        .filter(|bytes| bytes.len() >= SECRET_BYTES_MIN)
        .collect();
    let copies = contents.items().iter().filter(|item| {
        let is_copy = secrets.iter().any(|secret| item.value.contains(secret));
        is_copy && before.get(&item.namespace, &item.key) != Some(&item.value)
    });
    let mut copied: Vec<_> = copies.map(|item| item.namespace.clone()).collect();
    copied.dedup();
    for namespace in &copied {
        contents.remove_namespace(namespace);
    }
    copied
}

#[cfg(test)]
mod tests {
    use super::*;

    fn setting(namespace: &str, key: &str, text: &str) -> Setting {
        Setting {
            namespace: namespace.into(),
            key: key.into(),
            kind: "string".into(),
            text: text.into(),
            is_secret: key == "password",
        }
    }

    fn text(text: &str) -> Value {
        Value::Text(text.as_bytes().to_vec())
    }

    fn used() -> Contents {
        let mut contents = Contents::default();
        contents.set("app", "count", Value::U32(7)).expect("it fits");
        contents.set("wifi", "ssid", text("home")).expect("it fits");
        contents
    }

    #[test]
    fn what_was_there_is_there_again_at_the_end() {
        let settings = [setting("wifi", "ssid", "lab"), setting("wifi", "password", "opensesame")];
        let mut contents = put(used(), &settings).expect("it fits");
        assert_eq!(contents.get("wifi", "ssid"), Some(&text("lab")));
        // The device works with it.
        contents.set("app", "count", Value::U32(8)).expect("it fits");
        assert!(take_out(&mut contents, &used(), &settings).is_empty());
        let mut expected = used();
        expected.set("app", "count", Value::U32(8)).expect("it fits");
        assert_eq!(contents, expected);
    }

    #[test]
    fn a_namespace_with_a_copy_of_a_secret_goes_as_a_whole() {
        let settings = [setting("wifi", "password", "opensesame")];
        let mut contents = put(used(), &settings).expect("it fits");
        let mut copy = b"opensesame".to_vec();
        copy.resize(64, 0);
        contents.set("nvs.net80211", "sta.pswd", Value::Blob(copy)).expect("it fits");
        contents.set("nvs.net80211", "sta.pmk", Value::Blob(vec![3; 32])).expect("it fits");
        assert_eq!(take_out(&mut contents, &used(), &settings), ["nvs.net80211"]);
        assert_eq!(contents, used());
    }

    #[test]
    fn what_a_killed_rig_left_is_taken_off_by_its_note() {
        let settings =
            [setting("cloud", "secret", "opensesame"), setting("app", "url", "http://x")];
        let mut contents = put(used(), &settings).expect("it fits");
        assert!(forget(&mut contents));
        assert_eq!(contents, used());
        assert!(!forget(&mut contents));
    }

    #[test]
    fn a_name_that_nobody_filled_in_is_told() {
        let error =
            put(used(), &[setting("wifi", "ssid", "${SHADOWRIG_WIFI_SSID}")]).expect_err("");
        assert_eq!(
            error.to_string(),
            "failed to provision wifi/ssid: SHADOWRIG_WIFI_SSID is not known here"
        );
    }
}
