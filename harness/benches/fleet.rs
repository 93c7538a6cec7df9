//! What a wake of a fleet costs, and what a device weighs, from 100 devices to 100,000.
//!
//! `cargo bench -p shadowrig --bench fleet` runs all sizes under two profiles in one thread, and then the aim in two:
//! 10,000 devices for a day. `... --bench fleet -- calm 10000 24h 1` runs one, in one thread. Each size runs in a process of its own, so
//! that its memory is its own. Time is that of the processor, not of the wall, so that other programs on the machine matter less. Bytes
//! for each device are those of the peak over the peak with one device. With the first size of each profile as 1, two columns say how
//! time for a wake and bytes for a device grow.

use std::process::Command;
use std::time::{Duration, Instant};

use shadowrig::drive::crew;
use shadowrig::fleet::{Profile, Settings};
use shadowrig::invariant::built_in;
use shadowrig::time;

// As in the program, so that the figures are its figures.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Devices, and for how long: about as many wakes each.
const SIZES: &[(&str, &str)] =
    &[("100", "24h"), ("1000", "24h"), ("10000", "2h"), ("100000", "20m")];

/// What is to take less than a minute and less than 1 GB on two cores.
const AIM: (&str, &str) = ("10000", "24h");

const PROFILES: &[&str] = &["calm", "rough"];

/// Ticks of the processor's time in a second, as Linux counts them for programs.
const TICKS: f64 = 100.0;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    match words.as_slice() {
        [profile, devices, span, threads] => one((profile, devices, span), threads),
        _ => all(),
    }
}

#[expect(clippy::print_stdout, reason = "a benchmark is a program, and this is its result")]
fn all() {
    let empty = ran(("calm", "1", "1m"), "1").map_or(0.0, |ran| ran.peak_bytes);
    println!(
        "profile  devices  span threads      wakes  processor s  wakes/s  time/wake  peak MB  bytes/device  bytes  wall s"
    );
    for profile in PROFILES {
        let sizes = SIZES.iter().map(|size| (size, "1")).chain([(&AIM, "2")]);
        let mut first = None;
        for ((devices, span), threads) in sizes {
            let Some(ran) = ran((profile, devices, span), threads) else {
                println!("{profile:8} {devices:>7} {span:>5}  could not be run");
                continue;
            };
            let Ran { devices, wakes, processor_s, wall_s, peak_bytes } = ran;
            let (time, bytes) = (processor_s / wakes, (peak_bytes - empty) / devices);
            let (first_time, first_bytes) = *first.get_or_insert((time, bytes));
            println!(
                "{profile:8} {devices:>7} {span:>5} {threads:>7} {wakes:>10} {processor_s:>12.2} {:>8.0} {:>10.2} {:>8.0} {bytes:>13.0} {:>6.2} {wall_s:>7.2}",
                1.0 / time,
                time / first_time,
                peak_bytes / 1e6,
                bytes / first_bytes,
            );
        }
    }
}

/// What a fleet took.
struct Ran {
    devices: f64,
    wakes: f64,
    processor_s: f64,
    wall_s: f64,
    peak_bytes: f64,
}

/// Runs a fleet in a process of its own.
fn ran((profile, devices, span): (&str, &str, &str), threads: &str) -> Option<Ran> {
    let program = std::env::current_exe().ok()?;
    let output = Command::new(program).args([profile, devices, span, threads]).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let numbers: Vec<f64> = text.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    let [devices, wakes, processor_s, wall_s, peak_bytes] = numbers.try_into().ok()?;
    Some(Ran { devices, wakes, processor_s, wall_s, peak_bytes })
}

#[expect(clippy::print_stdout, reason = "the other process reads it")]
fn one((profile, devices, span): (&str, &str, &str), threads: &str) {
    let settings = Settings {
        devices: devices.parse().expect("a number of devices"),
        span: time::parse_span(span).expect("a span, as 24h"),
        seed: 7,
        ..Settings::default()
    };
    let count = settings.devices;
    let profile = Profile::by_name(profile).expect("the name of a profile");
    let threads = threads.parse().expect("a number of threads");
    let began = Instant::now();
    let fleet = crew::run(&settings, (&profile, built_in()), threads);
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
