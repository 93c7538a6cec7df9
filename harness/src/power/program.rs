//! Runs a program of the host that must end in time.

use std::io::Read;
use std::process::{Command, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::PowerError;

/// How often a program is asked whether it has ended.
const END_POLL: Duration = Duration::from_millis(5);

/// The most bytes of its words that are kept.
const WORDS_BYTES_MAX: u64 = 16 * 1024;

/// Runs a program to its end; returns what it wrote on standard output.
pub(super) fn run(
    program: &str,
    arguments: &[String],
    within: Duration,
) -> Result<String, PowerError> {
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| PowerError::Unreachable {
            at: format!("the program {program}"),
            why: error.to_string(),
        })?;
    let out = child.stdout.take().map(listen);
    let err = child.stderr.take().map(listen);
    let began = Instant::now();
    let lost = |error: std::io::Error| PowerError::Refused { said: error.to_string() };
    let status = loop {
        if let Some(status) = child.try_wait().map_err(lost)? {
            break status;
        }
        if began.elapsed() >= within {
            // It may have ended in this moment; then there is nobody to end.
            let _ = child.kill();
            let _ = child.wait();
            return Err(PowerError::Slow { within });
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
    Err(PowerError::Refused { said: format!("{program} ended with {status}: {said}") })
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
