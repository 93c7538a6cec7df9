//! The token on the command line.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

struct Running {
    child: Child,
    port: String,
}

fn program(listen: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fake-shadow"));
    command.env_clear().stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.args(["--listen", listen, "--credential", "A:hush", "--remote-control"]);
    command
}

impl Running {
    fn start(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let port = line.trim().rsplit_once(':').unwrap().1.to_owned();
        Self { child, port }
    }

    /// The status of the list of things, asked for with a token.
    fn status(&self, token: &str) -> u16 {
        let mut stream = TcpStream::connect(format!("127.0.0.1:{}", self.port)).unwrap();
        let request =
            format!("GET /_shadowrig/things HTTP/1.0\r\nAuthorization: Bearer {token}\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer.split(' ').nth(1).unwrap().parse().unwrap()
    }

    fn end(mut self) -> String {
        self.child.kill().unwrap();
        let output = self.child.wait_with_output().unwrap();
        String::from_utf8(output.stderr).unwrap()
    }
}

#[test]
fn beyond_this_machine_a_token_is_made_and_printed_once() {
    let mut running = Running::start(program("0.0.0.0:0"));
    let mut note = String::new();
    BufReader::new(running.child.stderr.as_mut().unwrap()).read_line(&mut note).unwrap();
    let (_, token) = note.split_once("want the token ").unwrap();
    let (token, _) = token.split_once(':').unwrap();
    assert!(note.contains(&format!(":{}/?token={token} once", running.port)), "{note}");
    assert_eq!((running.status(token), running.status("wrong")), (200, 401));
    assert!(!running.end().contains(token));
}

#[test]
fn a_chosen_token_is_not_printed() {
    let mut command = program("0.0.0.0:0");
    command.env("SHADOWRIG_TOKEN", "chosen-0123456789");
    let running = Running::start(command);
    assert_eq!((running.status("chosen-0123456789"), running.status("wrong")), (200, 401));
    assert_eq!(running.end(), "");
}

#[test]
fn a_token_that_is_easy_to_guess_ends_with_2() {
    let mut command = program("0.0.0.0:0");
    let output = command.env("SHADOWRIG_TOKEN", "short").output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(
        said.starts_with("error: failed to read SHADOWRIG_TOKEN: it has less than 16"),
        "{said}"
    );
    assert!(!said.contains("short"), "{said}");
}

#[test]
fn on_this_machine_alone_no_token_is_wanted() {
    let running = Running::start(program("127.0.0.1:0"));
    assert_eq!(running.status("any"), 200);
    assert_eq!(running.end(), "");
}
