//! Why a chip was reset, and how each chip says it.

use thing::WakeCause;

use crate::chips::Chip;

/// Why a chip was reset.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ResetCause {
    /// The supply voltage dipped.
    Brownout,
    /// The sleep ended.
    DeepSleep,
    /// The enable pin was pulled. Most chips cannot tell it from [`ResetCause::PowerOn`].
    Pin,
    /// The power came.
    PowerOn,
    /// A program or the ROM asked for it.
    Software,
    /// The watchdog of the real-time clock, which leaves that part as it is: a program that hung.
    SystemWatchdog,
    /// The USB-Serial-JTAG unit.
    Usb,
    /// The wake pin was pulled in a sleep. The boot log cannot tell it from [`ResetCause::DeepSleep`]; a program can.
    WakePin,
    /// The watchdog of the real-time clock, which tools use to leave the loader.
    Watchdog,
    /// The watchdog of the boot: nothing could be booted.
    BootWatchdog,
}

impl ResetCause {
    /// The number and the name in the boot log. The ESP8266 prints the number only.
    #[must_use]
    pub fn code(self, chip: Chip) -> (u8, &'static str) {
        match chip {
            Chip::Esp8266 => (self.code_esp8266(), ""),
            Chip::Esp32 => self.code_esp32(),
            Chip::Esp32c6 | Chip::Esp32h2 => self.code_c6(),
            Chip::Esp32s2 | Chip::Esp32s3 | Chip::Esp32c2 | Chip::Esp32c3 => self.code_c3(),
        }
    }

    /// The word for it in events.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Brownout => "brownout",
            Self::DeepSleep => "deep-sleep",
            Self::WakePin => "wake-pin",
            Self::Pin => "pin",
            Self::PowerOn => "power-on",
            Self::Software => "software",
            Self::SystemWatchdog => "system-watchdog",
            Self::Usb => "usb",
            Self::Watchdog => "watchdog",
            Self::BootWatchdog => "boot-watchdog",
        }
    }

    /// What a program is told. The pin looks like power to it, except on the ESP8266.
    pub(crate) fn wake_cause(self, chip: Chip) -> WakeCause {
        match self {
            Self::Brownout => WakeCause::Brownout,
            Self::DeepSleep => WakeCause::Timer,
            Self::WakePin => WakeCause::External,
            Self::Pin if chip != Chip::Esp8266 => WakeCause::PowerOn,
            Self::PowerOn => WakeCause::PowerOn,
            Self::Pin | Self::Software | Self::Usb => WakeCause::Reset,
            Self::Watchdog | Self::SystemWatchdog | Self::BootWatchdog => WakeCause::Watchdog,
        }
    }

    const fn code_esp8266(self) -> u8 {
        match self {
            Self::PowerOn | Self::Brownout => 1,
            // The timer wakes the ESP8266 by pulling its reset pin.
            Self::Pin | Self::DeepSleep | Self::WakePin | Self::Usb => 2,
            Self::Software => 3,
            Self::Watchdog | Self::SystemWatchdog | Self::BootWatchdog => 4,
        }
    }

    const fn code_esp32(self) -> (u8, &'static str) {
        match self {
            Self::PowerOn | Self::Pin | Self::Usb => (0x1, "POWERON_RESET"),
            Self::Software => (0x3, "SW_RESET"),
            Self::DeepSleep | Self::WakePin => (0x5, "DEEPSLEEP_RESET"),
            Self::SystemWatchdog => (0x9, "RTCWDT_SYS_RESET"),
            Self::Brownout => (0xf, "RTCWDT_BROWN_OUT_RESET"),
            Self::Watchdog | Self::BootWatchdog => (0x10, "RTCWDT_RTC_RESET"),
        }
    }

    const fn code_c3(self) -> (u8, &'static str) {
        match self {
            Self::PowerOn | Self::Pin => (0x1, "POWERON"),
            Self::Software => (0x3, "RTC_SW_SYS_RST"),
            Self::DeepSleep | Self::WakePin => (0x5, "DSLEEP"),
            Self::BootWatchdog => (0x7, "TG0WDT_SYS_RST"),
            Self::SystemWatchdog => (0x9, "RTCWDT_SYS_RST"),
            Self::Brownout => (0xf, "BROWNOUT_RST"),
            Self::Watchdog => (0x10, "RTCWDT_RTC_RST"),
            Self::Usb => (0x15, "USB_UART_CHIP_RESET"),
        }
    }

    const fn code_c6(self) -> (u8, &'static str) {
        match self {
            Self::PowerOn | Self::Pin => (0x1, "POWERON"),
            Self::Software => (0x3, "LP_SW_HPSYS"),
            Self::DeepSleep | Self::WakePin => (0x5, "SLEEP_WAKEUP"),
            Self::BootWatchdog => (0x7, "TG0_WDT_HPSYS"),
            Self::SystemWatchdog => (0x9, "LP_WDT_HPSYS"),
            Self::Brownout => (0xf, "LP_BOD_SYS"),
            Self::Watchdog => (0x10, "LP_WDT_SYS"),
            Self::Usb => (0x15, "USB_UART_HPSYS"),
        }
    }
}
