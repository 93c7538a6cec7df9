//! The memories that a program sees, and where: SRAM, the memory of the always-on part, and the flash through its windows.
//!
//! Source: ESP32-C3 Technical Reference Manual, chapter "System and Memory".

mod ram;
mod windows;

pub(crate) use ram::Ram;
pub(crate) use windows::{PAGE_BYTES as WINDOW_PAGE_BYTES, Windows};

/// The flash as data, and as code: the same pages.
pub(crate) const DATA_WINDOW: std::ops::Range<u32> = 0x3c00_0000..0x3c80_0000;
pub(crate) const CODE_WINDOW: std::ops::Range<u32> = 0x4200_0000..0x4280_0000;

/// SRAM as data. The same bytes are code at [`CODE_ABOVE_DATA`].
pub(crate) const DATA_RAM: std::ops::Range<u32> = 0x3fc8_0000..0x3fce_0000;
/// SRAM as code; its first 16 KiB are the cache's, and no data.
pub(crate) const CODE_RAM: std::ops::Range<u32> = 0x4037_c000..0x403e_0000;
pub(crate) const CODE_ABOVE_DATA: u32 = 0x0070_0000;

/// The memory that survives a deep sleep.
pub(crate) const RTC_RAM: std::ops::Range<u32> = 0x5000_0000..0x5000_2000;

/// The ROM: code, and data that programs read by address.
pub(crate) const ROM: std::ops::Range<u32> = 0x4000_0000..0x4006_0000;
pub(crate) const ROM_DATA: std::ops::Range<u32> = 0x3ff0_0000..0x3ff2_0000;

/// The registers of all peripherals.
pub(crate) const PERIPHERALS: std::ops::Range<u32> = 0x6000_0000..0x600d_1000;
