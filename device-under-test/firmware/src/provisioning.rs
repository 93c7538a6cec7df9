//! What a firmware is told when its board is installed: whom to ask, by which way, and with which key.
//!
//! It is text in one sector of the flash: the line `shadowrig-provisioning 1`, then one `name=value` a line, each ended by
//! a line feed, in any order; the rest of the sector stays erased (0xFF). A name that means nothing is passed over, so that
//! older firmware reads newer provisionings. An erased sector is a board without provisioning. The names are those of
//! [`Field`]; all values are optional in the text, and what a firmware cannot do without it says on its console.

/// The first line.
const HEAD: &str = "shadowrig-provisioning 1";

/// What an erased byte of a flash is; it stands in no UTF-8 text.
const ERASED: u8 = 0xff;

/// A setting.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Field {
    /// Whom to connect to: `http://host:port`, `https://host` or `host:port`.
    Endpoint,
    /// The thing's name in the cloud; default `thing-1`.
    ThingName,
    /// The shadow's name; without it the unnamed one.
    ShadowName,
    /// The `Host` header; default what the endpoint says.
    Host,
    /// The region in signatures; default `us-east-1`.
    Region,
    /// The public half of the key.
    AccessKeyId,
    /// The secret half of the key.
    SecretAccessKey,
    /// The token of a temporary key.
    SessionToken,
    /// The name of the wireless network.
    WifiSsid,
    /// Its password; without it an open network.
    WifiPassword,
    /// The name or address of the time server, with `:port` where it is not 123; default `pool.ntp.org`.
    NtpServer,
    /// The IPv4 address of the name server, with `:port` where it is not 53; default what the network says.
    NameServer,
    /// The certificate of the private CA to trust, in base64 on one line (PEM without its first and last line); without it
    /// Amazon's roots are trusted.
    CaCertificate,
}

impl Field {
    /// All fields, in the order in which they are written.
    pub const ALL: [Self; 13] = [
        Self::Endpoint,
        Self::ThingName,
        Self::ShadowName,
        Self::Host,
        Self::Region,
        Self::AccessKeyId,
        Self::SecretAccessKey,
        Self::SessionToken,
        Self::WifiSsid,
        Self::WifiPassword,
        Self::NtpServer,
        Self::NameServer,
        Self::CaCertificate,
    ];

    /// Its name in the text.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Endpoint => "endpoint",
            Self::ThingName => "thing_name",
            Self::ShadowName => "shadow_name",
            Self::Host => "host",
            Self::Region => "region",
            Self::AccessKeyId => "access_key_id",
            Self::SecretAccessKey => "secret_access_key",
            Self::SessionToken => "session_token",
            Self::WifiSsid => "wifi_ssid",
            Self::WifiPassword => "wifi_password",
            Self::NtpServer => "ntp_server",
            Self::NameServer => "name_server",
            Self::CaCertificate => "ca_certificate",
        }
    }

    /// The field of this name.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.name() == name)
    }

    /// Whether its value must not be shown.
    #[must_use]
    pub const fn is_secret(self) -> bool {
        matches!(self, Self::SecretAccessKey | Self::SessionToken | Self::WifiPassword)
    }
}

/// Why settings cannot be written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ProvisioningError {
    /// A value holds a line feed or another control character, which would end it or hide in it.
    ControlCharacter {
        /// The setting.
        field: Field,
    },
    /// All together are longer than the sector.
    TooLong {
        /// The bytes that there are.
        bytes_max: usize,
    },
}

/// The settings in a sector. `Debug` hides the secrets.
#[derive(Clone, Copy, Default, Eq, PartialEq)]
pub struct Provisioning<'a> {
    values: [Option<&'a str>; Field::ALL.len()],
}

impl<'a> Provisioning<'a> {
    /// Reads a sector; all is missing when no provisioning stands there.
    #[must_use]
    pub fn read(sector: &'a [u8]) -> Self {
        let end = sector.iter().position(|byte| *byte == ERASED).unwrap_or(sector.len());
        let text = core::str::from_utf8(sector.get(..end).unwrap_or_default()).unwrap_or_default();
        let mut provisioning = Self::default();
        let mut lines = text.lines();
        if lines.next() != Some(HEAD) {
            return provisioning;
        }
        for (name, value) in lines.filter_map(|line| line.split_once('=')) {
            if let Some(field) = Field::by_name(name) {
                provisioning.values[field as usize] = Some(value);
            }
        }
        provisioning
    }

    /// The value of a setting, if it has one.
    #[must_use]
    pub const fn get(&self, field: Field) -> Option<&'a str> {
        self.values[field as usize]
    }

    /// Gives a setting its value.
    #[must_use = "this returns the settings with the change"]
    pub const fn with(mut self, field: Field, value: &'a str) -> Self {
        self.values[field as usize] = Some(value);
        self
    }

    /// Writes the text into a sector, and fills the rest as erased. Nothing is written when it fails.
    ///
    /// # Errors
    ///
    /// [`ProvisioningError`] for a value that would not be read back, and for too much of them.
    pub fn write(&self, sector: &mut [u8]) -> Result<(), ProvisioningError> {
        let given = || Field::ALL.into_iter().filter_map(|field| Some((field, self.get(field)?)));
        let mut bytes = HEAD.len() + 1;
        for (field, value) in given() {
            if value.chars().any(char::is_control) {
                return Err(ProvisioningError::ControlCharacter { field });
            }
            bytes += field.name().len() + value.len() + 2;
        }
        if bytes > sector.len() {
            return Err(ProvisioningError::TooLong { bytes_max: sector.len() });
        }
        sector.fill(ERASED);
        let lines = given().flat_map(|(field, value)| [field.name(), "=", value, "\n"]);
        let text = [HEAD, "\n"].into_iter().chain(lines).flat_map(str::bytes);
        sector.iter_mut().zip(text).for_each(|(to, from)| *to = from);
        Ok(())
    }
}

impl core::fmt::Debug for Provisioning<'_> {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let mut debug = formatter.debug_struct("Provisioning");
        for field in Field::ALL {
            let shown = self.get(field).map(|value| match field.is_secret() {
                true => "(hidden)",
                false => value,
            });
            debug.field(field.name(), &shown);
        }
        debug.finish()
    }
}
