//! Wi-Fi by the chip's own radio.

use esp_radio::wifi::sta::StationConfig;
use esp_radio::wifi::{AuthenticationMethodConfig, Config, Interface, WifiController};
use firmware::{Field, Reason};

use crate::network::Settings;

/// What the stack of the network drives.
pub(crate) type Device = Interface;

/// The radio, or why there is none.
pub(crate) struct Link {
    controller: Result<WifiController<'static>, Reason>,
}

/// Starts the radio. It does not join before it is asked to.
pub(crate) fn open(settings: Settings) -> (Link, Device) {
    let station = station(&settings);
    let controller = station.and_then(|station| {
        let mut controller = WifiController::new(settings.radio, Default::default())
            .map_err(|_| "the radio does not start")?;
        controller.set_config(&station).map_err(|_| "the radio refuses its settings")?;
        Ok(controller)
    });
    (Link { controller }, Interface::station())
}

fn station(settings: &Settings) -> Result<Config, Reason> {
    let name = settings.provisioning.get(Field::WifiSsid).ok_or("no wifi_ssid is provisioned")?;
    let station = StationConfig::default()
        .with_ssid(name.try_into().map_err(|_| "the wifi_ssid is longer than 32 bytes")?);
    Ok(Config::Station(match settings.provisioning.get(Field::WifiPassword) {
        None => station.with_authentication(AuthenticationMethodConfig::Open),
        Some(password) => station.with_authentication(AuthenticationMethodConfig::Wpa2Personal(
            password.try_into().map_err(|_| "the wifi_password does not fit")?,
        )),
    }))
}

impl Link {
    /// Joins the access point.
    pub(crate) async fn join(&mut self) -> Result<(), Reason> {
        let controller = self.controller.as_mut().map_err(|reason| *reason)?;
        controller.connect_async().await.map(|_| ()).map_err(|_| "no access point let it in")
    }
}
