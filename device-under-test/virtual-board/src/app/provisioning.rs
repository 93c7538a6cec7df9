//! What a program is told when the board is installed: whom to ask, and with which key.

use firmware::{Field, ProvisioningError};

use super::region::Region;
use crate::chips::Chip;
use crate::flash::{Flash, SECTOR_BYTES};

/// The settings of a program that this board knows; each may be missing.
///
/// In the flash they stand in the first sector of [`Region::of`], in the format of [`firmware::provisioning`], which a chip
/// reads with the same code. What stands there goes before what the board was started with. `Debug` hides the secrets.
#[derive(Clone, Default, Eq, PartialEq)]
pub struct Provisioning {
    /// Whom to connect to: `http://host:port`, `https://host` or `host:port`.
    pub endpoint: Option<String>,
    /// The thing's name in the cloud; default `thing-1`.
    pub thing_name: Option<String>,
    /// The shadow's name; without it the unnamed one.
    pub shadow_name: Option<String>,
    /// The `Host` header; default what the endpoint says.
    pub host: Option<String>,
    /// The region in signatures; default `us-east-1`.
    pub region: Option<String>,
    /// The public half of the key.
    pub access_key_id: Option<String>,
    /// The secret half of the key.
    pub secret_access_key: Option<String>,
    /// The token of a temporary key.
    pub session_token: Option<String>,
    /// The name of the wireless network; this board has a cable.
    pub wifi_ssid: Option<String>,
    /// Its password.
    pub wifi_password: Option<String>,
    /// The time server; without one the clock of this machine is asked.
    pub ntp_server: Option<String>,
    /// The IPv4 address of the name server, with `:port` where it is not 53; without one this machine finds names in its own way.
    pub name_server: Option<String>,
    /// The certificate of a private CA, in base64, which is then trusted alone; without one the public roots.
    pub ca_certificate: Option<String>,
}

impl Provisioning {
    /// The names of the fields, in the order in which they are written.
    pub const FIELDS: [&'static str; 13] = [
        "endpoint",
        "thing_name",
        "shadow_name",
        "host",
        "region",
        "access_key_id",
        "secret_access_key",
        "session_token",
        "wifi_ssid",
        "wifi_password",
        "ntp_server",
        "name_server",
        "ca_certificate",
    ];

    /// A field by its name.
    pub fn field(&mut self, name: &str) -> Option<&mut Option<String>> {
        Some(match name {
            "endpoint" => &mut self.endpoint,
            "thing_name" => &mut self.thing_name,
            "shadow_name" => &mut self.shadow_name,
            "host" => &mut self.host,
            "region" => &mut self.region,
            "access_key_id" => &mut self.access_key_id,
            "secret_access_key" => &mut self.secret_access_key,
            "session_token" => &mut self.session_token,
            "wifi_ssid" => &mut self.wifi_ssid,
            "wifi_password" => &mut self.wifi_password,
            "ntp_server" => &mut self.ntp_server,
            "name_server" => &mut self.name_server,
            "ca_certificate" => &mut self.ca_certificate,
            _ => return None,
        })
    }

    /// The first certificate of a text in PEM, as [`Provisioning::ca_certificate`] has it; none if there is none.
    #[must_use]
    pub fn certificate_of(pem: &str) -> Option<String> {
        let mut lines = pem.lines().map(str::trim);
        lines.find(|line| *line == "-----BEGIN CERTIFICATE-----")?;
        let certificate: String = lines.take_while(|line| !line.starts_with("-----")).collect();
        (!certificate.is_empty()).then_some(certificate)
    }

    /// The sector as it stands in the flash.
    ///
    /// # Errors
    ///
    /// A value that would not be read back, and too much of them for the sector.
    pub fn write(&self) -> Result<Vec<u8>, ProvisioningError> {
        let mut copy = self.clone();
        let given = |field: Field| Some((field, copy.field(field.name())?.take()?));
        let given: Vec<_> = Field::ALL.into_iter().filter_map(given).collect();
        let settings = given
            .iter()
            .fold(firmware::Provisioning::default(), |all, (field, value)| all.with(*field, value));
        let mut sector = vec![0; SECTOR_BYTES as usize];
        settings.write(&mut sector).map(|()| sector)
    }

    /// Reads a sector; all fields are missing when no provisioning stands there.
    #[must_use]
    pub fn read(sector: &[u8]) -> Self {
        let read = firmware::Provisioning::read(sector);
        let mut provisioning = Self::default();
        for known in Field::ALL {
            if let Some(field) = provisioning.field(known.name()) {
                *field = read.get(known).map(str::to_owned);
            }
        }
        provisioning
    }

    /// What holds on a board: what its flash says, and for the rest `self`.
    #[must_use]
    pub(crate) fn on(&self, chip: Chip, flash: &Flash) -> Self {
        let region = Region::of(chip, flash);
        let mut merged = Self::read(flash.read(region.sector(0), SECTOR_BYTES));
        let mut fallback = self.clone();
        for name in Self::FIELDS {
            let given = fallback.field(name).and_then(Option::take);
            if let Some(field) = merged.field(name) {
                *field = field.take().or(given);
            }
        }
        merged
    }
}

impl std::fmt::Debug for Provisioning {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Provisioning")
            .field("endpoint", &self.endpoint)
            .field("thing_name", &self.thing_name)
            .field("shadow_name", &self.shadow_name)
            .field("host", &self.host)
            .field("region", &self.region)
            .field("access_key_id", &self.access_key_id)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn full() -> Provisioning {
        let mut provisioning = Provisioning::default();
        for name in Provisioning::FIELDS {
            *provisioning.field(name).unwrap() = Some(format!("{name}-value=="));
        }
        provisioning
    }

    #[test]
    fn what_is_written_is_read() {
        assert_eq!(Provisioning::read(&full().write().unwrap()), full());
        let empty = Provisioning::default();
        assert_eq!(Provisioning::read(&empty.write().unwrap()), empty);
    }

    #[test]
    fn the_first_certificate_of_a_file_is_taken() {
        let block = |text: &str| {
            format!("-----BEGIN CERTIFICATE-----\r\n{text}\r\n-----END CERTIFICATE-----\r\n")
        };
        let pem = ["the CA:\n", &block("AQ\nID"), &block("BAUG")].concat();
        assert_eq!(Provisioning::certificate_of(&pem).as_deref(), Some("AQID"));
        assert_eq!(Provisioning::certificate_of("nothing"), None);
        assert_eq!(Provisioning::certificate_of(&block("")), None);
    }

    #[test]
    fn other_bytes_are_no_provisioning() {
        for bytes in [&b""[..], &[0xff; 64], &[0; 64], b"endpoint=x\n"] {
            assert_eq!(Provisioning::read(bytes), Provisioning::default());
        }
    }

    #[test]
    fn the_flash_goes_before_what_the_board_was_started_with() {
        let started = Provisioning { region: Some("eu-west-1".into()), ..full() };
        let flashed = Provisioning { endpoint: Some("here:1".into()), ..Provisioning::default() };
        let mut flash = Flash::new();
        let region = Region::of(Chip::Esp32c3, &flash);
        flash.program(region.sector(0), &flashed.write().unwrap()).unwrap();
        let merged = started.on(Chip::Esp32c3, &flash);
        assert_eq!(merged.endpoint.as_deref(), Some("here:1"));
        assert_eq!(merged.region.as_deref(), Some("eu-west-1"));
    }

    #[test]
    fn debug_hides_the_secrets() {
        let text = format!("{:?}", full());
        assert!(!text.contains("secret_access_key-value"), "{text}");
        assert!(!text.contains("session_token-value"), "{text}");
        assert!(!text.contains("wifi_password-value"), "{text}");
    }
}
