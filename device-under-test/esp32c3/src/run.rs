//! One boot, from the reset to the sleep.

use embassy_executor::Spawner;
use esp_hal::clock::CpuClock;
use esp_hal::efuse::base_mac_address;
use esp_hal::rtc_cntl::reset_reason;
use esp_hal::system::Cpu;
use esp_hal::timer::timg::TimerGroup;
use esp_println::println;
use firmware::{
    Board as _, Endpoint, Field, Identity, Life, Mac, Provisioning, Reset, SECTOR_BYTES, Scratch,
    wake,
};
use static_cell::{ConstStaticCell, StaticCell};
use thing::{Config, Kind};

use crate::chip::{Chip, Parts};
use crate::network::{Settings, start};

/// Bytes of the heap, in the memory that the bootloader leaves behind.
const HEAP_BYTES: usize = 64 * 1024;

/// More of it, for the radio.
#[cfg(feature = "wifi")]
const RADIO_HEAP_BYTES: usize = 36 * 1024;

/// The memory of the wake.
static SCRATCH: ConstStaticCell<Scratch> = ConstStaticCell::new(Scratch::new());

/// The provisioning; all settings point into it.
static PROVISIONING: StaticCell<[u8; SECTOR_BYTES]> = StaticCell::new();

/// Runs the firmware: boots, says who it is, lives one wake of a thing of this kind, and sleeps.
pub async fn run(kind: &'static Kind, spawner: Spawner) -> ! {
    crate::stack::paint();
    let peripherals = esp_hal::init(esp_hal::Config::default().with_cpu_clock(CpuClock::max()));
    let mut chip = Chip::new(Parts {
        clock: peripherals.RTC_TIMER,
        flash: peripherals.FLASH,
        led: peripherals.GPIO8,
        power: peripherals.LPWR,
        thermometer: peripherals.TSENS,
    });
    esp_alloc::heap_allocator!(#[esp_hal::ram(reclaimed)] size: HEAP_BYTES);
    #[cfg(feature = "wifi")]
    esp_alloc::heap_allocator!(size: RADIO_HEAP_BYTES);
    esp_rtos::start(TimerGroup::new(peripherals.TIMG0).timer0, peripherals.FROM_CPU_INTR0);

    // The radio is a source of randomness itself.
    #[cfg(all(feature = "tls", feature = "ethernet"))]
    let _randomness = esp_hal::rng::TrngSource::new(peripherals.RNG, peripherals.ADC1);

    let sector = PROVISIONING.init([0xff; SECTOR_BYTES]);
    if let Err(error) = chip.store.provisioning(sector) {
        println!("warning: provisioning not read: {error:?}");
    }
    let provisioning = Provisioning::read(sector);
    let reset = Reset::from_code(reset_reason(Cpu::ProCpu).map_or(0, |reason| reason as u8));
    println!("{}", identity(kind, reset, &provisioning));

    let endpoint = provisioning.get(Field::Endpoint).map(Endpoint::parse);
    let settings = Settings {
        endpoint: match endpoint {
            None => Err("no endpoint is provisioned"),
            Some(endpoint) => endpoint.map_err(firmware::EndpointError::reason),
        },
        provisioning,
        #[cfg(feature = "wifi")]
        radio: peripherals.WIFI,
    };
    let config = config(&provisioning, endpoint.and_then(Result::ok));
    let mut network = start(settings, spawner);
    let places = chip.store.places();
    let life = Life { kind, cause: reset.cause, config: &config, kept: places.kept() };
    let seconds = wake(life, SCRATCH.take(), &mut chip, &mut network).await;
    chip.feed_watchdog();
    chip.sleep(seconds)
}

fn identity<'a>(kind: &'a Kind, reset: Reset, provisioning: &Provisioning<'a>) -> Identity<'a> {
    let mut mac = [0; 6];
    mac.copy_from_slice(base_mac_address().as_bytes());
    Identity {
        name: kind.name,
        version: env!("CARGO_PKG_VERSION"),
        chip: "esp32c3",
        mac: Mac(mac),
        reset: reset.name,
        endpoint: provisioning.get(Field::Endpoint),
    }
}

/// What the thing is told; what is missing it finds out itself, and says so.
fn config<'a>(provisioning: &Provisioning<'a>, endpoint: Option<Endpoint<'a>>) -> Config<'a> {
    let host = endpoint.map_or("localhost", |endpoint| endpoint.host);
    Config {
        thing_name: provisioning.get(Field::ThingName).unwrap_or("thing-1"),
        shadow_name: provisioning.get(Field::ShadowName),
        host: provisioning.get(Field::Host).unwrap_or(host),
        region: provisioning.get(Field::Region).unwrap_or("us-east-1"),
        access_key_id: provisioning.get(Field::AccessKeyId).unwrap_or_default(),
        secret_access_key: provisioning.get(Field::SecretAccessKey).unwrap_or_default(),
        session_token: provisioning.get(Field::SessionToken),
    }
}
