//! What boards are told about their cloud and their network.

use std::net::{IpAddr, Ipv4Addr};

use clap::Args;
use fake_shadow::fault::Place;
use fake_shadow::settings::{TEST_ACCESS_KEY_ID, TEST_SECRET_ACCESS_KEY};
use serde_json::Value;
use virtual_board::Provisioning;

use super::again::CommandLine;
use super::wifi::{self, Wifi};
use crate::drive::cloud_server::CloudServer;
use crate::engine::ActionError;
use crate::scenario::plan::Plan;
use crate::scenario::secrets::Mask;

/// The name of the thing on benches in real time.
pub(super) const THING_NAME: &str = "thing-1";

/// The words about the network of boards.
#[derive(Debug, Clone, Args)]
pub(super) struct NetworkArgs {
    /// The Wi-Fi that boards are told: a name in ~/.config/shadowrig/wifi.toml; SHADOWRIG_WIFI_SSID and
    /// SHADOWRIG_WIFI_PASSWORD go before it [default: `wifi` of the board in the inventory].
    #[arg(long, value_name = "NAME")]
    wifi: Option<String>,
    /// The address of this machine under which boards on the network find the fake cloud; its control interface stays on loopback.
    #[arg(long, value_name = "ADDRESS", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST), value_parser = one_address)]
    cloud_address: IpAddr,
    /// The command that takes a board's Wi-Fi away for `fault: { wifi: ... }`; it gets `drop`, `deauth` or `restore` as its last
    /// argument, and SHADOWRIG_BOARD, SHADOWRIG_MAC and SHADOWRIG_WIFI_SSID where they are known [default: `access-point` of the board
    /// in the inventory].
    #[arg(long, value_name = "COMMAND")]
    access_point: Option<String>,
}

/// An address that a board can be told: of one machine, and no pattern.
fn one_address(text: &str) -> Result<IpAddr, String> {
    let address: IpAddr =
        text.parse().map_err(|_| "write an IP address, as 192.168.4.1".to_owned())?;
    if address.is_unspecified() || address.is_multicast() {
        return Err(format!(
            "boards are told it, and {address} is nobody's: name the one of this machine on their network"
        ));
    }
    Ok(address)
}

/// The network of a run.
#[derive(Debug, Clone)]
pub(super) struct Network {
    /// Where the fake cloud listens.
    pub(super) cloud_address: IpAddr,
    /// The name of the Wi-Fi that the command line gives.
    named: Option<String>,
    /// The command of an access point that the command line gives.
    pub(super) access_point: Option<String>,
    variable: fn(&str) -> Option<String>,
}

impl Default for Network {
    fn default() -> Self {
        let cloud_address = IpAddr::V4(Ipv4Addr::LOCALHOST);
        Self { cloud_address, named: None, access_point: None, variable: |_| None }
    }
}

impl Network {
    /// The Wi-Fi that a board is told; `of_board` is the name that the inventory has for it.
    ///
    /// # Errors
    ///
    /// One was named and cannot be had.
    pub(super) fn wifi(&self, of_board: Option<&str>) -> Result<Option<Wifi>, ActionError> {
        wifi::find(self.named.as_deref().or(of_board), self.variable)
    }
}

impl NetworkArgs {
    /// The words that a run must have again.
    pub(super) fn again(&self, line: CommandLine) -> CommandLine {
        let is_default = self.cloud_address == IpAddr::V4(Ipv4Addr::LOCALHOST);
        let address = (!is_default).then(|| self.cloud_address.to_string());
        line.value("--wifi", self.wifi.as_deref())
            .value("--cloud-address", address.as_deref())
            .value("--access-point", self.access_point.as_deref())
    }

    /// The network of a run.
    pub(super) fn network(&self, variable: fn(&str) -> Option<String>) -> Network {
        Network {
            cloud_address: self.cloud_address,
            named: self.wifi.clone(),
            access_point: self.access_point.clone(),
            variable,
        }
    }
}

/// What is told. The key is the test pair on both clouds, as the rig signs anew for the real one, so that no board holds a real key.
/// `Debug` would show the Wi-Fi's password, so there is none.
#[derive(Clone, Default)]
pub(super) struct Told {
    thing: String,
    region: String,
    endpoint: String,
    ntp_server: String,
    name_server: String,
    ca_pem: Option<String>,
    wifi: Option<Wifi>,
}

impl Told {
    /// What a board is told about this cloud. Where names fail on purpose the endpoint has one, which only the rig's name server
    /// knows; elsewhere it is an address, which needs no name server.
    pub(super) fn of(
        cloud: &CloudServer,
        plan: &Plan,
        wifi: Option<Wifi>,
        (thing, region): (String, String),
    ) -> Self {
        Self {
            thing,
            region,
            endpoint: match plan.fault_places.contains(&Place::Name) {
                true => cloud.endpoint_by_name(),
                false => cloud.endpoint(),
            },
            ntp_server: cloud.ntp_address(),
            name_server: cloud.dns_address(),
            ca_pem: cloud.ca_pem().map(str::to_owned),
            wifi,
        }
    }

    /// The thing's name in the cloud.
    pub(super) fn thing(&self) -> &str {
        &self.thing
    }

    /// What to look at where nobody has ever connected to the cloud.
    pub(super) fn unreached(&self) -> String {
        let endpoint = &self.endpoint;
        let is_loopback = ["//127.", "//[::1]"].iter().any(|local| endpoint.contains(local));
        let help = match is_loopback {
            true => {
                "only programs and boards in software reach that address; name the one of this machine on the board's network by --cloud-address"
            }
            false => {
                "is the board on a network that reaches it, and does a firewall of this machine let it through?"
            }
        };
        format!("nobody has connected to the cloud at {endpoint} in the whole run: {help}")
    }

    /// The certificate that clients are to trust, in PEM form; none without TLS.
    pub(super) fn ca_pem(&self) -> Option<&str> {
        self.ca_pem.as_deref()
    }

    /// Names and values as programs, templates and `provision` know them; what there is not is left out.
    pub(super) fn variables(&self) -> Vec<(String, String)> {
        let address = self.endpoint.split_once("://").map_or("", |(_, address)| address);
        let (host, port) = address.rsplit_once(':').unwrap_or((address, ""));
        let wifi = self.wifi.as_ref();
        let given = [
            ("SHADOWRIG_ENDPOINT", Some(self.endpoint.as_str())),
            ("SHADOWRIG_HOST", Some(host)),
            ("SHADOWRIG_PORT", Some(port)),
            ("SHADOWRIG_CA", self.ca_pem.as_deref()),
            ("SHADOWRIG_NTP_SERVER", Some(self.ntp_server.as_str())),
            ("SHADOWRIG_NAME_SERVER", Some(self.name_server.as_str())),
            ("SHADOWRIG_THING_NAME", Some(self.thing.as_str())),
            ("SHADOWRIG_WIFI_SSID", wifi.map(|wifi| wifi.ssid.as_str())),
            // An open network has an empty one, as the drivers want it.
            ("SHADOWRIG_WIFI_PASSWORD", wifi.map(|wifi| wifi.password.as_deref().unwrap_or(""))),
            ("AWS_REGION", Some(self.region.as_str())),
            ("AWS_ACCESS_KEY_ID", Some(TEST_ACCESS_KEY_ID)),
            ("AWS_SECRET_ACCESS_KEY", Some(TEST_SECRET_ACCESS_KEY)),
        ];
        let given = given.into_iter().filter_map(|(name, value)| Some((name, value?)));
        given.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    /// The same for a program on this machine, which has no radio.
    pub(super) fn environment(&self) -> Vec<(String, String)> {
        Self { wifi: None, ca_pem: None, ..self.clone() }.variables()
    }

    /// The same for our own things on a chip.
    pub(super) fn settings(&self) -> Provisioning {
        Provisioning {
            endpoint: Some(self.endpoint.clone()),
            thing_name: Some(self.thing.clone()),
            region: Some(self.region.clone()),
            access_key_id: Some(TEST_ACCESS_KEY_ID.into()),
            secret_access_key: Some(TEST_SECRET_ACCESS_KEY.into()),
            wifi_ssid: self.wifi.as_ref().map(|wifi| wifi.ssid.clone()),
            wifi_password: self.wifi.as_ref().and_then(|wifi| wifi.password.clone()),
            ntp_server: Some(self.ntp_server.clone()),
            name_server: Some(self.name_server.clone()),
            ca_certificate: self.ca_pem.as_deref().and_then(Provisioning::certificate_of),
            ..Provisioning::default()
        }
    }

    /// The plan with all of it known to `provision`, and its secrets masked.
    pub(super) fn to_plan(&self, plan: &Plan) -> Plan {
        let mut plan = plan.clone();
        if let Some(asked) = &plan.provision {
            let known = self.variables().into_iter().filter(|(name, _)| asked.contains(name));
            plan.variables.extend(known.map(|(name, value)| (name, Value::String(value))));
        }
        if let Some(password) = self.wifi.as_ref().and_then(|wifi| wifi.password.as_deref()) {
            plan.mask = plan.mask.with(Mask::new([password]));
        }
        plan
    }

    /// Why a plan asks for more than is known here, or for less than its faults need; `None` if it does neither.
    pub(super) fn misses(&self, plan: &Plan) -> Option<String> {
        let known = self.variables();
        let asked = plan.provision.as_ref()?;
        let needed = [
            (Place::Name, "SHADOWRIG_NAME_SERVER", "dns"),
            (Place::Time, "SHADOWRIG_NTP_SERVER", "ntp"),
        ];
        let untold = needed
            .into_iter()
            .find(|(place, name, _)| plan.fault_places.contains(place) && !asked.contains(*name));
        if let Some((_, name, kind)) = untold {
            return Some(format!(
                "`provision` does not ask for {name}, so the firmware would never meet a fault of `{kind}`: tell it in a key that it reads"
            ));
        }
        let missing = asked.iter().find(|name| {
            crate::scenario::provision::RIG_VARIABLES.contains(&name.as_str())
                && known.iter().all(|(known, _)| known != *name)
        })?;
        Some(match missing.as_str() {
            "SHADOWRIG_CA" => {
                "`provision` asks for SHADOWRIG_CA, and the cloud of the case has no TLS: say `cloud: { tls: true }`".to_owned()
            }
            name => format!(
                "`provision` asks for {name}, and no Wi-Fi is named: by --wifi, the inventory, or SHADOWRIG_WIFI_SSID"
            ),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::provision::RIG_VARIABLES;

    #[test]
    fn all_that_a_provision_may_ask_for_is_told() {
        let told = Told {
            thing: THING_NAME.into(),
            region: "us-east-1".into(),
            endpoint: "https://192.0.2.7:8443".into(),
            ntp_server: "192.0.2.7:123".into(),
            name_server: "192.0.2.7:53".into(),
            ca_pem: Some("-----BEGIN CERTIFICATE-----\nAQ\nID\n-----END CERTIFICATE-----\n".into()),
            wifi: Some(Wifi { ssid: "lab".into(), password: Some("opensesame".into()) }),
        };
        let mut names: Vec<_> = told.variables().into_iter().map(|(name, _)| name).collect();
        names.sort();
        assert_eq!(names, RIG_VARIABLES);
        let value = |name: &str| {
            told.variables().into_iter().find(|(known, _)| known == name).map(|(_, value)| value)
        };
        assert_eq!(value("SHADOWRIG_HOST").as_deref(), Some("192.0.2.7"));
        assert_eq!(value("SHADOWRIG_PORT").as_deref(), Some("8443"));
        assert_eq!(told.settings().ca_certificate.as_deref(), Some("AQID"));
        assert!(!format!("{:?}", told.settings()).contains("opensesame"));
        assert!(told.environment().iter().all(|(name, _)| !name.contains("WIFI")));
    }
}
