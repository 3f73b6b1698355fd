//! Opening an account, once however often it is asked.

use std::borrow::Cow;
use std::fmt;

use hyper::StatusCode;
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use super::super::answer::{Answer, Problem};
use super::super::request::{self, ACCOUNT_MAX, TEXT_MAX, present, text};
use super::super::worker::Worker;
use super::parts;
use crate::engine::record::{AccountOpened, Profile, Record};
use crate::engine::{Currencies, Opened};
use crate::ledger::{Account, Amount, Currency, Opening, SystemAccount};

/// The longest metadata, in bytes.
const METADATA_MAX: usize = 16 << 10;

#[derive(serde::Deserialize)]
struct Wire<'a> {
    #[serde(borrow)]
    tenant_account_ref: Cow<'a, str>,
    #[serde(borrow)]
    currencies: Vec<Cow<'a, str>>,
    #[serde(borrow, default)]
    account_id: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    tenant_customer_ref: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "present")]
    overdraft_limit: Option<Members<'a>>,
    #[serde(borrow, default)]
    metadata: Option<&'a RawValue>,
}

/// `POST /v1/accounts`
pub(super) async fn open(worker: &Worker, body: &[u8]) -> Result<Answer, Problem> {
    let wire: Wire<'_> = request::object(body)?;
    let name = &*wire.tenant_account_ref;
    text("tenant_account_ref", name, ACCOUNT_MAX)?;
    if SystemAccount::reserves(name) {
        return Err(Problem::invalid("tenant_account_ref starts with @, which is the system's"));
    }
    let opening = opening(&wire, &worker.shared.config.currencies)?;
    let profile = profile(&wire)?;
    match worker.shared.ledger.open_account(name, opening.clone(), profile.clone())? {
        Opened::New(view) => {
            worker.durable(view.seen).await?;
            Ok(Answer::json(StatusCode::CREATED, parts::account_body(&view)))
        }
        Opened::Exists(lsn) => {
            let stored = worker.stored(lsn).await?;
            let same = matches!(
                stored.record()?.0,
                Record::AccountOpened(opened) if is_same(&opened, &opening, &profile)
            );
            if same { again(worker, name).await } else { Err(exists()) }
        }
    }
}

async fn again(worker: &Worker, name: &str) -> Result<Answer, Problem> {
    let view = worker.shared.ledger.account(name).ok_or_else(Problem::no_such_account)?;
    worker.durable(view.seen).await?;
    Ok(Answer::json(StatusCode::OK, parts::account_body(&view)))
}

fn exists() -> Problem {
    let message = "tenant_account_ref names an account that was opened with other content";
    Problem::new(StatusCode::CONFLICT, "ACCOUNT_EXISTS", message)
}

/// Metadata is compared as JSON, all else as it is.
fn is_same(opened: &AccountOpened<'_>, opening: &Opening, profile: &Profile<'_>) -> bool {
    let json = |text: &Option<Cow<'_, str>>| -> Option<Value> {
        text.as_deref().and_then(|text| serde_json::from_str(text).ok())
    };
    opened.opening == *opening
        && opened.profile.account_id == profile.account_id
        && opened.profile.tenant_customer_ref == profile.tenant_customer_ref
        && json(&opened.profile.metadata) == json(&profile.metadata)
}

fn opening(wire: &Wire<'_>, known: &Currencies) -> Result<Opening, Problem> {
    let currencies = currencies("currencies", &wire.currencies, known)?;
    if currencies.is_empty() {
        return Err(Problem::invalid("currencies is empty: an account has at least one balance"));
    }
    let limits = limits(wire.overdraft_limit.as_ref(), known)?;
    if let Some((currency, _)) = limits.iter().find(|(c, _)| !currencies.contains(c)) {
        let message = format!("overdraft_limit names {currency}, which currencies does not");
        return Err(Problem::invalid(message));
    }
    let limit = |currency| limits.iter().find(|(c, _)| *c == currency).map(|(_, limit)| *limit);
    let balances = currencies.into_iter().map(|c| (c, limit(c).unwrap_or(Amount::ZERO)));
    Ok(Opening { balances: balances.collect() })
}

fn profile<'a>(wire: &'a Wire<'_>) -> Result<Profile<'a>, Problem> {
    let named = |member, given: &'a Option<Cow<'_, str>>| {
        given.as_deref().map(|it| text(member, it, TEXT_MAX).map(|()| it.into())).transpose()
    };
    Ok(Profile {
        account_id: named("account_id", &wire.account_id)?,
        tenant_customer_ref: named("tenant_customer_ref", &wire.tenant_customer_ref)?,
        metadata: wire.metadata.map(metadata).transpose()?.map(Cow::Borrowed),
    })
}

/// A list of different currencies, each known.
pub(super) fn currencies(
    member: &str,
    codes: &[Cow<'_, str>],
    known: &Currencies,
) -> Result<Vec<Currency>, Problem> {
    if codes.len() > Account::BALANCES_MAX {
        let message = format!("{member} has more than {} currencies", Account::BALANCES_MAX);
        return Err(Problem::invalid(message));
    }
    let mut found = Vec::new();
    for code in codes {
        let currency = known.find(code).ok_or_else(|| unknown(member))?;
        if found.contains(&currency) {
            return Err(Problem::invalid(format!("{member} names {currency} twice")));
        }
        found.push(currency);
    }
    Ok(found)
}

/// Overdraft limits by currency, in major units.
pub(super) fn limits(
    members: Option<&Members<'_>>,
    known: &Currencies,
) -> Result<Vec<(Currency, Amount)>, Problem> {
    let limit = |(code, number): &(Cow<'_, str>, &RawValue)| {
        let currency = known.find(code).ok_or_else(|| unknown("overdraft_limit"))?;
        let member = format_args!("overdraft_limit.{currency}");
        let number = request::number(member, number)?;
        Ok((currency, request::units(member, number, currency)?))
    };
    members.map(|members| members.0.iter().map(limit).collect()).unwrap_or(Ok(Vec::new()))
}

fn unknown(member: &str) -> Problem {
    let message = format!("{member} names a currency that this ledger does not keep");
    Problem::new(StatusCode::BAD_REQUEST, "UNKNOWN_CURRENCY", message)
}

/// A JSON object of the operator's, kept as it was given.
pub(super) fn metadata(raw: &RawValue) -> Result<&str, Problem> {
    let text = raw.get();
    if !text.starts_with('{') {
        return Err(Problem::invalid("metadata is not an object"));
    }
    if text.len() > METADATA_MAX {
        return Err(Problem::invalid(format!("metadata has more than {METADATA_MAX} bytes")));
    }
    // What cannot be read as a value could not be compared with what it was opened with.
    let readable = serde_json::from_str::<Value>(text);
    readable.map_err(|error| Problem::invalid(format!("metadata cannot be read: {error}")))?;
    Ok(text)
}

/// The members of an object, none twice, and no more than an account has balances.
pub(super) struct Members<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members: Vec<(Cow<'de, str>, &'de RawValue)> = Vec::new();
                while let Some((name, value)) = map.next_entry::<Cow<'de, str>, _>()? {
                    if members.len() == Account::BALANCES_MAX {
                        let max = Account::BALANCES_MAX;
                        return Err(A::Error::custom(format!("more than {max} members")));
                    }
                    if members.iter().any(|(other, _)| *other == name) {
                        return Err(A::Error::custom(format!("{name} is there twice")));
                    }
                    members.push((name, value));
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Collect)
    }
}
