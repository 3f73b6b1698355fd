//! Two conversions between lengths in memory and on a disk.

/// A length in memory as a length on a disk.
pub(crate) const fn wide(bytes: usize) -> u64 {
    assert!(size_of::<usize>() == size_of::<u64>());
    u64::from_le_bytes(bytes.to_le_bytes())
}

/// A length on a disk as a length in memory.
pub(crate) const fn narrow(bytes: u64) -> usize {
    assert!(size_of::<usize>() == size_of::<u64>());
    usize::from_le_bytes(bytes.to_le_bytes())
}
