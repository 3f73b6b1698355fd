//! The balances of one account, in order: one in its place, several in a place of their own.

use core::ops::{Deref, DerefMut};
use core::slice;

use thin_vec::{ThinVec, thin_vec};

use super::Pocket;

/// Some balances. Nearly every account has one, which takes no more room than the balance itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pockets(Kept);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kept {
    One(Pocket),
    /// Any other number.
    Several(ThinVec<Pocket>),
}

impl Pockets {
    /// None.
    #[must_use]
    pub fn new() -> Self {
        Self(Kept::Several(ThinVec::new()))
    }

    /// One more, behind the others.
    pub fn push(&mut self, more: Pocket) {
        match &mut self.0 {
            Kept::One(first) => self.0 = Kept::Several(thin_vec![*first, more]),
            Kept::Several(none) if none.is_empty() => self.0 = Kept::One(more),
            Kept::Several(several) => several.push(more),
        }
    }
}

impl Default for Pockets {
    fn default() -> Self {
        Self::new()
    }
}

impl Extend<Pocket> for Pockets {
    fn extend<I: IntoIterator<Item = Pocket>>(&mut self, more: I) {
        more.into_iter().for_each(|pocket| self.push(pocket));
    }
}

impl FromIterator<Pocket> for Pockets {
    fn from_iter<I: IntoIterator<Item = Pocket>>(pockets: I) -> Self {
        let mut all = Self::new();
        all.extend(pockets);
        all
    }
}

impl Deref for Pockets {
    type Target = [Pocket];

    fn deref(&self) -> &[Pocket] {
        match &self.0 {
            Kept::One(pocket) => slice::from_ref(pocket),
            Kept::Several(pockets) => pockets,
        }
    }
}

impl DerefMut for Pockets {
    fn deref_mut(&mut self) -> &mut [Pocket] {
        match &mut self.0 {
            Kept::One(pocket) => slice::from_mut(pocket),
            Kept::Several(pockets) => pockets,
        }
    }
}
