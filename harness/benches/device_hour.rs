//! How long an hour of device life takes on the simulated bench, and how that compares with waiting for it.
//!
//! `cargo bench -p shadowrig` runs it. One hour at a sleep of 30 s is a little over a hundred wakes, each with a signed request
//! that is checked, so the second figure is what one wake costs.

use std::sync::Arc;
use std::time::{Duration, Instant};

use shadowrig::drive::sim::SimBench;
use shadowrig::drive::virtual_time;
use shadowrig::engine::{Event, Verdict};
use shadowrig::scenario;

const ROUNDS: usize = 20;

const HOUR: &str = "
version: 1
name: an hour
cloud: { shadow: { desired: { sleep: 30, signal: 0 }, reported: { sleep: 30, signal: 0 } } }
steps:
  - expect-count: { of: POST shadow, at-most: 1, over: 1h }
    within: 2h
";

fn main() {
    let plan = Arc::new(scenario::parse(HOUR, "hour.yaml").plans[0].clone());
    let mut took: Vec<(Duration, usize)> = (0..ROUNDS)
        .map(|_| {
            let began = Instant::now();
            let outcome = virtual_time::run(plan.clone(), &mut SimBench::new(0));
            assert_eq!(outcome.verdict, Verdict::Passed);
            let wakes = outcome.log.entries().iter();
            let wakes = wakes.filter(|entry| matches!(entry.event, Event::Wake { .. })).count();
            (began.elapsed(), wakes)
        })
        .collect();
    took.sort();
    let (median, wakes) = took[ROUNDS / 2];
    let ratio = 3600.0 / median.as_secs_f64();
    let wake_us = median.as_secs_f64() * 1e6 / wakes as f64;
    #[expect(clippy::print_stdout, reason = "a benchmark is a program, and this is its result")]
    {
        println!(
            "an hour of device life: {:.2} ms, {ratio:.0} times as fast as the device",
            median.as_secs_f64() * 1e3
        );
        println!("{wakes} wakes, {wake_us:.0} µs each");
    }
}
