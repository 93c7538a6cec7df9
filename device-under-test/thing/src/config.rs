//! Who the device is, whom it asks, and with which key.

use crate::limits::{
    CREDENTIAL_BYTES_MAX, HOST_BYTES_MAX, SESSION_TOKEN_BYTES_MAX, SHADOW_NAME_BYTES_MAX,
    THING_NAME_BYTES_MAX,
};

/// What a device is told when it is installed.
///
/// It borrows all texts, so that the owner keeps them where it likes. `Debug` hides the secrets.
#[derive(Clone, Copy)]
pub struct Config<'a> {
    /// The thing's name in the cloud, from 1 to 128 characters.
    pub thing_name: &'a str,
    /// The name of the shadow, from 1 to 64 characters; without it the thing's one unnamed shadow.
    pub shadow_name: Option<&'a str>,
    /// The `Host` header: a name, with `:port` when the port is not the scheme's own.
    pub host: &'a str,
    /// The region in the signature, such as `us-east-1`.
    pub region: &'a str,
    /// The public half of the key.
    pub access_key_id: &'a str,
    /// The secret half of the key.
    pub secret_access_key: &'a str,
    /// The token of a temporary key; sent and signed when there is one.
    pub session_token: Option<&'a str>,
}

/// Why a configuration cannot be used.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ConfigError {
    /// A field holds a blank, a line end or another character that is not visible ASCII.
    BadCharacter {
        /// The field's name.
        field: &'static str,
    },
    /// A field is empty.
    Empty {
        /// The field's name.
        field: &'static str,
    },
    /// A field is too long.
    TooLong {
        /// The field's name.
        field: &'static str,
        /// The bytes that it may have.
        bytes_max: usize,
    },
}

impl Config<'_> {
    /// Checks that each field can stand in a request.
    ///
    /// # Errors
    ///
    /// The first field that is empty, too long, or holds anything but visible ASCII: a line end in
    /// a key would otherwise stand in the middle of a header.
    pub fn check(&self) -> Result<(), ConfigError> {
        check_field("thing_name", self.thing_name, THING_NAME_BYTES_MAX)?;
        check_field("host", self.host, HOST_BYTES_MAX)?;
        check_field("region", self.region, CREDENTIAL_BYTES_MAX)?;
        check_field("access_key_id", self.access_key_id, CREDENTIAL_BYTES_MAX)?;
        check_field("secret_access_key", self.secret_access_key, CREDENTIAL_BYTES_MAX)?;
        if let Some(shadow_name) = self.shadow_name {
            check_field("shadow_name", shadow_name, SHADOW_NAME_BYTES_MAX)?;
        }
        if let Some(token) = self.session_token {
            check_field("session_token", token, SESSION_TOKEN_BYTES_MAX)?;
        }
        Ok(())
    }
}

fn check_field(field: &'static str, value: &str, bytes_max: usize) -> Result<(), ConfigError> {
    if value.is_empty() {
        return Err(ConfigError::Empty { field });
    }
    if value.len() > bytes_max {
        return Err(ConfigError::TooLong { field, bytes_max });
    }
    if !value.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(ConfigError::BadCharacter { field });
    }
    Ok(())
}

impl core::fmt::Debug for Config<'_> {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        const HIDDEN: &str = "(hidden)";
        formatter
            .debug_struct("Config")
            .field("thing_name", &self.thing_name)
            .field("shadow_name", &self.shadow_name)
            .field("host", &self.host)
            .field("region", &self.region)
            .field("access_key_id", &self.access_key_id)
            .field("secret_access_key", &HIDDEN)
            .field("session_token", &self.session_token.map(|_| HIDDEN))
            .finish()
    }
}
