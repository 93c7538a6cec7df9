//! Programs on the machine of the rig, for the verb `run`.

use std::io::Read;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::engine::action::CommandOrder;
use crate::engine::{ActionError, Event};

/// How often a program is asked whether it has ended.
const END_POLL: Duration = Duration::from_millis(5);

/// The most output that is kept of a program, in bytes.
const OUTPUT_BYTES_MAX: u64 = 64 * 1024;

/// Runs a program to its end, or to the end of its time; its standard input is empty.
///
/// # Errors
///
/// That it cannot be started, or that it was killed because its time was over.
pub fn run(order: &CommandOrder) -> Result<Vec<Event>, ActionError> {
    let Some((program, arguments)) = order.words.split_first() else {
        return Err(ActionError::new("run a program", "none is named"));
    };
    let failed = |error: std::io::Error| {
        ActionError::new(format!("run {program}"), error.to_string())
            .help("is the program there, and may it be run?")
    };
    let (mut reader, writer) = std::io::pipe().map_err(failed)?;
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(writer.try_clone().map_err(failed)?)
        .stderr(writer)
        .spawn()
        .map_err(failed)?;
    let output = std::thread::spawn(move || {
        let mut kept = Vec::new();
        let _until_it_ends = reader.by_ref().take(OUTPUT_BYTES_MAX).read_to_end(&mut kept);
        // What is too much is read and dropped, so that the program does not wait for a reader.
        let _until_it_ends = std::io::copy(&mut reader, &mut std::io::sink());
        kept
    });
    let began = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().map_err(failed)? {
            break status;
        }
        if began.elapsed() >= order.limit {
            let _ended_already = child.kill();
            let _ended = child.wait();
            let limit = crate::time::span(order.limit);
            let why = format!("it still ran after {limit}, and was killed");
            return Err(ActionError::new(format!("run {program}"), why)
                .help("give it more time by `within` beside `run`"));
        }
        std::thread::sleep(END_POLL);
    };
    // A program that it left behind may hold the pipe; what it writes is not waited for.
    let grace = Instant::now();
    while !output.is_finished() && grace.elapsed() < Duration::from_millis(200) {
        std::thread::sleep(END_POLL);
    }
    let output = if output.is_finished() { output.join().unwrap_or_default() } else { Vec::new() };
    let command = order.words.join(" ");
    let output = String::from_utf8_lossy(&output).into_owned();
    Ok(vec![Event::Command { command, exit: status.code(), output }])
}
