//! What hangs on the pins of the simulated board: a light and a motor that the device drives, a button and sensors that a scenario sets.

use thing::{Actuator, Direction, Motor, Sensor, Switch};

use super::bench::SimBench;
use super::device::reading;
use crate::engine::{ActionError, Event};
use crate::time::Moment;

/// What a scenario may set, each with its unit.
const INPUTS: &[(&str, &str)] = &[
    ("wake", "1 pulls the wake pin"),
    ("battery", "millivolts"),
    ("bus", "millivolts"),
    ("motor-current", "milliamperes"),
    ("temperature", "thousandths of a degree Celsius"),
];

/// The pins as they are.
#[derive(Debug, Default)]
pub(super) struct Pins {
    led: i64,
    /// The motor's duty in percent, below zero backward.
    motor: i64,
    /// What sensors say, where a scenario has said so.
    readings: Vec<(Sensor, i32)>,
}

impl Pins {
    /// The device sets a part of its hardware; an event comes of it where that changes it.
    pub(super) fn drive(&mut self, actuator: Actuator) -> Option<Event> {
        match actuator {
            Actuator::Led(light) => change(&mut self.led, "led", i64::from(light == Switch::On)),
            Actuator::Motor(motor) => {
                let value = match motor {
                    Motor::Stop => 0,
                    Motor::Run { direction: Direction::Forward, duty_percent } => {
                        duty_percent.into()
                    }
                    Motor::Run { direction: Direction::Backward, duty_percent } => {
                        -i64::from(duty_percent)
                    }
                };
                change(&mut self.motor, "motor", value)
            }
        }
    }

    /// A chip without a program drives nothing.
    pub(super) fn let_go(&mut self) -> Vec<Event> {
        let led = self.drive(Actuator::Led(Switch::Off));
        led.into_iter().chain(self.drive(Actuator::Motor(Motor::Stop))).collect()
    }

    /// What a sensor says.
    pub(super) fn reading(&self, sensor: Sensor) -> i32 {
        let set = self.readings.iter().rev().find(|(set, _)| *set == sensor);
        set.map_or_else(|| reading(sensor), |(_, value)| *value)
    }
}

fn change(pin: &mut i64, name: &str, value: i64) -> Option<Event> {
    let before = std::mem::replace(pin, value);
    (before != value).then(|| Event::Pin { pin: name.to_owned(), value })
}

impl SimBench {
    /// Sets what a scenario may set.
    pub(super) fn set_pin(
        &mut self,
        now: Moment,
        pin: &str,
        value: i64,
    ) -> Result<Vec<Event>, ActionError> {
        let told = Event::Pin { pin: pin.to_owned(), value };
        let sensor = match pin {
            "wake" if value != 0 && self.chip.asleep => {
                let mut events = vec![told];
                events.extend(self.wake(now)?);
                return Ok(events);
            }
            // A pin that is pulled while the device is awake wakes nobody.
            "wake" => return Ok(vec![told]),
            "battery" => Sensor::BatteryVoltage,
            "bus" => Sensor::BusVoltage,
            "motor-current" => Sensor::MotorCurrent,
            "temperature" => Sensor::Temperature,
            _ => {
                let known = INPUTS.iter().map(|(name, unit)| format!("`{name}` ({unit})"));
                let known = known.collect::<Vec<_>>().join(", ");
                let error = ActionError::new(
                    format!("set the pin {pin}"),
                    "the simulated board has no such input",
                );
                return Err(error.help(format!("it has {known}")));
            }
        };
        let value = i32::try_from(value).map_err(|_| {
            ActionError::new(
                format!("set the pin {pin}"),
                format!("{value} is more than a sensor can say"),
            )
        })?;
        self.chip.pins.readings.retain(|(set, _)| *set != sensor);
        self.chip.pins.readings.push((sensor, value));
        Ok(vec![told])
    }
}
