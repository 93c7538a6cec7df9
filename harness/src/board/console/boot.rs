//! What a ROM, a second stage and MicroPython print when a chip boots.

use std::sync::LazyLock;

use regex::Regex;

use super::causes::{self, Cause};

/// What a line says about a boot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BootLine {
    /// The first line of the banners that have the cause in a later one; with the chip.
    Banner {
        /// As in `esp32c3`.
        chip: String,
    },
    /// A boot, with its cause.
    Boot {
        /// As in `esp32c3`; `None` where the line does not say.
        chip: Option<String>,
        /// Why.
        cause: Cause,
    },
    /// Something that is wrong with the program, and what to make of it.
    Complaint {
        /// What to make of it.
        meaning: &'static str,
        /// Whether the program runs nevertheless.
        runs: bool,
    },
    /// A line that ROM, second stage or an operating system print before the application has its say.
    Before,
}

fn regex(text: &str) -> Regex {
    Regex::new(text).expect("the pattern is a constant, and a test compiles it")
}

/// `ESP-ROM:esp32c3-api1-20210207`.
static ROM: LazyLock<Regex> = LazyLock::new(|| regex(r"^ESP-ROM:(esp32[a-z0-9]*)"));
/// `ets Jul 29 2019 12:21:46`, of the ESP32.
static ETS: LazyLock<Regex> =
    LazyLock::new(|| regex(r"^ets [A-Z][a-z]{2} +\d+ \d{4} \d\d:\d\d:\d\d"));
/// `rst:0x1 (POWERON),boot:0xc (SPI_FAST_FLASH_BOOT)`.
static RST: LazyLock<Regex> =
    LazyLock::new(|| regex(r"rst:0x([0-9a-fA-F]{1,2}) \(([A-Z0-9_]+)\),boot:0x[0-9a-fA-F]+ \("));
/// ` ets Jan  8 2013,rst cause:2, boot mode:(3,6)`, of the ESP8266.
static RST_8266: LazyLock<Regex> =
    LazyLock::new(|| regex(r"ets [A-Z][a-z]{2} +\d+ \d{4},rst cause:(\d), boot mode:\((\d),"));
/// What comes before the application.
static BEFORE: LazyLock<Regex> = LazyLock::new(|| {
    regex(concat!(
        r"^(?:Build:|SPIWP:|mode:|load:|load 0x|entry 0x| ?wdt reset$|configsip:|clk_drv:|csum |chksum |ets_main\.c|tail |~ld|v[0-9a-f]{8}$|",
        r"\[?Saved PC|Core0 Saved PC|Core1 Saved PC|",
        r"[IWD] \(\d+\) (?:boot|boot\.[a-z0-9]+|cpu_start|app_start|app_init|heap_init|spi_flash|efuse_init|esp_image|",
        r"esp_psram|octal_psram|main_task|sleep_gpio|sleep|coexist|rtc|clk|app_cpu|intr_alloc|flash_parts): )"
    ))
});

/// What a ROM or a second stage says when it cannot boot, and what to make of it.
const COMPLAINTS: &[(&str, &str)] = &[
    ("waiting for download", DOWNLOAD),
    ("wait uart0 download", DOWNLOAD),
    (
        "invalid header: 0xffffffff",
        "the flash is empty where the chip looks for a program: flash the board",
    ),
    (
        "invalid header: 0x",
        "the chip finds no program in its flash: flash the board again, and look at the offset of the image",
    ),
    (
        "Invalid image block, can't boot",
        "the program in the flash is damaged: flash the board again",
    ),
    ("Checksum failure.", "the program in the flash is damaged: flash the board again"),
    ("csum err", "the program in the flash is damaged: flash the board again"),
    (
        "SHA-256 comparison failed",
        "the program in the flash is not what was built: flash the board again",
    ),
    ("Invalid chip id.", "the program in the flash is for another chip: build it for this one"),
    (
        "flash read err",
        "the chip cannot read its flash: look at the mode and the frequency of the image, and at the supply",
    ),
    ("ecure boot verification failed", UNSIGNED),
    ("Secure boot signature verification failed", UNSIGNED),
    (
        "user code done",
        "the program gave the chip back to its ROM, which does nothing more: flash the board again",
    ),
    (
        "invalid reset",
        "the chip does not know why it was reset: look at its supply and at its reset pin",
    ),
    (
        "No bootable app partitions",
        "no application is in the flash: flash it, or look at the partition table",
    ),
    (
        "has invalid magic byte",
        "no application is where the partition table says: flash it to that offset",
    ),
];

const UNSIGNED: &str = "the chip boots only what is signed by its owner's key: sign the program, or take a board without secure boot";

const DOWNLOAD: &str = "the chip waits to be flashed: it was reset while its boot pin was held; reset it with the pin released";

/// Reads a line of a boot; `None` for any other line.
#[must_use]
pub fn read(line: &str, chip: Option<&str>) -> Option<BootLine> {
    if let Some(found) = RST.captures(line) {
        let number = u8::from_str_radix(&found[1], 16).ok()?;
        let cause = causes::cause(chip.unwrap_or("esp32c3"), number, &found[2]);
        return Some(BootLine::Boot { chip: None, cause });
    }
    if let Some(found) = RST_8266.captures(line) {
        let cause = causes::cause("esp8266", found[1].parse().ok()?, "");
        return Some(BootLine::Boot { chip: Some("esp8266".into()), cause });
    }
    if let Some(found) = ROM.captures(line) {
        return Some(BootLine::Banner { chip: found[1].to_owned() });
    }
    if ETS.is_match(line) {
        return Some(BootLine::Banner { chip: "esp32".into() });
    }
    if line == "MPY: soft reboot" {
        return Some(BootLine::Boot { chip: None, cause: Cause::Software });
    }
    if let Some((_, meaning)) = COMPLAINTS.iter().find(|(words, _)| line.contains(words)) {
        // The one check whose failure is told and nothing more.
        let runs = line.starts_with("SHA-256");
        return Some(BootLine::Complaint { meaning, runs });
    }
    BEFORE.is_match(line).then_some(BootLine::Before)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, expected: Option<&BootLine>) {
        assert_eq!(read(line, Some("esp32")).as_ref(), expected, "{line}");
    }

    #[test]
    fn lines_of_a_boot_are_known() {
        let boot =
            |chip: Option<&str>, cause| BootLine::Boot { chip: chip.map(str::to_owned), cause };
        let banner = |chip: &str| BootLine::Banner { chip: chip.into() };
        check("ets Jul 29 2019 12:21:46", Some(&banner("esp32")));
        check("ESP-ROM:esp32h2-20221101", Some(&banner("esp32h2")));
        let of = "boot:0x13 (SPI_FAST_FLASH_BOOT)";
        check(&format!("rst:0x5 (DEEPSLEEP_RESET),{of}"), Some(&boot(None, Cause::DeepSleep)));
        check(&format!("\\xffrst:0xf (BROWNOUT_RST),{of}"), Some(&boot(None, Cause::Brownout)));
        let of_8266 = boot(Some("esp8266"), Cause::Watchdog);
        check(" ets Jan  8 2013,rst cause:4, boot mode:(3,6)", Some(&of_8266));
        check("entry 0x400805e4", Some(&BootLine::Before));
        check("I (29) boot: ESP-IDF v5.4 2nd stage bootloader", Some(&BootLine::Before));
        check("I (900) shade: position open", None);
        check("the first rst: is at 0x1", None);
    }
}
