//! The way through probe-rs. Thin: what can be decided without a probe is decided elsewhere.

use std::io;
use std::ops::Range;
use std::sync::Once;

use probe_rs::config::{MemoryRegion, RegistryError, TargetSelector};
use probe_rs::flashing::{DownloadOptions, FlashError, FlashLoader, FlashProgress};
use probe_rs::flashing::{ProgressEvent, ProgressOperation, erase_all};
use probe_rs::probe::list::{Accessibility, Lister, ProbeListItem};
use probe_rs::probe::{DebugProbeError, DebugProbeInfo, Probe, ProbeCreationError};
use probe_rs::{MemoryInterface as _, Permissions, Session};

use super::error::ProbeError;
use super::link::{Link, Memory};
use super::selector::Selector;
use crate::flash::Chip;
use crate::flash::image::Part;

/// The targets and the probe of Espressif's chips are an addition that has to be made known, once.
static ESPRESSIF: Once = Once::new();

fn lister() -> Lister {
    ESPRESSIF.call_once(probe_rs_espressif::register_plugin);
    Lister::new()
}

/// A probe that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// What it calls itself.
    pub name: String,
    /// What names it and no other.
    pub selector: Selector,
    /// Whether this user may use it.
    pub may_be_used: bool,
}

/// The probes of this host. Opens none of them.
#[must_use]
pub fn list() -> Vec<Seen> {
    let seen = |item: ProbeListItem| Seen {
        selector: selector_of(&item.info),
        name: item.info.identifier,
        may_be_used: item.accessibility == Accessibility::Accessible,
    };
    lister().list_all_with_access().into_iter().map(seen).collect()
}

fn selector_of(info: &DebugProbeInfo) -> Selector {
    Selector { usb: Some((info.vendor_id, info.product_id)), serial: info.serial_number.clone() }
}

/// A chip on a probe.
#[derive(Debug)]
pub struct ProbeLink {
    selector: Selector,
    /// The chip that it has to be; `None` for whichever is there.
    chip: Option<Chip>,
    session: Option<Session>,
}

impl ProbeLink {
    /// A chip that nobody has touched yet.
    #[must_use]
    pub const fn new(selector: Selector, chip: Option<Chip>) -> Self {
        Self { selector, chip, session: None }
    }

    /// The only probe that is meant.
    fn open(&self) -> Result<Probe, ProbeError> {
        let all = lister().list_all_with_access();
        let is_meant = |item: &&ProbeListItem| {
            let info = &item.info;
            let usb = (info.vendor_id, info.product_id);
            self.selector.takes(usb, info.serial_number.as_deref())
        };
        let name = |item: &ProbeListItem| selector_of(&item.info).to_string();
        let meant: Vec<_> = all.iter().filter(is_meant).collect();
        let item = match meant.as_slice() {
            [item] => item,
            [] => {
                let found = all.iter().map(name).collect();
                return Err(ProbeError::NoProbe { wanted: self.selector.clone(), found });
            }
            several => {
                let found = several.iter().map(|item| name(item)).collect();
                return Err(ProbeError::Several { found });
            }
        };
        let probe = name(item);
        if item.accessibility == Accessibility::PermissionDenied {
            return Err(ProbeError::NoRights { probe });
        }
        item.info.open().map_err(|error| not_opened(probe, &error))
    }

    fn session(&mut self) -> Result<&mut Session, ProbeError> {
        self.session.as_mut().ok_or_else(|| ProbeError::Lost("nobody is attached to it".into()))
    }

    fn loader(session: &Session, part: &Part) -> Result<FlashLoader, ProbeError> {
        let mut loader = session.target().flash_loader();
        loader.add_data(part.offset.into(), &part.bytes).map_err(|error| flash(&error))?;
        Ok(loader)
    }
}

/// Why a probe that is there cannot be had.
fn not_opened(probe: String, error: &DebugProbeError) -> ProbeError {
    let mut source: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = source {
        let io = error.downcast_ref::<io::Error>();
        if io.is_some_and(|error| error.kind() == io::ErrorKind::PermissionDenied) {
            return ProbeError::NoRights { probe };
        }
        source = error.source();
    }
    ProbeError::Unusable { probe, why: words(error) }
}

/// Why no chip was attached.
fn not_attached(error: &probe_rs::Error) -> ProbeError {
    match error {
        probe_rs::Error::MissingPermissions(why) => ProbeError::Locked(why.clone()),
        probe_rs::Error::ChipNotFound(RegistryError::ChipAutodetectFailed) => {
            ProbeError::NoChip("what is there is none of Espressif's chips, or says nothing".into())
        }
        probe_rs::Error::Probe(DebugProbeError::ProbeCouldNotBeCreated(
            ProbeCreationError::NotFound,
        )) => ProbeError::Lost("the probe is gone".into()),
        error => ProbeError::NoChip(words(error)),
    }
}

fn lost(error: &probe_rs::Error) -> ProbeError {
    ProbeError::Lost(words(error))
}

fn flash(error: &FlashError) -> ProbeError {
    ProbeError::Flash(words(error))
}

/// An error with all that it came from.
fn words(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text += &format!(": {error}");
        source = error.source();
    }
    text
}

impl Memory for ProbeLink {
    fn read(&mut self, address: u64, bytes: &mut [u8]) -> Result<(), ProbeError> {
        let mut core = self.session()?.core(0).map_err(|error| lost(&error))?;
        core.read(address, bytes).map_err(|error| lost(&error))
    }

    fn write(&mut self, address: u64, bytes: &[u8]) -> Result<(), ProbeError> {
        let mut core = self.session()?.core(0).map_err(|error| lost(&error))?;
        core.write(address, bytes).map_err(|error| lost(&error))
    }
}

impl Link for ProbeLink {
    fn attach(&mut self) -> Result<Chip, ProbeError> {
        if self.session.is_none() {
            let probe = self.open()?;
            let session = probe.attach(TargetSelector::Auto, Permissions::default());
            self.session = Some(session.map_err(|error| not_attached(&error))?);
        }
        let found = self.session()?.target().name.clone();
        let chip = Chip::by_name(&found);
        match (self.chip, chip) {
            (None, Some(chip)) => Ok(chip),
            (Some(wanted), Some(chip)) if wanted == chip => Ok(chip),
            (Some(wanted), _) => {
                self.detach();
                Err(ProbeError::WrongChip { wanted, found })
            }
            (None, None) => {
                self.detach();
                Err(ProbeError::NoChip(format!("{found} cannot be flashed by the rig")))
            }
        }
    }

    fn ram(&self) -> Vec<Range<u64>> {
        let Some(session) = &self.session else { return Vec::new() };
        let regions = session.target().memory_map.iter();
        regions
            .filter_map(|region| match region {
                MemoryRegion::Ram(ram) => Some(ram.range.clone()),
                _ => None,
            })
            .collect()
    }

    fn detach(&mut self) {
        // A session lets the chip run and the probe go when it is dropped.
        self.session = None;
    }

    fn holds(&mut self, part: &Part) -> Result<bool, ProbeError> {
        let session = self.session()?;
        let loader = Self::loader(session, part)?;
        match loader.verify(session, &mut FlashProgress::empty()) {
            Ok(()) => Ok(true),
            Err(FlashError::Verify) => Ok(false),
            Err(error) => Err(flash(&error)),
        }
    }

    fn program(&mut self, part: &Part, progress: &mut dyn FnMut(u64)) -> Result<(), ProbeError> {
        let session = self.session()?;
        let loader = Self::loader(session, part)?;
        let mut written = 0;
        let mut options = DownloadOptions::new();
        options.verify = true;
        options.progress = FlashProgress::new(|event| {
            if let ProgressEvent::Progress { operation: ProgressOperation::Program, size, .. } =
                event
            {
                written += size;
                progress(written);
            }
        });
        loader.commit(session, options).map_err(|error| flash(&error))
    }

    fn erase_all(&mut self) -> Result<(), ProbeError> {
        let session = self.session()?;
        erase_all(session, &mut FlashProgress::empty(), false).map_err(|error| flash(&error))
    }

    fn reset(&mut self) -> Result<(), ProbeError> {
        if self.session.is_none() {
            let no_wire = |error: DebugProbeError| {
                let why = words(&error);
                ProbeError::Lost(format!("it is not reached, and neither is its reset pin: {why}"))
            };
            return self.open()?.target_reset().map_err(no_wire);
        }
        let mut core = self.session()?.core(0).map_err(|error| lost(&error))?;
        core.reset().map_err(|error| lost(&error))
    }
}
