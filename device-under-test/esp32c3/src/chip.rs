//! The board, as the loop of a wake sees it.

use core::fmt;

use embassy_time::{Instant as Moment, Timer};
use esp_hal::gpio::{Level, Output, OutputConfig};
use esp_hal::peripherals::{FLASH, GPIO8, LPWR, RTC_TIMER, TSENS};
use esp_hal::rtc_cntl::sleep::{LowPower, RtcSleepConfig};
use esp_hal::rtc_cntl::{Rtc, RwdtStage};
use esp_hal::time::Duration;
use esp_hal::tsens::TemperatureSensor;
use esp_println::println;
use firmware::Board;
use thing::{Actuator, Instant, Sensor, Switch};

use crate::store::Store;

/// Seconds after which the watchdog resets a program that hangs.
const WATCHDOG_S: u64 = 20;

/// Milliseconds from one look at the console's input to the next; its queue holds what is typed meanwhile.
const LOOK_MS: u64 = 20;

/// What the chip is made of, as far as it is used.
pub(crate) struct Parts {
    pub(crate) clock: RTC_TIMER<'static>,
    pub(crate) flash: FLASH<'static>,
    pub(crate) led: GPIO8<'static>,
    pub(crate) power: LPWR<'static>,
    pub(crate) thermometer: TSENS<'static>,
}

/// An ESP32-C3 on a small board.
pub(crate) struct Chip {
    led: Output<'static>,
    power: LowPower<'static>,
    rtc: Rtc<'static>,
    pub(crate) store: Store<'static>,
    thermometer: Option<TemperatureSensor<'static>>,
}

impl Chip {
    /// Takes the parts, with the watchdog already running.
    pub(crate) fn new(parts: Parts) -> Self {
        let mut rtc = Rtc::new(parts.clock);
        rtc.rwdt.enable();
        rtc.rwdt.set_timeout(RwdtStage::Stage0, Duration::from_secs(WATCHDOG_S));
        Self {
            led: Output::new(parts.led, Level::High, OutputConfig::default()),
            power: LowPower::new(parts.power),
            rtc,
            store: Store::open(parts.flash),
            thermometer: TemperatureSensor::new(parts.thermometer, Default::default()).ok(),
        }
    }

    /// Sleeps; the chip is reset at the end of the sleep.
    pub(crate) fn sleep(mut self, seconds: u32) -> ! {
        self.led.set_high();
        self.rtc.rwdt.disable();
        let until = esp_hal::time::Instant::now() + Duration::from_secs(u64::from(seconds));
        self.power.set_wakeup_deadline(until);
        self.power.sleep_deep(RtcSleepConfig::deep())
    }
}

impl Board for Chip {
    fn now(&self) -> Instant {
        Instant(Moment::now().as_millis())
    }

    async fn until(&self, at: Instant) {
        Timer::at(Moment::from_millis(at.0)).await;
    }

    async fn typed(&self, into: &mut [u8]) -> usize {
        loop {
            let count = crate::console::take(into);
            if count > 0 {
                return count;
            }
            Timer::after_millis(LOOK_MS).await;
        }
    }

    fn print(&mut self, line: fmt::Arguments<'_>) {
        println!("{line}");
    }

    fn drive(&mut self, actuator: Actuator) {
        match actuator {
            Actuator::Led(Switch::On) => self.led.set_low(),
            Actuator::Led(Switch::Off) => self.led.set_high(),
            // There is none.
            Actuator::Motor(_) => {}
        }
    }

    fn sample(&mut self, sensor: Sensor) -> Option<i32> {
        match sensor {
            Sensor::Temperature => {
                let reading = self.thermometer.as_ref()?.get_temperature();
                Some(millidegrees(reading.raw_value, reading.offset))
            }
            Sensor::BatteryVoltage | Sensor::BusVoltage | Sensor::MotorCurrent => None,
        }
    }

    fn persist(&mut self, data: &[u8]) {
        if let Err(error) = self.store.keep(data) {
            println!("warning: state not kept: {error:?}");
        }
    }

    fn sum_up(&mut self) {
        let heap = esp_alloc::HEAP.stats();
        let (used, size) = crate::stack::used();
        println!(
            "memory: heap {} of {}, stack {used} of {size} bytes at most",
            heap.max_usage, heap.size
        );
    }

    fn feed_watchdog(&mut self) {
        self.rtc.rwdt.feed();
    }
}

/// The sensor's formula (ESP-IDF, `temperature_sensor.c`) in whole numbers: 0.4386 a step, 27.88 an offset.
fn millidegrees(raw: u8, offset: i8) -> i32 {
    (i32::from(raw) * 4386 - i32::from(offset) * 278_800) / 10 - 20_520
}
