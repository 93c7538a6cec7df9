//! What the factory burned in: the address, the revision. Nothing can be burned.

use super::plain::Plain;

/// Where the address is: block 1, words 0 and 1.
const MAC_LOW: u32 = 0x44;
const MAC_HIGH: u32 = 0x48;
/// Block 1, word 3: the minor revision in bits 18 to 20. This chip has revision 0.4.
const REVISION: (u32, u32) = (0x50, 4 << 18);

/// The fuses.
#[derive(Debug)]
pub(super) struct Efuse(Plain);

impl Efuse {
    pub(super) fn new([a, b, c, d, e, f]: [u8; 6]) -> Self {
        let low = u32::from_be_bytes([c, d, e, f]);
        let high = u32::from_be_bytes([0, 0, a, b]);
        Self(Plain::with(&[(MAC_LOW, low), (MAC_HIGH, high), REVISION]))
    }

    pub(super) fn read(&self, offset: u32) -> u32 {
        self.0.read(offset)
    }
}
