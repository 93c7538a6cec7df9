//! What a wake of a fleet costs, and what a device weighs, from 100 devices to 100,000.
//!
//! `cargo bench -p shadowrig --bench fleet` runs all sizes under two profiles, the whole aim among them; `... --bench fleet -- calm 10000 24h` one.
//! Each size runs in a process of its own, so that its memory is its own. Time is that of the processor, not of the wall, so that
//! other programs on the machine matter less; there is one thread. Bytes for each device are those of the peak over the peak with
//! one device.

use std::process::Command;
use std::time::{Duration, Instant};

use shadowrig::fleet::{Fleet, Profile, Settings};
use shadowrig::invariant::built_in;
use shadowrig::time;

// As in the program, so that the figures are its figures.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Devices, and for how long: about as many wakes each, but for the aim.
const SIZES: &[(&str, &str)] =
    &[("100", "24h"), ("1000", "24h"), ("10000", "2h"), ("100000", "20m"), ("10000", "24h")];

const PROFILES: &[&str] = &["calm", "rough"];

/// Ticks of the processor's time in a second, as Linux counts them for programs.
const TICKS: f64 = 100.0;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    match words.as_slice() {
        [profile, devices, span] => one(profile, devices, span),
        _ => all(),
    }
}

#[expect(clippy::print_stdout, reason = "a benchmark is a program, and this is its result")]
fn all() {
    let empty = ran("calm", "1", "1m").map_or(0.0, |ran| ran[4]);
    println!("profile  devices  span      wakes  processor s  wakes/s  peak MB  bytes/device");
    for profile in PROFILES {
        for (devices, span) in SIZES {
            let Some([count, wakes, cpu, wall, peak]) = ran(profile, devices, span) else {
                println!("{profile:8} {devices:>7} {span:>5}  could not be run");
                continue;
            };
            println!(
                "{profile:8} {devices:>7} {span:>5} {wakes:>10} {cpu:>12.2} {:>8.0} {:>8.0} {:>13.0}  (wall {wall:.2} s)",
                wakes / cpu,
                peak / 1e6,
                (peak - empty) / count
            );
        }
    }
}

/// Runs a fleet in a process of its own: devices, wakes, processor seconds, wall seconds, and peak bytes.
fn ran(profile: &str, devices: &str, span: &str) -> Option<[f64; 5]> {
    let program = std::env::current_exe().ok()?;
    let output = Command::new(program).args([profile, devices, span]).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let numbers: Vec<f64> = text.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    numbers.try_into().ok()
}

#[expect(clippy::print_stdout, reason = "the other process reads it")]
fn one(profile: &str, devices: &str, span: &str) {
    let settings = Settings {
        devices: devices.parse().expect("a number of devices"),
        span: time::parse_span(span).expect("a span, as 24h"),
        seed: 7,
        ..Settings::default()
    };
    let count = settings.devices;
    let profile = Profile::by_name(profile).expect("the name of a profile");
    let began = Instant::now();
    let mut fleet = Fleet::new(settings, profile, built_in().to_vec());
    fleet.run();
    let wall: Duration = began.elapsed();
    assert_eq!(fleet.found(), [], "our thing keeps all invariants");
    let wakes = fleet.tally().totals().wakes;
    println!("{count} {wakes} {:.2} {:.2} {}", processor_s(), wall.as_secs_f64(), peak_bytes());
}

/// The time that the processor gave this process, in seconds; from `/proc`, so on Linux alone.
fn processor_s() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let behind = stat.rsplit(')').next().unwrap_or_default();
    let fields: Vec<f64> =
        behind.split_whitespace().map(|word| word.parse().unwrap_or(0.0)).collect();
    // The 14th and 15th field of all; two stand before what is looked at.
    (fields.get(11).unwrap_or(&0.0) + fields.get(12).unwrap_or(&0.0)) / TICKS
}

/// The most memory that this process had, in bytes.
fn peak_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) * 1024
}
