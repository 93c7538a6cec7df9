//! What switches a supply or pulls a pin, read from an inventory.

#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

use std::time::Duration;

use super::board::Switch;
use super::keys::{PIN_SWITCHES, SWITCHES, SwitchKind};
use super::read::{Reader, text, whole};
use crate::scenario::field::check_map;
use crate::scenario::node::Node;
use crate::scenario::problem::{Problem, ProblemKind, nearest};
use crate::time;

/// How long a command of a switch may take where nobody says.
const COMMAND_WITHIN_DEFAULT: Duration = Duration::from_secs(10);

/// The rate of the relays that are sold as LCUS and alike.
const RELAY_BAUD_DEFAULT: u32 = 9600;

/// What a switch is for: its place in the file, the switches that can do it, and what its two states are called.
pub(super) struct Role {
    key: &'static str,
    what: &'static str,
    known: &'static [SwitchKind],
    off: &'static str,
    on: &'static str,
}

/// It switches a supply.
pub(super) const SUPPLY: Role = Role {
    key: "power",
    what: "a switch that is known",
    known: SWITCHES,
    off: "cut",
    on: "restore",
};

/// It pulls the enable pin.
pub(super) const ENABLE: Role = Role {
    key: "enable",
    what: "a switch that can pull a pin",
    known: PIN_SWITCHES,
    off: "release",
    on: "pull",
};

/// It pulls the boot pin.
pub(super) const BOOT: Role = Role { key: "boot", ..ENABLE };

/// It pulls the pin that wakes the chip.
pub(super) const WAKE: Role = Role { key: "by", ..ENABLE };

impl Reader {
    /// What switches something.
    pub(super) fn switch(&mut self, node: &Node, role: &Role) -> Option<Switch> {
        let Some(switch) = node.get("switch") else {
            let kind = ProblemKind::Missing { key: "switch", what: format!("`{}`", role.key) };
            self.problems.push(Problem::new(node.span, kind));
            return None;
        };
        let word = switch.text().unwrap_or_default();
        let Some((word, fields)) = role.known.iter().find(|(name, _)| *name == word) else {
            let words = || role.known.iter().map(|(name, _)| *name);
            let kind = ProblemKind::UnknownWord {
                word: word.to_owned(),
                what: role.what.to_owned(),
                nearest: nearest(word, words()),
                allowed: words().map(str::to_owned).collect(),
            };
            self.problems.push(Problem::new(switch.span, kind));
            return None;
        };
        let before = self.problems.len();
        check_map(
            fields,
            node,
            &format!("`{}` with the switch `{word}`", role.key),
            &mut self.problems,
        );
        if self.problems.len() > before {
            return None;
        }
        match *word {
            "command" => {
                let (cut, restore) = (self.words(node, role.off)?, self.words(node, role.on)?);
                let within = node.get("within").and_then(Node::text).and_then(time::parse_span);
                let within = within.unwrap_or(COMMAND_WITHIN_DEFAULT);
                Some(Switch::Command { cut, restore, within })
            }
            "held-command" => Some(Switch::HeldCommand { command: self.words(node, "command")? }),
            "serial-relay" => self.relay(node, role),
            "shelly" => self.plug(node, 0).map(|(url, channel)| Switch::Shelly { url, channel }),
            "tasmota" => self.plug(node, 1).map(|(url, channel)| Switch::Tasmota { url, channel }),
            "uhubctl" => Some(Switch::Uhubctl {
                hub: text(node, "hub")?,
                port: self.small(node.get("port")?, "the port of a hub", 1)?,
            }),
            _ => Some(Switch::Virtual { control: text(node, "control") }),
        }
    }

    /// A program with its arguments.
    fn words(&mut self, node: &Node, name: &str) -> Option<Vec<String>> {
        let node = node.get(name)?;
        let words: Vec<_> = node.text()?.split_whitespace().map(str::to_owned).collect();
        if words.is_empty() {
            self.wrong(node.span, "a command with its arguments", "nothing");
            return None;
        }
        Some(words)
    }

    fn relay(&mut self, node: &Node, role: &Role) -> Option<Switch> {
        let mut bytes = |name: &str, default: [u8; 4]| {
            let Some(node) = node.get(name) else { return Some(default.to_vec()) };
            let bytes = node.text().and_then(hex_bytes);
            if bytes.is_none() {
                self.wrong(node.span, "bytes in hex, as `A0 01 00 A1`", "something else");
            }
            bytes
        };
        // What relays with a CH340 that are sold as LCUS-1 obey: head, relay 1, state, sum.
        let cut = bytes(role.off, [0xA0, 0x01, 0x00, 0xA1])?;
        let restore = bytes(role.on, [0xA0, 0x01, 0x01, 0xA2])?;
        let baud = node.get("baud").and_then(whole).and_then(|baud| u32::try_from(baud).ok());
        let baud = baud.filter(|baud| *baud > 0).unwrap_or(RELAY_BAUD_DEFAULT);
        Some(Switch::SerialRelay { port: text(node, "port")?, baud, cut, restore })
    }

    fn plug(&mut self, node: &Node, channel: u8) -> Option<(String, u8)> {
        let url = node.get("url")?;
        let address = url.text()?.trim_end_matches('/').to_owned();
        if !address.starts_with("http://") || address.len() == "http://".len() {
            self.wrong(url.span, "an address that begins with http://", format!("`{address}`"));
            return None;
        }
        let channel = match node.get("channel") {
            Some(node) => self.small(node, "the channel of a plug", channel)?,
            None => channel,
        };
        Some((address, channel))
    }

    fn small(&mut self, node: &Node, what: &'static str, from: u8) -> Option<u8> {
        let number = whole(node)?;
        let small = u8::try_from(number).ok().filter(|small| *small >= from && *small < 100);
        if small.is_none() {
            let range = if from == 0 { "from 0 to 99" } else { "from 1 to 99" };
            let kind = ProblemKind::OutOfRange { what, text: number.to_string(), range };
            self.problems.push(Problem::new(node.span, kind));
        }
        small
    }
}

/// `A0 01 00 A1`, with or without blanks.
fn hex_bytes(text: &str) -> Option<Vec<u8>> {
    let digits: String = text.split_whitespace().collect();
    let is_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    if digits.is_empty() || !digits.len().is_multiple_of(2) || !is_hex {
        return None;
    }
    let byte = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
    (0..digits.len()).step_by(2).map(byte).collect()
}
