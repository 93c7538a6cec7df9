//! `shadowrig schema`: the JSON schema of the scenario format.

use std::io::{self, Write};

use super::{Terminal, exit};
use crate::scenario::schema as made;

/// Prints the schema; returns the exit code.
pub(super) fn schema<W: Write, E: Write>(terminal: &mut Terminal<'_, W, E>) -> io::Result<u8> {
    let text = serde_json::to_string_pretty(&made::schema())?;
    writeln!(terminal.out, "{text}")?;
    Ok(exit::PASSED)
}
