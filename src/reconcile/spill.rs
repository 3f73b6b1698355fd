//! Rows sorted into partitions by a hash of their key, in memory while they are few, in a temporary
//! file when they are many: what is joined is then one partition of each side at a time.

use std::fs::File;
use std::hash::BuildHasher;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use foldhash::fast::FixedState;

/// How many partitions there are.
const PARTITIONS: usize = 256;

/// What one pile keeps in memory, in bytes.
const IN_MEMORY_BYTES: usize = 16 << 20;

/// The partition of a key, the same on every side.
#[must_use]
pub fn partition_of(key: &[u8]) -> usize {
    let partitions = u64::try_from(PARTITIONS).unwrap_or(1);
    usize::try_from(hash(key) % partitions).unwrap_or(0)
}

/// A hash that is the same in every pile.
#[must_use]
pub fn hash(bytes: &[u8]) -> u64 {
    FixedState::with_seed(0x5e77_1ed0).hash_one(bytes)
}

/// Rows in partitions.
pub struct Pile {
    buffers: Vec<Vec<u8>>,
    in_memory: usize,
    file: Option<File>,
    file_bytes: u64,
    /// Of each partition the pieces that are in the file, oldest first.
    pieces: Vec<Vec<(u64, usize)>>,
    rows: u64,
}

impl Default for Pile {
    fn default() -> Self {
        Self {
            buffers: vec![Vec::new(); PARTITIONS],
            in_memory: 0,
            file: None,
            file_bytes: 0,
            pieces: vec![Vec::new(); PARTITIONS],
            rows: 0,
        }
    }
}

impl Pile {
    /// The numbers of all partitions.
    pub fn partitions() -> std::ops::Range<usize> {
        0..PARTITIONS
    }

    /// How many rows were added.
    #[must_use]
    pub const fn rows(&self) -> u64 {
        self.rows
    }

    /// Adds a row to a partition. Where it grows too large a file without a name is begun in
    /// `spill_dir`.
    ///
    /// # Errors
    /// When that cannot be written.
    pub fn add(
        &mut self,
        partition: usize,
        spill_dir: &Path,
        write: impl FnOnce(&mut Vec<u8>),
    ) -> io::Result<()> {
        let Some(buffer) = self.buffers.get_mut(partition) else { return Ok(()) };
        let before = buffer.len();
        write(buffer);
        self.in_memory += buffer.len() - before;
        self.rows += 1;
        if self.in_memory > IN_MEMORY_BYTES { self.spill(spill_dir) } else { Ok(()) }
    }

    /// All rows of a partition, oldest first.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn read(&self, partition: usize) -> io::Result<Vec<u8>> {
        let none = Vec::new();
        let pieces = self.pieces.get(partition).unwrap_or(&none);
        let buffer = self.buffers.get(partition).map_or(&[][..], Vec::as_slice);
        let spilt: usize = pieces.iter().map(|(_, bytes)| bytes).sum();
        let mut all = vec![0; spilt];
        let mut begin = 0;
        for &(offset, bytes) in pieces {
            let end = begin + bytes;
            if let (Some(file), Some(place)) = (&self.file, all.get_mut(begin..end)) {
                file.read_exact_at(place, offset)?;
            }
            begin = end;
        }
        all.extend_from_slice(buffer);
        Ok(all)
    }

    fn spill(&mut self, spill_dir: &Path) -> io::Result<()> {
        let file = match self.file.take() {
            Some(file) => file,
            None => tempfile::tempfile_in(spill_dir)?,
        };
        for (buffer, pieces) in self.buffers.iter_mut().zip(&mut self.pieces) {
            if buffer.is_empty() {
                continue;
            }
            file.write_all_at(buffer, self.file_bytes)?;
            pieces.push((self.file_bytes, buffer.len()));
            self.file_bytes += u64::try_from(buffer.len()).unwrap_or(0);
            buffer.clear();
        }
        self.in_memory = 0;
        self.file = Some(file);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_back_in_order_from_memory_and_from_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let mut pile = Pile::default();
        let row = |n: u64| [n.to_le_bytes().as_slice(), &[7; 1 << 15]].concat();
        for n in 0..2_000 {
            let partition = partition_of(&(n % 3_u64).to_le_bytes());
            pile.add(partition, folder.path(), |out| out.extend(row(n))).unwrap();
        }
        assert!(pile.file_bytes > 0 && pile.in_memory > 0 && pile.rows() == 2_000);
        let mut seen = 0;
        for partition in Pile::partitions() {
            let rows = pile.read(partition).unwrap();
            let numbers: Vec<u64> = rows
                .chunks_exact(8 + (1 << 15))
                .map(|row| u64::from_le_bytes(row[..8].try_into().unwrap()))
                .collect();
            assert!(numbers.is_sorted());
            seen += numbers.len();
        }
        assert_eq!(seen, 2_000);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
