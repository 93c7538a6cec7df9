//! How a fleet is set up.

use std::time::Duration;

use super::incident::Subset;
use super::part::Part;
use crate::drive::sim::{MakeDevice, device};

/// The most devices of one run: their numbers have six digits in their names.
pub const DEVICES_MAX: u32 = 1_000_000;

/// All that a fleet is told once.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How many devices there are, up to [`DEVICES_MAX`].
    pub devices: u32,
    /// How long they are watched.
    pub span: Duration,
    /// Where chance comes from.
    pub seed: u64,
    /// How long each sleeps: whole seconds within what the device takes, from 5 to 600.
    pub every: Duration,
    /// How long the app side waits between two changes of one device, on average.
    pub changes_every: Duration,
    /// Makes the devices; the thing as it is, except in tests.
    pub make: MakeDevice,
    /// How the cloud is set up; its seed is that of the fleet.
    pub cloud: fake_shadow::Settings,
    /// Which devices are run; one alone where a subset says so.
    pub part: Part,
    /// The part of the run that is run; `None` for all of it.
    pub subset: Option<Subset>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            devices: 1000,
            span: Duration::from_secs(24 * 3600),
            seed: 0,
            every: Duration::from_secs(300),
            changes_every: Duration::from_secs(3600),
            make: device::thing,
            cloud: fake_shadow::Settings::default(),
            part: Part::WHOLE,
            subset: None,
        }
    }
}
