//! Which USB device a port belongs to, so that it is found again under another name.

use std::path::Path;

use serialport::{SerialPortType, UsbPortInfo};

/// USB-Serial-JTAG: the serial port inside newer chips.
const ESPRESSIF_VID: u16 = 0x303a;
const USB_SERIAL_JTAG_PID: u16 = 0x1001;

/// The USB device of a port; `None` for what is none, as a pseudo-terminal.
pub(super) fn of(path: &Path) -> Option<UsbPortInfo> {
    let path = std::fs::canonicalize(path).ok()?;
    let path = path.to_str()?;
    let ports = serialport::available_ports().ok()?;
    ports.into_iter().find(|port| port.port_name == path).and_then(|port| match port.port_type {
        SerialPortType::UsbPort(info) => Some(info),
        SerialPortType::BluetoothPort | SerialPortType::PciPort | SerialPortType::Unknown => None,
    })
}

/// The names of all ports of this machine.
pub(super) fn names() -> Vec<String> {
    let ports = serialport::available_ports().unwrap_or_default();
    ports.into_iter().map(|port| port.port_name).collect()
}

/// Where the device is attached now: the one port with the same ids and the same serial number. `None` where it has no serial
/// number, or more than one port fits: nothing is guessed.
pub(super) fn find(wanted: &UsbPortInfo) -> Option<String> {
    wanted.serial_number.as_ref()?;
    let ports = serialport::available_ports().ok()?;
    let mut fitting = ports.into_iter().filter(|port| match &port.port_type {
        SerialPortType::UsbPort(info) => {
            (info.vid, info.pid, &info.serial_number)
                == (wanted.vid, wanted.pid, &wanted.serial_number)
        }
        SerialPortType::BluetoothPort | SerialPortType::PciPort | SerialPortType::Unknown => false,
    });
    let found = fitting.next()?;
    fitting.next().is_none().then_some(found.port_name)
}

/// Whether it is the serial port inside the chip.
pub(super) const fn is_usb_serial_jtag(info: &UsbPortInfo) -> bool {
    info.vid == ESPRESSIF_VID && info.pid == USB_SERIAL_JTAG_PID
}
