//! The inventory's file: where it is, how it is read and how it is written.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::read::{self, Read};

/// The variable that names the file.
pub const FILE_VARIABLE: &str = "SHADOWRIG_INVENTORY";

/// The variable that names the folder of locks, which all users of a host must share.
pub const LOCKS_VARIABLE: &str = "SHADOWRIG_LOCKS";

/// A file that was read.
#[derive(Debug, Clone, Default)]
pub struct InventoryFile {
    /// Where it is.
    pub path: PathBuf,
    /// Its text; nothing where there is no file yet.
    pub text: String,
    /// What it says.
    pub read: Read,
}

/// Where the inventory is: as told by the command line, by the variable, or `shadowrig/boards.toml` in the user's configuration.
#[must_use]
pub fn path(told: Option<&Path>, variable: fn(&str) -> Option<String>) -> PathBuf {
    let named = || variable(FILE_VARIABLE).filter(|path| !path.is_empty()).map(PathBuf::from);
    let config = || {
        let home = variable("XDG_CONFIG_HOME").filter(|path| !path.is_empty()).map(PathBuf::from);
        let home = home.or_else(|| Some(PathBuf::from(variable("HOME")?).join(".config")));
        home.unwrap_or_default().join("shadowrig/boards.toml")
    };
    told.map(Path::to_owned).or_else(named).unwrap_or_else(config)
}

/// The folder of locks: the same for all users, and gone after a restart of the host.
#[must_use]
pub fn locks(variable: fn(&str) -> Option<String>) -> PathBuf {
    let named = variable(LOCKS_VARIABLE).filter(|path| !path.is_empty()).map(PathBuf::from);
    named.unwrap_or_else(|| PathBuf::from("/tmp/shadowrig-boards"))
}

/// Reads an inventory; a file that is not there is an empty one.
///
/// # Errors
///
/// The file is there and cannot be read, or is not text.
pub fn load(path: PathBuf) -> io::Result<InventoryFile> {
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(error),
    };
    let read = read::read(&text);
    Ok(InventoryFile { path, text, read })
}

/// Writes an inventory as a whole: whoever reads meanwhile sees the old one or the new one.
///
/// # Errors
///
/// The file cannot be written; the old one is there as it was.
pub fn save(path: &Path, text: &str) -> io::Result<()> {
    // A link is followed, so that it stays one.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    if let Some(folder) = folder {
        fs::create_dir_all(folder)?;
    }
    let new = path.with_extension("toml.new");
    fs::write(&new, text)?;
    if let Ok(old) = fs::metadata(&path) {
        fs::set_permissions(&new, old.permissions())?;
    }
    fs::rename(&new, &path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_goes_before_the_variable_and_that_before_the_default() {
        let nothing: fn(&str) -> Option<String> = |_| None;
        let home: fn(&str) -> Option<String> = |name| (name == "HOME").then(|| "/home/ann".into());
        let named: fn(&str) -> Option<String> =
            |name| (name == FILE_VARIABLE).then(|| "lab.toml".into());
        assert_eq!(path(Some(Path::new("a.toml")), named), Path::new("a.toml"));
        assert_eq!(path(None, named), Path::new("lab.toml"));
        assert_eq!(path(None, home), Path::new("/home/ann/.config/shadowrig/boards.toml"));
        assert_eq!(path(None, nothing), Path::new("shadowrig/boards.toml"));
    }

    #[test]
    fn what_is_saved_is_loaded_and_a_missing_file_is_empty() {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let path = folder.path().join("new/boards.toml");
        assert_eq!(load(path.clone()).expect("it is empty").text, "");
        save(&path, "# nothing yet\n").expect("it can be written");
        assert_eq!(load(path).expect("it is there").text, "# nothing yet\n");
    }
}
