//! The flash and the memory that survives a sleep: where the provisioning stands, and what the thing keeps.

use core::sync::atomic::Ordering;

use esp_bootloader_esp_idf::partitions::{
    DataPartitionSubType, PARTITION_TABLE_MAX_LEN, PartitionType, read_partition_table,
};
use esp_hal::peripherals::FLASH;
use esp_hal::ram;
use esp_storage::{FlashStorage, FlashStorageError};
use firmware::SECTOR_BYTES;
use firmware::record::{RECORD_BYTES_MAX, Record, SECTORS, newest, next};
use portable_atomic::AtomicU32;
use thing::STATE_BYTES_MAX;

/// Where tools put the partition when they are told nothing else.
const NVS_AT: u32 = 0x9000;

/// Bytes of a word.
const WORD_BYTES: usize = 4;

/// The record as it was before the sleep. Its checksum tells whether the memory was kept.
#[ram(unstable(rtc_fast, persistent))]
static KEPT: [AtomicU32; RECORD_BYTES_MAX / WORD_BYTES] =
    [const { AtomicU32::new(0) }; RECORD_BYTES_MAX / WORD_BYTES];

/// The partition of the firmware.
pub(crate) struct Store<'d> {
    flash: FlashStorage<'d>,
    at: u32,
}

/// Two records from the flash and one from memory.
pub(crate) struct Places {
    flash: [[u8; RECORD_BYTES_MAX]; SECTORS.len()],
    memory: [u8; RECORD_BYTES_MAX],
}

impl<'d> Store<'d> {
    /// Looks for the partition.
    pub(crate) fn open(flash: FLASH<'d>) -> Self {
        let mut flash = FlashStorage::new(flash);
        let mut table = [0; PARTITION_TABLE_MAX_LEN];
        let nvs = PartitionType::Data(DataPartitionSubType::Nvs);
        let found = read_partition_table(&mut flash, &mut table)
            .and_then(|table| table.find_partition(nvs));
        let at = found.ok().flatten().map_or(NVS_AT, |partition| partition.offset());
        Self { flash, at }
    }

    /// Reads the sector of the provisioning.
    pub(crate) fn provisioning(
        &mut self,
        sector: &mut [u8; SECTOR_BYTES],
    ) -> Result<(), FlashStorageError> {
        self.flash.read_nor(self.at, sector)
    }

    /// Reads all that may be kept. A place that cannot be read is empty.
    pub(crate) fn places(&mut self) -> Places {
        let mut places = Places {
            flash: [[0xff; RECORD_BYTES_MAX]; SECTORS.len()],
            memory: [0; RECORD_BYTES_MAX],
        };
        for (place, bytes) in places.flash.iter_mut().enumerate() {
            if self.flash.read_nor(self.sector(place), bytes).is_err() {
                bytes.fill(0xff);
            }
        }
        for (bytes, word) in places.memory.chunks_exact_mut(WORD_BYTES).zip(&KEPT) {
            bytes.copy_from_slice(&word.load(Ordering::Relaxed).to_le_bytes());
        }
        places
    }

    /// Keeps these bytes in the flash and in memory.
    pub(crate) fn keep(&mut self, data: &[u8]) -> Result<(), FlashStorageError> {
        let places = self.places();
        let (sequence, place) = next(newest(places.flash.iter().map(<[u8; _]>::as_slice)));
        let (bytes, length) = Record { sequence, data }.write();
        // The memory first: a flash that is worn out then costs nothing before the power is cut.
        for (word, bytes) in KEPT.iter().zip(bytes.as_chunks().0) {
            word.store(u32::from_le_bytes(*bytes), Ordering::Relaxed);
        }
        let at = self.sector(place);
        self.flash.erase(at, at + SECTOR_BYTES as u32)?;
        // The record is padded with what erased flash is, so whole words may be written.
        let written = bytes.get(..length.next_multiple_of(WORD_BYTES)).unwrap_or(&bytes);
        self.flash.write_nor(at, written)
    }

    fn sector(&self, place: usize) -> u32 {
        self.at + (SECTORS[place] * SECTOR_BYTES) as u32
    }
}

impl Places {
    /// What was kept last; empty when nothing was.
    pub(crate) fn kept(&self) -> &[u8] {
        let places = self.flash.iter().chain([&self.memory]).map(<[u8; _]>::as_slice);
        newest(places).map_or(&[], |(_, record)| record.data)
    }
}

const _: () = assert!(RECORD_BYTES_MAX % WORD_BYTES == 0 && STATE_BYTES_MAX <= RECORD_BYTES_MAX);
