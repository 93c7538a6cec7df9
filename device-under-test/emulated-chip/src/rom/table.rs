//! Which function is where.

use super::call::{Call, Next};
use super::{analog, arithmetic, flash, md5, memory, system};

/// What a function does.
pub(crate) type Function = fn(&mut Call<'_>) -> Next;

/// Addresses in order, with names as in the linker scripts.
const FUNCTIONS: [(u32, &str, Function); 45] = [
    (0x4000_0018, "rtc_get_reset_reason", system::reset_reason),
    (0x4000_0050, "ets_delay_us", system::delay),
    (0x4000_0068, "uart_tx_one_char", system::send_byte),
    (0x4000_006c, "uart_tx_one_char2", system::send_byte),
    (0x4000_0080, "uart_tx_flush", system::flush),
    (0x4000_0084, "uart_tx_wait_idle", system::flush),
    (0x4000_0090, "software_reset", system::reset),
    (0x4000_0094, "software_reset_cpu", system::reset_cpu),
    (0x4000_010c, "esp_rom_spiflash_wait_idle", flash::done),
    (0x4000_0124, "esp_rom_spiflash_erase_block", flash::erase_block),
    (0x4000_0128, "esp_rom_spiflash_erase_sector", flash::erase_sector),
    (0x4000_012c, "esp_rom_spiflash_write", flash::write),
    (0x4000_0130, "esp_rom_spiflash_read", flash::read),
    (0x4000_0134, "esp_rom_spiflash_config_param", flash::done),
    (0x4000_0140, "esp_rom_spiflash_unlock", flash::done),
    (0x4000_0354, "memset", memory::set),
    (0x4000_0358, "memcpy", memory::copy),
    (0x4000_035c, "memmove", memory::copy),
    (0x4000_0360, "memcmp", memory::compare),
    (0x4000_04d4, "Cache_Invalidate_Addr", flash::invalidate),
    (0x4000_04d8, "Cache_Invalidate_ICache_All", flash::invalidate),
    (0x4000_0524, "Cache_Suspend_ICache", flash::done),
    (0x4000_0528, "Cache_Resume_ICache", flash::invalidate),
    (0x4000_0584, "ets_get_cpu_frequency", system::cpu_mhz),
    (0x4000_0588, "ets_update_cpu_frequency", system::set_cpu_mhz),
    (0x4000_0614, "MD5Init", md5::begin),
    (0x4000_0618, "MD5Update", md5::update),
    (0x4000_061c, "MD5Final", md5::finish),
    (0x4000_0628, "crc32_le", arithmetic::crc32),
    (0x4000_077c, "__ashldi3", arithmetic::shift_left),
    (0x4000_0780, "__ashrdi3", arithmetic::shift_right_signed),
    (0x4000_0798, "__clzdi2", arithmetic::leading_zeros_64),
    (0x4000_079c, "__clzsi2", arithmetic::leading_zeros),
    (0x4000_07a8, "__ctzsi2", arithmetic::trailing_zeros),
    (0x4000_07b4, "__divdi3", arithmetic::divide_signed),
    (0x4000_0830, "__lshrdi3", arithmetic::shift_right),
    (0x4000_083c, "__moddi3", arithmetic::remainder_signed),
    (0x4000_084c, "__muldi3", arithmetic::multiply),
    (0x4000_0888, "__popcountsi2", arithmetic::ones),
    (0x4000_08ac, "__udivdi3", arithmetic::divide),
    (0x4000_08bc, "__umoddi3", arithmetic::remainder),
    (0x4000_1954, "rom_i2c_readReg", analog::read),
    (0x4000_1958, "rom_i2c_readReg_Mask", analog::read_mask),
    (0x4000_195c, "rom_i2c_writeReg", analog::write),
    (0x4000_1960, "rom_i2c_writeReg_Mask", analog::write_mask),
];

/// The function at this address, and its name.
pub(crate) fn find(address: u32) -> Option<(&'static str, Function)> {
    let place = FUNCTIONS.binary_search_by_key(&address, |(at, ..)| *at).ok()?;
    let (_, name, function) = FUNCTIONS[place];
    Some((name, function))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order_so_that_it_can_be_searched() {
        assert!(FUNCTIONS.is_sorted_by_key(|(address, ..)| *address));
        assert_eq!(find(0x4000_0358).map(|(name, _)| name), Some("memcpy"));
        assert!(find(0x4000_0359).is_none());
    }
}
