//! Which programs have a port open, by what the kernel shows of them.

use std::fs;
use std::path::{Path, PathBuf};

/// Where the terminals of pseudo-terminals are.
const PTS: &str = "/dev/pts/";

/// Who has a port open besides us, as far as this user may see: `esptool (process 4711)`. Whoever made a pseudo-terminal is the board on
/// it, and no holder.
pub(super) fn strangers(path: &Path) -> Vec<String> {
    found(path, |id, path| holds(id, path) && !made(id, path))
}

/// The same with whoever made it: for a port that the kernel refuses.
pub(super) fn all(path: &Path) -> Vec<String> {
    found(path, holds)
}

fn found(path: &Path, holds: impl Fn(u32, &Path) -> bool) -> Vec<String> {
    let Ok(path) = fs::canonicalize(path) else { return Vec::new() };
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    // Beside the processes there are `self` and `thread-self`, which are ours.
    let numbers = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let ours = std::process::id();
    let mut holders: Vec<_> = numbers.filter(|id| *id != ours && holds(*id, &path)).collect();
    holders.sort_unstable();
    // A program that we are about to start has all that is ours, until it is that program.
    holders.retain(|id| parent(*id) != Some(ours));
    holders.iter().map(|id| format!("{} (process {id})", name(*id))).collect()
}

fn folder(id: u32) -> PathBuf {
    Path::new("/proc").join(id.to_string())
}

fn holds(id: u32, path: &Path) -> bool {
    let open = fs::read_dir(folder(id).join("fd")).into_iter().flatten().flatten();
    open.into_iter().any(|open| fs::read_link(open.path()).is_ok_and(|target| target == path))
}

/// Whether a process has the other end of a pseudo-terminal.
fn made(id: u32, path: &Path) -> bool {
    let Some(number) = path.to_str().and_then(|path| path.strip_prefix(PTS)) else { return false };
    let details = fs::read_dir(folder(id).join("fdinfo")).into_iter().flatten().flatten();
    let is_it =
        |line: &str| line.strip_prefix("tty-index:").is_some_and(|index| index.trim() == number);
    details
        .into_iter()
        .any(|open| fs::read_to_string(open.path()).is_ok_and(|text| text.lines().any(is_it)))
}

fn parent(id: u32) -> Option<u32> {
    let status = fs::read_to_string(folder(id).join("status")).ok()?;
    status.lines().find_map(|line| line.strip_prefix("PPid:")?.trim().parse().ok())
}

fn name(id: u32) -> String {
    fs::read_to_string(folder(id).join("comm")).unwrap_or_default().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_asks_is_no_holder() {
        let file = tempfile::NamedTempFile::new().expect("a temporary file can be had");
        assert_eq!(all(file.path()), Vec::<String>::new());
    }
}
