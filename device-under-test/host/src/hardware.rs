//! A motor and sensors that are not there.

use thing::{Actuator, Motor, Sensor};

/// Millivolts of a battery that is nearly full.
const BATTERY_MV: i32 = 3900;

/// Millivolts that a motor of twelve volts is fed with.
const BUS_MV: i32 = 12_000;

/// Milliamperes that the motor draws at full power.
const MOTOR_MA_FULL: i32 = 400;

/// Thousandths of a degree Celsius of a warm room.
const TEMPERATURE_MILLIDEGREES: i32 = 21_400;

/// The hardware of a device that has none.
#[derive(Debug)]
pub(crate) struct Hardware {
    motor: Motor,
}

impl Hardware {
    pub(crate) const fn new() -> Self {
        Self { motor: Motor::Stop }
    }

    pub(crate) const fn drive(&mut self, actuator: Actuator) {
        match actuator {
            // The thing prints `beep` itself.
            Actuator::Led(_) => {}
            Actuator::Motor(motor) => self.motor = motor,
        }
    }

    /// What a sensor says now.
    pub(crate) const fn sample(&self, sensor: Sensor) -> i32 {
        match (sensor, self.motor) {
            (Sensor::BatteryVoltage, _) => BATTERY_MV,
            (Sensor::BusVoltage, _) => BUS_MV,
            (Sensor::Temperature, _) => TEMPERATURE_MILLIDEGREES,
            (Sensor::MotorCurrent, Motor::Stop) => 0,
            (Sensor::MotorCurrent, Motor::Run { duty_percent, .. }) => {
                MOTOR_MA_FULL * duty_percent as i32 / 100
            }
        }
    }
}
