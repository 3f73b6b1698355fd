//! The state of one account: its balances, its holds, its reservations, and how movements change
//! them.

use alloc::boxed::Box;

use smallvec::SmallVec;
use thin_vec::ThinVec;

use super::movement::{Bucket, Movement, Posting, Target};
use super::pockets::Pockets;
use super::{ActionRef, Amount, Balance, BalanceRef, Currency, Day, HoldRef, Moment, Spending};

/// Whether an account may be spent from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Status {
    /// Everything is allowed.
    #[default]
    Active,
    /// Authorizations, holds and debits that are checked are refused.
    Frozen,
    /// As frozen, and transfers are refused too. Only an empty account can be closed.
    Closed,
}

impl Status {
    /// Its name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Frozen => "frozen",
            Self::Closed => "closed",
        }
    }

    /// The status of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Active, Self::Frozen, Self::Closed].into_iter().find(|status| status.name() == name)
    }
}

/// One balance: a pocket of an account in one currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pocket {
    /// What it is an amount of.
    pub currency: Currency,
    /// What the customer owns; may be negative.
    pub posted: Balance,
    /// The sum of its holds; never negative.
    pub held: Balance,
    /// The sum of its reservations; never negative.
    pub reserved: Balance,
    /// How far below zero the customer may spend.
    pub overdraft_limit: Amount,
}

impl Pocket {
    /// An empty one.
    #[must_use]
    pub const fn new(currency: Currency, overdraft_limit: Amount) -> Self {
        let empty = Balance::ZERO;
        Self { currency, posted: empty, held: empty, reserved: empty, overdraft_limit }
    }

    /// What may be spent, without the overdraft limit: posted − held − reserved.
    #[must_use]
    pub fn available(&self) -> i128 {
        let set_aside =
            i128::from(self.held.minor()).saturating_add(i128::from(self.reserved.minor()));
        i128::from(self.posted.minor()).saturating_sub(set_aside)
    }

    /// What may be spent, with the overdraft limit.
    #[must_use]
    pub fn spendable(&self) -> i128 {
        self.available().saturating_add(i128::from(self.overdraft_limit.minor()))
    }

    /// How far debits that had to post went beyond what is allowed.
    #[must_use]
    pub fn shortfall(&self) -> i128 {
        self.spendable().saturating_neg().max(0)
    }

    /// Whether nothing is owned, held or reserved.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.posted.is_zero() && self.held.is_zero() && self.reserved.is_zero()
    }
}

/// A sum set aside out of one balance. At zero it stays, and can be re-opened.
///
/// Always: held = placed − captured − restored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hold {
    /// Which balance of the account it is set aside from.
    pub ordinal: u8,
    /// All that was ever put into it, by `hold_balance` and `credit_hold_balance`.
    pub placed: Balance,
    /// What `debit_hold_balance` took out of it.
    pub captured: Balance,
    /// What `restore_balance` gave back.
    pub restored: Balance,
}

impl Hold {
    /// What is set aside now.
    #[must_use]
    pub fn held(&self) -> Balance {
        let gone = self.captured.minor().saturating_add(self.restored.minor());
        Balance::new(self.placed.minor().saturating_sub(gone))
    }
}

/// A sum promised by an approved authorization, waiting for the operation that uses it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reservation {
    /// The approval.
    pub opened: ActionRef,
    /// The card transaction that may use it.
    pub transaction_id: Box<str>,
    /// Which balance of the account it is promised from.
    pub ordinal: u8,
    /// What the approval promised.
    pub granted: Amount,
    /// What operations have used of it.
    pub used: Amount,
    /// What is set aside for it now: nothing once it was drawn on or has lapsed.
    pub reserved: Amount,
    /// When it lapses.
    pub deadline: Moment,
    /// The day that it counts on for spend limits, where it does.
    pub counted: Option<Day>,
}

impl Reservation {
    /// What was promised and has not been used, whether it lapsed or not.
    #[must_use]
    pub const fn unused(&self) -> Amount {
        self.granted.beyond(self.used)
    }
}

/// A balance and, where a movement is about one, the hold: all that a movement changes at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The balance.
    pub pocket: Pocket,
    /// The hold.
    pub hold: Option<Hold>,
}

impl Place {
    /// As it is once `freed` is no longer reserved and the postings are done; `None` when a
    /// number would not fit.
    pub(super) fn after(mut self, freed: Amount, postings: &[Posting]) -> Option<Self> {
        self.pocket.reserved = self.pocket.reserved.debit(freed)?;
        for posting in postings {
            self.leave(posting)?;
            self.arrive(posting)?;
        }
        i64::try_from(self.pocket.available()).ok()?;
        Some(self)
    }

    fn leave(&mut self, posting: &Posting) -> Option<()> {
        let Posting { from, to, amount } = *posting;
        if matches!(from, Bucket::Available | Bucket::Hold) {
            self.pocket.posted = self.pocket.posted.debit(amount)?;
        }
        if from == Bucket::Hold {
            self.pocket.held = self.pocket.held.debit(amount)?;
            let hold = self.hold.as_mut()?;
            let gone =
                if to == Bucket::Available { &mut hold.restored } else { &mut hold.captured };
            *gone = gone.credit(amount)?;
        }
        Some(())
    }

    fn arrive(&mut self, posting: &Posting) -> Option<()> {
        let Posting { to, amount, .. } = *posting;
        if matches!(to, Bucket::Available | Bucket::Hold) {
            self.pocket.posted = self.pocket.posted.credit(amount)?;
        }
        if to == Bucket::Hold {
            self.pocket.held = self.pocket.held.credit(amount)?;
            let hold = self.hold.as_mut()?;
            hold.placed = hold.placed.credit(amount)?;
        }
        Some(())
    }
}

/// An account of a customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    pub(super) origin: Origin,
    pub(super) pockets: Pockets,
    /// In the order in which they were opened, which is the order of their references.
    pub(super) holds: ThinVec<(HoldRef, Hold)>,
    /// What most accounts have not; never there and empty.
    pub(super) aside: Option<Box<Aside>>,
}

/// The action that opened an account, and the account's status, in one word: its number times four,
/// and the status' own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Origin(u64);

impl Origin {
    const STATUSES: [Status; 3] = [Status::Active, Status::Frozen, Status::Closed];

    pub(super) fn new(opened: ActionRef, status: Status) -> Self {
        let place = Self::STATUSES.iter().position(|known| *known == status);
        let place = place.and_then(|place| u64::try_from(place).ok()).unwrap_or_default();
        Self(opened.position().saturating_mul(4) | place)
    }

    const fn opened(self) -> ActionRef {
        ActionRef::new(self.0 / 4)
    }

    fn status(self) -> Status {
        let place = usize::try_from(self.0 % 4).unwrap_or_default();
        Self::STATUSES.get(place).copied().unwrap_or_default()
    }
}

/// What an account has where authorizations reserve, or a spend limit counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Aside {
    /// Oldest first; one whose grant is used up is gone.
    pub(super) reservations: SmallVec<[Reservation; 1]>,
    /// Where a spend limit on a period applies or did.
    pub(super) spending: Option<Box<Spending>>,
}

impl Aside {
    /// In the form in which an account keeps it.
    pub(super) fn keep(self: Box<Self>) -> Option<Box<Self>> {
        let empty = self.reservations.is_empty() && self.spending.is_none();
        (!empty).then_some(self)
    }
}

impl Account {
    /// The action that opened it.
    #[must_use]
    pub const fn opened(&self) -> ActionRef {
        self.origin.opened()
    }

    /// Whether it may be spent from.
    #[must_use]
    pub fn status(&self) -> Status {
        self.origin.status()
    }

    /// Its balances with their references, the default of each currency first.
    pub fn balances(&self) -> impl ExactSizeIterator<Item = (BalanceRef, &Pocket)> {
        let ordinals = 0_u8..=u8::MAX;
        ordinals
            .zip(self.pockets.iter())
            .map(|(n, pocket)| (BalanceRef::new(self.opened(), n), pocket))
    }

    /// Its holds, oldest first, those at zero included.
    #[must_use]
    pub fn holds(&self) -> &[(HoldRef, Hold)] {
        &self.holds
    }

    /// Its reservations that have something unused, oldest first.
    #[must_use]
    pub fn reservations(&self) -> &[Reservation] {
        self.aside.as_deref().map_or(&[], |aside| &aside.reservations)
    }

    /// The balance at `ordinal`.
    #[must_use]
    pub fn pocket(&self, ordinal: u8) -> Option<&Pocket> {
        self.pockets.get(usize::from(ordinal))
    }

    /// The hold of that reference, if it is one of this account.
    #[must_use]
    pub fn hold(&self, hold: HoldRef) -> Option<&Hold> {
        self.hold_position(hold).ok().and_then(|n| self.holds.get(n)).map(|(_, hold)| hold)
    }

    /// The first balance of that currency.
    #[must_use]
    pub fn default_ordinal(&self, currency: Currency) -> Option<u8> {
        let n = self.pockets.iter().position(|pocket| pocket.currency == currency)?;
        u8::try_from(n).ok()
    }

    /// What a movement of that balance and target starts from.
    pub(super) fn place(&self, ordinal: u8, target: Target) -> Option<Place> {
        let hold = match target {
            Target::Balance => None,
            Target::NewHold => Some(Hold { ordinal, ..Hold::default() }),
            Target::Hold(hold) => Some(*self.hold(hold)?),
        };
        Some(Place { pocket: *self.pocket(ordinal)?, hold })
    }

    /// What `movement` would leave here, worked out from its postings alone; `None` when it does
    /// not fit this account. It equals [`Movement::after`] for every movement that was decided
    /// on this state: recovery checks that it does.
    #[must_use]
    pub fn preview(&self, movement: &Movement) -> Option<Place> {
        let place = self.place(movement.ordinal, movement.target)?;
        place.after(self.freed(&movement.draws), &movement.postings)
    }

    /// Makes `movement`, which was decided on this state by the action `at`, true. Cannot fail.
    pub fn apply(&mut self, movement: &Movement, at: ActionRef) {
        self.draw(&movement.draws);
        if let Some(pocket) = self.pockets.get_mut(usize::from(movement.ordinal)) {
            *pocket = movement.after.pocket;
        }
        if let Some((name, hold)) = movement.hold(at).zip(movement.after.hold) {
            self.keep_hold(name, hold);
        }
    }

    fn keep_hold(&mut self, name: HoldRef, hold: Hold) {
        match self.hold_position(name) {
            Ok(n) => {
                if let Some(slot) = self.holds.get_mut(n) {
                    slot.1 = hold;
                }
            }
            Err(n) => {
                // Most accounts have one: the list begins with room for that, and doubles.
                if self.holds.is_empty() {
                    self.holds.reserve_exact(1);
                }
                self.holds.insert(n, (name, hold));
            }
        }
    }

    /// A new hold is the newest, and an old one seldom far from it: the end is looked at first.
    fn hold_position(&self, hold: HoldRef) -> Result<usize, usize> {
        if self.holds.last().is_none_or(|(newest, _)| *newest < hold) {
            return Err(self.holds.len());
        }
        self.holds.binary_search_by_key(&hold, |(name, _)| *name)
    }
}
