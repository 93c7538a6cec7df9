//! What is attached to this host: serial ports, and programs that grab them.

use std::fs;
use std::io;
use std::path::Path;

use serialport::SerialPortType;

use super::board::{SerialKind, UsbHints};

/// Programs that are known to grab serial ports of boards.
const GRABBERS: &[&str] = &["ModemManager", "brltty"];

/// Espressif's number as a maker of USB devices.
const VENDOR_ESPRESSIF: u16 = 0x303a;

/// The number of the unit in the chip that is serial line and JTAG.
const PRODUCT_USB_SERIAL_JTAG: u16 = 0x1001;

/// A serial port of this host.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HostPort {
    /// Its path.
    pub path: String,
    /// Where it hangs.
    pub usb: UsbHints,
    /// What it is made of, by its USB numbers.
    pub kind: SerialKind,
}

/// All USB serial ports, in the order of their names.
///
/// # Errors
///
/// The host does not tell its ports.
pub fn ports() -> io::Result<Vec<HostPort>> {
    let found = serialport::available_ports().map_err(io::Error::other)?;
    let mut ports: Vec<_> = found
        .into_iter()
        .filter_map(|port| {
            let SerialPortType::UsbPort(info) = port.port_type else { return None };
            let native = info.vid == VENDOR_ESPRESSIF && info.pid == PRODUCT_USB_SERIAL_JTAG;
            let kind = if native { SerialKind::UsbSerialJtag } else { SerialKind::UartBridge };
            let usb = UsbHints { path: usb_path(&port.port_name), serial: info.serial_number };
            Some(HostPort { path: port.port_name, usb, kind })
        })
        .collect();
    ports.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(ports)
}

/// The chain of hub ports that a serial port hangs on, as `1-1.4`; `None` where the system does not tell.
fn usb_path(port: &str) -> Option<String> {
    let name = Path::new(port).file_name()?;
    let device = fs::canonicalize(Path::new("/sys/class/tty").join(name).join("device")).ok()?;
    // The folder of the interface is called `1-1.4:1.0`; the device is before the colon.
    let parts = device.components().rev();
    parts
        .filter_map(|part| part.as_os_str().to_str()?.split_once(':'))
        .map(|(path, _)| path.to_owned())
        .find(|path| path.contains('-') && path.starts_with(|c: char| c.is_ascii_digit()))
}

/// The programs that run now and grab serial ports.
#[must_use]
pub fn grabbers() -> Vec<String> {
    let Ok(processes) = fs::read_dir("/proc") else { return Vec::new() };
    let names: Vec<_> = processes
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|pid| pid.bytes().all(|byte| byte.is_ascii_digit()))
        .map(|pid| process_name(&pid))
        .collect();
    let runs = |name: &&&str| names.iter().any(|running| running == **name);
    GRABBERS.iter().filter(runs).map(ToString::to_string).collect()
}

fn process_name(pid: &str) -> String {
    let name = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
    name.trim().to_owned()
}
