//! What the rig has done to start a board. The wake that follows is told by it, whatever the chip takes it for: most take their reset pin for
//! power, the ESP8266 takes a start after flashing for its reset pin, and a soft reset is its own cause.

use crate::engine::Event;

/// It was flashed, or its supply came.
pub(super) const POWER_ON: &str = "power-on";
/// Its reset pin was pulled, or what stands for it.
pub(super) const RESET: &str = "reset";

/// What a chip says that stands for any of these.
const MISTAKEN: [&str; 3] = [POWER_ON, RESET, "brownout"];

/// What the next wake is told to be by.
#[derive(Debug, Default)]
pub(super) struct Started(Option<&'static str>);

impl Started {
    /// The board is started by the rig.
    pub(super) const fn by(cause: &'static str) -> Self {
        Self(Some(cause))
    }

    /// The event as it is told; the first wake that fits is the one that the rig has made.
    pub(super) fn told(&mut self, event: Event) -> Event {
        match event {
            Event::Wake { cause } if MISTAKEN.contains(&cause.as_str()) => {
                Event::Wake { cause: self.0.take().map_or(cause, str::to_owned) }
            }
            event => event,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_wake_that_fits_is_by_what_the_rig_did() {
        let wake = |cause: &str| Event::Wake { cause: cause.into() };
        let mut started = Started::by(RESET);
        for (said, told) in [("timer", "timer"), ("power-on", "reset"), ("power-on", "power-on")] {
            assert_eq!(started.told(wake(said)), wake(told), "{said}");
        }
        assert_eq!(Started::default().told(wake("reset")), wake("reset"));
    }
}
