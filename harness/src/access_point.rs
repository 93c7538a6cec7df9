//! An access point that obeys a command of this host, so that a board's radio link can be taken away.

use std::time::Duration;

use crate::engine::ActionError;
use crate::program;

/// How long the command may take.
pub const COMMAND_WITHIN: Duration = Duration::from_secs(10);

/// What an access point is asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// To throw the board out; it may join again at once.
    Deauth,
    /// To be gone, until it is restored.
    Drop,
    /// To be there as always. Asked for in the beginning, too, as a run that was killed may have left it gone.
    Restore,
}

impl Order {
    /// The word that the command gets.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Deauth => "deauth",
            Self::Drop => "drop",
            Self::Restore => "restore",
        }
    }

    const fn what(self) -> &'static str {
        match self {
            Self::Deauth => "throw the board out of its network",
            Self::Drop => "take the network away",
            Self::Restore => "bring the network back",
        }
    }
}

/// Whose link it is, as the command is told by its environment; what is not known is left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Station {
    /// `SHADOWRIG_BOARD`: what people call the board.
    pub board: String,
    /// `SHADOWRIG_MAC`: the MAC in its fuses, which is that of its radio as a station.
    pub mac: Option<String>,
    /// `SHADOWRIG_WIFI_SSID`: the network that it was told.
    pub ssid: Option<String>,
}

/// An access point behind a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessPoint {
    words: Vec<String>,
    station: Station,
}

impl AccessPoint {
    /// The access point of a board behind a command, a program with its arguments; none if the command is empty. The word of each
    /// order is added as the last argument. It is to end with 0 when that is done, within [`COMMAND_WITHIN`].
    #[must_use]
    pub fn new(command: &str, station: Station) -> Option<Self> {
        let words: Vec<_> = command.split_whitespace().map(str::to_owned).collect();
        (!words.is_empty()).then_some(Self { words, station })
    }

    /// Has it done; blocks until it is, or cannot be.
    ///
    /// # Errors
    ///
    /// The command is not there, ends otherwise than with 0, or takes too long. Nobody knows how the network is then.
    pub fn obey(&self, order: Order) -> Result<(), ActionError> {
        let (program, arguments) =
            self.words.split_first().map_or(("", &[][..]), |(first, rest)| (first.as_str(), rest));
        let mut arguments = arguments.to_vec();
        arguments.push(order.word().to_owned());
        let Station { board, mac, ssid } = self.station.clone();
        let known = [("SHADOWRIG_MAC", mac), ("SHADOWRIG_WIFI_SSID", ssid)];
        let known = known.into_iter().filter_map(|(name, value)| Some((name, value?)));
        let environment: Vec<_> =
            std::iter::once(("SHADOWRIG_BOARD", board)).chain(known).collect();
        let done = program::run(program, &arguments, &environment, COMMAND_WITHIN);
        done.map(drop).map_err(|error| {
            let what = format!("{} by `{}`", order.what(), self.command(order));
            ActionError::new(what, error.to_string()).help(
                "try by hand the command of --access-point, or of `access-point` in the inventory",
            )
        })
    }

    /// The command for an order, as a person would type it.
    #[must_use]
    pub fn command(&self, order: Order) -> String {
        format!("{} {}", self.words.join(" "), order.word())
    }
}
