//! The image `shade-thing`.

#![no_std]
#![no_main]

use embassy_executor::Spawner;

thing_esp32c3::describe!("shade-thing");

#[esp_rtos::main]
async fn main(spawner: Spawner) -> ! {
    thing_esp32c3::run(&thing::SHADE, spawner).await
}
