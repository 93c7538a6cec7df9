//! However quick a device is: what the first steps arm meets its first packet.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use fake_shadow::fault::{Carries, Channel};
use shadowrig::board::{Board, Sink};
use shadowrig::drive::Facts;
use shadowrig::drive::cloud_server::CloudServer;
use shadowrig::drive::radio::InHand;
use shadowrig::drive::real_bench::RealBench;
use shadowrig::drive::real_time;
use shadowrig::engine::action::PowerOrder;
use shadowrig::engine::{ActionError, Verdict};
use shadowrig::scenario;
use shadowrig::scenario::plan::{CloudKind, Firmware};

const CASE: &str = "version: 1
name: a quick device
steps:
  - fault: { status: 503 }
  - expect-fault: applied
";

/// How long the device waits for an answer that must not come. It only has to be long enough for a cloud that is wrong.
const SILENCE: Duration = Duration::from_millis(300);

/// A device that has asked for everything before its rig is told that it runs.
struct Quick {
    cloud: SocketAddr,
    ntp: String,
    asked: Option<TcpStream>,
}

impl Board for Quick {
    fn facts(&self) -> Facts {
        Facts {
            board: "quick".to_owned(),
            chip: None,
            can: Vec::new(),
            cloud: CloudKind::Fake,
            cannot: Vec::new(),
        }
    }

    fn flash(&mut self, _: &Firmware) -> Result<(), ActionError> {
        let mut stream = TcpStream::connect(self.cloud).expect("the cloud listens");
        stream
            .write_all(b"GET /things/quick/shadow HTTP/1.1\r\nHost: h\r\n\r\n")
            .expect("it takes bytes");
        stream.set_read_timeout(Some(SILENCE)).expect("a constant");
        let answered = stream.read(&mut [0]).map_err(|error| error.kind());
        assert!(matches!(answered, Err(ErrorKind::WouldBlock)), "too early: {answered:?}");
        let clock = UdpSocket::bind("127.0.0.1:0").expect("a free port");
        let mut question = [0; 48];
        question[0] = 0x23;
        clock.send_to(&question, &self.ntp).expect("it is sent");
        clock.set_read_timeout(Some(SILENCE)).expect("a constant");
        let told = clock.recv(&mut question).map_err(|error| error.kind());
        assert!(matches!(told, Err(ErrorKind::WouldBlock)), "too early: {told:?}");
        self.asked = Some(stream);
        Ok(())
    }

    fn reset(&mut self) -> Result<(), ActionError> {
        Ok(())
    }

    fn power(&mut self, _: PowerOrder) -> Result<(), ActionError> {
        Ok(())
    }

    fn wake(&mut self) -> Result<(), ActionError> {
        Ok(())
    }

    fn write_console(&mut self, _: &str) -> Result<(), ActionError> {
        Ok(())
    }

    fn stop(&mut self) {}
}

#[test]
fn what_the_first_steps_arm_meets_a_device_that_was_quicker() {
    let runtime = tokio::runtime::Runtime::new().expect("it can be made");
    let (sink, seen) = Sink::new();
    let listen = "127.0.0.1:0".parse().expect("a constant");
    let settings = fake_shadow::Settings::default();
    let way = (Channel::Plain, Carries::Nothing, None);
    let cloud = CloudServer::start_at(listen, (runtime.handle(), settings), way, sink)
        .expect("there are free ports");
    let address = cloud.endpoint().replace("http://", "").parse().expect("it is one");
    let board = Quick { cloud: address, ntp: cloud.ntp_address(), asked: None };
    let mut bench = RealBench::new((Box::new(board), InHand::Nobody), cloud, "quick", seen);
    let plan = scenario::parse(CASE, "case.yaml").plans.remove(0);
    let outcome = real_time::run(Arc::new(plan), &mut bench, &AtomicBool::new(false), &mut |_| {});
    assert_eq!(outcome.verdict, Verdict::Passed, "{:#?}", outcome.log);
}
