//! Firmware by its name or its path.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::console::Patterns;
use crate::engine::ActionError;
use crate::flash::{Chip, Source};
use crate::scenario::plan::ConsoleLines;

/// Where descriptions of kinds of boards stand, seen from the root of a project.
pub const DESCRIPTIONS: &str = "device-under-test/boards";

/// A kind of board, as its TOML file describes it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Description {
    /// What people call it.
    #[serde(rename = "name")]
    _name: String,
    /// Its chip.
    chip: String,
    /// Words for people.
    #[serde(rename = "notes", default)]
    _notes: String,
    /// Names of firmware, and the files that a build leaves; seen from the folder of the description.
    #[serde(default)]
    images: std::collections::BTreeMap<String, PathBuf>,
    /// What these print when they sleep and wake.
    #[serde(default)]
    console: Lines,
}

/// See [`ConsoleLines`].
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Lines {
    #[serde(default)]
    sleep: Vec<String>,
    #[serde(default)]
    wake: Vec<String>,
}

/// Finds a firmware: a path, or a name that a description of a board with this chip has.
///
/// # Errors
///
/// There is no such file and no such name, a description cannot be read, or the file that it names was not built yet.
pub fn find(image: &str, chip: Chip) -> Result<Source, ActionError> {
    find_in(Path::new(DESCRIPTIONS), image, chip)
}

/// The same with the descriptions in another folder.
///
/// # Errors
///
/// As [`find`].
pub fn find_in(folder: &Path, image: &str, chip: Chip) -> Result<Source, ActionError> {
    let path = Path::new(image);
    let read =
        |path: &Path| Source::read(path).map_err(|error| error.stops(format!("read {image}")));
    if path.is_file() {
        return read(path);
    }
    let mut known = Vec::new();
    for (file, description) in descriptions(folder)? {
        if Chip::by_name(&description.chip) != Some(chip) {
            continue;
        }
        if let Some(built) = description.images.get(image) {
            let built = folder.join(built);
            if built.is_file() {
                return read(&built);
            }
            let why = format!("{} names {}, which is not there", file.display(), built.display());
            return Err(ActionError::new(format!("find the image {image}"), why)
                .help("build it first; the description says how"));
        }
        known.extend(description.images.into_keys());
    }
    let paths = "name an ELF, a .bin, or flasher_args.json by its path";
    let help = match known.as_slice() {
        [] => paths.to_owned(),
        known => format!("{paths}; or, for {chip}, one of {}", known.join(", ")),
    };
    Err(ActionError::new(format!("find the image {image}"), "there is no such file").help(help))
}

/// What a firmware prints when it sleeps and wakes, as descriptions that have it by this name say: those of boards with this chip, of any
/// where none is given. Nothing for a firmware that is named by its path.
///
/// # Errors
///
/// A description cannot be read.
pub fn console_lines(
    folder: &Path,
    image: &str,
    chip: Option<Chip>,
) -> Result<ConsoleLines, ActionError> {
    let mut all = ConsoleLines::default();
    for (_, description) in descriptions(folder)? {
        let is_of_chip = chip.is_none() || Chip::by_name(&description.chip) == chip;
        if is_of_chip && description.images.contains_key(image) {
            all.sleep.extend(description.console.sleep);
            all.wake.extend(description.console.wake);
        }
    }
    Ok(all)
}

/// The file of a firmware that descriptions have by this name, where it was built.
///
/// # Errors
///
/// A description cannot be read, or none has such a firmware.
pub fn built(folder: &Path, image: &str) -> Result<Option<PathBuf>, ActionError> {
    let descriptions = descriptions(folder)?;
    let paths = descriptions.iter().filter_map(|(_, description)| description.images.get(image));
    let paths: Vec<_> = paths.map(|path| folder.join(path)).collect();
    if paths.is_empty() {
        let known = descriptions.iter().flat_map(|(_, description)| description.images.keys());
        let known: Vec<_> = known.map(String::as_str).collect();
        let why = format!("no description in {} has it", folder.display());
        let help = match known.as_slice() {
            [] => format!("{}/README.md tells how one is written", DESCRIPTIONS),
            known => format!("there are {}", known.join(", ")),
        };
        return Err(ActionError::new(format!("find the image {image}"), why).help(help));
    }
    Ok(paths.into_iter().find(|path| path.is_file()))
}

/// All descriptions of a folder, in the order of their names; none where there is no folder.
fn descriptions(folder: &Path) -> Result<Vec<(PathBuf, Description)>, ActionError> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Ok(Vec::new()) };
    let mut files: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    files.retain(|file| file.extension().is_some_and(|end| end == "toml"));
    files.sort();
    let read = |file: PathBuf| {
        let failed = |why: String| ActionError::new(format!("read {}", file.display()), why);
        let text = std::fs::read_to_string(&file).map_err(|error| failed(error.to_string()))?;
        let description: Description = toml::from_str(&text).map_err(|error| {
            failed(error.to_string())
                .help("a description has name, chip, images = { name = \"file\" }, and console = { sleep = [...], wake = [...] }")
        })?;
        let lines = ConsoleLines {
            sleep: description.console.sleep.clone(),
            wake: description.console.wake.clone(),
        };
        Patterns::default().add(&lines).map_err(|error| failed(error.to_string()))?;
        Ok((file, description))
    };
    files.into_iter().map(read).collect()
}
