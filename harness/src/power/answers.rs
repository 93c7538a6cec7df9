//! What switches answer, read. Pure.

#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

use serde_json::Value;

use super::{PowerError, Supply};

/// The most characters of an answer that an error shows.
const SAID_MAX: usize = 200;

/// Reads what `uhubctl` prints: behind `New status for hub 1-1`, the line `Port 4: 0000 off` or `Port 4: 0100 power`. A hub that is
/// USB 2 and USB 3 at once is told twice; both halves count.
pub(super) fn uhubctl(text: &str, hub: &str, port: u8, wanted: Supply) -> Result<(), PowerError> {
    let head = format!("New status for hub {hub} ");
    let line = format!("Port {port}: ");
    let mut lines = text.lines().skip_while(|line| !line.starts_with("New status for hub "));
    let has_hub = text.lines().any(|line| line.starts_with(&head));
    let states: Vec<_> = lines
        .by_ref()
        .take_while(|line| !line.starts_with("Current status for hub "))
        .filter_map(|text| text.trim().strip_prefix(&line))
        .collect();
    if !has_hub || states.is_empty() {
        return Err(PowerError::Refused {
            said: short(text.lines().next().unwrap_or("no status of the port")),
        });
    }
    let is_on = |state: &&str| state.split_whitespace().any(|word| word == "power");
    let on = states.iter().any(is_on);
    agree(on, wanted, states.first().unwrap_or(&""))
}

/// Reads what a plug with Tasmota answers: `{"POWER":"OFF"}`, or `{"POWER2":"ON"}` where it has several relays.
pub(super) fn tasmota(text: &str, channel: u8, wanted: Supply) -> Result<(), PowerError> {
    let answer: Value = serde_json::from_str(text).unwrap_or_default();
    let state = answer.get(format!("POWER{channel}")).or_else(|| answer.get("POWER"));
    match state.and_then(Value::as_str) {
        Some(state) => agree(state == "ON", wanted, text),
        None => Err(PowerError::Refused { said: short(text) }),
    }
}

/// Reads what a Shelly answers: `{"ison":false,...}`.
pub(super) fn shelly(text: &str, wanted: Supply) -> Result<(), PowerError> {
    let answer: Value = serde_json::from_str(text).unwrap_or_default();
    match answer.get("ison").and_then(Value::as_bool) {
        Some(on) => agree(on, wanted, text),
        None => Err(PowerError::Refused { said: short(text) }),
    }
}

/// Reads a line of a virtual board's control socket.
pub(super) fn virtual_board(text: &str, wanted: Supply) -> Result<(), PowerError> {
    let answer: Value = serde_json::from_str(text).unwrap_or_default();
    let activity = answer.get("activity").and_then(Value::as_str);
    match (answer.get("ok").and_then(Value::as_bool), activity) {
        (Some(true), Some(activity)) => agree(activity != "off", wanted, activity),
        _ => Err(PowerError::Refused { said: short(text) }),
    }
}

fn agree(is_on: bool, wanted: Supply, said: &str) -> Result<(), PowerError> {
    if is_on == (wanted == Supply::On) {
        return Ok(());
    }
    Err(PowerError::NotSwitched { wanted, said: short(said) })
}

fn short(text: &str) -> String {
    text.trim().chars().take(SAID_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What became of a wish: `done`, or the error.
    fn check(result: Result<(), PowerError>, expected: &str) {
        let actual = result.map_or_else(|error| error.to_string(), |()| "done".to_owned());
        assert!(actual.starts_with(expected), "{actual}");
    }

    const OFF: &str = "\
Current status for hub 1-1 [05e3:0608 USB2.0 Hub, USB 2.10, 4 ports]
  Port 4: 0103 power enable connect [10c4:ea60 CP2102]
Sent power off request
New status for hub 1-1 [05e3:0608 USB2.0 Hub, USB 2.10, 4 ports]
  Port 4: 0000 off
";

    #[test]
    fn uhubctl_is_believed_only_when_the_port_is_as_asked_for() {
        check(uhubctl(OFF, "1-1", 4, Supply::Off), "done");
        check(uhubctl(OFF, "1-1", 4, Supply::On), "the supply is not there");
        check(uhubctl(OFF, "1-1", 3, Supply::Off), "the switch refused");
        check(uhubctl(OFF, "1-2", 4, Supply::Off), "the switch refused");
        let still_on = OFF.replace("0000 off", "0103 power enable connect");
        check(uhubctl(&still_on, "1-1", 4, Supply::Off), "the supply is still there");
        let none = "No compatible devices detected!\n";
        check(uhubctl(none, "1-1", 4, Supply::Off), "the switch refused: No compatible devices");
    }

    #[test]
    fn the_other_half_of_a_hub_counts_too() {
        let other = "Current status for hub 2-1 [USB 3.10, 4 ports]\n  Port 4: 02a0 power 5gbps Rx.Detect\n\
                     Sent power off request\nNew status for hub 2-1 [USB 3.10, 4 ports]\n  Port 4: 00a0 off\n";
        check(uhubctl(&format!("{OFF}{other}"), "1-1", 4, Supply::Off), "done");
    }

    #[test]
    fn plugs_are_believed_only_when_they_say_so() {
        check(tasmota(r#"{"POWER":"OFF"}"#, 1, Supply::Off), "done");
        check(tasmota(r#"{"POWER2":"ON"}"#, 2, Supply::On), "done");
        check(tasmota(r#"{"POWER":"ON"}"#, 1, Supply::Off), "the supply is still there");
        let password = r#"{"WARNING":"Need user=<username>&password=<password>"}"#;
        check(tasmota(password, 1, Supply::Off), "the switch refused: {\"WARNING\"");
        check(shelly(r#"{"ison":false,"has_timer":false}"#, Supply::Off), "done");
        check(shelly(r#"{"ison":false}"#, Supply::On), "the supply is not there");
        check(shelly("401 Unauthorized", Supply::On), "the switch refused: 401");
    }

    #[test]
    fn a_virtual_board_is_off_or_something_else() {
        check(virtual_board(r#"{"ok":true,"activity":"off"}"#, Supply::Off), "done");
        check(virtual_board(r#"{"ok":true,"activity":"run"}"#, Supply::On), "done");
        check(virtual_board(r#"{"ok":true,"activity":"rom"}"#, Supply::Off), "the supply is still");
        check(virtual_board(r#"{"ok":false,"error":"no"}"#, Supply::Off), "the switch refused");
    }
}
