//! What the sensors on the board read.

use thing::Sensor;

/// The readings; `None` for a sensor that does not answer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Sensors {
    /// Millivolts of the battery. Default 3900.
    pub battery_mv: Option<i32>,
    /// Millivolts that feed the motor. Default 3900.
    pub bus_mv: Option<i32>,
    /// Milliamperes of the motor. Default 50.
    pub motor_ma: Option<i32>,
    /// Thousandths of a degree Celsius. Default 21400.
    pub temperature_millidegrees: Option<i32>,
}

impl Default for Sensors {
    fn default() -> Self {
        Self {
            battery_mv: Some(3900),
            bus_mv: Some(3900),
            motor_ma: Some(50),
            temperature_millidegrees: Some(21_400),
        }
    }
}

impl Sensors {
    /// What a sensor reads.
    pub(crate) const fn read(&self, sensor: Sensor) -> Option<i32> {
        match sensor {
            Sensor::BatteryVoltage => self.battery_mv,
            Sensor::BusVoltage => self.bus_mv,
            Sensor::MotorCurrent => self.motor_ma,
            Sensor::Temperature => self.temperature_millidegrees,
        }
    }
}
