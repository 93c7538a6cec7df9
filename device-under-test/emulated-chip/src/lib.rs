//! An ESP32-C3 in software that executes machine code, so that firmware runs whole before a board is at hand.
//!
//! It is a machine without IO: [`Chip::handle`] takes inputs and the time, executes until then, and gives what can be seen from
//! outside; [`Chip::wake_at`] says when it wants to be called again. Whoever has the chip has its flash, behind [`FlashMemory`].
//!
//! ```text
//! image in the flash ─▶ boot: segments into RAM, pages into the windows ─▶ core ⇄ bus ⇄ memories, peripherals
//!                                                                          └─▶ an address of the ROM: a function in Rust
//! ```
//!
//! # What is there
//!
//! - the core: RV32IMC with Zicsr and Zifencei, machine and user mode, vectored interrupts; decoded once, executed at tens of millions of
//!   instructions a second;
//! - SRAM, the memory of the always-on part, the flash behind the cache's windows;
//! - interrupt matrix, system timer, both timer groups, the watchdogs, the always-on part with deep sleep and causes of resets, UART 0, pins, the
//!   address in the efuses, random numbers, the questions that a program asks the flash itself;
//! - the OpenCores Ethernet MAC that public emulators of this chip have at the place of its Wi-Fi unit;
//! - the functions of the ROM that programs of esp-hal call, at their addresses.
//!
//! # What is not
//!
//! - Wi-Fi and Bluetooth; DMA, I2C, SPI 2, LEDC, RMT, TWAI; the accelerators for AES, SHA and RSA: their registers are kept, told once as
//!   [`Output::Note`], and do nothing.
//! - Light sleep: every sleep is a deep one. Wake-up by pins is whoever restarts the chip.
//! - Memory protection and debug triggers hold nothing off, so the guard of the stack does not bite.
//! - Time: an instruction takes a cycle. A real core waits for its flash, for divisions and after jumps, so times here are lower bounds.
//! - Edge cases of the cache: what the flash holds is seen when a program invalidates the cache, and else when a page is read first.
//!
//! # Sources
//!
//! The manuals of RISC-V and of the chip, the register description in the crate `esp32c3`, and how esp-hal uses them. `conformance.sh`
//! compares the core with QEMU's and LLVM's reading of the same manuals.

mod boot;
mod bus;
mod chip;
mod clock;
pub mod core;
mod flash;
mod io;
mod memory;
mod peripherals;
mod rom;

pub use boot::BootError;
pub use chip::{Chip, Setup};
pub use flash::FlashMemory;
pub use io::{Input, Output};
pub use peripherals::{FRAME_BYTES_MAX, ResetKind};
