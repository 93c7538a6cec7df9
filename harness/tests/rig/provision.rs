//! `provision` through the command line, as a user runs it: on what it is skipped, what a board is told, and what nobody is.

use std::fs;
use std::path::Path;

use virtual_board::{Chip, image};

use crate::support::shadowrig_with;

const SCENARIO: &str = "
version: 1
name: a firmware is told its network
secrets: [CLOUD_KEY]
firmware:
  image: my-firmware.bin
  erase: nothing
  provision:
    wifi: { ssid: '${SHADOWRIG_WIFI_SSID}', password: '${SHADOWRIG_WIFI_PASSWORD}' }
    cloud: { host: '${SHADOWRIG_HOST}', port: { u16: '${SHADOWRIG_PORT}' }, key: '${secrets.CLOUD_KEY}' }
steps:
  - expect-console: { $matches: 'booted .my-firmware' }
    within: 60s
  - flash:
      image: my-firmware.bin
      if-changed: false
      provision: { wifi: { ssid: '${SHADOWRIG_WIFI_SSID}' } }
  - expect-console: { $matches: 'booted .my-firmware' }
    within: 60s
";

const PASSWORD: &str = "correct horse battery";
const KEY: &str = "wJalrXUtnFEMIbPxRfiCY";

/// A merged image of a firmware that is not ours, and the scenario.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let mut merged: Vec<u8> = Vec::new();
    for part in image::bundle(Chip::Esp32c3, "my-firmware", "1.0") {
        merged.resize((part.offset as usize).max(merged.len()), 0xff);
        merged.truncate(part.offset as usize);
        merged.extend_from_slice(&part.bytes);
    }
    fs::write(folder.path().join("my-firmware.bin"), merged).expect("it can be written");
    fs::write(folder.path().join("case.yaml"), SCENARIO).expect("it can be written");
    folder
}

fn run(folder: &Path, board: &str, environment: &[(&str, &str)]) -> String {
    let words = ["run", "case.yaml", "--board", board, "--out", "run"];
    let mut all = vec![("CLOUD_KEY", KEY), ("HOME", "/nowhere")];
    all.extend(environment);
    let output = shadowrig_with(folder, &all, &words);
    let text = [output.stdout, output.stderr].concat();
    String::from_utf8_lossy(&text).into_owned()
}

/// All that a run left behind, as one text.
fn left_behind(folder: &Path) -> String {
    let mut text = String::new();
    for entry in fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("it can be read").path();
        match path.is_dir() {
            true => text.push_str(&left_behind(&path)),
            false => {
                text.push_str(&String::from_utf8_lossy(&fs::read(path).expect("it can be read")))
            }
        }
    }
    text
}

#[test]
fn what_cannot_be_provisioned_is_skipped_with_its_reason() {
    let folder = folder();
    for board in ["sim", "process"] {
        let text = run(folder.path(), board, &[]);
        assert!(
            text.contains(&format!("{board} cannot do `provision`: it has no flash")),
            "{text}"
        );
    }
    let text = run(folder.path(), "virtual:esp8266", &[]);
    assert!(text.contains("an ESP8266 has no partition table"), "{text}");
    let text = run(folder.path(), "virtual", &[]);
    assert!(text.contains("asks for SHADOWRIG_WIFI_PASSWORD, and no Wi-Fi is named"), "{text}");
}

#[test]
fn a_board_is_told_and_nothing_that_is_left_behind_tells() {
    let folder = folder();
    let wifi = [("SHADOWRIG_WIFI_SSID", "lab-2g"), ("SHADOWRIG_WIFI_PASSWORD", PASSWORD)];
    let text = run(folder.path(), "virtual", &wifi);
    assert!(text.contains("1 passed"), "{text}");
    let left = left_behind(&folder.path().join("run"));
    for secret in [PASSWORD, KEY] {
        assert!(!text.contains(secret) && !left.contains(secret), "{secret} is shown");
    }
    assert!(left.contains("my-firmware"));
}

#[test]
fn a_network_that_is_not_on_this_host_stops_the_run_as_the_rigs_fault() {
    let folder = folder();
    let words = ["run", "case.yaml", "--board", "virtual", "--wifi", "lab-2g"];
    let file = folder.path().join("wifi.toml");
    let environment = [("CLOUD_KEY", KEY), ("SHADOWRIG_WIFI_FILE", file.to_str().expect("text"))];
    let output = shadowrig_with(folder.path(), &environment, &words);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(5), "{text}");
    assert!(text.contains("failed to find the Wi-Fi lab-2g"), "{text}");
    assert!(text.contains("actual: there is no "), "{text}");
    assert!(text.contains("write [lab-2g] with ssid"), "{text}");
}
