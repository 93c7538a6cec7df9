//! TCP, DNS and the time over whichever link there is: the firmware's seam, on embassy-net.

use core::net::Ipv4Addr;

use embassy_executor::Spawner;
use embassy_net::dns::DnsQueryType;
use embassy_net::tcp::TcpSocket;
use embassy_net::udp::{PacketMetadata, UdpSocket};
use embassy_net::{IpAddress, IpEndpoint, Runner, Stack, StackResources};
use embassy_time::{Duration, with_timeout};
use embedded_io_async::Write as _;
use esp_hal::rng::Rng;
use firmware::names::{self, NameError};
use firmware::{Connection, Endpoint, Field, Network, Provisioning, Reason, Scheme, sntp};
use static_cell::{ConstStaticCell, StaticCell};

use crate::link::{Device, Link, open};
#[cfg(feature = "tls")]
use crate::tls::{Server, Tls};
#[cfg(feature = "tls")]
use firmware_tls::Memory;

/// Sockets at once: DHCP, DNS of the stack, a question for a name or the time, the cloud.
const SOCKETS: usize = 4;

/// Bytes of an answer that are on their way before the cloud must wait. Two full frames.
const RECEIVE_BYTES: usize = 2920;
/// Bytes of a request that are on their way.
const SEND_BYTES: usize = 2920;

/// The server of the time when none is provisioned.
const NTP_SERVER: &str = "pool.ntp.org";
/// How long an answer about a name or the time is waited for before it is asked for again: packets get lost.
const PATIENCE: Duration = Duration::from_secs(2);

/// Room for a question about a name or the time.
type Question = [u8; names::QUESTION_BYTES_MAX];

/// What a network is started with.
pub(crate) struct Settings {
    /// The cloud, or why there is none.
    pub(crate) endpoint: Result<Endpoint<'static>, Reason>,
    pub(crate) provisioning: Provisioning<'static>,
    #[cfg(feature = "wifi")]
    pub(crate) radio: esp_hal::peripherals::WIFI<'static>,
}

/// The network of the chip.
pub(crate) struct ChipNetwork {
    endpoint: Result<Endpoint<'static>, Reason>,
    provisioning: Provisioning<'static>,
    link: Link,
    stack: Stack<'static>,
    buffers: &'static mut Buffers,
}

/// Memory of the one connection.
struct Buffers {
    receive: [u8; RECEIVE_BYTES],
    send: [u8; SEND_BYTES],
    #[cfg(feature = "tls")]
    tls: Memory,
}

static BUFFERS: ConstStaticCell<Buffers> = ConstStaticCell::new(Buffers {
    receive: [0; RECEIVE_BYTES],
    send: [0; SEND_BYTES],
    #[cfg(feature = "tls")]
    tls: Memory::new(),
});

static RESOURCES: StaticCell<StackResources<SOCKETS>> = StaticCell::new();

/// Starts the link and the stack above it. Nothing is joined yet.
pub(crate) fn start(settings: Settings, spawner: Spawner) -> ChipNetwork {
    let Settings { endpoint, provisioning, .. } = settings;
    let (link, device) = open(settings);
    let config = embassy_net::Config::dhcpv4(Default::default());
    let resources = RESOURCES.init(StackResources::new());
    let (stack, runner) = embassy_net::new(device, config, resources, random());
    if let Ok(task) = drive(runner) {
        spawner.spawn(task);
    }
    ChipNetwork { endpoint, provisioning, link, stack, buffers: BUFFERS.take() }
}

/// Moves frames for as long as the chip is awake.
#[embassy_executor::task]
async fn drive(mut runner: Runner<'static, Device>) {
    runner.run().await
}

/// A number that nobody guesses.
fn random() -> u64 {
    let random = Rng::new();
    u64::from(random.random()) << 32 | u64::from(random.random())
}

impl ChipNetwork {
    /// The first address of a name.
    async fn resolve(&self, name: &str) -> Result<IpAddress, Reason> {
        if let Ok(address) = name.parse::<Ipv4Addr>() {
            return Ok(IpAddress::Ipv4(address));
        }
        if let Some(told) = self.provisioning.get(Field::NameServer) {
            let server = names::server(told).ok_or("the name_server is no IPv4 address")?;
            return self.ask_name(server.into(), name).await.map(IpAddress::Ipv4);
        }
        let found = self.stack.dns_query(name, DnsQueryType::A).await;
        let found = found.map_err(|_| names::SILENT)?;
        found.first().copied().ok_or(NameError::NoAddress.reason())
    }

    async fn ask_name(&self, server: IpEndpoint, name: &str) -> Result<Ipv4Addr, Reason> {
        let write = |nonce, buffer: &mut Question| {
            names::question(name, nonce as u16, buffer).map(<[u8]>::len)
        };
        let read = |nonce, answer: &[u8]| match names::address(answer, name, nonce as u16) {
            Err(error) if !error.is_final() => None,
            told => Some(told.map_err(NameError::reason)),
        };
        let mut received = [0; names::ANSWER_BYTES_MAX];
        self.ask((server, &mut received), write, read).await.unwrap_or(Err(names::SILENT))
    }

    async fn ask_time(&self) -> Option<u64> {
        let told = self.provisioning.get(Field::NtpServer).unwrap_or(NTP_SERVER);
        let (name, port) = sntp::server(told)?;
        let server = IpEndpoint::new(self.resolve(name).await.ok()?, port);
        let write = |nonce, buffer: &mut Question| {
            let question = sntp::question(nonce);
            buffer.first_chunk_mut().map(|to| *to = question).map(|()| question.len())
        };
        let read = |nonce, answer: &[u8]| match sntp::unix_ms(answer, nonce) {
            Err(error) if !error.is_final() => None,
            told => Some(told.ok()),
        };
        let mut received = [0; 2 * sntp::PACKET_BYTES];
        self.ask((server, &mut received), write, read).await?
    }

    /// Asks a server over UDP until an answer counts, since packets get lost; the loop of the wake ends this. What is no answer to the
    /// last question, of which `read` makes nothing, must not bring the next one sooner. `None` if nobody can be asked.
    async fn ask<T>(
        &self,
        (server, received): (IpEndpoint, &mut [u8]),
        write: impl Fn(u64, &mut Question) -> Option<usize>,
        read: impl Fn(u64, &[u8]) -> Option<T>,
    ) -> Option<T> {
        let mut sent: Question = [0; names::QUESTION_BYTES_MAX];
        let (mut received_meta, mut sent_meta) =
            ([PacketMetadata::EMPTY; 2], [PacketMetadata::EMPTY; 1]);
        let (receive, send) = (&mut received_meta, &mut sent_meta);
        let mut socket = UdpSocket::new(self.stack, receive, received, send, &mut sent);
        socket.bind(0).ok()?;
        loop {
            let (nonce, mut question) = (random(), [0; names::QUESTION_BYTES_MAX]);
            let bytes = write(nonce, &mut question)?;
            socket.send_to(question.get(..bytes)?, server).await.ok()?;
            let answered = async {
                loop {
                    let answer = socket.recv_from_with(|answer, _| read(nonce, answer)).await;
                    if let Some(told) = answer {
                        return told;
                    }
                }
            };
            if let Ok(told) = with_timeout(PATIENCE, answered).await {
                return Some(told);
            }
        }
    }
}

impl Network for ChipNetwork {
    type Connection<'n> = ChipConnection<'n>;

    async fn bring_up(&mut self) -> Result<(), Reason> {
        self.link.join().await?;
        self.stack.wait_config_up().await;
        Ok(())
    }

    async fn unix_ms(&mut self) -> Option<u64> {
        self.ask_time().await
    }

    async fn connect(&mut self, unix_ms: u64) -> Result<ChipConnection<'_>, Reason> {
        let endpoint = self.endpoint?;
        let address = self.resolve(endpoint.name).await?;
        let Buffers {
            receive,
            send,
            #[cfg(feature = "tls")]
            tls,
        } = &mut *self.buffers;
        let mut socket = TcpSocket::new(self.stack, receive, send);
        socket.connect((address, endpoint.port)).await.map_err(|_| "connection refused")?;
        match endpoint.scheme {
            Scheme::Http => Ok(ChipConnection::Plain(socket)),
            #[cfg(feature = "tls")]
            Scheme::Https => {
                let ca_certificate = self.provisioning.get(Field::CaCertificate);
                let server = Server { name: endpoint.name, ca_certificate, unix_ms };
                Ok(ChipConnection::Tls(Tls::open(socket, tls, server).await?))
            }
            #[cfg(not(feature = "tls"))]
            Scheme::Https => {
                let _ = unix_ms;
                Err("this image has no TLS")
            }
        }
    }
}

/// A connection, with TLS or without.
pub(crate) enum ChipConnection<'n> {
    Plain(TcpSocket<'n>),
    #[cfg(feature = "tls")]
    Tls(Tls<'n>),
}

/// What is said of a connection that broke.
pub(crate) const BROKEN: Reason = "connection broken";

impl Connection for ChipConnection<'_> {
    async fn send(&mut self, bytes: &[u8]) -> Result<(), Reason> {
        match self {
            Self::Plain(socket) => {
                socket.write_all(bytes).await.map_err(|_| BROKEN)?;
                socket.flush().await.map_err(|_| BROKEN)
            }
            #[cfg(feature = "tls")]
            Self::Tls(tls) => tls.send(bytes).await,
        }
    }

    async fn receive(&mut self, buffer: &mut [u8]) -> Result<usize, Reason> {
        match self {
            Self::Plain(socket) => socket.read(buffer).await.map_err(|_| BROKEN),
            #[cfg(feature = "tls")]
            Self::Tls(tls) => tls.receive(buffer).await,
        }
    }

    async fn close(&mut self) {
        match self {
            Self::Plain(socket) => {
                socket.close();
                // It is over either way.
                let _ = socket.flush().await;
            }
            #[cfg(feature = "tls")]
            Self::Tls(tls) => tls.close().await,
        }
    }
}
