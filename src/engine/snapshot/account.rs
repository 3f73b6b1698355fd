//! An account as a snapshot has it. It is one account, whatever shard and place it was in, so its
//! bytes are also what it counts for in the [hash of the state](crate::engine::StateHash).
//!
//! | part | bytes |
//! | --- | --- |
//! | opening action | `u64` |
//! | name | text |
//! | opened at | `i64`, microseconds |
//! | status | `u8`: 1 active, 2 frozen, 3 closed |
//! | number of its records | `u32` |
//! | roots of their trees, largest tree first | list of `u64` |
//! | balances | list of pocket |
//! | holds | long list of reference `u64` and hold |
//! | reservations | long list |
//! | what it has spent | option of spending |
//! | what it says of itself | option of description |
//!
//! | part of a description | bytes |
//! | --- | --- |
//! | the amendment that changed its metadata last | option of `u64` |
//! | `account_id`, `tenant_customer_ref` | two options of text |
//! | metadata | option of long text |
//! | its own spend limits | option of [ruleset](crate::engine::record::limits) |
//!
//! | part of a reservation | bytes |
//! | --- | --- |
//! | approval | `u64` |
//! | transaction | text |
//! | balance | ordinal `u8` |
//! | granted, used, still set aside | three `u64` |
//! | deadline | `i64`, microseconds |
//! | the day that it counts on | option of day |
//!
//! | part of a spending | bytes |
//! | --- | --- |
//! | the latest day that anything was counted on | day |
//! | transactions, in order | long list of two `u64`, a [hash](crate::ledger::Id) of its name; first day; long list of part |
//! | part | ordinal `u8`, day, amount `u64` |

use std::borrow::Cow;
use std::sync::Arc;

use smallvec::SmallVec;
use wal::Lsn;

use crate::engine::chain::Chain;
use crate::engine::record::{Malformed, Profile, Reader, Writer};
use crate::engine::shard::{Description, Resident};
use crate::ledger::{
    Account, ActionRef, Counted, Hold, HoldRef, Id, Moment, Part, Parts, Pockets, Reservation,
    Spending,
};

/// Bytes of the smallest account: one balance, a name of one byte, and nothing else.
pub const ACCOUNT_MIN: usize = 79;

impl Writer<'_> {
    pub(in crate::engine) fn resident(&mut self, resident: &Resident) {
        let Resident { name, account, chain, description, created_at } = resident;
        self.u64(account.opened().position());
        self.text(name);
        self.i64(created_at.micros());
        self.status(Some(account.status()));
        self.chain(chain);
        self.u8(u8::try_from(account.balances().count()).unwrap_or(u8::MAX));
        account.balances().for_each(|(_, pocket)| self.pocket(pocket));
        self.long_list(account.holds(), |w, (name, hold)| {
            w.u64(name.position());
            w.hold(hold);
        });
        self.long_list(account.reservations(), Self::reservation);
        self.option(account.spending(), Self::spending);
        self.option(description.as_deref(), Self::description);
    }

    pub(in crate::engine) fn chain(&mut self, chain: &Chain) {
        self.u32(chain.length());
        self.list(&chain.roots(), |w, root| w.u64(root.value()));
    }

    fn spending(&mut self, spending: &Spending) {
        self.day(spending.day());
        self.long_list(&spending.transactions(), |w, (Id(hash), counted)| {
            hash.iter().for_each(|word| w.u64(*word));
            w.day(counted.first);
            w.long_list(&counted.parts, |w, part| {
                w.u8(part.ordinal);
                w.day(part.day);
                w.amount(part.amount);
            });
        });
    }

    fn description(&mut self, Description { profile, by, limits }: &Description) {
        self.option(*by, |w, by| w.u64(by.position()));
        self.option(profile.account_id.as_deref(), Writer::text);
        self.option(profile.tenant_customer_ref.as_deref(), Writer::text);
        self.option(profile.metadata.as_deref(), Writer::long_text);
        self.option(limits.as_deref(), Writer::ruleset);
    }

    fn reservation(&mut self, made: &Reservation) {
        self.u64(made.opened.position());
        self.text(&made.transaction_id);
        self.u8(made.ordinal);
        [made.granted, made.used, made.reserved].into_iter().for_each(|sum| self.amount(sum));
        self.i64(made.deadline.micros());
        self.option(made.counted, Self::day);
    }
}

impl Reader<'_> {
    /// `None` where there is nothing in it.
    pub(super) fn chain(&mut self) -> Result<Option<Chain>, Malformed> {
        let count = self.u32()?;
        let roots: SmallVec<[Lsn; 4]> = self.list(u8::MAX, |r| r.u64().map(Lsn::new))?;
        if count == 0 && roots.is_empty() {
            return Ok(None);
        }
        Chain::from_parts(count, &roots).map(Some).ok_or(Malformed("chain"))
    }

    pub(super) fn resident(&mut self) -> Result<Resident, Malformed> {
        let opened = self.action_ref()?;
        let name = self.text()?.into();
        let created_at = Moment::from_micros(self.i64()?);
        let status = self.status()?.ok_or(Malformed("status"))?;
        let chain = self.chain()?.ok_or(Malformed("chain"))?;
        let balances_max = u8::try_from(Account::BALANCES_MAX).unwrap_or(u8::MAX);
        let pockets: Pockets = self.list(balances_max, Self::pocket)?;
        let balances = pockets.len();
        let parts = Parts {
            opened,
            status,
            pockets,
            holds: self.many(Self::named_hold)?,
            reservations: self.many(Self::reservation)?,
            spending: self.option(|r| r.spending(balances))?.map(Box::new),
        };
        let account = Account::from_parts(parts).ok_or(Malformed("account"))?;
        let description = self.option(Self::description)?.map(Box::new);
        let resident = Resident { name, account, chain, description, created_at };
        if is_known(&resident) { Ok(resident) } else { Err(Malformed("position")) }
    }

    fn named_hold(&mut self) -> Result<(HoldRef, Hold), Malformed> {
        Ok((HoldRef::opened_by(self.action_ref()?), self.hold()?))
    }

    fn reservation(&mut self) -> Result<Reservation, Malformed> {
        Ok(Reservation {
            opened: self.action_ref()?,
            transaction_id: self.text()?.into(),
            ordinal: self.u8()?,
            granted: self.amount()?,
            used: self.amount()?,
            reserved: self.amount()?,
            deadline: Moment::from_micros(self.i64()?),
            counted: self.option(Self::day)?,
        })
    }

    fn spending(&mut self, balances: usize) -> Result<Spending, Malformed> {
        let day = self.day()?;
        let transactions = self.long_list(|r| {
            let (id, first) = (Id([r.u64()?, r.u64()?]), r.day()?);
            Ok((id, Counted { first, parts: r.long_list(Self::part)?.into() }))
        })?;
        Spending::from_parts(day, transactions, balances).ok_or(Malformed("spending"))
    }

    fn part(&mut self) -> Result<Part, Malformed> {
        Ok(Part { ordinal: self.u8()?, day: self.day()?, amount: self.amount()? })
    }

    fn description(&mut self) -> Result<Description, Malformed> {
        let by = self.option(Self::action_ref)?;
        let profile = Profile {
            account_id: self.option(Self::text)?.map(Cow::Borrowed),
            tenant_customer_ref: self.option(Self::text)?.map(Cow::Borrowed),
            metadata: self.option(Self::long_text)?.map(Cow::Borrowed),
        };
        let limits = self.option(Self::ruleset)?.map(Arc::new);
        Ok(Description { profile: profile.into_owned(), by, limits })
    }

    /// A long list of what is seldom long.
    fn many<T, L: FromIterator<T>>(
        &mut self,
        mut read: impl FnMut(&mut Self) -> Result<T, Malformed>,
    ) -> Result<L, Malformed> {
        let len = self.u32()?;
        (0..len).map(|_| read(self)).collect() // No room is made on the word of a length.
    }
}

/// Whether its first and last things happened in its first and last records.
fn is_known(resident: &Resident) -> bool {
    let Resident { account, chain, description, .. } = resident;
    let newest = chain.newest().value();
    let hold = account.holds().last().map_or(0, |(hold, _)| hold.position());
    let approval = account.reservations().last().map_or(0, |made| made.opened.position());
    let by = description.as_ref().and_then(|it| it.by).map_or(0, ActionRef::position);
    let first = chain.roots().first().map_or(0, |root| root.value());
    account.opened().position() <= first && hold.max(approval).max(by) <= newest
}
