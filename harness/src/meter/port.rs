//! A Power Profiler Kit II on its serial port.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serialport::{SerialPort, SerialPortType};

use super::Meter;
use super::decimate::{Decimator, Stretch};
use super::ppk2::{CALIBRATION_END, Calibration, Decoder, SAMPLES_A_SECOND, order};
use crate::board::Sink;
use crate::engine::reading::Reading;
use crate::engine::{ActionError, Event};
use crate::inventory::board::{MeterPlace, MeterSetting};
use crate::time::Moment;

/// How long one read waits: an end is seen within this time.
const READ_WAIT: Duration = Duration::from_millis(100);

/// How long the calibration may take.
const CALIBRATION_WAIT: Duration = Duration::from_secs(2);

/// The most bytes of a calibration.
const CALIBRATION_BYTES_MAX: usize = 64 * 1024;

/// What it sends.
const BYTES_A_SECOND: u64 = SAMPLES_A_SECOND * 4;

/// The rate of the port; a USB device takes no notice of it.
const BAUD: u32 = 115_200;

/// The meter that the inventory names for a board. Nothing is opened before it is started.
#[must_use]
pub fn open(setting: &MeterSetting) -> Box<dyn Meter> {
    Box::new(Ppk2Meter::new(setting.clone()))
}

/// A meter on its port.
#[derive(Debug)]
pub struct Ppk2Meter {
    setting: MeterSetting,
    running: Option<Running>,
}

#[derive(Debug)]
struct Running {
    is_over: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Ppk2Meter {
    /// The meter of a board.
    #[must_use]
    pub const fn new(setting: MeterSetting) -> Self {
        Self { setting, running: None }
    }

    fn open(&self) -> Result<Box<dyn SerialPort>, String> {
        let path = match &self.setting.found {
            MeterPlace::Port(path) => path.clone(),
            MeterPlace::Serial(wanted) => by_serial(wanted)
                .ok_or_else(|| format!("no USB serial port has the serial number {wanted}"))?,
        };
        let opened = serialport::new(&path, BAUD).timeout(READ_WAIT).open();
        opened.map_err(|error| format!("{path}: {error}"))
    }

    /// Sets it up as the inventory says, and gives its calibration.
    fn prepare(&self, port: &mut dyn SerialPort) -> Result<Calibration, String> {
        let write = |port: &mut dyn SerialPort, bytes: &[u8]| {
            port.write_all(bytes).map_err(|error| error.to_string())
        };
        // It may still send the samples of a run that was killed.
        write(port, &order::STOP)?;
        drain(port);
        write(port, &order::CALIBRATION)?;
        let text = read_calibration(port)?;
        let calibration = Calibration::read(&text)
            .ok_or_else(|| "what it says of itself is no calibration of a PPK2".to_owned())?;
        let calibration = match self.setting.source_mv {
            None => {
                write(port, &order::AMPERE_METER)?;
                calibration
            }
            Some(millivolts) => {
                write(port, &order::source(millivolts))?;
                write(port, &order::SOURCE_METER)?;
                calibration.with_supply(millivolts)
            }
        };
        write(port, &order::POWER_ON)?;
        write(port, &order::START)?;
        Ok(calibration)
    }
}

impl Meter for Ppk2Meter {
    fn start(&mut self, sink: &Sink) -> Result<(), ActionError> {
        let failed = |why: String| {
            ActionError::new("start the current meter", why)
                .help("look at `meter` of the board in the inventory, and close other programs that use it")
        };
        self.stop();
        let mut port = self.open().map_err(failed)?;
        let calibration = self.prepare(port.as_mut()).map_err(failed)?;
        let is_over = Arc::new(AtomicBool::new(false));
        let (ends, sink) = (Arc::clone(&is_over), sink.clone());
        let thread = std::thread::spawn(move || measure(port.as_mut(), calibration, &sink, &ends));
        self.running = Some(Running { is_over, thread });
        Ok(())
    }

    fn stop(&mut self) {
        let Some(running) = self.running.take() else { return };
        running.is_over.store(true, Ordering::SeqCst);
        // It ends within one read, and does not panic.
        let _ended = running.thread.join();
    }
}

impl Drop for Ppk2Meter {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Reads samples until somebody ends it. Their time is that of the meter: it counts from the first one, however late they arrive.
fn measure(port: &mut dyn SerialPort, calibration: Calibration, sink: &Sink, ends: &AtomicBool) {
    let mut decoder = Decoder::new(calibration);
    let mut decimator = Decimator::default();
    let mut began: Option<Instant> = None;
    let mut buffer = [0; 16 * 1024];
    let tell = |began: Instant, stretch: Stretch| {
        sink.tell_at(began + stretch.until, Event::Current(reading(&stretch)));
    };
    while !ends.load(Ordering::SeqCst) {
        let count = match port.read(&mut buffer) {
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::TimedOut => continue,
            Err(error) => {
                sink.tell(Event::Note { text: format!("the current meter is lost: {error}") });
                return;
            }
        };
        let began = *began.get_or_insert_with(|| {
            // What comes first was measured before it came.
            let measured = Duration::from_micros(count as u64 * 1_000_000 / BYTES_A_SECOND);
            let now = Instant::now();
            now.checked_sub(measured).unwrap_or(now)
        });
        for sample in decoder.feed(&buffer[..count]) {
            if let Some(stretch) = decimator.feed(sample) {
                tell(began, stretch);
            }
        }
    }
    if let (Some(began), Some(stretch)) = (began, decimator.finish()) {
        tell(began, stretch);
    }
    // Without it the next one who opens the port reads old samples; it knows that by itself, too.
    let _ = port.write_all(&order::STOP);
}

fn reading(stretch: &Stretch) -> Reading {
    Reading {
        // The bench knows when its run began, and puts the time in.
        until: Moment::START,
        length: stretch.length,
        average_na: stretch.average_na.round() as i64,
        peak_na: stretch.peak_na.round() as i64,
        lost: stretch.lost,
    }
}

/// Throws away what is under way.
fn drain(port: &mut dyn SerialPort) {
    let mut buffer = [0; 16 * 1024];
    let began = Instant::now();
    while began.elapsed() < CALIBRATION_WAIT && port.read(&mut buffer).is_ok_and(|count| count > 0)
    {
    }
}

fn read_calibration(port: &mut dyn SerialPort) -> Result<String, String> {
    let began = Instant::now();
    let mut text = Vec::new();
    let mut buffer = [0; 4096];
    while began.elapsed() < CALIBRATION_WAIT && text.len() < CALIBRATION_BYTES_MAX {
        match port.read(&mut buffer) {
            Ok(count) => text.extend_from_slice(&buffer[..count]),
            Err(error) if error.kind() == io::ErrorKind::TimedOut => {}
            Err(error) => return Err(error.to_string()),
        }
        let so_far = String::from_utf8_lossy(&text);
        if so_far.contains(CALIBRATION_END) {
            return Ok(so_far.into_owned());
        }
    }
    let waited = crate::time::span(CALIBRATION_WAIT);
    Err(format!("it did not tell its calibration within {waited}; is it a PPK2?"))
}

/// The first port of the device with that serial number; a PPK2 with several ports takes orders on its first.
fn by_serial(wanted: &str) -> Option<String> {
    let mut ports: Vec<_> = serialport::available_ports()
        .ok()?
        .into_iter()
        .filter(|port| match &port.port_type {
            SerialPortType::UsbPort(info) => info
                .serial_number
                .as_ref()
                .is_some_and(|serial| serial.eq_ignore_ascii_case(wanted)),
            _ => false,
        })
        .map(|port| port.port_name)
        .collect();
    ports.sort();
    ports.into_iter().next()
}
