//! The image `signal-thing`.

#![no_std]
#![no_main]

use embassy_executor::Spawner;

thing_esp32c3::describe!("signal-thing");

#[esp_rtos::main]
async fn main(spawner: Spawner) -> ! {
    thing_esp32c3::run(&thing::SIGNAL, spawner).await
}
