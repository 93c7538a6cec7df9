//! Packets of NTP, as bytes. RFC 5905, section 7.3; RFC 4330, section 4.
#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

use crate::clock::UnixMillis;

/// Bytes of a packet without extensions and without a signature.
pub const PACKET_BYTES: usize = 48;

/// Seconds from 1900, where NTP counts from, to 1970. RFC 5905, section 6.
const UNIX_EPOCH_SECS: i64 = 2_208_988_800;

/// Where the count of seconds begins anew: 2036-02-07T06:28:16Z. RFC 5905, section 6, figure 4.
pub const ERA_1: UnixMillis = UnixMillis::from_secs((1 << 32) - UNIX_EPOCH_SECS);

/// A point in time as NTP writes it: seconds of the era, and their fraction in units of 2^-32 s.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Timestamp {
    /// Seconds since the era began.
    pub secs: u32,
    /// The fraction of a second.
    pub fraction: u32,
}

/// The header of a packet; what stands behind it is not looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Packet {
    /// The warning of a leap second, 0 to 3; 3 says that the clock is not set.
    pub leap: u8,
    /// The version of the protocol, 0 to 7.
    pub version: u8,
    /// Who speaks: 3 a client, 4 a server.
    pub mode: u8,
    /// How far from a true clock: 1 at one, 0 for a kiss of death.
    pub stratum: u8,
    /// The interval between packets, as a power of two of seconds.
    pub poll: i8,
    /// How fine the clock is, as a power of two of seconds.
    pub precision: i8,
    /// What the clock is set by; in a kiss of death its code.
    pub reference_id: [u8; 4],
    /// When the clock was set.
    pub reference: Timestamp,
    /// When the request was sent, by the client's clock.
    pub origin: Timestamp,
    /// When it came, by the server's.
    pub receive: Timestamp,
    /// When this packet was sent.
    pub transmit: Timestamp,
}

impl Timestamp {
    /// A point in time, in the era in which it lies; the era itself is not written.
    #[must_use]
    pub const fn of(at: UnixMillis) -> Self {
        let secs = at.secs().wrapping_add(UNIX_EPOCH_SECS);
        let millis = at.0.rem_euclid(1000);
        // Both fit: the seconds are taken modulo an era, as RFC 5905, section 6, has it; the fraction is below one.
        Self { secs: secs as u32, fraction: ((millis << 32) / 1000) as u32 }
    }

    /// The point in time, in the era that RFC 4330, section 3, takes: the highest bit is set until 2036 and clear after it.
    #[must_use]
    pub const fn unix(self) -> UnixMillis {
        let era_secs: i64 = if self.secs & 0x8000_0000 == 0 { 1 << 32 } else { 0 };
        let secs = self.secs as i64 + era_secs - UNIX_EPOCH_SECS;
        let millis = (self.fraction as i64 * 1000 + (1 << 31)) >> 32;
        UnixMillis(secs * 1000 + millis)
    }

    fn read(bytes: [u8; 8]) -> Self {
        let [a, b, c, d, e, f, g, h] = bytes;
        Self { secs: u32::from_be_bytes([a, b, c, d]), fraction: u32::from_be_bytes([e, f, g, h]) }
    }

    fn bytes(self) -> [u8; 8] {
        let [a, b, c, d] = self.secs.to_be_bytes();
        let [e, f, g, h] = self.fraction.to_be_bytes();
        [a, b, c, d, e, f, g, h]
    }
}

impl Packet {
    /// Reads a packet; none if the bytes are too few for one.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let header: &[u8; PACKET_BYTES] = bytes.first_chunk()?;
        let stamp = |at: usize| {
            let mut bytes = [0; 8];
            bytes.copy_from_slice(&header[at..at + 8]);
            Timestamp::read(bytes)
        };
        Some(Self {
            leap: header[0] >> 6,
            version: header[0] >> 3 & 7,
            mode: header[0] & 7,
            stratum: header[1],
            poll: header[2].cast_signed(),
            precision: header[3].cast_signed(),
            reference_id: [header[12], header[13], header[14], header[15]],
            reference: stamp(16),
            origin: stamp(24),
            receive: stamp(32),
            transmit: stamp(40),
        })
    }

    /// The packet as it goes out. Root delay and dispersion are zero, as of a server that is its own true clock.
    #[must_use]
    pub fn bytes(&self) -> [u8; PACKET_BYTES] {
        let mut bytes = [0; PACKET_BYTES];
        bytes[0] = self.leap << 6 | (self.version & 7) << 3 | self.mode & 7;
        bytes[1] = self.stratum;
        bytes[2] = self.poll.cast_unsigned();
        bytes[3] = self.precision.cast_unsigned();
        bytes[12..16].copy_from_slice(&self.reference_id);
        for (at, stamp) in
            [(16, self.reference), (24, self.origin), (32, self.receive), (40, self.transmit)]
        {
            bytes[at..at + 8].copy_from_slice(&stamp.bytes());
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(at: UnixMillis, secs: u32, fraction: u32) {
        assert_eq!(Timestamp::of(at), Timestamp { secs, fraction });
        assert_eq!(Timestamp { secs, fraction }.unix(), at);
    }

    /// The rows of RFC 5905, section 6, figure 4, that lie in the two eras that RFC 4330 tells apart.
    #[test]
    fn points_in_time_are_written_as_the_table_of_the_rfc_has_them() {
        check(UnixMillis(0), 2_208_988_800, 0);
        check(UnixMillis::from_secs(63_072_000), 2_272_060_800, 0);
        check(UnixMillis::from_secs(946_598_400), 3_155_587_200, 0);
        check(ERA_1, 0, 0);
        check(UnixMillis(ERA_1.0 - 500), u32::MAX, 1 << 31);
        check(UnixMillis(ERA_1.0 + 250), 0, 1 << 30);
    }

    proptest! {
        #[test]
        fn a_packet_is_read_as_it_was_written(bytes in proptest::array::uniform32(any::<u8>())) {
            let whole: Vec<u8> = bytes.iter().chain(&bytes[..16]).copied().collect();
            let packet = Packet::read(&whole).unwrap();
            prop_assert_eq!(Packet::read(&packet.bytes()), Some(packet));
            prop_assert_eq!(Packet::read(&whole[..47]), None);
        }

        #[test]
        fn a_point_in_time_of_the_two_eras_comes_back(millis in 0_i64..4_200_000_000_000) {
            prop_assert_eq!(Timestamp::of(UnixMillis(millis)).unix(), UnixMillis(millis));
        }
    }
}
