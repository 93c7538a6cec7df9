//! What a case needs, matched to the boards of a host.

#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

use super::board::{Inventory, KnownBoard};
use crate::scenario::plan::BoardNeeds;

/// Which boards of a host a run may use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// Those that have all of the first labels and none of the second; all where there are no labels.
    Any {
        /// Labels that a board must have.
        with: Vec<String>,
        /// Labels that it must not have.
        without: Vec<String>,
    },
    /// The one of that name.
    Named(String),
}

impl Choice {
    /// Reads `any`, `any:motor`, `any:motor,!slow`; any other text is a name.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let Some(labels) = text.strip_prefix("any:").or((text == "any").then_some("")) else {
            return Self::Named(text.to_owned());
        };
        let labels = labels.split(',').map(str::trim).filter(|label| !label.is_empty());
        let (without, with): (Vec<_>, Vec<_>) = labels.partition(|label| label.starts_with('!'));
        Self::Any {
            with: with.into_iter().map(str::to_owned).collect(),
            without: without.into_iter().map(|label| label[1..].to_owned()).collect(),
        }
    }

    /// Whether a board is meant.
    #[must_use]
    pub fn takes(&self, board: &KnownBoard) -> bool {
        let has = |label: &String| board.labels.contains(label);
        match self {
            Self::Any { with, without } => with.iter().all(has) && !without.iter().any(has),
            Self::Named(name) => board.name == *name,
        }
    }
}

/// The boards that a case can run on, as indexes into the inventory, in its order.
///
/// # Errors
///
/// Why none will ever do: what each board of the choice lacks.
pub fn candidates(
    inventory: &Inventory,
    choice: &Choice,
    needs: &BoardNeeds,
) -> Result<Vec<usize>, String> {
    let chosen = inventory.boards.iter().enumerate().filter(|(_, board)| choice.takes(board));
    let mut good = Vec::new();
    let mut reasons = Vec::new();
    for (index, board) in chosen {
        match lacks(board, needs) {
            None => good.push(index),
            Some(reason) => reasons.push(format!("{} {reason}", board.name)),
        }
    }
    match (good.is_empty(), reasons.is_empty()) {
        (false, _) => Ok(good),
        (true, true) => Err("no board of the inventory is among those that `--board` names".into()),
        (true, false) => Err(format!("no board will do: {}", reasons.join("; "))),
    }
}

/// What a board lacks for a case; `None` if it will do.
#[must_use]
pub fn lacks(board: &KnownBoard, needs: &BoardNeeds) -> Option<String> {
    if !needs.chips.is_empty()
        && !board.chip.as_ref().is_some_and(|chip| needs.chips.contains(chip))
    {
        let has = board.chip.as_deref().unwrap_or("a chip that was not learned yet");
        return Some(format!("has {has}, not {}", needs.chips.join(" or ")));
    }
    let can = board.can();
    if let Some(need) = needs.needs.iter().find(|need| !can.contains(&need.as_str())) {
        return Some(format!("has no `{need}`"));
    }
    if let Some(label) = needs.labels.iter().find(|label| !board.labels.contains(label)) {
        return Some(format!("lacks the label `{label}`"));
    }
    let family = needs.same.as_ref()?;
    let prefix = format!("{family}:");
    let belongs = board.labels.iter().any(|label| label.starts_with(&prefix));
    (!belongs).then(|| format!("has no label `{family}:...`"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::read::read;

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
    "#;

    fn check(choice: &str, needs: &BoardNeeds, expected: Result<&[usize], &str>) {
        let read = read(HOST);
        assert_eq!(read.problems, []);
        let found = candidates(&read.inventory, &Choice::parse(choice), needs);
        let expected = expected.map(<[usize]>::to_vec).map_err(str::to_owned);
        assert_eq!(found, expected, "{choice} {needs:?}");
    }

    fn words(words: &[&str]) -> Vec<String> {
        words.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_choice_takes_names_and_labels() {
        let anything = BoardNeeds::default();
        check("any", &anything, Ok(&[0, 1]));
        check("any:motor", &anything, Ok(&[0, 1]));
        check("any:motor,!slow", &anything, Ok(&[0]));
        check("b", &anything, Ok(&[1]));
        let none = "no board of the inventory is among those that `--board` names";
        check("any:lamp", &anything, Err(none));
    }

    #[test]
    fn a_case_finds_the_boards_that_have_what_it_needs() {
        let chip = BoardNeeds { chips: words(&["esp32", "esp32s2"]), ..BoardNeeds::default() };
        check("any", &chip, Ok(&[1]));
        let power = BoardNeeds { needs: words(&["power-switch"]), ..BoardNeeds::default() };
        check("any", &power, Ok(&[1]));
        let label = BoardNeeds { labels: words(&["slow"]), ..BoardNeeds::default() };
        check("any", &label, Ok(&[1]));
        let same = BoardNeeds { same: Some("rig".into()), ..BoardNeeds::default() };
        check("any", &same, Ok(&[0]));
    }

    #[test]
    fn what_cannot_be_met_is_told_board_by_board() {
        let needs = BoardNeeds {
            chips: words(&["esp32c3"]),
            needs: words(&["power-switch"]),
            ..BoardNeeds::default()
        };
        let reason = "no board will do: a has no `power-switch`; b has esp32, not esp32c3";
        check("any", &needs, Err(reason));
    }
}
