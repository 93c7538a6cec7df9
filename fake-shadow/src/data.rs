//! Keeping shadows, things and retained messages in one file that survives the end of the process, however it comes.

use std::fmt;
use std::io::ErrorKind;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use redb::{Database, DatabaseError, ReadableDatabase as _, ReadableTable as _, TableDefinition};

use crate::kept::{Change, Item};
use crate::service::FakeShadow;
use crate::shadow::{NameError, ShadowId, ThingName};
use crate::topic::Topic;

/// A table of items by name, to what [`FakeShadow::changes`] says of them. A file of an earlier version has shadows only, and
/// gets the others with the first thing or message.
type Table = TableDefinition<'static, &'static str, &'static [u8]>;

/// By the thing's name, for a named shadow with a NUL and that name behind it.
const SHADOWS: Table = TableDefinition::new("shadows");

/// The registry, by the thing's name.
const THINGS: Table = TableDefinition::new("things");

/// What topics retain, by topic.
const MESSAGES: Table = TableDefinition::new("retained-messages");

/// Between the names of thing and shadow; neither may hold it.
const SEPARATOR: char = '\0';

/// A file of shadows. What was written to it is there after a crash of the process or of the machine.
#[derive(Debug)]
pub struct DataFile {
    path: PathBuf,
    /// None behind a failure of the disk: the database then wants to be opened anew, and is, for the next write.
    database: Mutex<Option<Database>>,
}

/// Why a file of shadows cannot be used.
#[derive(Debug)]
pub enum DataError {
    /// Another process has it open.
    Busy,
    /// It is no file of shadows, or it is damaged.
    Damaged {
        /// What is wrong with it.
        reason: String,
    },
    /// It was written by a version of this program whose files are in another form.
    OtherVersion {
        /// Which form it is in, and which is wanted.
        reason: String,
    },
    /// It cannot be read or written.
    Unusable {
        /// What the system said.
        reason: String,
        /// The same as a kind, if it was the system that said it.
        kind: Option<ErrorKind>,
    },
}

impl DataFile {
    /// Opens a file, or makes it, and puts what it holds into a cloud. The whole file is checked first.
    ///
    /// # Errors
    /// [`DataError`]; a damaged file is refused as a whole, never read in part.
    pub fn open(path: &Path, cloud: &mut FakeShadow) -> Result<Self, DataError> {
        // The database is to return an error for any damage; if it has an assertion left that some damage meets, that
        // is damage too, and no reason to end without a word of help.
        let opened = catch_unwind(|| open_database(path));
        let database =
            opened.unwrap_or_else(|_| damaged("the database cannot make sense of it"))?;
        let loaded = catch_unwind(AssertUnwindSafe(|| load(&database, cloud)));
        loaded.unwrap_or_else(|_| damaged("the database cannot make sense of it"))?;
        Ok(Self { path: path.to_owned(), database: Mutex::new(Some(database)) })
    }

    /// Writes changes; they are on the disk when this returns. After a failure of the disk the file is opened anew, so that it goes
    /// on as soon as the disk does.
    ///
    /// # Errors
    /// [`DataError`]; then none of them is in the file.
    pub fn write(&self, changes: &[Change]) -> Result<(), DataError> {
        let mut kept = self.database.lock().unwrap_or_else(PoisonError::into_inner);
        let database = match kept.take() {
            Some(database) => database,
            None => Database::open(&self.path)?,
        };
        // The database is dropped where it failed.
        commit(&database, changes)?;
        *kept = Some(database);
        Ok(())
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

fn commit(database: &Database, changes: &[Change]) -> Result<(), redb::Error> {
    let transaction = database.begin_write()?;
    for change in changes {
        let (table, key) = place_of(&change.item);
        let mut rows = transaction.open_table(table)?;
        match &change.kept {
            Some(kept) => rows.insert(key.as_str(), kept.as_slice())?,
            None => rows.remove(key.as_str())?,
        };
    }
    transaction.commit()?;
    Ok(())
}

fn load(database: &Database, cloud: &mut FakeShadow) -> Result<(), DataError> {
    let wrong = |error: &dyn fmt::Display| DataError::Damaged { reason: error.to_string() };
    for (key, kept) in rows(database, SHADOWS)? {
        let id = id_of(&key).map_err(|error| wrong(&error))?;
        restore(cloud, Item::Shadow(id), &kept)?;
    }
    for (key, kept) in rows(database, THINGS)? {
        let thing = ThingName::new(key).map_err(|error| wrong(&error))?;
        restore(cloud, Item::Thing(thing), &kept)?;
    }
    for (key, kept) in rows(database, MESSAGES)? {
        let topic = Topic::new(&key).ok_or_else(|| wrong(&format_args!("'{key}' is no topic")))?;
        restore(cloud, Item::Message(topic), &kept)?;
    }
    Ok(())
}

fn rows(database: &Database, table: Table) -> Result<Vec<(String, Vec<u8>)>, redb::Error> {
    let transaction = database.begin_read()?;
    let opened = match transaction.open_table(table) {
        Err(redb::TableError::TableDoesNotExist(_)) => return Ok(Vec::new()),
        opened => opened?,
    };
    let mut rows = Vec::new();
    for row in opened.iter()? {
        let (key, kept) = row?;
        rows.push((key.value().to_owned(), kept.value().to_vec()));
    }
    Ok(rows)
}

fn restore(cloud: &mut FakeShadow, item: Item, kept: &[u8]) -> Result<(), DataError> {
    let shown = item.to_string();
    if cloud.restore(item, kept) { Ok(()) } else { damaged(&format!("{shown} cannot be read")) }
}

/// Where an item stands in the file.
fn place_of(item: &Item) -> (Table, String) {
    match item {
        Item::Message(topic) => (MESSAGES, topic.as_str().to_owned()),
        Item::Shadow(id) => (SHADOWS, key_of(id)),
        Item::Thing(thing) => (THINGS, thing.to_string()),
    }
}

fn open_database(path: &Path) -> Result<Database, DataError> {
    let mut database = Database::create(path).map_err(DataError::from)?;
    match database.check_integrity() {
        Ok(_) => Ok(database),
        Err(error) => Err(error.into()),
    }
}

fn key_of(id: &ShadowId) -> String {
    match &id.name {
        None => id.thing.to_string(),
        Some(name) => format!("{}{SEPARATOR}{name}", id.thing),
    }
}

fn id_of(key: &str) -> Result<ShadowId, NameError> {
    match key.split_once(SEPARATOR) {
        None => ShadowId::classic(key),
        Some((thing, name)) => ShadowId::named(thing, name),
    }
}

fn damaged<T>(reason: &str) -> Result<T, DataError> {
    Err(DataError::Damaged { reason: reason.to_owned() })
}

impl From<DatabaseError> for DataError {
    fn from(error: DatabaseError) -> Self {
        redb::Error::from(error).into()
    }
}

impl From<redb::Error> for DataError {
    fn from(error: redb::Error) -> Self {
        let reason = error.to_string();
        match error {
            redb::Error::DatabaseAlreadyOpen => Self::Busy,
            redb::Error::Io(io) if !is_about_content(io.kind()) => {
                Self::Unusable { reason, kind: Some(io.kind()) }
            }
            redb::Error::UpgradeRequired(_) => Self::OtherVersion { reason },
            redb::Error::PreviousIo => Self::Unusable { reason, kind: None },
            _ => Self::Damaged { reason },
        }
    }
}

/// Whether the system could read the file and what it holds is wrong: no database, or one that ends too early.
const fn is_about_content(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::InvalidData | ErrorKind::UnexpectedEof)
}

impl DataError {
    /// What to do about it.
    #[must_use]
    pub const fn help(&self) -> &'static str {
        match self {
            Self::Busy => "end the program that uses it, or name another file",
            Self::Damaged { .. } => {
                "put a good copy in its place, or move it away to begin without shadows"
            }
            Self::OtherVersion { .. } => {
                "use the version of this program that wrote it, or move it away to begin without shadows"
            }
            Self::Unusable { kind: Some(ErrorKind::IsADirectory), .. } => {
                "name a file in that folder; one that is not there is made"
            }
            Self::Unusable { kind: Some(ErrorKind::NotFound), .. } => {
                "make its folder first, or name a file in another one"
            }
            Self::Unusable { kind: Some(ErrorKind::PermissionDenied), .. } => {
                "whoever starts this must be allowed to read and write the file, and to make it in its folder"
            }
            Self::Unusable { kind: Some(ErrorKind::ReadOnlyFilesystem), .. } => {
                "name a file on a disk that can be written"
            }
            Self::Unusable { kind: Some(ErrorKind::StorageFull), .. } => {
                "make room on its disk; nothing else is to be done"
            }
            Self::Unusable { .. } => "its folder must exist and be writable, and its disk not full",
        }
    }
}

impl fmt::Display for DataError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Busy => formatter.write_str("another program has it open"),
            Self::Damaged { reason } => {
                write!(formatter, "it is damaged, or no file of shadows: {reason}")
            }
            Self::OtherVersion { reason } => {
                write!(formatter, "another version of this program wrote it: {reason}")
            }
            Self::Unusable { reason, .. } => formatter.write_str(reason),
        }
    }
}

impl std::error::Error for DataError {}
