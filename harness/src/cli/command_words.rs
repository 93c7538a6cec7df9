//! A command as one word of the command line.

/// A command cut into words.
#[derive(Debug, Clone)]
pub(super) struct Words {
    /// The words.
    pub(super) words: Vec<String>,
    /// The command as it was typed.
    pub(super) text: String,
}

/// Words apart by blanks; quotes keep blanks together.
pub(super) fn parse_command(text: &str) -> Result<Words, String> {
    let mut words = vec![String::new()];
    let mut quote = None;
    for c in text.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None, ' ') => words.push(String::new()),
            (_, c) => {
                if let Some(word) = words.last_mut() {
                    word.push(c);
                }
            }
        }
    }
    words.retain(|word| !word.is_empty());
    match (quote, words.is_empty()) {
        (Some(open), _) => Err(format!("the {open} is not closed")),
        (None, true) => Err("no program is named".into()),
        (None, false) => Ok(Words { words, text: text.to_owned() }),
    }
}
