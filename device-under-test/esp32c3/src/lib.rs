//! The thing as firmware of an ESP32-C3: what names the chip and its networks, and nothing else. What it does is in the
//! crate `thing`, what it does beside that is in the crate `firmware`; both are tested on the host. This crate is not: it
//! is compiled and linked, and `docs/first-board.md` says what has never run.
//!
//! # One boot
//!
//! [`run`] goes from the reset to the deep sleep in one straight line. It allocates nothing: the heap is for the radio and
//! for TLS. All memory that is large is static, so that the linker counts it.
//!
//! # Pins
//!
//! | GPIO | what |
//! | --- | --- |
//! | 8 | the light, on when low: the blue one of the common small boards |
//! | 20, 21 | UART 0, the console at 115200 baud; boards without a bridge have it on their USB socket |
//!
//! A board has no motor, no battery gauge and no current sensor: those sensors do not answer, which the thing reports.

#![no_std]

#[cfg(all(feature = "wifi", feature = "ethernet"))]
compile_error!("choose one network: `wifi`, or `--no-default-features --features ethernet`");
#[cfg(not(any(feature = "wifi", feature = "ethernet")))]
compile_error!("choose a network: `wifi`, or `--no-default-features --features ethernet`");

mod chip;
mod console;
mod link;
mod network;
mod panic;
mod run;
mod stack;
mod store;
#[cfg(feature = "tls")]
mod tls;

pub use run::run;

/// The descriptor of a program in its image, the same for equal sources: no date is in it.
#[macro_export]
macro_rules! describe {
    ($name:literal) => {
        esp_bootloader_esp_idf::esp_app_desc!(
            env!("CARGO_PKG_VERSION"),
            $name,
            "00:00:00",
            "Jan  1 2026",
            esp_bootloader_esp_idf::ESP_IDF_COMPATIBLE_VERSION,
            esp_bootloader_esp_idf::MMU_PAGE_SIZE,
            0,
            u16::MAX,
            esp_bootloader_esp_idf::SECURE_VERSION
        );
    };
}
