//! Runs a fleet on several cores: each thread a part of its devices, and what they counted put together. Equal settings give equal
//! fleets, whatever the number of threads.

use crate::fleet::{Fleet, Part, Profile, Settings};
use crate::invariant::Rule;

/// Runs a fleet to its end in so many threads; one device alone runs in one.
#[must_use]
pub fn run(settings: &Settings, (profile, rules): (&Profile, &[Rule]), threads: u32) -> Fleet {
    let of = match settings.subset {
        Some(_) => 1,
        None => threads.clamp(1, settings.devices.max(1)),
    };
    let run = |index: u32| {
        let settings = Settings { part: Part { index, of }, ..settings.clone() };
        let mut fleet = Fleet::new(settings, profile.clone(), rules.to_vec());
        fleet.run();
        fleet
    };
    let parts: Vec<Fleet> = std::thread::scope(|scope| {
        let others: Vec<_> = (1..of).map(|index| scope.spawn(move || run(index))).collect();
        let first = run(0);
        let others = others.into_iter().map(|thread| match thread.join() {
            Ok(fleet) => fleet,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        std::iter::once(first).chain(others).collect()
    });
    Fleet::joined(parts)
}
