//! Two commands of the host: for every switch that is not known here.

use std::time::Duration;

use super::{Power, PowerError, Supply};
use crate::program;

/// Two commands that cut and restore.
#[derive(Debug, Clone)]
pub struct CommandSwitch {
    cut: Vec<String>,
    restore: Vec<String>,
    within: Duration,
}

impl CommandSwitch {
    /// A switch by two commands, each a program with its arguments, that end within a time with exit code 0.
    #[must_use]
    pub const fn new(cut: Vec<String>, restore: Vec<String>, within: Duration) -> Self {
        Self { cut, restore, within }
    }
}

impl Power for CommandSwitch {
    fn name(&self) -> String {
        format!("the command {}", self.cut.first().map_or("", String::as_str))
    }

    fn switch(&mut self, to: Supply) -> Result<(), PowerError> {
        let words = match to {
            Supply::Off => &self.cut,
            Supply::On => &self.restore,
        };
        let Some((name, arguments)) = words.split_first() else {
            return Err(PowerError::Refused { said: "no command is named".into() });
        };
        Ok(program::run(name, arguments, &[], self.within).map(drop)?)
    }

    fn longest(&self) -> Duration {
        self.within
    }
}
