//! Who folds what of a record.

use std::borrow::Cow;

use wal::RecordRef;

use super::Folded;
use super::batch::{Ahead, Share};
use super::crew::Crew;
use super::error::{Disagreement, Fault, Step};
use crate::engine::keys::{Hashing, Key};
use crate::engine::log::Stamp;
use crate::engine::names::Names;
use crate::engine::record::{Action, Record, Skimmed, TransferAction};
use crate::engine::secret::Secret;
use crate::engine::state::{Listed, Owners};
use crate::ledger::{Moment, SystemAccount};

/// The one who folds the strays.
const STRAYS: usize = 0;

/// Shows every record to those who fold a share of it.
pub struct Router<'scope, 'env> {
    pub(super) crew: Crew<'scope, 'env>,
    pub(super) owners: Owners,
    pub(super) names: &'env Names,
    pub(super) keys: Hashing,
    pub(super) secret: Secret,
    /// What came of the records up to here, beside the state.
    pub(super) folded: Folded,
}

/// Where a record belongs.
struct Places<'a> {
    key: Option<Cow<'a, [u8]>>,
    source: Place<'a>,
    destination: Place<'a>,
    /// Whether something of it is kept among the strays.
    strays: bool,
}

/// Who looks after one end of a record.
#[derive(Clone, Copy)]
enum Place<'a> {
    /// There is none.
    Nowhere,
    /// Whoever has the account of that name, whether there is one or not.
    With(&'a str),
    /// The same of a name of that hash.
    Hashed(u64),
    /// Who has the strays.
    Strays,
}

impl Router<'_, '_> {
    /// Takes the next record.
    pub fn record(&mut self, stored: &RecordRef<'_>) -> Result<(), Fault> {
        let wrong = |why| Fault { lsn: stored.lsn, step: Step::Whole, why };
        if let Some((skimmed, at)) = Skimmed::of(stored.payload) {
            self.moment(stored, at).map_err(wrong)?;
            let name = self.names.hash(skimmed.account);
            let ahead = Ahead { name, transaction: self.secret.digest(skimmed.transaction) };
            let with = Place::Hashed(name);
            let places = Places::only(Some(skimmed.key.into()), with, !skimmed.opened);
            return self.route(stored, &places, Some(ahead));
        }
        let (record, at) = Record::decode(stored.payload).map_err(|it| wrong(it.into()))?;
        self.moment(stored, at).map_err(wrong)?;
        self.folded.undecided.note(&record, Stamp { lsn: stored.lsn, at });
        self.route(stored, &Places::of(&record), None)
    }

    /// What came of all records, and the accounts that were opened; or the first fault that was not
    /// told yet.
    pub fn end(self) -> Result<(Folded, Vec<Listed>), Fault> {
        Ok((self.folded, self.crew.end()?))
    }

    fn moment(&mut self, stored: &RecordRef<'_>, at: Moment) -> Result<(), Disagreement> {
        if self.folded.last.is_some_and(|last| at <= last) {
            Record::decode(stored.payload)?;
            return Err(Disagreement::Moment);
        }
        self.folded.last = Some(at);
        Ok(())
    }

    fn route(
        &mut self,
        stored: &RecordRef<'_>,
        places: &Places<'_>,
        ahead: Option<Ahead>,
    ) -> Result<(), Fault> {
        let [source, destination] = [places.source, places.destination].map(|at| self.owner(at));
        let takers = [source, destination, places.strays.then_some(STRAYS)];
        for (n, taker) in takers.iter().enumerate() {
            let before = takers.get(..n).unwrap_or_default();
            let Some(to) = taker.filter(|_| !before.contains(taker)) else { continue };
            let [source, destination, strays] = takers.map(|taker| taker == Some(to));
            let share = Share { source, destination, strays };
            self.crew.add(to, |batch| batch.push(stored, share, ahead))?;
        }
        if let Some(key) = &places.key {
            let key = Key { hash: self.keys.hash(key), lsn: stored.lsn };
            self.crew.add(self.owners.of_key(key.shard()), |batch| batch.keys.push(key))?;
        }
        Ok(())
    }

    fn owner(&self, place: Place<'_>) -> Option<usize> {
        match place {
            Place::Nowhere => None,
            Place::With(name) => Some(self.owners.of_name(self.names.hash(name))),
            Place::Hashed(hash) => Some(self.owners.of_name(hash)),
            Place::Strays => Some(STRAYS),
        }
    }
}

impl<'a> Places<'a> {
    const fn only(key: Option<Cow<'a, [u8]>>, source: Place<'a>, strays: bool) -> Self {
        Self { key, source, destination: Place::Nowhere, strays }
    }

    fn of(record: &Record<'a>) -> Self {
        match record {
            Record::Action(it) => Self::of_action(it),
            Record::Transfer(it) => Self::of_transfer(it),
            Record::Authorization(it) if it.opened.is_none() => {
                Self::only(key(record), Place::Nowhere, true)
            }
            Record::Notification(_) | Record::BreaksOpened(_) | Record::BreakResolved(_) => {
                Self::only(key(record), Place::Nowhere, true)
            }
            Record::LimitsSet(it) if it.tenant_account_ref.is_none() => {
                Self::only(None, Place::Nowhere, true)
            }
            _ => {
                let (account, _) = record.accounts();
                Self::only(key(record), account.map_or(Place::Nowhere, Place::With), false)
            }
        }
    }

    fn of_action(action: &Action<'a>) -> Self {
        let key = action.request.idempotency_key.as_bytes().into();
        let account = Place::With(action.request.tenant_account_ref);
        Self::only(Some(key), account, action.opened.is_none())
    }

    /// A system account has no place of its own: its part is kept where the other end is.
    fn of_transfer(action: &TransferAction<'a>) -> Self {
        let ends = action.request.ends;
        let names = [ends.source(), ends.destination()];
        let systems = names.map(|name| SystemAccount::parse(name).is_some());
        let [source, destination] = match systems {
            [false, false] => names.map(Place::With),
            [true, false] => [Place::With(ends.destination()); 2],
            [false, true] => [Place::With(ends.source()); 2],
            [true, true] => [Place::Strays; 2],
        };
        let nobody = [action.source_opened, action.destination_opened].map(|it| it.is_none());
        let strays = systems == [true, true]
            || systems.into_iter().zip(nobody).any(|(system, nobody)| nobody && !system);
        Self {
            key: Some(action.request.idempotency_key.as_bytes().into()),
            source,
            destination,
            strays,
        }
    }
}

/// What the record is remembered under.
fn key<'a>(record: &Record<'a>) -> Option<Cow<'a, [u8]>> {
    record.key().map(|key| match key {
        Cow::Borrowed(key) => Cow::Borrowed(key.as_bytes()),
        Cow::Owned(key) => Cow::Owned(key.into_bytes()),
    })
}
