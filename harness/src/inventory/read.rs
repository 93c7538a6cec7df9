//! The text of an inventory to its boards: everything that is wrong with it is found here, before a board is touched.

#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

use std::collections::BTreeMap;
use std::time::Duration;

use super::Mac;
use super::board::{
    Inventory, KnownBoard, MeterPlace, MeterSetting, Serial, SerialKind, Switch, UsbHints,
};
use super::keys::{SWITCHES, TOP};
use super::matching::{RESERVED, is_name};
use super::tree;
use crate::board::port::{Sequence, Wiring};
use crate::board::probe::Selector;
use crate::scenario::field::check_map;
use crate::scenario::node::{Data, Node, Span};
use crate::scenario::problem::{Problem, ProblemKind, nearest};
use crate::time;

/// How long a command of a switch may take where nobody says.
const COMMAND_WITHIN_DEFAULT: Duration = Duration::from_secs(10);

/// The rates at which flashes are written.
const BAUDS: std::ops::RangeInclusive<u32> = 9600..=4_000_000;

/// The rate of the relays that are sold as LCUS and alike.
const RELAY_BAUD_DEFAULT: u32 = 9600;

/// What came of reading an inventory.
#[derive(Debug, Clone, Default)]
pub struct Read {
    /// The boards that are right.
    pub inventory: Inventory,
    /// All that is wrong, in the order of the text.
    pub problems: Vec<Problem>,
}

/// Reads the text of an inventory. Always returns, whatever the text is.
#[must_use]
pub fn read(text: &str) -> Read {
    let root = match tree::parse(text) {
        Ok(root) => root,
        Err(problem) => return Read { problems: vec![*problem], ..Read::default() },
    };
    let mut reader = Reader::default();
    check_map(TOP, &root, "an inventory", &mut reader.problems);
    let boards = match root.get("board").map(|node| &node.data) {
        Some(Data::List(boards)) => boards.as_slice(),
        Some(_) => {
            let span = root.entry("board").map_or(root.span, |(key, _)| key.span);
            reader.wrong(span, "a list of boards, each below `[[board]]`", "a single table");
            &[]
        }
        None => &[],
    };
    let boards: Vec<_> = boards.iter().filter_map(|node| reader.board(node)).collect();
    reader.problems.sort();
    reader.problems.dedup();
    Read { inventory: Inventory { boards }, problems: reader.problems }
}

#[derive(Default)]
struct Reader {
    problems: Vec<Problem>,
    /// Names and MACs that were seen, with their lines.
    seen: BTreeMap<String, usize>,
}

impl Reader {
    fn wrong(&mut self, span: Span, wanted: &str, got: impl Into<String>) {
        let kind = ProblemKind::WrongKind { wanted: wanted.to_owned(), got: got.into() };
        self.problems.push(Problem::new(span, kind));
    }

    fn board(&mut self, node: &Node) -> Option<KnownBoard> {
        let name = node.get("name")?;
        self.once("are called", name)?;
        self.check_words(name, node.get("labels"));
        let mac_node = node.get("mac")?;
        let mac = mac_node.text().and_then(Mac::parse);
        let Some(mac) = mac else {
            let got =
                mac_node.text().map_or(mac_node.kind().to_owned(), |text| format!("`{text}`"));
            self.wrong(mac_node.span, "a MAC, as 84:f7:03:67:84:6c", got);
            return None;
        };
        self.once_as("have the MAC", mac_node.span, &mac.to_string())?;
        let text = |name: &str| node.get(name).and_then(Node::text).map(str::to_owned);
        Some(KnownBoard {
            name: text("name")?,
            mac,
            chip: text("chip"),
            usb: node.get("usb").map(usb).unwrap_or_default(),
            serial: node.get("serial").map(|node| self.serial(node)).unwrap_or_default(),
            probe: node.get("probe").and_then(|node| self.probe(node)),
            labels: texts(node.get("labels")),
            power: node.get("power").and_then(|node| self.switch(node)),
            meter: node.get("meter").and_then(|node| self.meter(node)),
            wake_gpio: node.get("wake").and_then(|wake| whole(wake.get("gpio")?)),
            wifi: text("wifi"),
            access_point: text("access-point"),
            notes: text("notes"),
            span: node.span,
        })
    }

    /// Names and labels stand on command lines.
    fn check_words(&mut self, name: &Node, labels: Option<&Node>) {
        let text = name.text().unwrap_or_default();
        if RESERVED.contains(&text) {
            self.wrong(
                name.span,
                "a name that `--board` has for nothing else",
                format!("`{text}`"),
            );
        } else if !text.is_empty() && !is_name(text) {
            let wanted = "a name of letters, digits, `-`, `_` and `.`";
            self.wrong(name.span, wanted, format!("`{text}`"));
        }
        for label in labels.map_or(&[][..], Node::items) {
            let Some(text) = label.text() else { continue };
            let is_odd = |c: char| c.is_whitespace() || matches!(c, ',' | '+' | '!');
            if text.is_empty() || text.contains(is_odd) {
                let wanted = "a label without blanks, `,`, `+` and `!`";
                self.wrong(label.span, wanted, format!("`{text}`"));
            }
        }
    }

    fn once(&mut self, what: &str, node: &Node) -> Option<()> {
        self.once_as(what, node.span, node.text()?)
    }

    /// Names and MACs stand for one board each.
    fn once_as(&mut self, what: &str, span: Span, value: &str) -> Option<()> {
        let Some(first) = self.seen.insert(format!("{what} {value}"), span.line) else {
            return Some(());
        };
        let what = format!("two boards {what} `{value}`");
        self.problems.push(Problem::new(span, ProblemKind::Twice { what, first_line: first }));
        None
    }

    fn switch(&mut self, node: &Node) -> Option<Switch> {
        let Some(switch) = node.get("switch") else {
            let kind = ProblemKind::Missing { key: "switch", what: "`power`".into() };
            self.problems.push(Problem::new(node.span, kind));
            return None;
        };
        let word = switch.text().unwrap_or_default();
        let Some((word, fields)) = SWITCHES.iter().find(|(name, _)| *name == word) else {
            let words = || SWITCHES.iter().map(|(name, _)| *name);
            let kind = ProblemKind::UnknownWord {
                word: word.to_owned(),
                what: "a switch that is known".to_owned(),
                nearest: nearest(word, words()),
                allowed: words().map(str::to_owned).collect(),
            };
            self.problems.push(Problem::new(switch.span, kind));
            return None;
        };
        let before = self.problems.len();
        check_map(fields, node, &format!("`power` with the switch `{word}`"), &mut self.problems);
        if self.problems.len() > before {
            return None;
        }
        match *word {
            "command" => self.command(node),
            "serial-relay" => self.relay(node),
            "shelly" => self.plug(node, 0).map(|(url, channel)| Switch::Shelly { url, channel }),
            "tasmota" => self.plug(node, 1).map(|(url, channel)| Switch::Tasmota { url, channel }),
            "uhubctl" => Some(Switch::Uhubctl {
                hub: text(node, "hub")?,
                port: self.small(node.get("port")?, "the port of a hub", 1)?,
            }),
            _ => Some(Switch::Virtual { control: text(node, "control") }),
        }
    }

    fn probe(&mut self, node: &Node) -> Option<Selector> {
        let Some(usb) = node.get("usb") else {
            return Some(Selector { usb: None, serial: text(node, "serial") });
        };
        let id = usb.text().and_then(Selector::parse).and_then(|selector| selector.usb);
        if id.is_none() {
            let got = usb.text().map_or(usb.kind().to_owned(), |text| format!("`{text}`"));
            self.wrong(usb.span, "vendor and product of a probe, as 303a:1001", got);
        }
        Some(Selector { usb: Some(id?), serial: text(node, "serial") })
    }

    fn command(&mut self, node: &Node) -> Option<Switch> {
        let mut words = |name: &str| {
            let node = node.get(name)?;
            let words: Vec<_> = node.text()?.split_whitespace().map(str::to_owned).collect();
            if words.is_empty() {
                self.wrong(node.span, "a command with its arguments", "nothing");
                return None;
            }
            Some(words)
        };
        let (cut, restore) = (words("cut")?, words("restore")?);
        let within = node.get("within").and_then(Node::text).and_then(time::parse_span);
        Some(Switch::Command { cut, restore, within: within.unwrap_or(COMMAND_WITHIN_DEFAULT) })
    }

    fn relay(&mut self, node: &Node) -> Option<Switch> {
        let mut bytes = |name: &str, default: [u8; 4]| {
            let Some(node) = node.get(name) else { return Some(default.to_vec()) };
            let bytes = node.text().and_then(hex_bytes);
            if bytes.is_none() {
                self.wrong(node.span, "bytes in hex, as `A0 01 00 A1`", "something else");
            }
            bytes
        };
        // What relays with a CH340 that are sold as LCUS-1 obey: head, relay 1, state, sum.
        let cut = bytes("cut", [0xA0, 0x01, 0x00, 0xA1])?;
        let restore = bytes("restore", [0xA0, 0x01, 0x01, 0xA2])?;
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

    fn serial(&mut self, node: &Node) -> Serial {
        let word = node.get("kind").and_then(Node::text);
        let kind = SerialKind::WORDS.iter().find(|(name, _)| Some(*name) == word);
        Serial {
            kind: kind.map_or(SerialKind::default(), |(_, kind)| *kind),
            port: text(node, "port"),
            control: text(node, "control"),
            baud: node.get("baud").and_then(|node| self.baud(node)),
            reset: node.get("reset").and_then(|node| self.wiring(node)),
        }
    }

    fn baud(&mut self, node: &Node) -> Option<u32> {
        let number = whole(node)?;
        let baud = u32::try_from(number).ok().filter(|baud| BAUDS.contains(baud));
        if baud.is_none() {
            let (what, range) = ("a rate for flashing", "from 9600 to 4000000");
            let kind = ProblemKind::OutOfRange { what, text: number.to_string(), range };
            self.problems.push(Problem::new(node.span, kind));
        }
        baud
    }

    fn wiring(&mut self, node: &Node) -> Option<Wiring> {
        let mut sequence = |key: &str| {
            let node = node.get(key)?;
            let sequence = node.text().and_then(Sequence::parse);
            if sequence.is_none() {
                let got = node.text().map_or(node.kind().to_owned(), |text| format!("`{text}`"));
                self.wrong(node.span, "steps as D0|R1|W0.1|D1|R0|W0.05|D0", got);
            }
            sequence
        };
        let (download, run) = (sequence("download"), sequence("run"));
        Some(Wiring::Custom { download: download?, run: run? })
    }

    fn meter(&mut self, node: &Node) -> Option<MeterSetting> {
        let serial = text(node, "serial").map(MeterPlace::Serial);
        let Some(found) = text(node, "port").map(MeterPlace::Port).or(serial) else {
            let kind =
                ProblemKind::Missing { key: "serial", what: "`meter` without a port".into() };
            self.problems.push(Problem::new(node.span, kind));
            return None;
        };
        let source_mv = match node.get("volts") {
            None => None,
            Some(volts) => Some(self.millivolts(volts)?),
        };
        Some(MeterSetting { found, source_mv })
    }

    /// The range of the meter's own supply, as its manual has it.
    fn millivolts(&mut self, node: &Node) -> Option<u16> {
        let text = match &node.data {
            Data::Number(number) => number.to_string(),
            Data::Text(text) => text.trim_end_matches('V').trim().to_owned(),
            _ => String::new(),
        };
        let volts: Option<f64> = text.parse().ok().filter(|volts| (0.8..=5.0).contains(volts));
        if volts.is_none() {
            let what = "the supply of a ppk2";
            let kind = ProblemKind::OutOfRange { what, text, range: "from 0.8 to 5.0 volts" };
            self.problems.push(Problem::new(node.span, kind));
        }
        volts.map(|volts| (volts * 1000.0).round() as u16)
    }
}

fn usb(node: &Node) -> UsbHints {
    UsbHints { path: text(node, "path"), serial: text(node, "serial") }
}

fn text(node: &Node, name: &str) -> Option<String> {
    node.get(name).and_then(Node::text).map(str::to_owned)
}

fn texts(node: Option<&Node>) -> Vec<String> {
    let items = node.map_or(&[][..], Node::items);
    items.iter().filter_map(Node::text).map(str::to_owned).collect()
}

fn whole(node: &Node) -> Option<u64> {
    match &node.data {
        Data::Number(number) => number.as_u64(),
        _ => None,
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
