//! Which boards of a host a run may use, and which of them a case fits on.

#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

use std::fmt;

use super::board::{Inventory, KnownBoard};
use crate::drive::Facts;
use crate::scenario::plan::Plan;
use crate::scenario::problem::nearest;

/// The word for all boards of the inventory.
const ALL: &str = "lab";

/// Names that `--board` has for something else, so that no board can be called so.
pub const RESERVED: &[&str] = &[ALL, "micropython", "process", "sim", "virtual"];

/// Which boards of a host a run may use: those that one of the terms takes, and none that begins with `!` takes away.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Choice(pub Vec<Term>);

/// One term of a choice: words joined by `+`, all of which a board must fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// It takes boards away instead of adding them.
    is_out: bool,
    words: Vec<Word>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Word {
    All,
    Chip(String),
    Label(String),
    Name(String),
}

/// Why a choice cannot be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChoiceError {
    /// Each word fits a board, and no board fits all of them.
    NoBoard {
        /// The choice.
        choice: String,
    },
    /// A word that fits no board.
    Unknown {
        /// The word, as `label:motr`.
        word: String,
        /// What there is, in the same form.
        known: Vec<String>,
        /// The nearest of it.
        nearest: Option<String>,
    },
}

impl fmt::Display for ChoiceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoBoard { choice } => write!(f, "no board of the inventory is `{choice}`"),
            Self::Unknown { word, .. } => match word.split_once(':') {
                Some(("label", label)) => write!(f, "no board has the label `{label}`"),
                Some(("chip", chip)) => write!(f, "no board has the chip `{chip}`"),
                _ if word == ALL => f.write_str("the inventory has no boards"),
                _ => write!(f, "the inventory has no board of the name `{word}`"),
            },
        }
    }
}

impl std::error::Error for ChoiceError {}

impl ChoiceError {
    /// What to do next.
    #[must_use]
    pub fn help(&self) -> String {
        match self {
            Self::NoBoard { .. } => "`shadowrig boards list` shows names, chips and labels".into(),
            Self::Unknown { nearest: Some(near), .. } => format!("did you mean `{near}`?"),
            Self::Unknown { word, known, .. } if known.is_empty() && word.starts_with("label:") => {
                "no board has a label yet; write them in the inventory, as labels = [\"motor\"]"
                    .into()
            }
            Self::Unknown { known, .. } if known.is_empty() => {
                "`shadowrig boards learn` writes the boards that are attached to the inventory"
                    .into()
            }
            Self::Unknown { known, .. } => format!("there are {}", known.join(", ")),
        }
    }
}

impl Term {
    /// Reads `lab`, `label:motor`, `chip:esp32c3`, a name, several joined by `+`, and any of it behind `!`.
    ///
    /// # Errors
    ///
    /// What can be written instead.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (is_out, rest) = text.strip_prefix('!').map_or((false, text), |rest| (true, rest));
        let word = |word: &str| {
            let of = |kind: &str| word.strip_prefix(kind).filter(|value| !value.is_empty());
            match (of("label:"), of("chip:")) {
                (Some(label), _) => Some(Word::Label(label.to_owned())),
                (_, Some(chip)) => Some(Word::Chip(chip.to_owned())),
                _ if word == ALL => Some(Word::All),
                _ => is_name(word).then(|| Word::Name(word.to_owned())),
            }
        };
        let words: Option<Vec<_>> = rest.split('+').map(word).collect();
        words.map(|words| Self { is_out, words }).ok_or_else(|| {
            "boards of the inventory are chosen by name, label:WORD, chip:WORD or lab, joined by `+`, taken away by `!`"
                .into()
        })
    }

    fn takes(&self, board: &KnownBoard) -> bool {
        self.words.iter().all(|word| word.takes(board))
    }
}

impl Word {
    fn takes(&self, board: &KnownBoard) -> bool {
        match self {
            Self::All => true,
            Self::Chip(chip) => board.chip.as_ref() == Some(chip),
            Self::Label(label) => board.labels.contains(label),
            Self::Name(name) => board.name == *name,
        }
    }

    /// All that stands in the inventory in its place.
    fn known(&self, inventory: &Inventory) -> Vec<String> {
        let boards = inventory.boards.iter();
        let mut known: Vec<_> = match self {
            Self::All => Vec::new(),
            Self::Chip(_) => {
                boards.filter_map(|board| Some(format!("chip:{}", board.chip.as_ref()?))).collect()
            }
            Self::Label(_) => boards
                .flat_map(|board| &board.labels)
                .map(|label| format!("label:{label}"))
                .collect(),
            Self::Name(_) => boards.map(|board| board.name.clone()).collect(),
        };
        known.sort();
        known.dedup();
        known
    }

    fn unknown(&self, inventory: &Inventory) -> Option<ChoiceError> {
        if inventory.boards.iter().any(|board| self.takes(board)) {
            return None;
        }
        let (word, known) = (self.to_string(), self.known(inventory));
        // Without the kind, which all of them have in common.
        let bare = |text: &str| text.split_once(':').map_or(text, |(_, bare)| bare).to_owned();
        let bares: Vec<_> = known.iter().map(|known| bare(known)).collect();
        let near = nearest(&bare(&word), bares.iter().map(String::as_str));
        let nearest = near.and_then(|near| known.iter().find(|known| bare(known) == near).cloned());
        Some(ChoiceError::Unknown { word, known, nearest })
    }
}

impl Choice {
    /// The boards that are meant, as indexes into the inventory, in its order.
    ///
    /// # Errors
    ///
    /// A word fits no board, or nothing is left.
    pub fn boards(&self, inventory: &Inventory) -> Result<Vec<usize>, ChoiceError> {
        let words = self.0.iter().flat_map(|term| &term.words);
        if let Some(error) = words.filter_map(|word| word.unknown(inventory)).next() {
            return Err(error);
        }
        let (out, with): (Vec<_>, Vec<_>) = self.0.iter().partition(|term| term.is_out);
        // Where boards are only taken away, they are taken away from all.
        let is_in = |board: &KnownBoard| {
            (with.is_empty() || with.iter().any(|term| term.takes(board)))
                && !out.iter().any(|term| term.takes(board))
        };
        let boards = inventory.boards.iter().enumerate().filter(|(_, board)| is_in(board));
        let boards: Vec<_> = boards.map(|(index, _)| index).collect();
        match boards.is_empty() {
            true => Err(ChoiceError::NoBoard { choice: self.to_string() }),
            false => Ok(boards),
        }
    }
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str(ALL),
            Self::Chip(chip) => write!(f, "chip:{chip}"),
            Self::Label(label) => write!(f, "label:{label}"),
            Self::Name(name) => f.write_str(name),
        }
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<_> = self.words.iter().map(ToString::to_string).collect();
        write!(f, "{}{}", if self.is_out { "!" } else { "" }, words.join("+"))
    }
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let terms: Vec<_> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&terms.join(","))
    }
}

/// Whether a text can be the name of a board: it stands on command lines beside `,`, `+`, `!` and `:`.
#[must_use]
pub fn is_name(text: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    !text.is_empty() && !text.starts_with('-') && text.chars().all(is_part)
}

/// The boards that a case can run on, as indexes into `boards`, in their order; `facts` is what each can do in this run.
///
/// # Errors
///
/// Why none will ever do: what each of them lacks.
pub fn candidates(
    boards: &[&KnownBoard],
    plan: &Plan,
    facts: &dyn Fn(&KnownBoard) -> Facts,
) -> Result<Vec<usize>, String> {
    let mut good = Vec::new();
    let mut reasons: Vec<String> = Vec::new();
    for (index, board) in boards.iter().enumerate() {
        match lacks(board, plan, &facts(board)) {
            None => good.push(index),
            Some(reason) if !reasons.contains(&reason) => reasons.push(reason),
            Some(_) => {}
        }
    }
    match (good.is_empty(), reasons.as_slice()) {
        (false, _) => Ok(good),
        (true, [only]) => Err(only.clone()),
        (true, reasons) => Err(format!("no board will do: {}", reasons.join("; "))),
    }
}

/// What a board lacks for a case; `None` if it will do.
#[must_use]
pub fn lacks(board: &KnownBoard, plan: &Plan, facts: &Facts) -> Option<String> {
    let name = &board.name;
    let needs = &plan.board;
    if let Some(reason) = facts.misses(plan) {
        return Some(reason);
    }
    if facts.chip.is_none() && !needs.chips.is_empty() {
        let wanted = needs.chips.join(" or ");
        return Some(format!(
            "the case wants a board with {wanted}, and the chip of {name} was not learned yet"
        ));
    }
    if let Some(label) = needs.labels.iter().find(|label| !board.labels.contains(label)) {
        return Some(format!("the case wants the label `{label}`, which {name} does not have"));
    }
    let family = needs.same.as_ref()?;
    let prefix = format!("{family}:");
    let belongs = board.labels.iter().any(|label| label.starts_with(&prefix));
    (!belongs).then(|| format!("the case wants a label `{family}:...`, and {name} has none"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::read::read;
    use crate::scenario;

    const HOST: &str = r#"
        [[board]]
        name = "a"
        mac = "84:f7:03:67:84:01"
        chip = "esp32c3"
        labels = ["motor", "rig:left"]
        [[board]]
        name = "b"
        mac = "84:f7:03:67:84:02"
        chip = "esp32"
        labels = ["slow", "motor"]
        power = { switch = "uhubctl", hub = "1-1", port = 4 }
        [[board]]
        name = "c"
        mac = "84:f7:03:67:84:03"
    "#;

    fn host() -> Inventory {
        let read = read(HOST);
        assert_eq!(read.problems, []);
        read.inventory
    }

    fn chosen(text: &str) -> Result<String, ChoiceError> {
        let terms: Result<Vec<_>, _> = text.split(',').map(Term::parse).collect();
        let choice = Choice(terms.expect("the terms can be read"));
        assert_eq!(choice.to_string(), text, "it is shown as it was written");
        let host = host();
        let boards = choice.boards(&host)?;
        Ok(boards.into_iter().map(|index| host.boards[index].name.as_str()).collect())
    }

    #[test]
    fn a_choice_takes_names_labels_and_chips() {
        let check = |text: &str, expected: &str| {
            assert_eq!(chosen(text).as_deref(), Ok(expected), "{text}");
        };
        check("lab", "abc");
        check("b", "b");
        check("c,a", "ac");
        check("label:motor", "ab");
        check("label:rig:left", "a");
        check("chip:esp32,c", "bc");
        check("label:motor+chip:esp32", "b");
        check("label:motor,!label:slow", "a");
        check("!b", "ac");
    }

    #[test]
    fn a_choice_that_takes_nothing_says_what_there_is() {
        let check = |text: &str, expected: &str| {
            let error = chosen(text).expect_err(text);
            assert_eq!(format!("{error}; {}", error.help()), expected);
        };
        check("label:motr", "no board has the label `motr`; did you mean `label:motor`?");
        check("chip:rp2040", "no board has the chip `rp2040`; there are chip:esp32, chip:esp32c3");
        check("zz", "the inventory has no board of the name `zz`; there are a, b, c");
        let none = "`shadowrig boards list` shows names, chips and labels";
        check("a,!lab", &format!("no board of the inventory is `a,!lab`; {none}"));
        let empty = Choice(vec![Term::parse("lab").expect("a term")]);
        let error = empty.boards(&Inventory::default()).expect_err("there are none");
        assert_eq!(error.to_string(), "the inventory has no boards");
    }

    #[test]
    fn what_is_no_term_is_refused() {
        for text in ["", "!", "a b", "label:", "a++b", "--board", "rfc2217://x"] {
            assert!(Term::parse(text).is_err(), "{text}");
        }
    }

    fn check(board: &str, expected: Result<&str, &str>) {
        let text =
            format!("version: 1\nname: x\nboard: {board}\nsteps: [expect-request: GET shadow]\n");
        let parsed = scenario::parse_with(&text, "x.yaml", &mut |_| Err("none".into()));
        let plan = parsed.plans.first().expect("the scenario can be read");
        let host = host();
        let boards: Vec<_> = host.boards.iter().collect();
        let found = candidates(&boards, plan, &KnownBoard::facts);
        let names =
            found.map(|found| found.into_iter().map(|at| boards[at].name.as_str()).collect());
        assert_eq!(names, expected.map(str::to_owned).map_err(str::to_owned), "{board}");
    }

    #[test]
    fn a_case_finds_the_boards_that_have_what_it_needs() {
        check("{}", Ok("abc"));
        check("{ chip: [esp32, esp32s2] }", Ok("b"));
        check("{ needs: [power-switch] }", Ok("b"));
        check("{ labels: [slow] }", Ok("b"));
        check("{ labels: [motor] }", Ok("ab"));
        check("{ same: rig }", Ok("a"));
    }

    #[test]
    fn what_cannot_be_met_is_told_board_by_board() {
        let reason = "no board will do: the case needs `power-switch`, which a does not have; \
                      the case wants a board with esp32c3; b has esp32; \
                      the case needs `power-switch`, which c does not have";
        check("{ chip: esp32c3, needs: [power-switch] }", Err(reason));
        let reason = "no board will do: the case wants a board with esp32s3; a has esp32c3; \
                      the case wants a board with esp32s3; b has esp32; \
                      the case wants a board with esp32s3, and the chip of c was not learned yet";
        check("{ chip: esp32s3 }", Err(reason));
    }
}
