//! UDP on the cable: an address for the program (DHCP), names (DNS), the time (NTP). All else goes on to the machine's loopback.

use std::net::{Ipv4Addr, SocketAddrV4};

use smoltcp::phy::ChecksumCapabilities;
use smoltcp::wire::{
    DhcpMessageType, DhcpPacket, DhcpRepr, EthernetAddress, EthernetFrame, EthernetProtocol,
    EthernetRepr, IpAddress, IpProtocol, Ipv4Packet, Ipv4Repr, UdpPacket, UdpRepr,
};

use super::names;

/// The gateway, the program, and their network: those of public emulators with a network of this kind.
pub(super) const GATEWAY: Ipv4Addr = Ipv4Addr::new(10, 0, 2, 2);
const PROGRAM: Ipv4Addr = Ipv4Addr::new(10, 0, 2, 15);
const MASK: Ipv4Addr = Ipv4Addr::new(255, 255, 255, 0);
pub(super) const GATEWAY_MAC: EthernetAddress = EthernetAddress([0x02, 0, 0, 0, 0, 0x02]);

const DHCP_SERVER: u16 = 67;
const DHCP_CLIENT: u16 = 68;
const DNS: u16 = 53;
const NTP: u16 = 123;

/// Seconds for which the program has its address.
const LEASE_S: u32 = 24 * 3600;

/// Seconds from 1900, where NTP begins to count, to 1970.
const SECONDS_1900_TO_1970: u64 = 2_208_988_800;
/// Bytes of a question for the time, and of its answer.
const NTP_BYTES: usize = 48;

/// A datagram, with whoever sent it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Datagram {
    pub(super) mac: EthernetAddress,
    pub(super) from: SocketAddrV4,
    pub(super) to: SocketAddrV4,
    pub(super) bytes: Vec<u8>,
}

impl Datagram {
    /// The datagram in a frame; `None` for other frames.
    pub(super) fn read(frame: &[u8]) -> Option<Self> {
        let frame = EthernetFrame::new_checked(frame).ok()?;
        let packet = match frame.ethertype() {
            EthernetProtocol::Ipv4 => Ipv4Packet::new_checked(frame.payload()).ok()?,
            _ => return None,
        };
        if packet.next_header() != IpProtocol::Udp {
            return None;
        }
        let datagram = UdpPacket::new_checked(packet.payload()).ok()?;
        Some(Self {
            mac: frame.src_addr(),
            from: SocketAddrV4::new(packet.src_addr(), datagram.src_port()),
            to: SocketAddrV4::new(packet.dst_addr(), datagram.dst_port()),
            bytes: datagram.payload().to_vec(),
        })
    }

    /// The frame of an answer to this, which comes from where this went.
    pub(super) fn answer(&self, bytes: &[u8]) -> Vec<u8> {
        self.answer_from(self.to, self.from, bytes)
    }

    fn answer_from(&self, from: SocketAddrV4, to: SocketAddrV4, bytes: &[u8]) -> Vec<u8> {
        let udp = UdpRepr { src_port: from.port(), dst_port: to.port() };
        let ip = Ipv4Repr {
            src_addr: *from.ip(),
            dst_addr: *to.ip(),
            next_header: IpProtocol::Udp,
            payload_len: udp.header_len() + bytes.len(),
            hop_limit: 64,
        };
        let ethernet = EthernetRepr {
            src_addr: GATEWAY_MAC,
            dst_addr: self.mac,
            ethertype: EthernetProtocol::Ipv4,
        };
        let ip_at = ethernet.buffer_len();
        let udp_at = ip_at + ip.buffer_len();
        let mut frame = vec![0; ip_at + ip.buffer_len() + ip.payload_len];
        let checks = ChecksumCapabilities::default();
        ethernet.emit(&mut EthernetFrame::new_unchecked(&mut frame[..]));
        ip.emit(&mut Ipv4Packet::new_unchecked(&mut frame[ip_at..]), &checks);
        let (source, target) = (IpAddress::from(*from.ip()), IpAddress::from(*to.ip()));
        udp.emit(
            &mut UdpPacket::new_unchecked(&mut frame[udp_at..]),
            &source,
            &target,
            bytes.len(),
            |payload| payload.copy_from_slice(bytes),
            &checks,
        );
        frame
    }

    /// The frame that the gateway itself answers with.
    ///
    /// `None` when it does not: then the datagram is for somebody else.
    pub(super) fn answered(&self, unix_ms: u64) -> Option<Option<Vec<u8>>> {
        let is_gateway = !self.to.ip().is_loopback();
        match self.to.port() {
            DHCP_SERVER => Some(self.address()),
            DNS if is_gateway => {
                Some(names::answer(&self.bytes, GATEWAY).map(|bytes| self.answer(&bytes)))
            }
            NTP if is_gateway => Some(self.time(unix_ms)),
            _ => None,
        }
    }

    fn address(&self) -> Option<Vec<u8>> {
        let packet = DhcpPacket::new_checked(&self.bytes[..]).ok()?;
        let asked = DhcpRepr::parse(&packet).ok()?;
        let message_type = match asked.message_type {
            DhcpMessageType::Discover => DhcpMessageType::Offer,
            DhcpMessageType::Request => DhcpMessageType::Ack,
            _ => return None,
        };
        let answer = DhcpRepr {
            message_type,
            your_ip: PROGRAM,
            server_ip: GATEWAY,
            router: Some(GATEWAY),
            subnet_mask: Some(MASK),
            requested_ip: None,
            client_identifier: None,
            server_identifier: Some(GATEWAY),
            parameter_request_list: None,
            dns_servers: Some(std::iter::once(GATEWAY).collect()),
            max_size: None,
            lease_duration: Some(LEASE_S),
            ..asked
        };
        let mut bytes = vec![0; answer.buffer_len()];
        answer.emit(&mut DhcpPacket::new_unchecked(&mut bytes[..])).ok()?;
        let from = SocketAddrV4::new(GATEWAY, DHCP_SERVER);
        let to = SocketAddrV4::new(Ipv4Addr::BROADCAST, DHCP_CLIENT);
        Some(self.answer_from(from, to, &bytes))
    }

    /// The time by this machine's clock (RFC 4330).
    fn time(&self, unix_ms: u64) -> Option<Vec<u8>> {
        let asked = self.bytes.first_chunk::<NTP_BYTES>()?;
        let seconds = (unix_ms / 1000 + SECONDS_1900_TO_1970) as u32;
        let fraction = ((unix_ms % 1000) << 32) / 1000;
        let now = (u64::from(seconds) << 32 | fraction).to_be_bytes();
        let mut bytes = [0; NTP_BYTES];
        // Version 4, a server of stratum 2; when it was asked is given back, and all else is now.
        (bytes[0], bytes[1], bytes[2], bytes[3]) = (4 << 3 | 4, 2, asked[2], 0xec);
        bytes[16..24].copy_from_slice(&now);
        bytes[24..32].copy_from_slice(&asked[40..48]);
        bytes[32..40].copy_from_slice(&now);
        bytes[40..48].copy_from_slice(&now);
        Some(self.answer(&bytes))
    }
}
