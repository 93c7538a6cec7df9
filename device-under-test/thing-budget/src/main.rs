//! The smallest program that has all of a thing in it. It is never run: `check.sh` weighs it.
//!
//! Whatever the linker keeps is reached from here with values that the compiler cannot guess, so it is what a
//! firmware would carry. There is no allocator; a thing that asked for memory would not link.

#![no_std]
#![no_main]

use core::hint::black_box;
use core::panic::PanicInfo;

use thing::{Config, Input, Instant, Kind, Lent, Thing, Workspace};

/// Where the linker begins to look for what is needed.
#[unsafe(no_mangle)]
extern "C" fn _start() -> ! {
    let mut workspace = Workspace::new();
    let config = black_box(Config {
        thing_name: "",
        shadow_name: None,
        host: "",
        region: "",
        access_key_id: "",
        secret_access_key: "",
        session_token: None,
    });
    let Some(kind) = Kind::by_name(black_box("")) else { halt() };
    let mut thing = Thing::new(kind);
    loop {
        let lent = Lent { config: &config, workspace: &mut workspace };
        let now = black_box(Instant(0));
        thing.handle(lent, now, black_box(Input::Tick), &mut |output| {
            black_box(output);
        });
    }
}

#[panic_handler]
fn panic(_info: &PanicInfo<'_>) -> ! {
    halt()
}

fn halt() -> ! {
    loop {
        core::hint::spin_loop();
    }
}
