//! A USB hub whose ports have switches, by the program `uhubctl`.

use std::time::Duration;

use super::{Power, PowerError, Supply, answers};
use crate::program;

/// How long the program may take: it waits for the hub, and tries again where one is slow.
const WITHIN: Duration = Duration::from_secs(10);

/// One port of a hub.
#[derive(Debug, Clone)]
pub struct UhubctlSwitch {
    program: String,
    hub: String,
    port: u8,
}

impl UhubctlSwitch {
    /// A port of a hub, switched by that program.
    #[must_use]
    pub fn new(program: &str, hub: &str, port: u8) -> Self {
        Self { program: program.to_owned(), hub: hub.to_owned(), port }
    }
}

impl Power for UhubctlSwitch {
    fn name(&self) -> String {
        format!("uhubctl {} port {}", self.hub, self.port)
    }

    fn switch(&mut self, to: Supply) -> Result<(), PowerError> {
        let action = match to {
            Supply::Off => "off",
            Supply::On => "on",
        };
        let port = self.port.to_string();
        let arguments = ["-l", &self.hub, "-p", &port, "-a", action].map(str::to_owned);
        let text = program::run(&self.program, &arguments, &[], WITHIN)?;
        answers::uhubctl(&text, &self.hub, self.port, to)
    }

    fn longest(&self) -> Duration {
        WITHIN
    }
}
