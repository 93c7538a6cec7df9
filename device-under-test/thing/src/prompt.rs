//! What a person types on the console of a device that is awake: a line is a command. Asleep it hears nothing, as the
//! serial port of a chip in deep sleep does.

use crate::console;
use crate::limits::COMMAND_BYTES_MAX;
use crate::text::Text;
use crate::thing::{Phase, Thing, Turn};

/// A line that is being typed. Gone with the wake, as all that is not kept.
#[derive(Clone, Debug)]
pub(crate) struct Prompt {
    line: Text<COMMAND_BYTES_MAX>,
}

impl Prompt {
    pub(crate) const fn new() -> Self {
        Self { line: Text::new() }
    }
}

impl Thing {
    /// Takes in bytes, cut anywhere, and answers each line that they end.
    pub(crate) fn typed(&mut self, turn: &mut Turn<'_>, bytes: &[u8]) {
        if self.phase == Phase::Asleep {
            return;
        }
        for byte in bytes {
            match byte {
                b'\r' | b'\n' => {
                    let line = core::mem::replace(&mut self.prompt, Prompt::new()).line;
                    self.command(turn, &line);
                }
                // What is no ASCII is no command, and is shown as the rest of the console shows it.
                byte if byte.is_ascii() => self.prompt.line.push_char(char::from(*byte)),
                _ => self.prompt.line.push_char('?'),
            }
        }
    }

    fn command(&self, turn: &mut Turn<'_>, line: &Text<COMMAND_BYTES_MAX>) {
        let command = line.as_str().trim_ascii();
        let status = self.state.as_ref().map(|state| &state.status);
        let line = match (command, status) {
            // Terminals end a line by two characters, and people press the key to see whether anybody is there.
            ("", _) => return,
            (command, _) if line.is_cut() => console::unknown_command(command),
            ("help", _) => console::commands(),
            ("status", Some(status)) if !status.is_empty() => console::status(status),
            ("status", _) => console::no_status(),
            (command, _) => console::unknown_command(command),
        };
        turn.print(&line);
    }
}

#[cfg(test)]
mod tests {
    use crate::{Config, Input, Instant, Lent, Output, SIGNAL, Thing, WakeCause, Workspace};

    const CONFIG: Config<'_> = Config {
        thing_name: "id-1",
        shadow_name: None,
        host: "127.0.0.1:8080",
        region: "us-east-1",
        access_key_id: "AKIDEXAMPLE",
        secret_access_key: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
        session_token: None,
    };

    /// What each of these inputs makes a thing print, one after another.
    fn printed(inputs: &[Input<'_>]) -> Vec<Vec<String>> {
        let mut thing = Thing::new(&SIGNAL);
        let mut workspace = Box::new(Workspace::new());
        let tell = |input: &Input<'_>| {
            let mut lines = Vec::new();
            let lent = Lent { config: &CONFIG, workspace: &mut workspace };
            thing.handle(lent, Instant(1), *input, &mut |output| {
                if let Output::Console(line) = output {
                    lines.push(line.to_owned());
                }
            });
            lines
        };
        inputs.iter().map(tell).collect()
    }

    /// The answers of an awake thing to what is typed, a piece at a time.
    fn check(typed: &[&[u8]], expected: &[&str]) {
        let wake = Input::Wake { cause: WakeCause::PowerOn, state: &[] };
        let inputs: Vec<_> =
            [wake].into_iter().chain(typed.iter().map(|typed| Input::Typed(typed))).collect();
        let answers: Vec<_> = printed(&inputs).split_off(1).concat();
        assert_eq!(answers, expected, "{typed:?}");
    }

    #[test]
    fn each_line_that_is_typed_is_answered() {
        check(&[b"help\n"], &["commands: help, status"]);
        check(&[b"status\r\n"], &["status: none"]);
        check(&[b"sta", b"", b"tus", b"\r"], &["status: none"]);
        check(&[b"\r\n\n  \n"], &[]);
        check(&[b" help \nstatus\nhel"], &["commands: help, status", "status: none"]);
        check(&[b"HELP\n"], &["unknown command: HELP; there are help, status"]);
        check(&[b"st\xc3\xa4t\x07\n"], &["unknown command: st??t?; there are help, status"]);
    }

    #[test]
    fn a_line_that_is_too_long_is_no_command() {
        let mut line = b"help".to_vec();
        line.resize(1000, b' ');
        line.extend(b"x\nhelp\n");
        check(
            &[&line],
            &["unknown command: help; there are help, status", "commands: help, status"],
        );
    }

    #[test]
    fn what_is_to_be_reported_is_told() {
        let typed = Input::Typed(b"status\n");
        // A test that it does not know is refused by a status.
        let answer: &[u8] =
            b"HTTP/1.1 200 OK\r\n\r\n{\"state\":{\"desired\":{\"test\":\"nonsense\"}}}";
        let seen = printed(&[
            Input::Wake { cause: WakeCause::PowerOn, state: &[] },
            Input::NetworkUp,
            Input::Time { unix_ms: 1_556_454_896_000 },
            Input::Connected,
            Input::Received(answer),
            Input::Closed,
            typed,
        ]);
        let status = seen[5].iter().find(|line| line.starts_with("status: ")).expect("it refuses");
        assert_eq!(seen[6], [status.as_str()]);
    }

    #[test]
    fn a_thing_that_sleeps_hears_nothing_and_what_was_half_typed_is_gone() {
        let wake = Input::Wake { cause: WakeCause::Timer, state: &[] };
        let inputs =
            [Input::Typed(b"help\nhelp"), wake, Input::Typed(b"st"), wake, Input::Typed(b"atus\n")];
        let seen = printed(&inputs);
        assert!(seen[0].is_empty() && seen[2].is_empty(), "{seen:?}");
        assert_eq!(seen[4], ["unknown command: atus; there are help, status"]);
    }
}
