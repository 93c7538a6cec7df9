//! What switches the supply of a board: one trait, one file a kind of switch.

mod supply;

mod answers;
mod command;
mod held;
mod plug;
mod relay;
mod uhubctl;
mod virtual_board;

pub use command::CommandSwitch;
pub use held::HeldCommand;
pub use plug::{Plug, PlugKind};
pub use relay::RelaySwitch;
pub use supply::{Power, PowerError, Supply, open};
pub use uhubctl::UhubctlSwitch;
pub use virtual_board::VirtualSwitch;
