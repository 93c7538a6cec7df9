//! The flags of the servers beside the cloud: time and names.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use clap::Args;
use tokio::net::UdpSocket;

use super::error::ServeError;
use crate::dns::{DnsServer, Names, serve_dns};
use crate::http::Shared;
use crate::ntp::{NtpServer, serve_ntp};

/// Where the time server listens if nobody says: its own port, 123, needs rights.
const NTP_ADDRESS: &str = "127.0.0.1:1123";

/// Where the name server listens if nobody says: its own port, 53, needs rights.
const DNS_ADDRESS: &str = "127.0.0.1:1053";

/// The flags of the servers beside the cloud.
#[derive(Debug, Clone, Args)]
pub struct BesideArgs {
    /// Serve the time over NTP, with the faults of kind `ntp` [default address: 127.0.0.1:1123].
    #[arg(long, value_name = "ADDR", num_args = 0..=1, default_missing_value = NTP_ADDRESS)]
    pub ntp: Option<String>,

    /// Serve names over DNS: AWS IoT's endpoints lead to this cloud, all other names nowhere; with the faults of kind `dns`
    /// [default address: 127.0.0.1:1053].
    #[arg(long, value_name = "ADDR", num_args = 0..=1, default_missing_value = DNS_ADDRESS)]
    pub dns: Option<String>,

    /// Another name that leads to this cloud, as time.example.com or *.example.com; may be given several times.
    #[arg(long = "dns-name", value_name = "NAME", requires = "dns")]
    pub dns_names: Vec<String>,

    /// Where the names lead; may be given several times [default: where the cloud listens].
    #[arg(long = "dns-address", value_name = "IP", requires = "dns")]
    pub dns_addresses: Vec<IpAddr>,
}

/// The servers beside the cloud, which end when this is dropped.
#[derive(Debug, Default)]
pub(super) struct Beside {
    ntp: Option<NtpServer>,
    dns: Option<DnsServer>,
}

impl BesideArgs {
    /// Starts what was asked for; the cloud listens at `listens`.
    pub(super) async fn serve(
        &self,
        shared: &Arc<Shared>,
        listens: &[SocketAddr],
    ) -> Result<Beside, ServeError> {
        let mut beside = Beside::default();
        if let Some(address) = &self.ntp {
            let failed =
                |error| ServeError::Listen { flag: "--ntp", address: address.clone(), error };
            let socket = UdpSocket::bind(address).await.map_err(failed)?;
            beside.ntp = Some(serve_ntp(socket, Arc::clone(shared)).map_err(failed)?);
        }
        if let Some(address) = &self.dns {
            let failed =
                |error| ServeError::Listen { flag: "--dns", address: address.clone(), error };
            let names = self.names(listens)?;
            let server = serve_dns(address, names, Arc::clone(shared)).await.map_err(failed)?;
            beside.dns = Some(server);
        }
        Ok(beside)
    }

    fn names(&self, listens: &[SocketAddr]) -> Result<Names, ServeError> {
        let mut addresses = self.dns_addresses.clone();
        if addresses.is_empty() {
            addresses.extend(listens.iter().map(SocketAddr::ip));
            addresses.sort_unstable();
            addresses.dedup();
        }
        if addresses.iter().all(IpAddr::is_unspecified) {
            return Err(ServeError::Argument {
                name: "--dns",
                reason: "the cloud listens at all addresses, so say by --dns-address IP where the names are to lead"
                    .to_owned(),
            });
        }
        let mut names = Names::of_aws(&addresses);
        for name in &self.dns_names {
            names.add(name).map_err(|error| ServeError::Argument {
                name: "--dns-name",
                reason: error.to_string(),
            })?;
        }
        Ok(names)
    }
}

impl Beside {
    /// The ready lines.
    pub(super) fn lines(&self) -> String {
        let ntp = self.ntp.as_ref().map(|server| ("ntp", server.local_addr()));
        let dns = self.dns.as_ref().map(|server| ("dns", server.local_addr()));
        ntp.into_iter()
            .chain(dns)
            .map(|(scheme, address)| format!("fake-shadow listening on {scheme}://{address}\n"))
            .collect()
    }
}
