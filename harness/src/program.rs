//! Runs a program of the host that must end in time.

use std::io::Read;
use std::process::{Command, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Why a program did not do what it was run for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ProgramError {
    /// It ended with something else than 0, or was lost; in its own words.
    Failed {
        /// What it said.
        said: String,
    },
    /// It cannot be started.
    Missing {
        /// Which.
        at: String,
        /// Why.
        why: String,
    },
    /// It took too long, and was ended.
    Slow {
        /// How long it was given.
        within: Duration,
    },
}

impl std::fmt::Display for ProgramError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Failed { said } => f.write_str(said),
            Self::Missing { at, why } => write!(f, "{at} is not there: {why}"),
            Self::Slow { within } => {
                write!(f, "it did not end within {}", crate::time::span(*within))
            }
        }
    }
}

/// How often a program is asked whether it has ended.
const END_POLL: Duration = Duration::from_millis(5);

/// The most bytes of its words that are kept.
const WORDS_BYTES_MAX: u64 = 16 * 1024;

/// Runs a program to its end, with these variables beside those of the rig; returns what it wrote on standard output.
pub(crate) fn run(
    program: &str,
    arguments: &[String],
    environment: &[(&str, String)],
    within: Duration,
) -> Result<String, ProgramError> {
    let mut child = Command::new(program)
        .args(arguments)
        .envs(environment.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| ProgramError::Missing {
            at: format!("the program {program}"),
            why: error.to_string(),
        })?;
    let out = child.stdout.take().map(listen);
    let err = child.stderr.take().map(listen);
    let began = Instant::now();
    let lost = |error: std::io::Error| ProgramError::Failed { said: error.to_string() };
    let status = loop {
        if let Some(status) = child.try_wait().map_err(lost)? {
            break status;
        }
        if began.elapsed() >= within {
            // It may have ended in this moment; then there is nobody to end.
            let _ = child.kill();
            let _ = child.wait();
            return Err(ProgramError::Slow { within });
        }
        std::thread::sleep(END_POLL);
    };
    let out = words(out);
    if status.success() {
        return Ok(out);
    }
    let err = words(err);
    let said = if err.trim().is_empty() { out } else { err };
    let said = said.trim().lines().next_back().unwrap_or_default();
    Err(ProgramError::Failed { said: format!("{program} ended with {status}: {said}") })
}

fn listen(pipe: impl Read + Send + 'static) -> JoinHandle<String> {
    std::thread::spawn(move || {
        let mut text = Vec::new();
        // What cannot be read is not told; the exit code decides.
        let _ = pipe.take(WORDS_BYTES_MAX).read_to_end(&mut text);
        String::from_utf8_lossy(&text).into_owned()
    })
}

fn words(reader: Option<JoinHandle<String>>) -> String {
    reader.and_then(|reader| reader.join().ok()).unwrap_or_default()
}
