//! One of the many that ask one account at once, wherever it runs.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rust_decimal::Decimal;

use super::{books::Between, crowd::Crowd};

/// A member of a [`Crowd`].
#[derive(Debug, Clone)]
pub struct Member {
    crowd: Arc<Mutex<Crowd>>,
    number: usize,
}

impl Member {
    /// The members of a crowd whose own books leave `available` each.
    #[must_use]
    pub fn crowd(count: usize, available: Decimal) -> Vec<Self> {
        let crowd = Arc::new(Mutex::new(Crowd::new(vec![available; count])));
        (0..count).map(|number| Self { crowd: Arc::clone(&crowd), number }).collect()
    }

    /// See [`Crowd::ask`].
    pub fn ask(&self, stake: Decimal) {
        self.lock().ask(self.number, stake);
    }

    /// See [`Crowd::others`].
    #[must_use]
    pub fn others(&self) -> Between {
        self.lock().others(self.number)
    }

    /// See [`Crowd::settle`].
    pub fn settle(&self, available: Decimal) {
        self.lock().settle(self.number, available);
    }

    fn lock(&self) -> MutexGuard<'_, Crowd> {
        self.crowd.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
