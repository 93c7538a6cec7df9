//! Time inside the chip: ticks of 160 MHz, its fastest clock.

/// Ticks of a microsecond.
pub(crate) const TICKS_PER_US: u64 = 160;
/// Ticks of a second.
pub(crate) const TICKS_PER_S: u64 = TICKS_PER_US * 1_000_000;

/// Ticks of a cycle of the crystal, 40 MHz.
pub(crate) const TICKS_PER_XTAL: u64 = 4;

/// The slow clock of the always-on part: an oscillator of about 136 kHz. Programs measure it.
pub(crate) const SLOW_HZ: u64 = 136_000;

/// The cycles of the slow clock in so many ticks.
pub(crate) const fn slow_cycles(ticks: u64) -> u64 {
    // Seconds apart from the rest, so that nothing overflows in a century.
    ticks / TICKS_PER_S * SLOW_HZ + ticks % TICKS_PER_S * SLOW_HZ / TICKS_PER_S
}

/// The ticks that so many cycles of the slow clock take, rounded up.
pub(crate) const fn ticks_of_slow(cycles: u64) -> u64 {
    let part = (cycles % SLOW_HZ * TICKS_PER_S).div_ceil(SLOW_HZ);
    (cycles / SLOW_HZ).saturating_mul(TICKS_PER_S).saturating_add(part)
}
