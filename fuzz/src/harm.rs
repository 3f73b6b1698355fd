//! Bytes read as a list of things to do to something that is right.

/// One thing to do.
#[derive(Clone, Copy, Debug)]
pub(super) struct Harm {
    /// What.
    pub(super) kind: u8,
    /// To which of them.
    file: u8,
    /// Where in it.
    at: u32,
    /// With what.
    pub(super) value: u16,
}

const BYTES: usize = 8;
/// What is harmed more often is only noise.
const HARMS_MAX: usize = 8;

impl Harm {
    pub(super) fn all(data: &[u8]) -> impl Iterator<Item = Self> {
        data.as_chunks::<BYTES>().0.iter().take(HARMS_MAX).map(|bytes| {
            let [kind, file, a, b, c, d, e, f] = *bytes;
            let (at, value) = (u32::from_le_bytes([a, b, c, d]), u16::from_le_bytes([e, f]));
            Self { kind, file, at, value }
        })
    }

    /// Which of so many it is done to.
    pub(super) fn file(self, of: usize) -> usize {
        usize::from(self.file).checked_rem(of).unwrap_or(0)
    }

    /// Which of so many places it is done at.
    pub(super) fn at(self, of: usize) -> usize {
        usize::try_from(self.at).unwrap_or(0).checked_rem(of).unwrap_or(0)
    }

    pub(super) fn flip(self, bytes: &mut [u8]) {
        let at = self.at(bytes.len());
        if let Some(byte) = bytes.get_mut(at) {
            *byte ^= 1 << (self.value % 8);
        }
    }

    pub(super) fn put(self, bytes: &mut [u8]) {
        let at = self.at(bytes.len());
        if let Some(byte) = bytes.get_mut(at) {
            *byte = self.value.to_le_bytes()[0];
        }
    }

    /// No harm, and a few of each kind.
    pub(super) fn seeds(kinds: u8) -> Vec<Vec<u8>> {
        let one = |kind: u8, n: u8| vec![kind, n, 17, n, 0, 0, n, 0];
        let each = (0..kinds).flat_map(|kind| [1, 2, 3].map(|n| one(kind, n)));
        let both = (0..kinds).map(|kind| [one(kind, 1), one(kinds - 1, 1)].concat());
        [Vec::new()].into_iter().chain(each).chain(both).collect()
    }
}
