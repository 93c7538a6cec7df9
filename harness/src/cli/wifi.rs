//! The wireless network that boards are told: from the environment, or from a file of the host that only its owner reads.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use toml_edit::{DocumentMut, Item};

use crate::engine::ActionError;

/// The variable that names the file.
const FILE_VARIABLE: &str = "SHADOWRIG_WIFI_FILE";

/// The variables that hold a network themselves, as secrets of a CI system do.
const SSID_VARIABLE: &str = "SHADOWRIG_WIFI_SSID";
const PASSWORD_VARIABLE: &str = "SHADOWRIG_WIFI_PASSWORD";

/// Bytes of the longest name of a network (IEEE 802.11).
const SSID_BYTES_MAX: usize = 32;

/// Characters of a passphrase of WPA2 and WPA3.
const PASSWORD_CHARS: std::ops::RangeInclusive<usize> = 8..=63;

/// Rights of others than the owner.
const RIGHTS_OF_OTHERS: u32 = 0o077;

/// A network. `Debug` hides its password.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Wifi {
    /// Its name.
    pub(super) ssid: String,
    /// Its passphrase; `None` for an open network.
    pub(super) password: Option<String>,
}

impl std::fmt::Debug for Wifi {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Wifi").field("ssid", &self.ssid).finish_non_exhaustive()
    }
}

/// The network for a run: that of the environment, or the one of this name in the file; `None` where nobody names one.
///
/// # Errors
///
/// The file cannot be used, has no network of that name, or the network cannot be one. No error tells a password.
pub(super) fn find(
    name: Option<&str>,
    variable: fn(&str) -> Option<String>,
) -> Result<Option<Wifi>, ActionError> {
    let given = |name: &str| variable(name).filter(|value| !value.is_empty());
    if let Some(ssid) = given(SSID_VARIABLE) {
        let wifi = Wifi { ssid, password: given(PASSWORD_VARIABLE) };
        return checked(wifi, SSID_VARIABLE).map(Some);
    }
    let Some(name) = name else { return Ok(None) };
    let path = given(FILE_VARIABLE).map_or_else(|| default_path(variable), PathBuf::from);
    let wifi = named(name, &path)?;
    checked(wifi, &format!("[{name}] of {}", path.display())).map(Some)
}

/// `shadowrig/wifi.toml` in the user's configuration.
fn default_path(variable: fn(&str) -> Option<String>) -> PathBuf {
    let home = variable("XDG_CONFIG_HOME").filter(|path| !path.is_empty()).map(PathBuf::from);
    let home = home.or_else(|| Some(PathBuf::from(variable("HOME")?).join(".config")));
    home.unwrap_or_default().join("shadowrig/wifi.toml")
}

fn named(name: &str, path: &Path) -> Result<Wifi, ActionError> {
    let what = format!("find the Wi-Fi {name}");
    let shown = path.display();
    let example = format!(
        "write [{name}] with ssid = \"...\" and password = \"...\" into {shown}, and chmod 600 it; or set {SSID_VARIABLE} and \
         {PASSWORD_VARIABLE}"
    );
    let failed = |why: String| ActionError::new(what.clone(), why);
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(failed(format!("there is no {shown}")).help(example));
        }
        Err(error) => return Err(failed(format!("{shown} cannot be read: {error}"))),
    };
    let rights = fs::metadata(path).map_or(0, |data| data.permissions().mode());
    if rights & RIGHTS_OF_OTHERS != 0 {
        let why = format!("{shown} has passwords in it, and others than its owner may use it");
        return Err(failed(why).help(format!("chmod 600 {shown}")));
    }
    // What a parser says shows the line, and a password may stand in it.
    let document: DocumentMut = text.parse().map_err(|error: toml_edit::TomlError| {
        let at = error.span().map_or(0, |span| span.start);
        let line = 1 + text.get(..at).map_or(0, |before| before.matches('\n').count());
        failed(format!("{shown}:{line} is not TOML"))
    })?;
    let Some(network) = document.get(name).and_then(Item::as_table_like) else {
        return Err(failed(format!("{shown} has no [{name}]")).help(example));
    };
    let value = |key: &str| match network.get(key).map(Item::as_str) {
        None => Ok(None),
        Some(Some(text)) => Ok(Some(text.to_owned())),
        Some(None) => Err(failed(format!("`{key}` of [{name}] in {shown} is not in quotes"))),
    };
    if let Some((strange, _)) = network.iter().find(|(key, _)| !["ssid", "password"].contains(key))
    {
        let why = format!("[{name}] in {shown} has `{strange}`");
        return Err(failed(why).help("a network has `ssid`, and `password` unless it is open"));
    }
    let Some(ssid) = value("ssid")? else {
        return Err(failed(format!("[{name}] in {shown} has no `ssid`")).help(example));
    };
    Ok(Wifi { ssid, password: value("password")? })
}

/// The network, if there can be one like it.
fn checked(wifi: Wifi, place: &str) -> Result<Wifi, ActionError> {
    let failed = |why: String| Err(ActionError::new(format!("use the Wi-Fi of {place}"), why));
    if wifi.ssid.is_empty() || wifi.ssid.len() > SSID_BYTES_MAX {
        let bytes = wifi.ssid.len();
        return failed(format!(
            "its name has {bytes} bytes; a network's has 1 to {SSID_BYTES_MAX}"
        ));
    }
    match &wifi.password {
        Some(password) if !PASSWORD_CHARS.contains(&password.chars().count()) => failed(format!(
            "its password has {} characters; a passphrase of WPA has 8 to 63",
            password.chars().count()
        )),
        _ => Ok(wifi),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str, rights: u32) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let path = folder.path().join("wifi.toml");
        fs::write(&path, text).expect("it can be written");
        fs::set_permissions(&path, fs::Permissions::from_mode(rights)).expect("they can be set");
        (folder, path)
    }

    fn error_of(text: &str, rights: u32) -> String {
        let (_folder, path) = file(text, rights);
        let network = named("lab-2g", &path).and_then(|wifi| checked(wifi, "lab-2g"));
        let error = network.expect_err("it is refused");
        assert!(!format!("{error:?}").contains("opensesame"), "{error:?}");
        error.to_string()
    }

    #[test]
    fn a_network_is_found_by_its_name() {
        let (_folder, path) = file(
            "[lab-2g]\nssid = \"lab\"\npassword = \"opensesame\"\n[guest]\nssid = \"g\"\n",
            0o600,
        );
        let wifi = named("lab-2g", &path).expect("it is there");
        assert_eq!((wifi.ssid.as_str(), wifi.password.as_deref()), ("lab", Some("opensesame")));
        assert_eq!(format!("{wifi:?}"), "Wifi { ssid: \"lab\", .. }");
        assert_eq!(named("guest", &path).expect("it is there").password, None);
    }

    #[test]
    fn what_is_wrong_is_told_without_the_password() {
        let good = "[lab-2g]\nssid = \"lab\"\npassword = \"opensesame\"\n";
        assert!(error_of(good, 0o644).contains("others than its owner"));
        assert!(
            error_of("[lab-2g]\npassword = opensesame\n", 0o600)
                .contains("wifi.toml:2 is not TOML")
        );
        assert!(error_of("[lab-2g]\nssid = 5\n", 0o600).contains("is not in quotes"));
        assert!(error_of("[other]\nssid = \"x\"\n", 0o600).contains("has no [lab-2g]"));
        assert!(error_of("[lab-2g]\npassword = \"opensesame\"\n", 0o600).contains("has no `ssid`"));
        assert!(
            error_of("[lab-2g]\nssid = \"x\"\npsk = \"opensesame\"\n", 0o600).contains("has `psk`")
        );
        let short = "[lab-2g]\nssid = \"x\"\npassword = \"short\"\n";
        assert!(error_of(short, 0o600).contains("its password has 5 characters"));
    }

    #[test]
    fn the_environment_goes_before_the_file() {
        let given: fn(&str) -> Option<String> = |name| match name {
            SSID_VARIABLE => Some("here".into()),
            PASSWORD_VARIABLE => Some("opensesame".into()),
            _ => None,
        };
        let wifi = find(Some("lab-2g"), given).expect("it is good").expect("it is there");
        assert_eq!(wifi.ssid, "here");
        assert_eq!(find(None, |_| None), Ok(None));
    }
}
