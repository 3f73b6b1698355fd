//! Rules, and what they say of a spend.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::{Day, Frequency, Spending};
use crate::ledger::{Amount, Currency, Money};

/// A rule and its name, by which whoever it stops is told of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its name, one of its own in its ruleset.
    pub name: Box<str>,
    /// What it limits.
    pub what: What,
}

/// What a rule limits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// The amount of one transaction, as the merchant has it.
    TransactionAmount(Money),
    /// The amount of one transaction, as the customer is billed.
    TransactionBilling(Money),
    /// What an account spends in a period, as the customer is billed.
    AccountBilling(Money, Frequency),
    /// How many transactions an account makes in a period.
    AccountCount(u64, Frequency),
    /// At which merchants.
    Merchant(MerchantFact, Mode, Values),
}

/// What of a merchant a rule looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MerchantFact {
    /// Its category code.
    Category,
    /// Its country.
    Country,
    /// Its own name in the network.
    Id,
}

/// Whether the listed are the only ones, or the only ones that are not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Nowhere else.
    Allow,
    /// Not there.
    Block,
}

/// Different texts, in order; compared byte by byte.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Values(Box<[Box<str>]>);

/// What a message tells of the merchant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Merchant<'a> {
    /// Its category code.
    pub category: Option<&'a str>,
    /// Its country.
    pub country: Option<&'a str>,
    /// Its own name in the network.
    pub id: Option<&'a str>,
}

/// What somebody is about to spend.
#[derive(Clone, Copy, Debug)]
pub struct Spend<'a> {
    /// The card transaction.
    pub transaction_id: &'a str,
    /// Out of which balance of the account.
    pub ordinal: u8,
    /// How much would be counted.
    pub amount: Money,
    /// What is asked for, as the merchant has it and as the customer is billed.
    pub asked: [Money; 2],
    /// Where, when that is known.
    pub merchant: Option<Merchant<'a>>,
}

/// Rules that apply together, in the order in which they are asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ruleset {
    rules: Box<[Rule]>,
    counts: bool,
}

/// The rules that apply to an account at a moment.
#[derive(Clone, Copy, Debug)]
pub struct Limits<'a> {
    /// The rules.
    pub rules: &'a Ruleset,
    /// The day, where there is a rule on a period.
    pub day: Option<Day>,
}

impl What {
    /// Its name on the wire.
    #[must_use]
    pub const fn template(&self) -> &'static str {
        match self {
            Self::TransactionAmount(_) => "transaction_amount_limit",
            Self::TransactionBilling(_) => "transaction_billing_limit",
            Self::AccountBilling(..) => "account_billing_amount_limit",
            Self::AccountCount(..) => "account_transaction_count_limit",
            Self::Merchant(MerchantFact::Category, ..) => "merchant_category_control",
            Self::Merchant(MerchantFact::Country, ..) => "merchant_country_control",
            Self::Merchant(MerchantFact::Id, ..) => "merchant_control",
        }
    }

    /// The currency that it is in.
    #[must_use]
    pub const fn currency(&self) -> Option<Currency> {
        match self {
            Self::TransactionAmount(money)
            | Self::TransactionBilling(money)
            | Self::AccountBilling(money, _) => Some(money.currency),
            Self::AccountCount(..) | Self::Merchant(..) => None,
        }
    }

    const fn is_on_a_period(&self) -> bool {
        matches!(self, Self::AccountBilling(..) | Self::AccountCount(..))
    }

    fn permits(&self, spend: &Spend<'_>, day: Day, spending: Option<&Spending>) -> bool {
        let nothing = spend.amount.amount.is_zero();
        let [as_sold, as_billed] = spend.asked;
        match self {
            Self::Merchant(fact, mode, values) => {
                spend.merchant.is_none_or(|merchant| mode.permits(fact.of(&merchant), values))
            }
            _ if nothing => true,
            Self::TransactionAmount(limit) => within(as_sold, *limit),
            Self::TransactionBilling(limit) => within(as_billed, *limit),
            Self::AccountBilling(limit, frequency) => {
                let spent = spending.map_or(0, |it| it.spent(spend.ordinal, *frequency, day));
                let sum = spent.saturating_add(spend.amount.amount.minor());
                spend.amount.currency != limit.currency || sum <= limit.amount.minor()
            }
            Self::AccountCount(limit, frequency) => {
                let count = spending.map_or(0, |it| it.count(*frequency, day));
                // The first is nearly always true, and costs less.
                count < *limit || spending.is_some_and(|it| it.knows(spend.transaction_id, day))
            }
        }
    }
}

fn within(asked: Money, limit: Money) -> bool {
    asked.currency != limit.currency || asked.amount <= limit.amount
}

impl MerchantFact {
    const fn of<'a>(self, merchant: &Merchant<'a>) -> Option<&'a str> {
        match self {
            Self::Category => merchant.category,
            Self::Country => merchant.country,
            Self::Id => merchant.id,
        }
    }
}

impl Mode {
    /// Its name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Block => "block",
        }
    }

    /// The mode of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Allow, Self::Block].into_iter().find(|mode| mode.name() == name)
    }

    fn permits(self, fact: Option<&str>, values: &Values) -> bool {
        let listed = fact.is_some_and(|fact| values.has(fact));
        listed == (self == Self::Allow)
    }
}

impl Values {
    /// The most that one rule lists.
    pub const MAX: usize = 1_000;

    /// These texts, each once.
    #[must_use]
    pub fn new(mut texts: Vec<Box<str>>) -> Self {
        texts.sort_unstable();
        texts.dedup();
        Self(texts.into())
    }

    /// All of them, in order.
    #[must_use]
    pub fn all(&self) -> &[Box<str>] {
        &self.0
    }

    fn has(&self, text: &str) -> bool {
        self.0.binary_search_by(|value| (**value).cmp(text)).is_ok()
    }
}

impl Ruleset {
    /// The most rules that apply together.
    pub const MAX: usize = 64;

    /// These rules; `None` when there are too many, or two of one name.
    #[must_use]
    pub fn new(rules: Vec<Rule>) -> Option<Self> {
        let mut names: Vec<&str> = rules.iter().map(|rule| &*rule.name).collect();
        names.sort_unstable();
        let differ = names.is_sorted_by(|a, b| a < b);
        let counts = rules.iter().any(|rule| rule.what.is_on_a_period());
        let sound = differ && rules.len() <= Self::MAX;
        sound.then(|| Self { rules: rules.into(), counts })
    }

    /// All of them, in order.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// Whether one of them is on a period, so that what is spent must be counted.
    #[must_use]
    pub const fn counts(&self) -> bool {
        self.counts
    }
}

impl<'a> Limits<'a> {
    /// The first rule that says no to a spend of an account that has spent so much.
    #[must_use]
    pub fn exceeded(&self, spend: &Spend<'_>, spending: Option<&Spending>) -> Option<&'a Rule> {
        let day = self.day.unwrap_or_default();
        self.rules.rules.iter().find(|rule| !rule.what.permits(spend, day, spending))
    }

    /// The day that a spend of so much is counted on, where it is.
    #[must_use]
    pub fn counted(&self, amount: Amount) -> Option<Day> {
        self.day.filter(|_| !amount.is_zero())
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;

    fn money(code: [u8; 3], minor: u64) -> Money {
        let currency = Currency::new(code, 2).unwrap();
        Money { amount: Amount::new(minor).unwrap(), currency }
    }

    fn sgd(minor: u64) -> Money {
        money(*b"SGD", minor)
    }

    fn spend<'a>(minor: u64) -> Spend<'a> {
        let amount = sgd(minor);
        let asked = [amount, amount];
        Spend { transaction_id: "t", ordinal: 0, amount, asked, merchant: None }
    }

    fn says_no(what: What, spend: &Spend<'_>, spending: Option<&Spending>) -> bool {
        let rules = Ruleset::new(vec![Rule { name: "rule".into(), what }]).unwrap();
        let limits = Limits { rules: &rules, day: Some(Day::new(100)) };
        limits.exceeded(spend, spending).is_some()
    }

    #[test]
    fn an_amount_is_compared_in_its_own_currency_alone() {
        for what in [What::TransactionAmount, What::TransactionBilling] {
            assert!(!says_no(what(sgd(50)), &spend(50), None));
            assert!(says_no(what(sgd(50)), &spend(51), None));
            assert!(!says_no(what(money(*b"USD", 50)), &spend(51), None));
        }
        let abroad = Spend { asked: [money(*b"USD", 70), sgd(90)], ..spend(90) };
        assert!(says_no(What::TransactionAmount(money(*b"USD", 69)), &abroad, None));
        assert!(!says_no(What::TransactionAmount(sgd(80)), &abroad, None));
        assert!(says_no(What::TransactionBilling(sgd(80)), &abroad, None));
    }

    #[test]
    fn a_period_is_full_at_its_limit_and_not_before() {
        let mut spending = Spending::default();
        spending.add("a", 0, Day::new(100), Amount::new(70).unwrap());
        for frequency in Frequency::ALL {
            let amount = |limit| What::AccountBilling(sgd(limit), frequency);
            assert!(!says_no(amount(100), &spend(30), Some(&spending)));
            assert!(says_no(amount(100), &spend(31), Some(&spending)));
            assert!(!says_no(amount(10), &spend(0), Some(&spending)), "nothing is spent");
            let other = Spend { ordinal: 1, ..spend(31) };
            assert!(!says_no(amount(100), &other, Some(&spending)), "another balance");

            let count = |limit| What::AccountCount(limit, frequency);
            assert!(!says_no(count(2), &spend(1), Some(&spending)));
            assert!(says_no(count(1), &spend(1), Some(&spending)));
            assert!(says_no(count(0), &spend(1), None));
            let known = Spend { transaction_id: "a", ..spend(1) };
            assert!(!says_no(count(1), &known, Some(&spending)), "it counts once");
        }
    }

    #[test]
    fn a_list_of_merchants_allows_or_blocks_those_that_it_names() {
        let at = |category| Merchant { category, ..Merchant::default() };
        let rule = |mode| {
            let values = Values::new(vec!["7995".into(), "5812".into(), "7995".into()]);
            What::Merchant(MerchantFact::Category, mode, values)
        };
        for (category, listed) in [(Some("7995"), true), (Some("599"), false), (None, false)] {
            let there = Spend { merchant: Some(at(category)), ..spend(0) };
            assert_eq!(says_no(rule(Mode::Block), &there, None), listed, "{category:?}");
            assert_eq!(says_no(rule(Mode::Allow), &there, None), !listed, "{category:?}");
        }
        for mode in [Mode::Allow, Mode::Block] {
            assert!(!says_no(rule(mode), &spend(1), None), "an operation knows no merchant");
        }
    }

    #[test]
    fn rules_are_asked_in_order_and_have_different_names() {
        let rule = |name: &str, limit| Rule {
            name: name.into(),
            what: What::TransactionAmount(sgd(limit)),
        };
        let rules = Ruleset::new(vec![rule("b", 10), rule("a", 5)]).unwrap();
        let limits = Limits { rules: &rules, day: None };
        let name = |minor| limits.exceeded(&spend(minor), None).map(|rule| &*rule.name);
        assert_eq!([name(5), name(6), name(11)], [None, Some("a"), Some("b")]);
        assert_eq!(Ruleset::new(vec![rule("a", 1), rule("a", 2)]), None);
        assert_eq!(Ruleset::new((0..65).map(|n| rule(&alloc::format!("{n}"), n)).collect()), None);
    }
}
