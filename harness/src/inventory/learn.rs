//! What was found on the host goes into the inventory's text: new boards are added, hints are brought up to date, and everything that
//! a person wrote stays where and how it was.

#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

use toml_edit::{ArrayOfTables, DocumentMut, InlineTable, Item, Table, TableLike, Value, value};

use super::Mac;
use super::board::{Inventory, KnownBoard, SerialKind, UsbHints};

/// A board that was found on a port and told its MAC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its port: a path or an `rfc2217://` address.
    pub port: String,
    /// Its MAC.
    pub mac: Mac,
    /// Its chip.
    pub chip: String,
    /// Where it hangs.
    pub usb: UsbHints,
    /// What its serial line is made of.
    pub kind: SerialKind,
}

/// What an inventory learned of one board.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// It says another chip than the board; a person has to say which is right.
    ChipDiffers {
        /// The board.
        name: String,
        /// What the inventory says.
        written: String,
        /// What the board says.
        found: String,
    },
    /// It was not known.
    New {
        /// The name that it was given.
        name: String,
    },
    /// It is known, and hangs where it hung.
    Same {
        /// The board.
        name: String,
    },
    /// It is known, and hints or its chip were brought up to date.
    Updated {
        /// The board.
        name: String,
        /// The keys that have another value now.
        keys: Vec<&'static str>,
    },
}

/// An inventory's text after learning, and what it learned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Learned {
    /// The text.
    pub text: String,
    /// One piece of news for each board found, in the order found.
    pub news: Vec<News>,
}

/// Puts what was found into a text without problems; `inventory` is what [`read`](super::read::read) made of it. A text that is not
/// TOML comes back as it is, with no news.
#[must_use]
pub fn learn(text: &str, inventory: &Inventory, found: &[Found]) -> Learned {
    let Ok(mut document) = text.parse::<DocumentMut>() else {
        return Learned { text: text.to_owned(), news: Vec::new() };
    };
    let mut names: Vec<String> = inventory.boards.iter().map(|board| board.name.clone()).collect();
    let mut news = Vec::new();
    let mut added: Vec<Mac> = Vec::new();
    for found in found {
        let index = inventory.boards.iter().position(|board| board.mac == found.mac);
        match index {
            Some(index) => news.push(update(&mut document, &inventory.boards[index], index, found)),
            // The same board on a second port, as a bridge and its own USB unit.
            None if added.contains(&found.mac) => {}
            None => {
                let name = new_name(found, &names);
                append(&mut document, &name, found);
                names.push(name.clone());
                added.push(found.mac);
                news.push(News::New { name });
            }
        }
    }
    Learned { text: document.to_string(), news }
}

fn update(document: &mut DocumentMut, board: &KnownBoard, index: usize, found: &Found) -> News {
    let name = board.name.clone();
    if let Some(written) = board.chip.as_ref().filter(|written| **written != found.chip) {
        let (written, found) = (written.clone(), found.chip.clone());
        return News::ChipDiffers { name, written, found };
    }
    let Some(table) = board_table(document, index) else { return News::Same { name } };
    let mut keys = Vec::new();
    if board.chip.is_none() {
        table.insert("chip", value(&found.chip));
        keys.push("chip");
    }
    let hints = [
        ("path", &board.usb.path, &found.usb.path),
        ("serial", &board.usb.serial, &found.usb.serial),
    ];
    for (key, written, seen) in hints {
        // What the host cannot say today is not unsaid.
        let Some(seen) = seen.as_ref().filter(|seen| written.as_ref() != Some(seen)) else {
            continue;
        };
        set(table, "usb", key, seen);
        keys.push("usb");
    }
    if board.serial.port.as_ref() != Some(&found.port) && board.serial.kind != SerialKind::Virtual {
        set(table, "serial", "port", &found.port);
        keys.push("serial");
    }
    keys.dedup();
    if keys.is_empty() { News::Same { name } } else { News::Updated { name, keys } }
}

/// The table of the board of that index, however the list of boards is written.
fn board_table(document: &mut DocumentMut, index: usize) -> Option<&mut dyn TableLike> {
    match document.get_mut("board")? {
        Item::ArrayOfTables(tables) => {
            tables.get_mut(index).map(|table| table as &mut dyn TableLike)
        }
        Item::Value(Value::Array(items)) => match items.get_mut(index)? {
            Value::InlineTable(table) => Some(table),
            _ => None,
        },
        _ => None,
    }
}

/// Sets a key of a table in a board; comments behind an old value stay.
fn set(board: &mut dyn TableLike, table: &str, key: &str, text: &str) {
    if board.get(table).is_none() {
        board.insert(table, value(InlineTable::new()));
    }
    let Some(inner) = board.get_mut(table).and_then(Item::as_table_like_mut) else { return };
    match inner.get_mut(key).and_then(Item::as_value_mut) {
        Some(old) => {
            let decor = old.decor().clone();
            *old = Value::from(text);
            *old.decor_mut() = decor;
        }
        None => drop(inner.insert(key, value(text))),
    }
}

/// `esp32c3-67846c`, by the chip and the end of the MAC; with a number behind it if somebody is called so.
fn new_name(found: &Found, names: &[String]) -> String {
    let digits = found.mac.to_string().replace(':', "");
    let name = format!("{}-{}", found.chip, digits.get(6..).unwrap_or(&digits));
    let numbered = (2..).map(|number| format!("{name}-{number}"));
    std::iter::once(name.clone()).chain(numbered).find(|name| !names.contains(name)).unwrap_or(name)
}

fn append(document: &mut DocumentMut, name: &str, found: &Found) {
    let mut serial = InlineTable::new();
    serial.insert("kind", found.kind.word().into());
    serial.insert("port", found.port.as_str().into());
    let hints = [("path", &found.usb.path), ("serial", &found.usb.serial)];
    let hints = hints.into_iter().filter_map(|(key, hint)| Some((key, hint.as_deref()?)));
    let usb: InlineTable = hints.collect();
    let mut table = Table::new();
    table.insert("name", value(name));
    table.insert("mac", value(found.mac.to_string()));
    table.insert("chip", value(&found.chip));
    if !usb.is_empty() {
        table.insert("usb", value(usb));
    }
    table.insert("serial", value(serial));
    let boards = document.entry("board").or_insert(Item::ArrayOfTables(ArrayOfTables::new()));
    match boards {
        Item::ArrayOfTables(tables) => {
            // A blank line between two boards.
            table.decor_mut().set_prefix(if tables.is_empty() { "" } else { "\n" });
            tables.push(table);
        }
        Item::Value(Value::Array(items)) => items.push(table.into_inline_table()),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::read::read;

    const WRITTEN: &str = "\
# The boards of the left bench.

[[board]]
notes = \"the good one\"        # do not lend out
name = \"shade-3\"
mac = \"84:F7:03:67:84:6C\"
usb = { path = \"1-1.4\" } # hub behind the monitor
labels = [\"motor\"]

# Waits for a new cable.
[[board]]
name = \"signal-1\"
mac = \"7c:df:a1:c2:22:10\"
chip = \"esp32\"
";

    fn found(mac: &str, chip: &str, path: &str, port: &str) -> Found {
        Found {
            port: port.to_owned(),
            mac: Mac::parse(mac).expect("a MAC"),
            chip: chip.to_owned(),
            usb: UsbHints { path: Some(path.to_owned()), serial: None },
            kind: SerialKind::UartBridge,
        }
    }

    fn check(text: &str, found: &[Found]) -> Learned {
        let parsed = read(text);
        assert_eq!(parsed.problems, []);
        let learned = learn(text, &parsed.inventory, found);
        assert_eq!(read(&learned.text).problems, [], "{}", learned.text);
        learned
    }

    #[test]
    fn what_people_wrote_stays_where_and_how_it_was() {
        let moved = found("84:f7:03:67:84:6c", "esp32c3", "1-2.1", "/dev/ttyACM1");
        let new = found("a0:b7:65:01:02:03", "esp32", "1-3", "/dev/ttyUSB0");
        insta::assert_snapshot!(check(WRITTEN, &[moved, new]).text);
    }

    #[test]
    fn learning_the_same_again_changes_nothing() {
        let boards = [
            found("84:f7:03:67:84:6c", "esp32c3", "1-2.1", "/dev/ttyACM1"),
            found("a0:b7:65:01:02:03", "esp32", "1-3", "/dev/ttyUSB0"),
        ];
        let once = check(WRITTEN, &boards);
        let twice = check(&once.text, &boards);
        assert_eq!(twice.text, once.text);
        assert!(
            twice.news.iter().all(|news| matches!(news, News::Same { .. })),
            "{:?}",
            twice.news
        );
    }

    #[test]
    fn a_board_that_says_another_chip_is_left_to_a_person() {
        let learned =
            check(WRITTEN, &[found("7c:df:a1:c2:22:10", "esp32s3", "1-3", "/dev/ttyUSB0")]);
        assert_eq!(learned.text, WRITTEN);
        assert!(matches!(learned.news[..], [News::ChipDiffers { .. }]), "{:?}", learned.news);
    }

    #[test]
    fn an_empty_file_and_a_list_in_one_line_learn_too() {
        let board = found("84:f7:03:67:84:6c", "esp32c3", "1-1", "/dev/ttyACM0");
        let learned = check("", std::slice::from_ref(&board));
        assert_eq!(read(&learned.text).inventory.boards[0].name, "esp32c3-67846c");
        let line = "board = [{ name = \"a\", mac = \"7c:df:a1:c2:22:10\" }]\n";
        let learned = check(line, &[board]);
        assert_eq!(read(&learned.text).inventory.boards.len(), 2, "{}", learned.text);
    }
}
