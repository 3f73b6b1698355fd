//! Writes a journal in a thread of its own, so that no send waits for the disk.
//!
//! Lines wait in a queue that has an end. One that finds it full is left out and counted: the run
//! says how many are missing, and is invalid.

use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread::{self, JoinHandle},
    time::Instant,
};

use super::line::{Header, Line};

/// How many lines wait at most: some 40 MB.
const WAITING_MAX: usize = 65_536;

/// A journal that is being written.
#[derive(Debug)]
pub struct Journal {
    pen: Pen,
    writer: JoinHandle<io::Result<u64>>,
}

/// What lines are given to. One for each thread that has some.
#[derive(Debug, Clone)]
pub struct Pen {
    waiting: SyncSender<Line>,
    missing: Arc<AtomicU64>,
}

/// What became of a journal.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Written {
    /// How many answers are in it.
    pub lines: u64,
    /// How many are not, because the writer fell behind.
    pub missing: u64,
}

impl Journal {
    /// Begins a file with `header`. Its times count from `zero` on.
    ///
    /// # Errors
    ///
    /// The file cannot be created, or the system grants no thread.
    pub fn create(path: &Path, header: &Header, zero: Instant) -> io::Result<Self> {
        let mut file = BufWriter::new(File::create(path)?);
        serde_json::to_writer(&mut file, header)?;
        file.write_all(b"\n")?;
        let (waiting, lines) = sync_channel(WAITING_MAX);
        let writer = thread::Builder::new().name("journal".to_owned());
        let writer = writer.spawn(move || write(file, &lines, zero))?;
        Ok(Self { pen: Pen { waiting, missing: Arc::default() }, writer })
    }

    /// A pen for another thread.
    #[must_use]
    pub fn pen(&self) -> Pen {
        self.pen.clone()
    }

    /// Waits until all is written. All pens but its own must be gone.
    ///
    /// # Errors
    ///
    /// The file could not be written.
    pub fn finish(self) -> io::Result<Written> {
        let missing = Arc::clone(&self.pen.missing);
        drop(self.pen);
        let lines = self.writer.join().expect("the writer does not panic")?;
        Ok(Written { lines, missing: missing.load(Ordering::Relaxed) })
    }
}

impl Pen {
    /// Gives a line to the writer, unless it has fallen too far behind.
    pub fn write(&self, line: Line) {
        if self.waiting.try_send(line).is_err() {
            self.missing.fetch_add(1, Ordering::Relaxed);
        }
    }
}

fn write(mut file: BufWriter<File>, lines: &Receiver<Line>, zero: Instant) -> io::Result<u64> {
    let mut count = 0;
    for line in lines {
        file.write_all(&line.encode(zero))?;
        count += 1;
    }
    file.flush()?;
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::{Line, Pen};
    use crate::{clock::now, measurement::Moments, simulator::step::Operation, wire::Reply};
    use hyper::{StatusCode, body::Bytes};
    use std::sync::{Arc, atomic::Ordering, mpsc::sync_channel};

    #[test]
    fn a_line_that_finds_no_room_is_counted_and_nobody_waits() {
        let at = now();
        let reply = Reply { status: StatusCode::OK, replayed: false, body: Bytes::new() };
        let at = Moments { due: at, free: at, sent: at, done: at };
        let line = Line { at, operation: Operation::DebitBalance, body: Bytes::new(), reply };
        let (waiting, lines) = sync_channel(2);
        let pen = Pen { waiting, missing: Arc::default() };
        (0..5).for_each(|_| pen.write(line.clone()));
        assert_eq!(pen.missing.load(Ordering::Relaxed), 3);
        assert_eq!(lines.try_iter().count(), 2);
    }
}
