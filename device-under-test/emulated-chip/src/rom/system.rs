//! Reset, time, the console.

use super::call::{Call, Next};
use crate::clock::TICKS_PER_US;
use crate::peripherals::ResetKind;

/// Instructions of a short function.
const SHORT: Next = Next::Return { cost: 10 };

/// Microseconds of a delay between two looks at interrupts.
const DELAY_STEP_US: u32 = 5;

pub(super) fn reset_reason(call: &mut Call<'_>) -> Next {
    let cause = call.bus.parts.peripherals.reset_cause();
    call.value(cause as u32);
    SHORT
}

/// Waits, with interrupts let in on the way.
pub(super) fn delay(call: &mut Call<'_>) -> Next {
    let left = call.argument(0);
    let step = left.min(DELAY_STEP_US);
    call.set_argument(0, left - step);
    let ticks = u64::from(step) * TICKS_PER_US;
    if left == step { Next::ReturnAfter { ticks } } else { Next::Again { ticks } }
}

/// Sends a byte on the console; waits for room first.
pub(super) fn send_byte(call: &mut Call<'_>) -> Next {
    let (byte, now) = (call.argument(0) as u8, call.now());
    let uart = call.bus.parts.peripherals.uart();
    let has_room_at = uart.has_room_at(now);
    if has_room_at > now {
        return Next::Again { ticks: has_room_at - now };
    }
    uart.send(byte, now);
    call.bus.parts.wants_attention = true;
    call.value(0);
    SHORT
}

/// Waits until all has been sent.
pub(super) fn flush(call: &mut Call<'_>) -> Next {
    let now = call.now();
    let left = call.bus.parts.peripherals.uart().free_at().saturating_sub(now);
    if left == 0 { SHORT } else { Next::Again { ticks: left } }
}

pub(super) const fn reset(_: &mut Call<'_>) -> Next {
    Next::Reset(ResetKind::Software)
}

pub(super) const fn reset_cpu(_: &mut Call<'_>) -> Next {
    Next::Reset(ResetKind::SoftwareCpu)
}

pub(super) fn cpu_mhz(call: &mut Call<'_>) -> Next {
    let mhz = *call.cpu_mhz;
    call.value(mhz);
    SHORT
}

/// Only what the ROM's delays count by; the clock itself is set in registers.
pub(super) fn set_cpu_mhz(call: &mut Call<'_>) -> Next {
    *call.cpu_mhz = call.argument(0);
    SHORT
}
