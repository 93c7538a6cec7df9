//! A crash of the firmware, as its console told it.

use serde::{Deserialize, Serialize};

/// A crash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Crash {
    /// What the firmware said, in one line.
    pub reason: String,
    /// Where it was, innermost first; empty where the console does not say.
    pub frames: Vec<Frame>,
    /// What would tell more, as that no ELF is known.
    pub hint: Option<String>,
}

/// A place in the firmware.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Frame {
    /// The address, where there is one.
    pub address: Option<u64>,
    /// The function.
    pub function: Option<String>,
    /// File and line, as `src/main.rs:12`.
    pub place: Option<String>,
    /// Whether it was only found on the stack, so that it may be of a call that is over.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_guess: bool,
}

impl Crash {
    /// Every text of it, for whoever must change one.
    pub fn texts_mut(&mut self) -> Vec<&mut String> {
        let frames =
            self.frames.iter_mut().flat_map(|frame| [&mut frame.function, &mut frame.place]);
        let others = frames.chain([&mut self.hint]).flatten();
        std::iter::once(&mut self.reason).chain(others).collect()
    }

    /// The crash in one line: its reason, and the innermost place that has a name.
    #[must_use]
    pub fn words(&self) -> String {
        let named =
            self.frames.iter().find(|frame| frame.function.is_some() || frame.place.is_some());
        named.map_or_else(
            || self.reason.clone(),
            |frame| format!("{}, in {}", self.reason, frame.words()),
        )
    }

    /// The crash in full, a line a frame.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let mut lines = vec![self.reason.clone()];
        lines.extend(self.frames.iter().map(|frame| format!("  {}", frame.words_with_address())));
        lines.extend(self.hint.as_ref().map(|hint| format!("help: {hint}")));
        lines
    }
}

impl Frame {
    fn words(&self) -> String {
        let place = self.place.as_deref();
        match (self.function.as_deref(), place) {
            (Some(function), Some(place)) => format!("{function} at {place}"),
            (Some(name), None) | (None, Some(name)) => name.to_owned(),
            (None, None) => {
                self.address.map_or_else(String::new, |address| format!("{address:#010x}"))
            }
        }
    }

    fn words_with_address(&self) -> String {
        let guess = if self.is_guess { " (found on the stack)" } else { "" };
        match self.address {
            Some(address) if self.function.is_none() && self.place.is_none() => {
                format!("{address:#010x}{guess}")
            }
            Some(address) => format!("{address:#010x}  {}{guess}", self.words()),
            None => format!("{}{guess}", self.words()),
        }
    }
}
