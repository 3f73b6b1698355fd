//! Spend limits: the tenant's default, and those of single accounts.
//!
//! | call | does |
//! | --- | --- |
//! | `GET`, `PUT /v1/limits` | the limits of every account that has none of its own |
//! | `GET`, `PUT`, `DELETE /v1/accounts/{ref}/limits` | those that apply to an account; its own; back to the default |
//!
//! Own limits displace the default, all of it: an account whose own list is empty has none. Rules
//! are in the shape of Open Fabric's spend controls, see [`wire::limits`](crate::wire::limits).

use std::borrow::Cow;

use hyper::StatusCode;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::super::answer::{Answer, Problem};
use super::super::request::{self, TEXT_MAX, text};
use super::super::worker::Worker;
use super::query::{Query, name};
use crate::engine::{Currencies, LimitsView};
use crate::ledger::{
    Frequency, MerchantFact, Mode, Money, Rule, Ruleset, SystemAccount, Values, What,
};
use crate::wire::{json, limits as wire};

#[derive(Deserialize)]
struct Wire<'a> {
    #[serde(borrow)]
    rules: Vec<WireRule<'a>>,
}

#[derive(Deserialize)]
struct WireRule<'a> {
    #[serde(borrow)]
    template_code: Cow<'a, str>,
    #[serde(borrow, default)]
    description: Option<Cow<'a, str>>,
    #[serde(borrow)]
    parameters: Parameters<'a>,
    #[serde(borrow)]
    violation_policy: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Parameters<'a> {
    #[serde(borrow, default)]
    limit_amount: Option<&'a RawValue>,
    #[serde(borrow, default)]
    currency: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    limit_count: Option<&'a RawValue>,
    #[serde(borrow, default)]
    frequency: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    mode: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    values: Option<Vec<Cow<'a, str>>>,
}

/// `GET /v1/limits`
pub(super) async fn show_default(worker: &Worker, query: Option<&str>) -> Result<Answer, Problem> {
    Query::parse(query, &[])?;
    tell(worker, worker.shared.ledger.default_limits()).await
}

/// `PUT /v1/limits`
pub(super) async fn set_default(worker: &Worker, body: &[u8]) -> Result<Answer, Problem> {
    let rules = parse(body, &worker.shared.config.currencies)?;
    let view = worker.shared.ledger.set_default_limits(rules)?;
    tell(worker, view).await
}

/// `GET /v1/accounts/{ref}/limits`
pub(super) async fn show(
    worker: &Worker,
    segment: &str,
    query: Option<&str>,
) -> Result<Answer, Problem> {
    Query::parse(query, &[])?;
    let view = worker.shared.ledger.limits(&customer(segment)?);
    tell(worker, view.ok_or_else(Problem::no_such_account)?).await
}

/// `PUT /v1/accounts/{ref}/limits`
pub(super) async fn set(worker: &Worker, segment: &str, body: &[u8]) -> Result<Answer, Problem> {
    let account = customer(segment)?;
    let rules = parse(body, &worker.shared.config.currencies)?;
    let view = worker.shared.ledger.set_limits(&account, Some(rules))?;
    tell(worker, view).await
}

/// `DELETE /v1/accounts/{ref}/limits`
pub(super) async fn clear(worker: &Worker, segment: &str) -> Result<Answer, Problem> {
    let view = worker.shared.ledger.set_limits(&customer(segment)?, None)?;
    tell(worker, view).await
}

/// Nobody spends from the system's accounts.
fn customer(segment: &str) -> Result<Cow<'_, str>, Problem> {
    let name = name(segment)?;
    let message = || format!("{name} is the system's, and has no spend limits");
    SystemAccount::parse(&name).map_or(Ok(()), |_| Err(Problem::invalid(message())))?;
    Ok(name)
}

async fn tell(worker: &Worker, view: LimitsView) -> Result<Answer, Problem> {
    worker.durable(view.seen).await?;
    let body = json::object(|object| {
        wire::members(object, &view);
        object.text("time_zone", worker.shared.config.time_zone.iana_name().unwrap_or("UTC"));
    });
    Ok(Answer::json(StatusCode::OK, body))
}

fn parse(body: &[u8], known: &Currencies) -> Result<Ruleset, Problem> {
    let wire: Wire<'_> = request::object(body)?;
    if wire.rules.len() > Ruleset::MAX {
        return Err(Problem::invalid(format!("rules has more than {} rules", Ruleset::MAX)));
    }
    let rules = wire.rules.iter().enumerate();
    let rules = rules.map(|(n, rule)| rule.rule(&format!("rules[{n}]"), known));
    let rules = rules.collect::<Result<Vec<_>, _>>()?;
    let twice = "rules has two of one name: give them different descriptions";
    Ruleset::new(rules).ok_or_else(|| Problem::invalid(twice))
}

impl WireRule<'_> {
    /// The rule; `member` is its name in errors.
    fn rule(&self, member: &str, known: &Currencies) -> Result<Rule, Problem> {
        if self.violation_policy != "decline" {
            let policy = &self.violation_policy;
            let message = format!(
                "{member}.violation_policy is {policy:?}: only \"decline\" can be decided here"
            );
            return Err(Problem::invalid(message));
        }
        let name = self.description.as_deref().unwrap_or(&self.template_code);
        text(&format!("{member}.description"), name, TEXT_MAX)?;
        let parameters = Named { parameters: &self.parameters, member };
        let what = match &*self.template_code {
            "transaction_amount_limit" => What::TransactionAmount(parameters.money(known)?),
            "transaction_billing_limit" => What::TransactionBilling(parameters.money(known)?),
            "account_billing_amount_limit" => {
                What::AccountBilling(parameters.money(known)?, parameters.frequency()?)
            }
            "account_transaction_count_limit" => {
                What::AccountCount(parameters.count()?, parameters.frequency()?)
            }
            "merchant_category_control" => parameters.merchant(MerchantFact::Category)?,
            "merchant_country_control" => parameters.merchant(MerchantFact::Country)?,
            "merchant_control" => parameters.merchant(MerchantFact::Id)?,
            _ => return Err(Problem::invalid(format!("{member}.template_code is unknown"))),
        };
        Ok(Rule { name: name.into(), what })
    }
}

/// Parameters, and the name in errors of the rule that they are of.
struct Named<'a> {
    parameters: &'a Parameters<'a>,
    member: &'a str,
}

impl Named<'_> {
    fn member(&self, name: &str) -> String {
        format!("{}.parameters.{name}", self.member)
    }

    fn given<T>(&self, name: &str, value: Option<T>) -> Result<T, Problem> {
        value.ok_or_else(|| Problem::invalid(format!("{} is missing", self.member(name))))
    }

    fn money(&self, known: &Currencies) -> Result<Money, Problem> {
        let number = self.given("limit_amount", self.parameters.limit_amount)?;
        let code = self.given("currency", self.parameters.currency.as_deref())?;
        let currency = known.find(code).ok_or_else(|| {
            let member = self.member("currency");
            let message = format!("{member} is not a currency that this ledger keeps");
            Problem::new(StatusCode::BAD_REQUEST, "UNKNOWN_CURRENCY", message)
        })?;
        let member = self.member("limit_amount");
        let number = request::number(&member, number)?;
        Ok(Money { amount: request::units(&member, number, currency)?, currency })
    }

    fn count(&self) -> Result<u64, Problem> {
        let number = self.given("limit_count", self.parameters.limit_count)?;
        number.get().parse().map_err(|_| {
            let member = self.member("limit_count");
            Problem::invalid(format!("{member} is not a whole number of transactions"))
        })
    }

    fn frequency(&self) -> Result<Frequency, Problem> {
        let name = self.given("frequency", self.parameters.frequency.as_deref())?;
        Frequency::parse(name).ok_or_else(|| {
            let member = self.member("frequency");
            Problem::invalid(format!("{member} is not daily, weekly or monthly"))
        })
    }

    fn merchant(&self, fact: MerchantFact) -> Result<What, Problem> {
        let mode = self.given("mode", self.parameters.mode.as_deref())?;
        let mode = Mode::parse(mode).ok_or_else(|| {
            Problem::invalid(format!("{} is not allow or block", self.member("mode")))
        })?;
        let values = self.given("values", self.parameters.values.as_ref())?;
        if values.len() > Values::MAX {
            let message = format!("{} has more than {}", self.member("values"), Values::MAX);
            return Err(Problem::invalid(message));
        }
        values.iter().try_for_each(|value| text(&self.member("values"), value, TEXT_MAX))?;
        let values = values.iter().map(|value| Box::from(&**value)).collect();
        Ok(What::Merchant(fact, mode, Values::new(values)))
    }
}
