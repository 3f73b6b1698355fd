//! A file of frames of many sizes, to try those who read one.

#![cfg(test)]

use super::{Head, Kind, Span, Writer};
use crate::segment::LogId;
use crate::simulated::{Choices, Disk};
use crate::storage::Storage;
use crate::{Lsn, Name};

pub(super) const NAME: Name = Name::Dense { first: 1, last: 1 };
pub(super) const HEAD: Head = Head { kind: Kind::Dense, log: LogId([7; 16]), first: 1, last: 1 };

/// A file of items 10 to 6009: first many in each frame, then one in each, then a few.
pub(super) fn file() -> Disk {
    let (disk, mut choices) = (Disk::new(), Choices::new(3));
    let mut writer = Writer::new(disk.create(NAME).unwrap(), HEAD, 400).unwrap();
    for number in 10..6010_u64 {
        let bytes = match number {
            ..3000 => 3,
            3000..4500 => 500,
            _ => usize::try_from(choices.below(300)).unwrap(),
        };
        let item = number.to_le_bytes().repeat(1 + bytes / 8);
        writer.push(number, &[&item]).unwrap();
    }
    let (before, after) = (Lsn::new(10), Lsn::new(6009));
    writer.finish(Span::of_snapshot(before, after)).unwrap();
    disk.publish(NAME).unwrap();
    disk
}
