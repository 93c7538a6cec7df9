//! A board without hardware, whose time stands still unless somebody waits.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::fmt;
use std::future::pending;

use firmware::{Board, Life, Network, Scratch, wake};
use thing::{Actuator, Config, Instant, SIGNAL, Sensor, WakeCause};

/// The date of all tests.
pub(crate) const UNIX_MS: u64 = 1_556_454_896_000;

pub(crate) const CONFIG: Config<'static> = Config {
    thing_name: "thing-1",
    shadow_name: None,
    host: "127.0.0.1",
    region: "us-east-1",
    access_key_id: "AKIDEXAMPLE",
    secret_access_key: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
    session_token: None,
};

/// How long the watchdog waits.
const WATCHDOG_MS: u64 = 20_000;

#[derive(Default)]
pub(crate) struct Bench {
    now_ms: Cell<u64>,
    /// What is typed as soon as anything is waited for.
    pub(crate) typed: RefCell<VecDeque<u8>>,
    fed_ms: u64,
    /// The longest that the watchdog was left alone.
    pub(crate) unfed_ms: u64,
    pub(crate) console: Vec<String>,
    pub(crate) kept: Vec<u8>,
}

impl Board for Bench {
    fn now(&self) -> Instant {
        Instant(self.now_ms.get())
    }

    /// Is asked only when nothing else can go on, so the time is there at once.
    async fn until(&self, at: Instant) {
        // What is typed comes before the time is over.
        if !self.typed.borrow().is_empty() {
            return pending().await;
        }
        self.now_ms.set(self.now_ms.get().max(at.0));
    }

    async fn typed(&self, into: &mut [u8]) -> usize {
        if self.typed.borrow().is_empty() {
            return pending().await;
        }
        let mut typed = self.typed.borrow_mut();
        let count = typed.len().min(into.len());
        for (to, byte) in into.iter_mut().zip(typed.drain(..count)) {
            *to = byte;
        }
        count
    }

    fn print(&mut self, line: fmt::Arguments<'_>) {
        self.console.push(line.to_string());
    }

    fn drive(&mut self, actuator: Actuator) {
        self.console.push(format!("[{actuator:?}]"));
    }

    fn sample(&mut self, sensor: Sensor) -> Option<i32> {
        (sensor == Sensor::Temperature).then_some(21_400)
    }

    fn persist(&mut self, data: &[u8]) {
        self.kept = data.to_vec();
    }

    fn feed_watchdog(&mut self) {
        self.unfed_ms = self.unfed_ms.max(self.now_ms.get() - self.fed_ms);
        self.fed_ms = self.now_ms.get();
    }
}

impl Bench {
    /// Lives one wake, and gives the seconds of the sleep.
    pub(crate) fn wake(&mut self, cause: WakeCause, network: &mut impl Network) -> u32 {
        self.now_ms.set(120);
        self.fed_ms = 0;
        let kept = self.kept.clone();
        let life = Life { kind: &SIGNAL, cause, config: &CONFIG, kept: &kept };
        let mut scratch = Box::<Scratch>::default();
        let seconds = embassy_futures::block_on(wake(life, &mut scratch, self, network));
        self.feed_watchdog();
        assert!(self.unfed_ms < WATCHDOG_MS, "the watchdog bit");
        seconds
    }
}
