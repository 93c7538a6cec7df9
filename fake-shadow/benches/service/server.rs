//! The programs that are measured, each in a process of its own.

use std::io::{BufRead as _, BufReader};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::bare;

/// How long moto may take to listen.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server that listens; it is killed at the end.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Server {
    /// The service with nobody listening to its log.
    pub(crate) fn service() -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_fake-shadow"));
        Self::that_says(command.args(["--listen", "127.0.0.1:0", "--log", "off"]))
    }

    /// The bare handler.
    pub(crate) fn bare(get_body: &str, update_body: &str) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        Self::that_says(command.args([bare::FLAG, get_body, update_body]))
    }

    /// A program that prints its address when it is ready.
    fn that_says(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let (_, address) = line.trim().rsplit_once("http://").unwrap();
        Self { child, address: address.parse().unwrap() }
    }

    /// Moto's own server; it does not say when it is ready.
    pub(crate) fn moto(program: &str) -> Self {
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let mut command = Command::new(program);
        command.args(["-H", "127.0.0.1", "-p", &address.port().to_string()]);
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let began = Instant::now();
        while TcpStream::connect(address).is_err() {
            assert!(began.elapsed() < PATIENCE, "moto does not listen");
            std::thread::sleep(Duration::from_millis(50));
        }
        Self { child, address }
    }

    /// Time on all processors since the start, in units of 10 ms.
    pub(crate) fn cpu_time(&self) -> Duration {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        // Behind the name of the program, which may hold anything, the 12th and 13th fields count in hundredths of a second.
        let (_, fields) = stat.rsplit_once(')').unwrap();
        let ticks = fields.split_whitespace().skip(11).take(2);
        Duration::from_millis(10) * ticks.map(|field| field.parse::<u32>().unwrap()).sum::<u32>()
    }

    /// Megabytes of memory in use.
    pub(crate) fn resident_mb(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() / 1024.0
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
