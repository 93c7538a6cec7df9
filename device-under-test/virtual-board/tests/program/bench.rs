//! The program, started with a link and a control socket in a folder of its own.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use fake_shadow::clock::UnixMillis;
use fake_shadow::encode;
use fake_shadow::message::Request;
use fake_shadow::shadow::{ShadowId, ThingName};
use fake_shadow::{FakeShadow, Settings, raw_request};
use serde_json::Value;
use serialport::{SerialPort, TTYPort};
use tempfile::TempDir;

/// Longest wait for anything.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Bench {
    dir: TempDir,
    child: Child,
    pub(crate) lines: Vec<String>,
}

pub(crate) fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_virtual-board"));
    command.env_clear();
    command
}

/// Starts the program and waits for its lines.
pub(crate) fn bench(arguments: &[&str], lines: usize) -> Bench {
    let dir = tempfile::tempdir().unwrap();
    let mut command = program();
    command.arg("--pty").arg(dir.path().join("port"));
    command.arg("--control").arg(dir.path().join("control"));
    let mut child = command.args(arguments).stdout(Stdio::piped()).spawn().unwrap();
    let out = BufReader::new(child.stdout.take().unwrap());
    let lines = out.lines().take(lines).map(Result::unwrap).collect();
    Bench { dir, child, lines }
}

impl Bench {
    pub(crate) fn link(&self) -> PathBuf {
        self.dir.path().join("port")
    }

    pub(crate) fn control(&self) -> PathBuf {
        self.dir.path().join("control")
    }

    /// One line to the control socket, and its answer.
    pub(crate) fn order(&self, line: &str) -> String {
        let mut stream = UnixStream::connect(self.control()).unwrap();
        stream.write_all(format!("{line}\n").as_bytes()).unwrap();
        let mut answer = String::new();
        BufReader::new(stream).read_line(&mut answer).unwrap();
        answer
    }

    pub(crate) fn open(&self) -> Port {
        let path = self.link();
        let port = self.wait_for(|| {
            let builder = serialport::new(path.to_string_lossy(), 115_200);
            builder.timeout(Duration::from_millis(50)).open_native().ok()
        });
        Port { port }
    }

    pub(crate) fn terminate(&mut self) -> ExitStatus {
        let id = i32::try_from(self.child.id()).unwrap();
        let id = rustix::process::Pid::from_raw(id).unwrap();
        rustix::process::kill_process(id, rustix::process::Signal::TERM).unwrap();
        self.child.wait().unwrap()
    }

    /// Looks again and again until there is something.
    pub(crate) fn wait_for<T>(&self, mut look: impl FnMut() -> Option<T>) -> T {
        let began = Instant::now();
        loop {
            if let Some(found) = look() {
                return found;
            }
            assert!(began.elapsed() < PATIENCE, "it did not come");
            thread::yield_now();
        }
    }

    /// The frame of a SYNC.
    pub(crate) fn sync() -> Vec<u8> {
        let mut frame = vec![0xc0, 0, 8, 36, 0, 0, 0, 0, 0, 7, 7, 0x12, 0x20];
        frame.extend([0x55; 32]);
        frame.push(0xc0);
        frame
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A client on the pseudo-terminal.
pub(crate) struct Port {
    port: TTYPort,
}

impl Port {
    pub(crate) fn write(&mut self, bytes: &[u8]) {
        self.port.write_all(bytes).unwrap();
    }

    /// Reads until that many frames are complete, and gives all that came.
    pub(crate) fn read_frames(&mut self, count: usize) -> Vec<u8> {
        self.port.set_timeout(PATIENCE).unwrap();
        let mut bytes = Vec::new();
        let mut byte = [0];
        while bytes.iter().filter(|byte| **byte == 0xc0).count() < 2 * count {
            self.port.read_exact(&mut byte).unwrap();
            bytes.extend(byte);
        }
        bytes
    }

    pub(crate) fn read_until(&mut self, wanted: &str) -> String {
        self.read_until_with(wanted, || {})
    }

    /// Reads until the text comes; does something each time nothing came for a while.
    pub(crate) fn read_until_with(&mut self, wanted: &str, mut nudge: impl FnMut()) -> String {
        let began = Instant::now();
        let mut log = String::new();
        let mut buffer = [0; 512];
        while !log.contains(wanted) {
            assert!(began.elapsed() < PATIENCE, "it ends with {log:?}");
            match self.port.read(&mut buffer) {
                Ok(count) => log.push_str(&String::from_utf8_lossy(&buffer[..count])),
                Err(_) => nudge(),
            }
        }
        log
    }
}

/// The fake cloud behind a socket, one connection after another.
#[derive(Clone)]
pub(crate) struct Cloud {
    fake: Arc<Mutex<FakeShadow>>,
}

/// Starts a cloud whose shadow of `thing-1` was desired so; gives its endpoint.
pub(crate) fn cloud(update: &str) -> (String, Cloud) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let fake = Arc::new(Mutex::new(FakeShadow::new(Settings::default())));
    let update = serde_json::from_str(update).unwrap();
    fake.lock().unwrap().update(now(), &thing_1(), &update).unwrap();
    let cloud = Cloud { fake };
    let server = cloud.clone();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut bytes = Vec::new();
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = stream.read(&mut buffer) {
                bytes.extend(&buffer[..count]);
                let Some(request) = whole_request(&bytes) else {
                    continue;
                };
                let answer = server.fake.lock().unwrap().handle(now(), &request).response;
                if stream.write_all(&encode(&answer, &request, now())).is_err() {
                    break;
                }
                bytes.clear();
            }
        }
    });
    (endpoint, cloud)
}

/// The request, once all of it is there.
fn whole_request(bytes: &[u8]) -> Option<Request> {
    let head = bytes.windows(4).position(|end| end == b"\r\n\r\n")? + 4;
    let request = raw_request::parse(bytes).ok()?;
    let length = request
        .header("content-length")
        .map_or(0, |length| String::from_utf8_lossy(length).parse().expect("a length is a number"));
    (bytes.len() >= head + length).then_some(request)
}

impl Cloud {
    pub(crate) fn shadow(&self) -> Value {
        let shadow = self.fake.lock().unwrap().shadow(now(), &thing_1());
        serde_json::to_value(shadow).unwrap()
    }
}

fn thing_1() -> ShadowId {
    ShadowId { thing: ThingName::new("thing-1").unwrap(), name: None }
}

fn now() -> UnixMillis {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    UnixMillis(i64::try_from(since.as_millis()).unwrap())
}
