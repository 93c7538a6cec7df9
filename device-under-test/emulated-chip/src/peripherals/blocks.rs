//! Where the peripherals are, for what is told about registers that nobody describes.

/// The first address of each block, in order, and its name in the manual.
const BLOCKS: [(u32, &str); 43] = [
    (0x6000_0000, "UART0"),
    (0x6000_2000, "SPI1"),
    (0x6000_3000, "SPI0"),
    (0x6000_4000, "GPIO"),
    (0x6000_4f00, "GPIO_SD"),
    (0x6000_5000, "FE2"),
    (0x6000_6000, "FE"),
    (0x6000_8000, "RTC_CNTL"),
    (0x6000_8800, "EFUSE"),
    (0x6000_9000, "IO_MUX"),
    (0x6000_e000, "I2C_ANA_MST"),
    (0x6001_0000, "UART1"),
    (0x6001_3000, "I2C0"),
    (0x6001_4000, "UHCI0"),
    (0x6001_6000, "RMT"),
    (0x6001_9000, "LEDC"),
    (0x6001_c000, "NRX"),
    (0x6001_d000, "BB"),
    (0x6001_f000, "TIMG0"),
    (0x6002_0000, "TIMG1"),
    (0x6002_3000, "SYSTIMER"),
    (0x6002_4000, "SPI2"),
    (0x6002_6000, "APB_CTRL"),
    (0x6002_b000, "TWAI0"),
    (0x6002_d000, "I2S0"),
    (0x6003_a000, "AES"),
    (0x6003_b000, "SHA"),
    (0x6003_c000, "RSA"),
    (0x6003_d000, "DS"),
    (0x6003_e000, "HMAC"),
    (0x6003_f000, "DMA"),
    (0x6004_0000, "APB_SARADC"),
    (0x6004_3000, "USB_DEVICE"),
    (0x6004_4000, "WIFI"),
    (0x600c_0000, "SYSTEM"),
    (0x600c_1000, "SENSITIVE"),
    (0x600c_2000, "INTERRUPT_CORE0"),
    (0x600c_4000, "EXTMEM"),
    (0x600c_5000, "MMU_TABLE"),
    (0x600c_c000, "XTS_AES"),
    (0x600c_d000, "ETHERNET"),
    (0x600c_e000, "ASSIST_DEBUG"),
    (0x600d_0000, "WORLD_CONTROLLER"),
];

/// The block that an address belongs to, and the place in it.
pub(super) fn name(address: u32) -> String {
    let next = BLOCKS.partition_point(|(base, _)| *base <= address);
    match next.checked_sub(1).map(|place| BLOCKS[place]) {
        Some((base, name)) => format!("{name}+{:#x}", address - base),
        None => format!("{address:#010x}"),
    }
}
