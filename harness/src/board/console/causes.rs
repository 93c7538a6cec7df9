//! Why a chip was reset, as each chip's ROM says it, in the words of scenarios.

/// Why a chip was reset, in the words of `expect-reset`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// The supply dipped.
    Brownout,
    /// A sleep ended.
    DeepSleep,
    /// The reset pin, a debugger, or the host over USB.
    External,
    /// The firmware crashed.
    Panic,
    /// The power came; on most chips also the reset pin, which they cannot tell from it.
    PowerOn,
    /// A program asked for it.
    Software,
    /// The chip does not know.
    Unknown,
    /// Something hung.
    Watchdog,
}

impl Cause {
    /// The word for it in events and scenarios.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Brownout => "brownout",
            Self::DeepSleep => "deep-sleep",
            Self::External => "external",
            Self::Panic => "panic",
            Self::PowerOn => "power-on",
            Self::Software => "software",
            Self::Unknown => "unknown",
            Self::Watchdog => "watchdog",
        }
    }

    /// The word for the wake that follows, as our own things say it.
    #[must_use]
    pub const fn wake_word(self) -> &'static str {
        match self {
            Self::Brownout => "brownout",
            Self::DeepSleep => "timer",
            Self::External | Self::Panic | Self::Software | Self::Unknown => "reset",
            Self::PowerOn => "power-on",
            Self::Watchdog => "watchdog",
        }
    }
}

/// A row of a chip's table: the number in `rst:0x..`, the name behind it, and what it means.
pub type Row = (u8, &'static str, Cause);

/// ESP32-C3, S2, S3 and C2 (ESP-IDF, `esp_rom/<chip>/include/<chip>/rom/rtc.h`).
const C3: &[Row] = &[
    (0x1, "POWERON", Cause::PowerOn),
    (0x3, "RTC_SW_SYS_RST", Cause::Software),
    (0x5, "DSLEEP", Cause::DeepSleep),
    (0x7, "TG0WDT_SYS_RST", Cause::Watchdog),
    (0x8, "TG1WDT_SYS_RST", Cause::Watchdog),
    (0x9, "RTCWDT_SYS_RST", Cause::Watchdog),
    (0xa, "INTRUSION_RST", Cause::Unknown),
    (0xb, "TG0WDT_CPU_RST", Cause::Watchdog),
    (0xc, "RTC_SW_CPU_RST", Cause::Software),
    (0xd, "RTCWDT_CPU_RST", Cause::Watchdog),
    (0xf, "BROWNOUT_RST", Cause::Brownout),
    (0x10, "RTCWDT_RTC_RST", Cause::Watchdog),
    (0x11, "TG1WDT_CPU_RST", Cause::Watchdog),
    (0x12, "SUPER_WDT_RST", Cause::Watchdog),
    (0x13, "GLITCH_RTC_RST", Cause::Brownout),
    (0x14, "EFUSE_RST", Cause::Unknown),
    (0x15, "USB_UART_CHIP_RESET", Cause::External),
    (0x16, "USB_JTAG_CHIP_RESET", Cause::External),
    (0x17, "POWER_GLITCH_RESET", Cause::Brownout),
    (0x18, "JTAG_RESET", Cause::External),
];

/// ESP32-C6 and H2.
const C6: &[Row] = &[
    (0x1, "POWERON", Cause::PowerOn),
    (0x3, "LP_SW_HPSYS", Cause::Software),
    (0x5, "SLEEP_WAKEUP", Cause::DeepSleep),
    (0x6, "SDIO_HPSYS", Cause::External),
    (0x7, "TG0_WDT_HPSYS", Cause::Watchdog),
    (0x8, "TG1_WDT_HPSYS", Cause::Watchdog),
    (0x9, "LP_WDT_HPSYS", Cause::Watchdog),
    (0xb, "TG0_WDT_CPU", Cause::Watchdog),
    (0xc, "SW_CPU", Cause::Software),
    (0xd, "LP_WDT_CPU", Cause::Watchdog),
    (0xf, "LP_BOD_SYS", Cause::Brownout),
    (0x10, "LP_WDT_SYS", Cause::Watchdog),
    (0x11, "TG1_WDT_CPU", Cause::Watchdog),
    (0x12, "LP_SWDT_SYS", Cause::Watchdog),
    (0x14, "EFUSE_HPSYS", Cause::Unknown),
    (0x15, "USB_UART_HPSYS", Cause::External),
    (0x16, "USB_JTAG_HPSYS", Cause::External),
    (0x18, "JTAG_CPU", Cause::External),
];

/// ESP32.
const ESP32: &[Row] = &[
    (0x1, "POWERON_RESET", Cause::PowerOn),
    (0x3, "SW_RESET", Cause::Software),
    (0x4, "OWDT_RESET", Cause::Watchdog),
    (0x5, "DEEPSLEEP_RESET", Cause::DeepSleep),
    (0x6, "SDIO_RESET", Cause::External),
    (0x7, "TG0WDT_SYS_RESET", Cause::Watchdog),
    (0x8, "TG1WDT_SYS_RESET", Cause::Watchdog),
    (0x9, "RTCWDT_SYS_RESET", Cause::Watchdog),
    (0xa, "INTRUSION_RESET", Cause::Unknown),
    (0xb, "TGWDT_CPU_RESET", Cause::Watchdog),
    (0xc, "SW_CPU_RESET", Cause::Software),
    (0xd, "RTCWDT_CPU_RESET", Cause::Watchdog),
    (0xe, "EXT_CPU_RESET", Cause::External),
    (0xf, "RTCWDT_BROWN_OUT_RESET", Cause::Brownout),
    (0x10, "RTCWDT_RTC_RESET", Cause::Watchdog),
];

/// ESP8266, which prints the number only; a brownout is a power-on there, and its timer wakes it by the reset pin.
const ESP8266: &[Row] = &[
    (0, "", Cause::Unknown),
    (1, "", Cause::PowerOn),
    (2, "", Cause::External),
    (3, "", Cause::Software),
    (4, "", Cause::Watchdog),
];

/// The table of a chip, by its name as in `esp32c3`; one that is not known here has the newest one.
#[must_use]
pub fn table(chip: &str) -> &'static [Row] {
    match chip {
        "esp8266" => ESP8266,
        "esp32" => ESP32,
        "esp32s2" | "esp32s3" | "esp32c2" | "esp32c3" => C3,
        _ => C6,
    }
}

/// The cause by what the ROM of a chip prints. The name goes before the number: chips of later years number anew, but speak the same words.
#[must_use]
pub fn cause(chip: &str, number: u8, name: &str) -> Cause {
    let row = table(chip).iter().find(|row| row.0 == number);
    match row {
        Some(row) if row.1 == name => row.2,
        _ if name.is_empty() => row.map_or(Cause::Unknown, |row| row.2),
        _ => by_words(name),
    }
}

fn by_words(name: &str) -> Cause {
    const WORDS: &[(&str, Cause)] = &[
        ("BROWN", Cause::Brownout),
        ("BOD", Cause::Brownout),
        ("GLITCH", Cause::Brownout),
        ("WDT", Cause::Watchdog),
        ("SLEEP", Cause::DeepSleep),
        ("POWERON", Cause::PowerOn),
        ("USB", Cause::External),
        ("JTAG", Cause::External),
        ("EXT", Cause::External),
        ("SW", Cause::Software),
    ];
    WORDS.iter().find(|(word, _)| name.contains(word)).map_or(Cause::Unknown, |(_, cause)| *cause)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::watch::CAUSES;

    #[track_caller]
    fn check(chip: &str, number: u8, name: &str, expected: &str) {
        assert_eq!(cause(chip, number, name).word(), expected);
    }

    #[test]
    fn every_chip_has_its_words() {
        check("esp32", 0xc, "SW_CPU_RESET", "software");
        check("esp32", 0xf, "RTCWDT_BROWN_OUT_RESET", "brownout");
        check("esp32c3", 0x5, "DSLEEP", "deep-sleep");
        check("esp32h2", 0xf, "LP_BOD_SYS", "brownout");
        check("esp8266", 4, "", "watchdog");
    }

    #[test]
    fn a_chip_that_numbers_anew_is_understood_by_its_words() {
        check("esp32p9", 0x31, "HP_SYS_BROWNOUT_RESET", "brownout");
        check("esp32p9", 0x32, "LP_SUPER_WDT", "watchdog");
        check("esp32c3", 0x1, "DSLEEP", "deep-sleep");
        check("esp32c3", 0x77, "SOMETHING_NEW", "unknown");
    }

    #[test]
    fn no_row_stands_twice_and_every_word_is_one_of_scenarios() {
        for chip in ["esp8266", "esp32", "esp32c3", "esp32c6"] {
            let rows = table(chip);
            assert!(rows.is_sorted_by_key(|row| row.0), "{chip}");
            for row in rows.iter().filter(|row| row.2 != Cause::Unknown) {
                assert!(CAUSES.contains(&row.2.word()), "{row:?}");
                let by_name = by_words(row.1);
                assert!(
                    row.1.is_empty() || by_name == row.2 || row.1.starts_with("SDIO"),
                    "{row:?}"
                );
            }
        }
    }
}
