//! A list that grows a row at a time: what is in it never moves, and no room is kept for more than
//! a row.
//!
//! A vector that doubles keeps a third of its room for what is to come, and is copied to another
//! place, under its shard's lock, each time that it grows.

use arrayvec::ArrayVec;

/// A list with so many in each row.
#[derive(Debug)]
pub struct Rows<T, const ROW: usize>(Vec<Box<ArrayVec<T, ROW>>>);

impl<T, const ROW: usize> Rows<T, ROW> {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        let last = self.0.last().map_or(ROW, |row| row.len());
        self.0.len().saturating_mul(ROW).saturating_sub(ROW.saturating_sub(last))
    }

    /// The one at `index`.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<&T> {
        self.0.get(index / ROW)?.get(index % ROW)
    }

    /// The one at `index`, to be changed.
    pub fn get_mut(&mut self, index: usize) -> Option<&mut T> {
        self.0.get_mut(index / ROW)?.get_mut(index % ROW)
    }

    /// One more, behind the others.
    pub fn push(&mut self, more: T) {
        match self.0.last_mut().filter(|row| !row.is_full()) {
            Some(row) => row.push(more),
            None => {
                let mut row = Box::new(ArrayVec::new());
                row.push(more);
                self.0.push(row);
            }
        }
    }

    /// Takes the last one off.
    pub fn pop(&mut self) -> Option<T> {
        let last = self.0.last_mut()?.pop();
        if self.0.last().is_some_and(|row| row.is_empty()) {
            self.0.pop();
        }
        last
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter().flat_map(|row| row.iter())
    }
}

impl<T, const ROW: usize> Default for Rows<T, ROW> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T, const ROW: usize> Extend<T> for Rows<T, ROW> {
    fn extend<I: IntoIterator<Item = T>>(&mut self, more: I) {
        more.into_iter().for_each(|more| self.push(more));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_a_list() {
        let mut rows = Rows::<_, 7>::default();
        for n in 0..100 {
            assert_eq!((rows.len(), rows.get(n)), (n, None));
            rows.push(n);
            *rows.get_mut(n / 2).unwrap() += 0;
            assert!(rows.iter().copied().eq(0..=n));
            assert_eq!((rows.len(), rows.get(n)), (n + 1, Some(&n)));
        }
        for n in (0..100).rev() {
            assert_eq!(rows.pop(), Some(n));
            assert!(rows.iter().copied().eq(0..n));
            assert_eq!((rows.len(), rows.get(n)), (n, None));
        }
        assert_eq!(rows.pop(), None);
    }
}
