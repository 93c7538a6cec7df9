//! Why the chip was reset, by the number that its ROM prints.

use thing::WakeCause;

/// Why the chip was reset.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Reset {
    /// The word of the ROM's boot log.
    pub name: &'static str,
    /// What the thing is told.
    pub cause: WakeCause,
}

impl Reset {
    /// The meaning of a reset code of the ESP32-C3; a code that means nothing is a plain reset.
    ///
    /// Source: the ROM's table, as it is printed after `rst:0x`.
    #[must_use]
    pub const fn from_code(code: u8) -> Self {
        use WakeCause::{Brownout, PowerOn, Reset, Timer, Watchdog};
        let (name, cause) = match code {
            0x1 => ("POWERON", PowerOn),
            0x3 => ("RTC_SW_SYS_RST", Reset),
            0x5 => ("DSLEEP", Timer),
            0x7 => ("TG0WDT_SYS_RST", Watchdog),
            0x8 => ("TG1WDT_SYS_RST", Watchdog),
            0x9 => ("RTCWDT_SYS_RST", Watchdog),
            0xa => ("INTRUSION_RST", Reset),
            0xb => ("TG0WDT_CPU_RST", Watchdog),
            0xc => ("RTC_SW_CPU_RST", Reset),
            0xd => ("RTCWDT_CPU_RST", Watchdog),
            0xf => ("BROWNOUT_RST", Brownout),
            0x10 => ("RTCWDT_RTC_RST", Watchdog),
            0x11 => ("TG1WDT_CPU_RST", Watchdog),
            0x12 => ("SUPER_WDT_RST", Watchdog),
            0x13 => ("GLITCH_RTC_RST", Brownout),
            0x14 => ("EFUSE_RST", Reset),
            0x15 => ("USB_UART_CHIP_RESET", Reset),
            0x16 => ("USB_JTAG_CHIP_RESET", Reset),
            0x17 => ("POWER_GLITCH_RESET", Brownout),
            0x18 => ("JTAG_RESET", Reset),
            _ => ("UNKNOWN", Reset),
        };
        Self { name, cause }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(code: u8, name: &str, cause: WakeCause) {
        assert_eq!(Reset::from_code(code), Reset { name: Reset::from_code(code).name, cause });
        assert_eq!(Reset::from_code(code).name, name);
    }

    #[test]
    fn a_reset_has_the_name_of_the_boot_log_and_a_cause() {
        check(0x1, "POWERON", WakeCause::PowerOn);
        check(0x5, "DSLEEP", WakeCause::Timer);
        check(0xf, "BROWNOUT_RST", WakeCause::Brownout);
        check(0xc, "RTC_SW_CPU_RST", WakeCause::Reset);
        check(0x10, "RTCWDT_RTC_RST", WakeCause::Watchdog);
        check(0xff, "UNKNOWN", WakeCause::Reset);
    }
}
