//! What is to be told to a serial board, as a part of what is written; and what is taken off it again.

use virtual_board::Provisioning;

use super::listener::Way;
use super::nvs_keys;
use super::port::PortOptions;
use crate::engine::ActionError;
use crate::flash::image::{Image, Part, PartitionKind};
use crate::flash::{self, Chip, EraseFirst, FlashError, Identity, Job, Rewrite, connect};
use crate::nvs::Contents;
use crate::scenario::plan::{Erase, Firmware};
use crate::scenario::provision::Setting;

/// The bytes of the sector that the settings of our own things stand in.
const SECTOR_BYTES: u32 = 4096;

/// What is done when a thing is told its cloud.
const TELL: &str = "tell the board its cloud";

/// Where a firmware keeps settings: offset and size.
pub(super) type Region = (u32, u32);

/// What has to be taken off a board.
pub(super) enum Left {
    /// A region that is erased.
    Region { identity: Identity, region: Region },
    /// Keys among others that stay.
    Keys { identity: Identity, region: Region, before: Contents, settings: Vec<Setting> },
}

/// The settings of our own things, and behind them erased flash where what the device remembers is to be erased.
pub(super) fn of_thing(
    way: &mut Way,
    (identity, region): (Identity, Region),
    firmware: &Firmware,
    settings: &Provisioning,
) -> Result<(Part, Left), ActionError> {
    let what = TELL;
    let stays = firmware.erase == Erase::Nothing && identity.chip != Chip::Esp8266;
    let is_left = stays && {
        let found = read(way, &identity, region).map_err(|error| error.stops(what.to_owned()))?;
        // The first sector of what is there is lost to the settings in any case.
        Contents::read(&found).is_ok_and(|mut contents| nvs_keys::forget(&mut contents))
    };
    let keeps = firmware.erase == Erase::Nothing && !is_left;
    let written = if keeps { (region.0, SECTOR_BYTES) } else { region };
    let part = settings_part(settings, firmware, written)?;
    let left = Left::Region { identity, region: (region.0, SECTOR_BYTES) };
    Ok((part, left))
}

/// The settings of our own things, and behind them erased flash up to the end of the region.
pub(super) fn settings_part(
    settings: &Provisioning,
    firmware: &Firmware,
    (offset, size): Region,
) -> Result<Part, ActionError> {
    let settings = Provisioning { shadow_name: firmware.shadow.clone(), ..settings.clone() };
    let mut bytes = settings.write().map_err(|error| {
        ActionError::new(TELL, format!("{error:?}"))
            .help("its endpoint, names or keys are too long, or have line ends in them")
    })?;
    bytes.resize(size as usize, 0xff);
    Ok(Part { offset, bytes, name: "settings".into() })
}

/// The NVS partition of a firmware, with what it is told in it; what the firmware brings for the partition, and what is to stay
/// of the board's, stands there too.
pub(super) fn of_nvs(
    way: &mut Way,
    (identity, region): (Identity, Region),
    firmware: &Firmware,
    image: &mut Image,
) -> Result<(Part, Left), ActionError> {
    let what = "provision the board";
    let (offset, size) = region;
    let has_nvs = || image.table.iter().any(|partition| partition.kind == PartitionKind::Nvs);
    if identity.chip == Chip::Esp8266 || !(image.table.is_empty() || has_nvs()) {
        return Err(ActionError::new(what, "its flash has no partition of type nvs")
            .help("add one to the partition table: `nvs, data, nvs, 0x9000, 0x6000`"));
    }
    let parts = &mut image.parts;
    let stays = firmware.erase == Erase::Nothing;
    let brought = parts.iter().position(|part| part.offset == offset).map(|at| parts.remove(at));
    let bytes = match brought {
        Some(part) => part.bytes,
        None if stays => {
            read(way, &identity, region).map_err(|error| error.stops(what.to_owned()))?
        }
        None => Vec::new(),
    };
    let mut before = Contents::read(&bytes).map_err(|error| {
        ActionError::new(what, error.to_string())
            .help("`erase: nvs` erases what is there, instead of keeping it")
    })?;
    nvs_keys::forget(&mut before);
    let contents = nvs_keys::put(before.clone(), &firmware.provision)?;
    let bytes = contents.write(size as usize).map_err(|error| {
        ActionError::new(what, error.to_string())
            .help("a larger partition of type nvs in the table, or `erase: nvs`, makes room")
    })?;
    let left = if stays {
        Left::Keys { identity, region, before, settings: firmware.provision.clone() }
    } else {
        Left::Region { identity, region }
    };
    Ok((Part { offset, bytes, name: "nvs".into() }, left))
}

fn read(way: &mut Way, identity: &Identity, region: Region) -> Result<Vec<u8>, FlashError> {
    connect(&mut way.port, &mut *way.pins, &mut |_| {})?.read_nvs(identity, region)
}

/// Takes off a board what it was told; gives what a person should know of it.
///
/// # Errors
///
/// The board does not let it be done; what it was told is still on it.
pub(super) fn take_off(way: &mut Way, left: Left) -> Result<Option<String>, FlashError> {
    let (identity, region, before, settings) = match left {
        Left::Region { identity, region } => return erase(way, &identity, region).map(|()| None),
        Left::Keys { identity, region, before, settings } => (identity, region, before, settings),
    };
    let now = Contents::read(&read(way, &identity, region)?);
    let (bytes, note) = match now {
        // What cannot be read cannot be searched for secrets either; ESP-IDF erases it as well.
        Err(_) => return erase(way, &identity, region).map(|()| None),
        Ok(mut contents) => {
            let copied = nvs_keys::take_out(&mut contents, &before, &settings);
            let note = (!copied.is_empty()).then(|| {
                format!(
                    "the firmware had copied a secret into {}, which was erased with it",
                    copied.join(", ")
                )
            });
            (contents.write(region.1 as usize), note)
        }
    };
    // There is less in it than before, so it fits; if it should not, nothing of it may stay.
    let Ok(bytes) = bytes else { return erase(way, &identity, region).map(|()| None) };
    let part = Part { offset: region.0, bytes, name: "nvs".into() };
    let PortOptions { flash_baud_max, rates, .. } = way.port.options().clone();
    let job = Job {
        parts: std::slice::from_ref(&part),
        erase: EraseFirst::Nothing,
        rewrite: Rewrite::Always,
        baud_max: flash_baud_max,
        rates: rates.as_ref(),
        // Firmware is counted, and what is read back is it.
        wears: None,
    };
    flash::write(&mut way.port, &mut *way.pins, &identity, &job, &mut |_| {}).map(|_| note)
}

fn erase(way: &mut Way, identity: &Identity, (offset, size): Region) -> Result<(), FlashError> {
    connect(&mut way.port, &mut *way.pins, &mut |_| {})?.erase_by_rom(identity, offset, size)
}
