//! The fake cloud on a port of this machine, with its servers of time and names, or the rig before the real one.

use std::net::SocketAddr;
use std::sync::Arc;

use fake_shadow::dns::{DnsServer, Names, serve_dns};
use fake_shadow::fault::{Carries, Channel, Faulty};
use fake_shadow::http::{self, Server, ServerIdentity, Shared, usual_names};
use fake_shadow::ntp::{NtpServer, serve_ntp};
use fake_shadow::{FakeShadow, Settings};
use tokio::net::{TcpListener, UdpSocket};
use tokio::runtime::Handle;
use tokio::sync::watch;

use super::real_service::{RealService, ServiceSide};
use super::seen::{Sink, system_time};
use crate::engine::ActionError;

/// The name of the fake cloud at the rig's name server. The range is for tests (RFC 6761, section 6.2), so that a device that asks
/// another server finds nobody.
pub const CLOUD_NAME: &str = "cloud.shadowrig.test";

/// The fake cloud on a port of this machine.
#[derive(Debug)]
pub struct CloudServer {
    pub(super) runtime: Handle,
    pub(super) server: Option<Server>,
    ntp: NtpServer,
    dns: DnsServer,
    /// The real service, where this stands before it instead of playing it.
    pub(super) service: Option<ServiceSide>,
    /// The certificate that clients are to trust, where it is served over TLS.
    ca_pem: Option<String>,
    pub(super) shared: Arc<Shared>,
    pub(super) settings: Settings,
    /// Whether devices are served yet.
    doors: watch::Sender<bool>,
}

impl CloudServer {
    /// Starts a cloud at an address, over TLS or not; port 0 picks a free one. It serves nobody before `CloudServer::open`. What
    /// it sees goes into the sink. With the real service it passes requests on. What it carries of the board's radio link faults can take away.
    ///
    /// # Errors
    ///
    /// The address cannot be had, or no certificate can be made.
    pub fn start_at(
        listen: SocketAddr,
        (runtime, settings): (&Handle, Settings),
        (channel, carries, service): (Channel, Carries, Option<&RealService>),
        sink: Sink,
    ) -> Result<Self, ActionError> {
        let what = "start the cloud";
        let address = listen.ip();
        let error = |error: std::io::Error| {
            ActionError::new(what, format!("{listen}: {error}")).help(
                "is something else listening there? it must be a free port and an address of this machine, as `ip address` shows them",
            )
        };
        let mut names = usual_names(&settings.region);
        names.extend([address.to_string(), CLOUD_NAME.to_owned()]);
        let identity = match channel {
            Channel::Plain => None,
            Channel::Tls => Some(
                ServerIdentity::of_private_ca(None, &names)
                    .map_err(|error| ActionError::new(what, error.to_string()))?,
            ),
        };
        let cloud = Faulty::new(FakeShadow::new(settings.clone()));
        let (doors, is_open) = watch::channel(false);
        let mut shared = Shared::new(cloud, system_time).carrying(carries).closed_until(is_open);
        if let Some(RealService { reach, .. }) = service {
            shared = shared.passing_on_to(reach.upstream.clone(), Some(reach.signer.clone()));
        }
        let shared = Arc::new(shared.observed_by(move |event| sink.tell_cloud(event.clone())));
        let listener = runtime.block_on(TcpListener::bind(listen)).map_err(error)?;
        let _in_runtime = runtime.enter();
        let server = match &identity {
            None => http::serve(listener, Arc::clone(&shared)),
            Some(identity) => http::serve_tls(listener, Arc::clone(&shared), identity),
        };
        let server = Some(server.map_err(error)?);
        let ntp = runtime.block_on(UdpSocket::bind((address, 0)));
        let ntp = ntp.and_then(|socket| serve_ntp(socket, Arc::clone(&shared))).map_err(error)?;
        let mut known = Names::of_aws(&[address]);
        known.add(CLOUD_NAME).map_err(|error| ActionError::new(what, error.to_string()))?;
        let anywhere = SocketAddr::new(address, 0).to_string();
        let dns = runtime.block_on(serve_dns(&anywhere, known, Arc::clone(&shared)));
        let dns = dns.map_err(error)?;
        let ca_pem = identity.and_then(|identity| identity.ca_pem().map(str::to_owned));
        let service = service.map(|service| ServiceSide::new(runtime.clone(), service));
        let runtime = runtime.clone();
        Ok(Self { runtime, server, ntp, dns, service, ca_pem, shared, settings, doors })
    }

    /// Serves devices from now on, those first that have been waiting.
    pub(super) fn open(&self) {
        self.doors.send_replace(true);
    }

    /// Where it listens, as `http://127.0.0.1:41873`.
    #[must_use]
    pub fn endpoint(&self) -> String {
        let address = self.server.as_ref().map(Server::local_addr);
        address.map_or_else(String::new, |address| format!("{}://{address}", self.scheme()))
    }

    /// The same by [`CLOUD_NAME`], which only its own name server knows.
    #[must_use]
    pub fn endpoint_by_name(&self) -> String {
        let port = self.server.as_ref().map_or(0, |server| server.local_addr().port());
        format!("{}://{CLOUD_NAME}:{port}", self.scheme())
    }

    const fn scheme(&self) -> &'static str {
        if self.ca_pem.is_some() { "https" } else { "http" }
    }

    /// Where its time server listens, as `127.0.0.1:41874`.
    #[must_use]
    pub fn ntp_address(&self) -> String {
        self.ntp.local_addr().to_string()
    }

    /// Where its name server listens, as `127.0.0.1:41875`.
    #[must_use]
    pub fn dns_address(&self) -> String {
        self.dns.local_addr().to_string()
    }

    /// The certificate that clients are to trust, in PEM form; none without TLS.
    #[must_use]
    pub fn ca_pem(&self) -> Option<&str> {
        self.ca_pem.as_deref()
    }
}

impl Drop for CloudServer {
    fn drop(&mut self) {
        if let Some(server) = self.server.take() {
            self.runtime.block_on(server.shutdown());
        }
    }
}
