//! The flash as the chip needs it; whoever has the chip has the flash.

/// A NOR flash.
pub trait FlashMemory {
    /// Up to `length` bytes from `address`; fewer at the end, none beyond it.
    fn read(&self, address: u32, length: u32) -> &[u8];

    /// Its size in bytes, a power of two.
    fn size(&self) -> u32;

    /// Sets all bits of the sectors of 4096 bytes that the range touches. `false`, and nothing done, for a range that ends
    /// beyond the flash.
    fn erase(&mut self, address: u32, length: u32) -> bool;

    /// Clears the bits that are clear in `data`. `false`, and nothing done, for a range that ends beyond the flash.
    fn program(&mut self, address: u32, data: &[u8]) -> bool;

    /// What it answers when it is asked who it is (command 0x9f): manufacturer, type, the binary logarithm of its size.
    fn jedec_id(&self) -> [u8; 3];

    /// Whether there is still power. After a call in which it went, the chip executes nothing more until it is started anew.
    fn has_power(&self) -> bool {
        true
    }
}
