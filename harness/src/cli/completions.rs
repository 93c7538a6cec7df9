//! `completions`: what makes a shell complete the words of this program.

use std::io::{self, Write};

use clap::Command;
use clap::builder::PossibleValuesParser;

use super::{Terminal, exit};
use crate::fleet::profile::PROFILES;

/// Words that arguments take beside others, for a shell to offer: boards of the inventory, ports and paths are known to nobody here.
const OFFERED: &[(&str, &[&str])] = &[
    (
        "board",
        &[
            "sim",
            "process",
            "virtual",
            "virtual:esp32",
            "virtual:esp32c3",
            "virtual:esp32s3",
            "virtual:esp8266",
            "emulated",
            "external",
            "lab",
            "micropython:",
            "probe:",
            "/dev/ttyUSB0",
            "/dev/ttyACM0",
        ],
    ),
    ("cloud", &["fake", "aws"]),
    ("report", &["junit=", "json=", "html=", "tap=", "github=-"]),
];

/// Prints it.
pub(super) fn completions<W: Write, E: Write>(
    shell: clap_complete::Shell,
    command: Command,
    terminal: &mut Terminal<'_, W, E>,
) -> io::Result<u8> {
    // Made in memory first: the library takes a writer that fails for a bug, and a closed pipe is none.
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut offering(command), "shadowrig", &mut text);
    terminal.out.write_all(&text)?;
    Ok(exit::PASSED)
}

/// The same command line, whose arguments name words to offer where they take any.
fn offering(mut command: Command) -> Command {
    let mut offered: Vec<(&str, Vec<&'static str>)> =
        OFFERED.iter().map(|(id, words)| (*id, words.to_vec())).collect();
    if command.get_name() == "simulate" {
        offered.push(("profile", PROFILES.iter().map(|(name, _)| *name).collect()));
    }
    for (id, words) in offered {
        let takes_any = command
            .get_arguments()
            .any(|argument| argument.get_id() == id && argument.get_possible_values().is_empty());
        if takes_any {
            command = command.mut_arg(id, |argument| {
                argument.value_parser(PossibleValuesParser::new(words)).default_value(None)
            });
        }
    }
    let names: Vec<_> =
        command.get_subcommands().map(|inner| inner.get_name().to_owned()).collect();
    names.into_iter().fold(command, |command, name| command.mut_subcommand(name, offering))
}
