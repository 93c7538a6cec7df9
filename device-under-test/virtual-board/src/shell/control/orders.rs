//! Orders and answers as JSON.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::app::Sensors;
use crate::fault::Fault;
use crate::io::{CutAtWrite, Order, Pin, Status, WriteCut};
use crate::setup::BootMode;

/// How long a power cycle is off when nobody says.
const OFF_MS_DEFAULT: u64 = 500;

/// How long a port is away when nobody says.
const AWAY_MS_DEFAULT: u64 = 500;

/// An order as it is written.
#[derive(Debug, Deserialize)]
#[serde(tag = "order", rename_all = "kebab-case", deny_unknown_fields)]
enum OrderLine {
    ClearFaults,
    CutAtWrite {
        at: WriteCutLine,
        #[serde(default)]
        after: u32,
    },
    EndSleep,
    Fault(FaultLine),
    JoinTime {
        ms: u64,
    },
    Pin {
        pin: PinLine,
        low: bool,
    },
    PowerCut,
    PowerCycle {
        #[serde(default = "off_ms")]
        off_ms: u64,
        #[serde(default)]
        into: IntoLine,
    },
    PowerRestore {
        #[serde(default)]
        into: IntoLine,
    },
    Reset {
        #[serde(default)]
        into: IntoLine,
    },
    /// How long it lasts does not matter to a chip that is reset at once.
    Sag {
        to_mv: u32,
        #[serde(default, rename = "for_ms")]
        _for_ms: u64,
    },
    Sensors(SensorsLine),
    Status,
    Wake,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum IntoLine {
    Download,
    #[default]
    Run,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum PinLine {
    Boot,
    Enable,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum WriteCutLine {
    Before,
    During,
    After,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "fault", rename_all = "kebab-case", deny_unknown_fields)]
enum FaultLine {
    AnswerLate {
        delay_ms: u64,
    },
    BadSector {
        sector: u32,
    },
    BaudCheck,
    BaudLimit {
        baud_max: u32,
    },
    Brownouts {
        count: u32,
    },
    CorruptByte {
        after: u64,
    },
    DropByte {
        after: u64,
    },
    FadingSector {
        sector: u32,
    },
    LoseAfterReset {
        bytes: u32,
    },
    Noise {
        bytes: u32,
    },
    Renumerate {
        #[serde(default = "away_ms")]
        away_ms: u64,
    },
    SilentInFlashData {
        #[serde(default)]
        after: u32,
    },
    SlowErase {
        sector_ms: u64,
    },
    StayInDownload,
    WrongBootMode {
        count: u32,
    },
}

/// What is left out is the default; `null` is a sensor that does not answer.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct SensorsLine {
    battery_mv: Option<i32>,
    bus_mv: Option<i32>,
    motor_ma: Option<i32>,
    temperature_millidegrees: Option<i32>,
}

const fn off_ms() -> u64 {
    OFF_MS_DEFAULT
}

const fn away_ms() -> u64 {
    AWAY_MS_DEFAULT
}

/// Reads a line; `None` asks only how the board is.
///
/// # Errors
///
/// Why it is no order, for people.
pub(super) fn read(line: &str) -> Result<Option<Order>, String> {
    let line: OrderLine = serde_json::from_str(line).map_err(|error| error.to_string())?;
    Ok(Some(match line {
        OrderLine::ClearFaults => Order::ClearFaults,
        OrderLine::CutAtWrite { at, after } => {
            Order::CutAtWrite(CutAtWrite { at: at.into(), after })
        }
        OrderLine::EndSleep => Order::EndSleep,
        OrderLine::Fault(fault) => Order::Fault(fault.into()),
        OrderLine::JoinTime { ms } => Order::JoinTime(Duration::from_millis(ms)),
        OrderLine::Pin { pin: PinLine::Boot, low } => Order::Pin { pin: Pin::Boot, is_low: low },
        OrderLine::Pin { pin: PinLine::Enable, low } => {
            Order::Pin { pin: Pin::Enable, is_low: low }
        }
        OrderLine::PowerCut => Order::PowerCut,
        OrderLine::PowerCycle { off_ms, into } => {
            Order::PowerCycle { off: Duration::from_millis(off_ms), into: into.into() }
        }
        OrderLine::PowerRestore { into } => Order::PowerRestore { into: into.into() },
        OrderLine::Reset { into } => Order::Reset { into: into.into() },
        OrderLine::Sag { to_mv, .. } => Order::Sag { millivolts: to_mv },
        OrderLine::Sensors(sensors) => Order::Sensors(sensors.into()),
        OrderLine::Status => return Ok(None),
        OrderLine::Wake => Order::Wake,
    }))
}

/// The answer to an order that was carried out.
#[derive(Debug, Serialize)]
struct StatusLine<'a> {
    ok: bool,
    chip: &'a str,
    mac: String,
    activity: &'a str,
    baud: u32,
    resets: u64,
    sectors_erased: u64,
    bytes_programmed: u64,
    bytes_not_erased: u64,
}

#[derive(Debug, Serialize)]
struct ErrorLine<'a> {
    ok: bool,
    error: &'a str,
}

pub(super) fn status(status: &Status) -> String {
    line(&StatusLine {
        ok: true,
        chip: status.chip.name(),
        mac: status.mac.to_string(),
        activity: status.activity.name(),
        baud: status.baud,
        resets: status.resets,
        sectors_erased: status.wear.sectors_erased,
        bytes_programmed: status.wear.bytes_programmed,
        bytes_not_erased: status.wear.bytes_not_erased,
    })
}

pub(super) fn error(error: &str) -> String {
    line(&ErrorLine { ok: false, error })
}

fn line(answer: &impl Serialize) -> String {
    // Numbers and texts can always be written.
    serde_json::to_string(answer).unwrap_or_default() + "\n"
}

impl From<IntoLine> for BootMode {
    fn from(into: IntoLine) -> Self {
        match into {
            IntoLine::Download => Self::Download,
            IntoLine::Run => Self::Run,
        }
    }
}

impl From<WriteCutLine> for WriteCut {
    fn from(line: WriteCutLine) -> Self {
        match line {
            WriteCutLine::Before => Self::Before,
            WriteCutLine::During => Self::During,
            WriteCutLine::After => Self::After,
        }
    }
}

impl From<FaultLine> for Fault {
    fn from(line: FaultLine) -> Self {
        match line {
            FaultLine::AnswerLate { delay_ms } => {
                Self::AnswerLate { delay: Duration::from_millis(delay_ms) }
            }
            FaultLine::BadSector { sector } => Self::BadSector { sector },
            FaultLine::BaudCheck => Self::BaudCheck,
            FaultLine::BaudLimit { baud_max } => Self::BaudLimit { baud_max },
            FaultLine::Brownouts { count } => Self::Brownouts { count },
            FaultLine::CorruptByte { after } => Self::CorruptByte { after },
            FaultLine::DropByte { after } => Self::DropByte { after },
            FaultLine::FadingSector { sector } => Self::FadingSector { sector },
            FaultLine::LoseAfterReset { bytes } => Self::LoseAfterReset { bytes },
            FaultLine::Noise { bytes } => Self::Noise { bytes },
            FaultLine::Renumerate { away_ms } => {
                Self::Renumerate { away: Duration::from_millis(away_ms) }
            }
            FaultLine::SilentInFlashData { after } => Self::SilentInFlashData { after },
            FaultLine::SlowErase { sector_ms } => {
                Self::SlowErase { sector: Duration::from_millis(sector_ms) }
            }
            FaultLine::StayInDownload => Self::StayInDownload,
            FaultLine::WrongBootMode { count } => Self::WrongBootMode { count },
        }
    }
}

impl Default for SensorsLine {
    fn default() -> Self {
        let Sensors { battery_mv, bus_mv, motor_ma, temperature_millidegrees } = Sensors::default();
        Self { battery_mv, bus_mv, motor_ma, temperature_millidegrees }
    }
}

impl From<SensorsLine> for Sensors {
    fn from(line: SensorsLine) -> Self {
        let SensorsLine { battery_mv, bus_mv, motor_ma, temperature_millidegrees } = line;
        Self { battery_mv, bus_mv, motor_ma, temperature_millidegrees }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, expected: Option<Order>) {
        assert_eq!(read(line), Ok(expected), "{line}");
    }

    #[test]
    fn each_order_is_read() {
        check(r#"{"order":"status"}"#, None);
        check(r#"{"order":"power-cut"}"#, Some(Order::PowerCut));
        let cycle = Order::PowerCycle { off: Duration::from_secs(2), into: BootMode::Run };
        check(r#"{"order":"power-cycle","off_ms":2000}"#, Some(cycle));
        let reset = Order::Reset { into: BootMode::Download };
        check(r#"{"order":"reset","into":"download"}"#, Some(reset));
        let cut = Order::CutAtWrite(CutAtWrite { at: WriteCut::During, after: 1 });
        check(r#"{"order":"cut-at-write","at":"during","after":1}"#, Some(cut));
        let pin = Order::Pin { pin: Pin::Enable, is_low: true };
        check(r#"{"order":"pin","pin":"enable","low":true}"#, Some(pin));
        let pin = Order::Pin { pin: Pin::Boot, is_low: false };
        check(r#"{"order":"pin","pin":"boot","low":false}"#, Some(pin));
        check(r#"{"order":"wake"}"#, Some(Order::Wake));
        let sag = Order::Sag { millivolts: 2600 };
        check(r#"{"order":"sag","to_mv":2600,"for_ms":30}"#, Some(sag));
        check(r#"{"order":"end-sleep"}"#, Some(Order::EndSleep));
        let join = Duration::from_millis(300);
        check(r#"{"order":"join-time","ms":300}"#, Some(Order::JoinTime(join)));
        let sensors = Sensors { battery_mv: Some(3300), motor_ma: None, ..Sensors::default() };
        let line = r#"{"order":"sensors","battery_mv":3300,"motor_ma":null}"#;
        check(line, Some(Order::Sensors(sensors)));
        let fault = Order::Fault(Fault::DropByte { after: 7 });
        check(r#"{"order":"fault","fault":"drop-byte","after":7}"#, Some(fault));
        let fault = Order::Fault(Fault::StayInDownload);
        check(r#"{"order":"fault","fault":"stay-in-download"}"#, Some(fault));
    }

    #[test]
    fn each_order_of_the_readme_is_one_and_no_fault_is_left_out() {
        let page = include_str!("../../../README.md");
        let orders: Vec<_> = page
            .lines()
            .filter(|line| line.starts_with(r#"{"order""#))
            .map(|line| read(line).unwrap_or_else(|reason| panic!("{line}: {reason}")))
            .collect();
        let kinds = orders.iter().filter_map(|order| match order {
            Some(Order::Fault(fault)) => Some(std::mem::discriminant(fault)),
            _ => None,
        });
        // Serde names all kinds in the reason why a made-up one is refused.
        let reason = read(r#"{"order":"fault","fault":"?"}"#).unwrap_err();
        assert_eq!(kinds.count(), reason.matches('`').count() / 2 - 1, "{reason}");
    }

    #[test]
    fn anything_else_is_refused_with_a_reason() {
        for line in ["", "{}", "reset", r#"{"order":"explode"}"#, r#"{"order":"reset","in":"run"}"#]
        {
            assert!(read(line).is_err_and(|reason| !reason.is_empty()), "{line}");
        }
    }
}
