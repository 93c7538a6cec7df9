//! `shadowrig schema`: the JSON schema of the scenario format.

use std::io::{self, Write};

use super::{Terminal, exit};
use crate::scenario::{reference::reference, schema as made};

/// Prints the schema, or the reference page that is made from the same tables; returns the exit code.
pub(super) fn schema<W: Write, E: Write>(
    markdown: bool,
    terminal: &mut Terminal<'_, W, E>,
) -> io::Result<u8> {
    if markdown {
        write!(terminal.out, "{}", reference())?;
        return Ok(exit::PASSED);
    }
    let text = serde_json::to_string_pretty(&made::schema())?;
    writeln!(terminal.out, "{text}")?;
    Ok(exit::PASSED)
}
