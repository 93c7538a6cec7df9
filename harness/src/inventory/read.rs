//! The text of an inventory to its boards: everything that is wrong with it is found here, before a board is touched.

#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

use std::collections::BTreeMap;
use std::time::Duration;

use super::Mac;
use super::board::{
    Inventory, KnownBoard, MeterPlace, MeterSetting, PinSwitches, Serial, SerialKind, UsbHints,
};
use super::keys::TOP;
use super::matching::{RESERVED, is_name};
use super::read_switch::{BOOT, ENABLE, SUPPLY, WAKE};
use super::tree;
use crate::board::port::{Sequence, Wiring};
use crate::board::probe::Selector;
use crate::scenario::field::check_map;
use crate::scenario::node::{Data, Node, Span};
use crate::scenario::problem::{Problem, ProblemKind};
use crate::time;

/// The rates at which flashes are written.
const BAUDS: std::ops::RangeInclusive<u32> = 9600..=4_000_000;

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
pub(super) struct Reader {
    pub(super) problems: Vec<Problem>,
    /// Names and MACs that were seen, with their lines.
    seen: BTreeMap<String, usize>,
}

impl Reader {
    pub(super) fn wrong(&mut self, span: Span, wanted: &str, got: impl Into<String>) {
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
            power: node.get("power").and_then(|node| self.switch(node, &SUPPLY)),
            cycle: node.get("power").and_then(cycle),
            meter: node.get("meter").and_then(|node| self.meter(node)),
            wake: node.get("wake").and_then(|wake| self.switch(wake.get("by")?, &WAKE)),
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

    fn serial(&mut self, node: &Node) -> Serial {
        let word = node.get("kind").and_then(Node::text);
        let kind = SerialKind::WORDS.iter().find(|(name, _)| Some(*name) == word);
        Serial {
            kind: kind.map_or(SerialKind::default(), |(_, kind)| *kind),
            port: text(node, "port"),
            control: text(node, "control"),
            baud: node.get("baud").and_then(|node| self.baud(node)),
            reset: node.get("reset").and_then(|node| self.wiring(node)),
            pins: node.get("pins").and_then(|pins| self.pins(node, pins)),
        }
    }

    /// The pins have one master: what is said twice is refused.
    fn pins(&mut self, serial: &Node, node: &Node) -> Option<PinSwitches> {
        for key in ["reset", "control"].into_iter().filter(|key| serial.get(key).is_some()) {
            self.wrong(node.span, "one way to the pins", format!("`pins` beside `{key}`"));
        }
        let boot = match node.get("boot") {
            Some(boot) => Some(self.switch(boot, &BOOT)?),
            None => None,
        };
        Some(PinSwitches { enable: self.switch(node.get("enable")?, &ENABLE)?, boot })
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

/// What is no duration was told as a problem already.
fn cycle(power: &Node) -> Option<Duration> {
    power.get("cycle").and_then(Node::text).and_then(time::parse_span)
}

fn usb(node: &Node) -> UsbHints {
    UsbHints { path: text(node, "path"), serial: text(node, "serial") }
}

pub(super) fn text(node: &Node, name: &str) -> Option<String> {
    node.get(name).and_then(Node::text).map(str::to_owned)
}

fn texts(node: Option<&Node>) -> Vec<String> {
    let items = node.map_or(&[][..], Node::items);
    items.iter().filter_map(Node::text).map(str::to_owned).collect()
}

pub(super) fn whole(node: &Node) -> Option<u64> {
    match &node.data {
        Data::Number(number) => number.as_u64(),
        _ => None,
    }
}
