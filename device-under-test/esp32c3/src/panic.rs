//! The end of a program that is wrong: it says where, and starts again.

use core::panic::PanicInfo;

use esp_backtrace::Backtrace;
use esp_hal::system::software_reset;
use esp_println::println;

/// Prints what is wrong and the addresses of the callers, and resets. An exception of the processor comes here too, as a
/// panic of the library. The next boot says `reset: RTC_SW_SYS_RST`.
#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    println!("");
    println!("====================== PANIC ======================");
    println!("{info}");
    println!("");
    println!("Backtrace:");
    println!("");
    for frame in Backtrace::capture().frames() {
        println!("0x{:x}", frame.program_counter());
    }
    println!("");
    println!("Rebooting...");
    software_reset()
}
