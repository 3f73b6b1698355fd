//! Lengths: the page, and the two conversions between lengths in memory and in files.

/// What a group is padded to, in bytes: no page that holds answered bytes is ever written again.
pub(crate) const PAGE: usize = 4096;

/// A length in memory as a length in a file.
pub(crate) const fn wide(bytes: usize) -> u64 {
    assert!(size_of::<usize>() == size_of::<u64>());
    u64::from_le_bytes(bytes.to_le_bytes())
}

/// A length in a file as a length in memory.
pub(crate) const fn narrow(bytes: u64) -> usize {
    assert!(size_of::<usize>() == size_of::<u64>());
    usize::from_le_bytes(bytes.to_le_bytes())
}
