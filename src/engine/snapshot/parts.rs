//! What the units of a snapshot carry, as bytes and back: the tables are in the
//! [module](super) above.

use wal::Lsn;

use super::unit::Shards;
use crate::engine::books::{Books, Totals};
use crate::engine::breaks::BreakView;
use crate::engine::keys::Slot as Key;
use crate::engine::record::{BreakRef, Malformed, Reader, Writer};
use crate::engine::secret::{Digest, Secret};
use crate::engine::transactions::{Entry, Slot};
use crate::ledger::{Currency, Moment};

const VERSION: u32 = 1;
const DEFAULT_TENANT: u16 = 0;
/// Bytes of a key.
const KEY: usize = 12;
/// Bytes of a transaction.
pub const ENTRY: usize = 24;

/// What the other units are read with.
#[derive(Clone, Copy, Debug)]
pub struct Head {
    /// How many units there are of which kind.
    pub shards: Shards,
    /// How many bits of a key's hash are used.
    pub key_bits: u32,
    /// What keys and transactions are hashed with.
    pub secret: Secret,
    /// The first record that is to be replayed.
    pub from: Lsn,
    /// Before that record and all behind it.
    pub before: Moment,
}

/// What there was in all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Foot {
    /// The newest record that any unit may have seen.
    pub upto: Lsn,
    /// Not before that record, nor any before it.
    pub last: Moment,
    /// How many accounts there are.
    pub accounts: u64,
    /// How many keys there are.
    pub keys: u64,
}

impl Writer<'_> {
    pub(super) fn head(&mut self, head: &Head) {
        self.u32(VERSION);
        self.u16(DEFAULT_TENANT);
        self.u16(head.shards.keys);
        self.u16(head.shards.accounts);
        self.u32(head.key_bits);
        self.raw(&head.secret.to_bytes());
        self.lsn(head.from);
        self.i64(head.before.micros());
    }

    pub(super) fn foot(&mut self, foot: &Foot) {
        self.lsn(foot.upto);
        self.i64(foot.last.micros());
        self.u64(foot.accounts);
        self.u64(foot.keys);
    }

    pub(super) fn lsn(&mut self, lsn: Lsn) {
        self.u64(lsn.value());
    }

    pub(super) fn key(&mut self, key: Key) {
        let (lower, upper) = key.to_words();
        self.u64(lower);
        self.u32(upper);
    }

    pub(super) fn entries<'a>(&mut self, entries: impl ExactSizeIterator<Item = &'a Entry>) {
        self.u32(u32::try_from(entries.len()).unwrap_or(u32::MAX));
        for entry in entries {
            let Digest { hash, check } = entry.digest();
            self.u64(hash);
            self.u32(check);
            self.u32(entry.slot().number());
            self.u64(entry.newest_and_linked());
        }
    }

    pub(super) fn books(&mut self, books: &Books) {
        self.list(&books.system(), |w, (currency, totals)| {
            w.currency(*currency);
            w.i128(totals.settlement);
            w.i128(totals.funding);
        });
    }
}

impl Writer<'_> {
    pub(super) fn breaks(&mut self, breaks: &[BreakView]) {
        self.long_list(breaks, Self::a_break);
    }

    pub(in crate::engine) fn a_break(&mut self, it: &BreakView) {
        self.raw(&it.name.to_bytes());
        self.text(&it.kind);
        self.u64(it.opened.value());
        self.u32(it.place);
        self.u64(it.resolved.value());
    }
}

impl Reader<'_> {
    pub(super) fn breaks(&mut self) -> Result<Vec<BreakView>, Malformed> {
        self.long_list(|r| {
            Ok(BreakView {
                name: BreakRef::from_bytes(r.array()?),
                kind: r.text()?.into(),
                opened: Lsn::new(r.u64()?),
                place: r.u32()?,
                resolved: Lsn::new(r.u64()?),
            })
        })
    }
}

impl<'a> Reader<'a> {
    pub(super) fn head(&mut self) -> Result<Head, Malformed> {
        self.expect(u64::from(VERSION), Self::u32, "version")?;
        self.expect(u64::from(DEFAULT_TENANT), Self::u16, "tenant")?;
        Ok(Head {
            shards: Shards { keys: self.u16()?, accounts: self.u16()? },
            key_bits: self.u32()?,
            secret: Secret::from_bytes(&self.array()?),
            from: self.lsn()?,
            before: Moment::from_micros(self.i64()?),
        })
    }

    /// How many of `count` things of at least so many bytes there can be in what is left.
    pub(super) fn at_most(&self, count: u32, bytes: usize) -> usize {
        let room = self.0.len().checked_div(bytes).unwrap_or(0);
        usize::try_from(count).unwrap_or(usize::MAX).min(room)
    }

    pub(super) fn foot(&mut self) -> Result<Foot, Malformed> {
        Ok(Foot {
            upto: self.lsn()?,
            last: Moment::from_micros(self.i64()?),
            accounts: self.u64()?,
            keys: self.u64()?,
        })
    }

    pub(super) fn lsn(&mut self) -> Result<Lsn, Malformed> {
        self.u64().map(Lsn::new)
    }

    /// Keys to the end.
    pub(super) fn keys(
        self,
    ) -> Result<impl ExactSizeIterator<Item = Key> + Clone + use<'a>, Malformed> {
        let (keys, rest) = self.0.as_chunks::<KEY>();
        let word = |[a, b, c, d, e, f, g, h, i, j, k, l]: [u8; KEY]| {
            let lower = u64::from_le_bytes([a, b, c, d, e, f, g, h]);
            Key::from_words((lower, u32::from_le_bytes([i, j, k, l])))
        };
        let keys = keys.iter().map(move |bytes| word(*bytes));
        rest.is_empty().then_some(keys).ok_or(Malformed("length"))
    }

    pub(super) fn entry(&mut self) -> Result<Entry, Malformed> {
        let of = Digest { hash: self.u64()?, check: self.u32()? };
        let slot = Slot::from_number(self.u32()?);
        let newest_and_linked = self.u64()?;
        Ok(Entry::new(of, slot, Lsn::new(newest_and_linked >> 1), newest_and_linked & 1 == 1))
    }

    pub(super) fn books(&mut self) -> Result<Vec<(Currency, Totals)>, Malformed> {
        self.list(u8::MAX, |r| {
            let currency = r.currency()?;
            let (settlement, funding) = (r.i128()?, r.i128()?);
            Ok((currency, Totals { settlement, funding, ..Totals::default() }))
        })
    }
}
