//! One number for all that is in memory: two engines that answer alike have the same.
//!
//! It is the same whatever the accounts are hashed with, whichever shard they are in and in whatever
//! order they came: each thing counts for the SHA-256 of its bytes, and these are added up modulo
//! 2^256. So a state that was replayed from the beginning can be compared with one from a snapshot,
//! on this machine or another.
//!
//! | thing | bytes |
//! | --- | --- |
//! | account | 1, the account as a snapshot has it, and for each of its transactions, sorted, its newest record on the account, doubled; odd where it is linked |
//! | key | 2, the position of its action |
//! | transaction that touched no account | 3, its newest record |
//! | notifications, where there are any | 5, their number and the roots of their trees as a snapshot has them |
//! | spend limits of every account that has none of its own, where there are any | 6, [ruleset](super::record::limits) |
//! | break | 7, the break as a snapshot has it |
//! | currency in which there is anything | 4, code and exponent; then posted, held, reserved, `@settlement`, `@funding` |

use std::fmt;

use sha2::{Digest, Sha256};
use wal::Storage;

use super::Engine;
use super::books::{Books, Totals};
use super::keys::{self, Copied};
use super::record::Writer;
use super::shard::Shard;
use super::state::State;
use super::transactions::Entry;

/// A sum of hashes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StateHash {
    /// The lowest first.
    words: [u64; 4],
}

impl fmt::Display for StateHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.words.iter().rev().try_for_each(|word| write!(f, "{word:016x}"))
    }
}

impl StateHash {
    fn add(&mut self, kind: u8, write: impl FnOnce(&mut Writer<'_>)) {
        let mut bytes = vec![kind];
        write(&mut Writer(&mut bytes));
        let hash = Sha256::digest(&bytes);
        let (words, _) = hash.as_chunks::<8>();
        let mut carry = false;
        for (sum, word) in self.words.iter_mut().zip(words) {
            (*sum, carry) = sum.carrying_add(u64::from_le_bytes(*word), carry);
        }
    }

    fn add_shard(&mut self, shard: &Shard) {
        let fact = |entry: &Entry| (entry.slot().index(), entry.newest_and_linked());
        let mut entries: Vec<_> = shard.transactions.iter().map(fact).collect();
        entries.sort_unstable();
        let mut rest = entries.as_slice();
        for (slot, resident) in shard.residents().enumerate() {
            let (of, others) = rest.split_at(rest.partition_point(|(owner, _)| *owner <= slot));
            rest = others;
            self.add(1, |w| {
                w.resident(resident);
                of.iter().for_each(|(_, fact)| w.u64(*fact));
            });
        }
    }
}

impl<S: Storage> Engine<S> {
    /// The hash of all that is in memory. It is that of one moment only while nothing happens: each
    /// part is locked alone.
    #[must_use]
    pub fn state_hash(&self) -> StateHash {
        self.state.hash()
    }
}

impl State {
    /// The hash of all of it.
    #[must_use]
    pub fn hash(&self) -> StateHash {
        let (mut sum, mut books) = (StateHash::default(), Books::default());
        for number in self.numbers() {
            let shard = self.lock(number);
            sum.add_shard(&shard);
            books.merge(&shard.books);
        }
        let mut shard = Copied::default();
        for number in 0..keys::SHARDS {
            self.keys.copy(number, &mut shard, || {});
            shard.slots().for_each(|key| sum.add(2, |w| w.u64(key.position().value())));
        }
        let strays = self.lock_strays();
        for entry in strays.transactions.iter() {
            sum.add(3, |w| w.u64(entry.newest().value()));
        }
        if strays.notifications.length() > 0 {
            sum.add(5, |w| w.chain(&strays.notifications));
        }
        for it in strays.breaks.all() {
            sum.add(7, |w| w.a_break(it));
        }
        books.merge(&strays.books);
        let limits = self.limits.read();
        if !limits.is_empty() {
            sum.add(6, |w| w.ruleset(&limits));
        }
        let books = books.into_sorted().into_iter();
        for (currency, totals) in books.filter(|(_, totals)| *totals != Totals::default()) {
            let Totals { posted, held, reserved, settlement, funding } = totals;
            sum.add(4, |w| {
                w.currency(currency);
                [posted, held, reserved, settlement, funding]
                    .into_iter()
                    .for_each(|sum| w.i128(sum));
            });
        }
        sum
    }
}
