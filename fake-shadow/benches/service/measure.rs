//! What is measured, and how it is put together.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use super::load::Load;
use super::server::Server;
use super::signed;

/// What one server did under one load.
#[derive(Clone)]
pub(crate) struct Figures {
    /// Requests a second.
    pub(crate) rate: f64,
    pub(crate) p50: Duration,
    pub(crate) p99: Duration,
    /// Time of the server on all processors for one request, in steps of 10 ms over the requests of the round.
    pub(crate) cpu: Duration,
}

/// The middle rounds of both.
pub(crate) struct Compared {
    pub(crate) bare: Figures,
    pub(crate) service: Figures,
    /// The ratio of each pair of rounds.
    rates: Vec<f64>,
    p99s: Vec<f64>,
}

impl Figures {
    pub(crate) fn of(load: &Load, server: &Server) -> Self {
        let cpu_before = server.cpu_time();
        let mut answered = load.run(server.address);
        let cpu = server.cpu_time() - cpu_before;
        answered.spans.sort_unstable();
        let count = answered.spans.len();
        Self {
            rate: count as f64 / answered.elapsed.as_secs_f64(),
            p50: answered.spans[count / 2],
            p99: answered.spans[count * 99 / 100],
            cpu: cpu.div_f64(count as f64),
        }
    }
}

/// Lets both answer in turns.
pub(crate) fn rounds(load: &Load, bare: &Server, service: &Server, count: usize) -> Compared {
    let pairs: Vec<(Figures, Figures)> = (0..count)
        .map(|round| {
            // Who goes first changes, so that neither always has the warmer machine.
            if round % 2 == 0 {
                let first = Figures::of(load, bare);
                (first, Figures::of(load, service))
            } else {
                let first = Figures::of(load, service);
                (Figures::of(load, bare), first)
            }
        })
        .collect();
    let rates = pairs.iter().map(|(bare, service)| service.rate / bare.rate).collect();
    let p99s = pairs.iter().map(|(bare, service)| service.p99.div_duration_f64(bare.p99)).collect();
    let (bare, service): (Vec<_>, Vec<_>) = pairs.into_iter().unzip();
    Compared { bare: middle_of(bare), service: middle_of(service), rates, p99s }
}

fn middle_of(mut rounds: Vec<Figures>) -> Figures {
    rounds.sort_by(|one, other| one.rate.total_cmp(&other.rate));
    rounds[rounds.len() / 2].clone()
}

/// The middle ratios of rate and of 99th percentile.
pub(crate) fn compare(compared: &Compared) -> (f64, f64) {
    (middle(&compared.rates), middle(&compared.p99s))
}

fn middle(numbers: &[f64]) -> f64 {
    let mut sorted = numbers.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}

/// From the start of the program to its first answer; the middle of several.
pub(crate) fn start_time() -> Duration {
    let mut times: Vec<Duration> = (0..11)
        .map(|_| {
            let began = Instant::now();
            let server = Server::service();
            let mut stream = TcpStream::connect(server.address).unwrap();
            stream.write_all(b"GET / HTTP/1.0\r\n\r\n").unwrap();
            stream.read_exact(&mut [0; 12]).unwrap();
            began.elapsed()
        })
        .collect();
    times.sort_unstable();
    times[times.len() / 2]
}

/// Megabytes in use after so many shadows of 1 KB were made by signed updates.
pub(crate) fn shadows_kept(count: usize) -> f64 {
    let server = Server::service();
    let mut stream = TcpStream::connect(server.address).unwrap();
    let mut answers = vec![0; 64 * 1024];
    for thing in 0..count {
        stream.write_all(&signed::kilobyte(thing)).unwrap();
        // The answer is small enough to come in one piece, and the next request waits for it.
        let read = stream.read(&mut answers).unwrap();
        assert!(answers[..read].starts_with(b"HTTP/1.1 200"));
    }
    server.resident_mb()
}
