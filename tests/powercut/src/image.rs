//! The bytes of a disk: mostly zeros, cheap to copy, shared with its copies until one is written.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

use crate::size::{narrow, wide};

const CHUNK: usize = 16 << 10;

/// What a disk holds.
#[derive(Clone)]
pub struct Image {
    /// Chunks of which each byte is zero are not there.
    chunks: Vec<Option<Arc<Vec<u8>>>>,
}

/// One chunk's part of a run of bytes.
struct Part {
    chunk: usize,
    within: Range<usize>,
    of_run: Range<usize>,
}

impl Image {
    /// Zeros; the length is rounded up to a whole chunk.
    #[must_use]
    pub fn new(bytes: u64) -> Self {
        Self { chunks: vec![None; narrow(bytes).div_ceil(CHUNK)] }
    }

    /// How long it is.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        wide(self.chunks.len() * CHUNK)
    }

    /// Whether it has all of these bytes.
    #[must_use]
    pub fn has(&self, offset: u64, bytes: usize) -> bool {
        offset.checked_add(wide(bytes)).is_some_and(|end| end <= self.bytes())
    }

    /// Reads a run of bytes that it has.
    pub fn read(&self, offset: u64, buffer: &mut [u8]) {
        for part in parts(offset, buffer.len()) {
            let target = &mut buffer[part.of_run];
            match &self.chunks[part.chunk] {
                Some(chunk) => target.copy_from_slice(&chunk[part.within]),
                None => target.fill(0),
            }
        }
    }

    /// Writes a run of bytes that it has.
    pub fn write(&mut self, offset: u64, bytes: &[u8]) {
        for part in parts(offset, bytes.len()) {
            let source = &bytes[part.of_run];
            let chunk = &mut self.chunks[part.chunk];
            if chunk.is_some() || source.iter().any(|byte| *byte != 0) {
                let chunk = chunk.get_or_insert_with(|| Arc::new(vec![0; CHUNK]));
                Arc::make_mut(chunk)[part.within].copy_from_slice(source);
            }
        }
    }

    /// Writes it to a sparse file.
    ///
    /// # Errors
    /// When the file cannot be made or written.
    pub fn save(&self, path: &Path) -> io::Result<()> {
        let file = File::create(path)?;
        file.set_len(self.bytes())?;
        for (number, chunk) in self.chunks.iter().enumerate() {
            if let Some(chunk) = chunk {
                file.write_all_at(chunk, wide(number * CHUNK))?;
            }
        }
        Ok(())
    }
}

/// The parts of a run of bytes, chunk by chunk.
fn parts(offset: u64, bytes: usize) -> impl Iterator<Item = Part> {
    let start = narrow(offset);
    let mut done = 0;
    std::iter::from_fn(move || {
        let at = start + done;
        let within = at % CHUNK;
        let length = (CHUNK - within).min(bytes - done);
        let of_run = done..done + length;
        done += length;
        let part = Part { chunk: at / CHUNK, within: within..within + length, of_run };
        (length > 0).then_some(part)
    })
}

#[cfg(test)]
mod tests {
    use super::{CHUNK, Image};
    use crate::size::wide;

    #[test]
    fn what_is_written_is_read_and_copies_keep_what_they_had() {
        let mut image = Image::new(wide(3 * CHUNK));
        let copy = image.clone();
        let bytes: Vec<u8> = (1..=250).cycle().take(CHUNK + 100).collect();
        image.write(wide(CHUNK) - 50, &bytes);
        let mut read = vec![9; CHUNK + 102];
        image.read(wide(CHUNK) - 51, &mut read);
        assert_eq!((read[0], read[CHUNK + 101]), (0, 0));
        assert_eq!(read[1..=CHUNK + 100], bytes);
        copy.read(wide(CHUNK) - 51, &mut read);
        assert!(read.iter().all(|byte| *byte == 0));
    }
}
