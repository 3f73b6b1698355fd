//! The types of notification that the documents have, with the members of each one's `data`; and
//! those that questions of Open Fabric, their answers and clearing records are kept as.

use std::fmt;

use super::is_name;
use crate::wire::time;

/// A type of notification.
#[derive(Debug)]
pub struct Kind {
    /// Its name, the member `type`.
    pub name: &'static str,
    /// Whether it comes with `notification_id` and `created_at`.
    pub enveloped: bool,
    /// Whether it is the ledger's own, which nobody sends.
    pub own: bool,
    /// The members of `data`.
    pub members: &'static [Member],
}

/// A member that `data` always has.
#[derive(Debug)]
pub struct Member {
    /// Its name.
    pub name: &'static str,
    /// What it is.
    pub form: Form,
}

/// What a member is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A name or a reference.
    Name,
    /// Any text.
    Text,
    /// A number.
    Number,
    /// A whole number that is not negative.
    Count,
    /// A time.
    Time,
    /// The code of a currency.
    Currency,
    /// The code of a country.
    Country,
    /// `true` or `false`.
    Flag,
    /// An object.
    Object,
    /// This text.
    Is(&'static str),
}

impl Form {
    /// Whether some JSON is of this form.
    #[must_use]
    pub fn fits(self, raw: &str) -> bool {
        let text = || serde_json::from_str::<String>(raw).ok();
        let is = |fits: fn(&str) -> bool| text().is_some_and(|text| fits(&text));
        match self {
            Self::Name => is(is_name),
            Self::Text => text().is_some(),
            Self::Number => raw.starts_with(|c: char| c == '-' || c.is_ascii_digit()),
            Self::Count => raw.bytes().all(|byte| byte.is_ascii_digit()),
            Self::Time => is(|text| time::parse(text).is_some()),
            Self::Currency => is(|text| is_code(text, 3)),
            Self::Country => is(|text| is_code(text, 2)),
            Self::Flag => matches!(raw, "true" | "false"),
            Self::Object => raw.starts_with('{'),
            Self::Is(word) => text().as_deref() == Some(word),
        }
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Name => "a text of 1 to 128 bytes without control characters",
            Self::Text => "a text",
            Self::Number => "a number",
            Self::Count => "a whole number",
            Self::Time => "a time",
            Self::Currency => "the code of a currency",
            Self::Country => "the code of a country",
            Self::Flag => "true or false",
            Self::Object => "an object",
            Self::Is(word) => return write!(f, "{word:?}"),
        })
    }
}

fn is_code(text: &str, letters: usize) -> bool {
    text.len() == letters && text.bytes().all(|byte| byte.is_ascii_uppercase())
}

/// The type of that name, where the documents have it.
#[must_use]
pub fn find(name: &str) -> Option<&'static Kind> {
    ALL.iter().find(|kind| kind.name == name)
}

/// The type of the notification that a clearing record is kept as.
pub const CLEARING_RECORD: &str = "clearing:record";

/// Every type that the documents have.
pub const ALL: &[Kind] = &[
    sent("v1:wallet:token:activated", ACTIVATED),
    sent("v1:wallet:token:suspended", SUSPENDED),
    sent("v1:wallet:token:deleted", DELETED),
    sent("v1:wallet:transaction:authorization", WALLET_AUTHORIZATION),
    sent("v1:pba:transaction:final_auth_reversed", FINAL_REVERSED),
    sent("v1:pba:transaction:pre_auth_reversed", PRE_REVERSED),
    sent("v1:pba:eoc:clearing_file_ready", CLEARING_FILE),
    sent("v1:pba:eos:net_settlement_file_ready", SETTLEMENT_FILE),
    called_back("transaction:charged", CHARGED),
    called_back("transaction:reversed", REVERSED),
    called_back("transaction:credited", CREDITED),
    called_back("3ds:challenge:oob", CHALLENGE),
    own("3ds:challenge:oob:answer"),
    called_back("3ds:challenge:otp", CHALLENGE),
    own("3ds:challenge:otp:answer"),
    called_back("orchestration:transaction:create", CREATE),
    own("orchestration:transaction:create:answer"),
    own(CLEARING_RECORD),
];

const fn sent(name: &'static str, members: &'static [Member]) -> Kind {
    Kind { name, enveloped: true, own: false, members }
}

const fn called_back(name: &'static str, members: &'static [Member]) -> Kind {
    Kind { name, enveloped: false, own: false, members }
}

const fn own(name: &'static str) -> Kind {
    Kind { name, enveloped: false, own: true, members: &[] }
}

/// Rows of a table of members: `name: form`.
macro_rules! members {
    ($($name:literal: $form:expr),* $(,)?) => {
        &[$(Member { name: $name, form: $form }),*]
    };
}

const ACTIVATED: &[Member] = members! {
    "token_unique_reference": Form::Name, "wallet_id": Form::Name, "token_source": Form::Text,
    "activated_at": Form::Time,
};

const SUSPENDED: &[Member] = members! {
    "token_unique_reference": Form::Name, "wallet_id": Form::Name, "token_source": Form::Text,
    "reason_code": Form::Text, "reason": Form::Text, "suspended_at": Form::Time,
};

const DELETED: &[Member] = members! {
    "token_unique_reference": Form::Name, "wallet_id": Form::Name, "token_source": Form::Text,
    "reason_code": Form::Text, "reason": Form::Text, "deleted_at": Form::Time,
};

const WALLET_AUTHORIZATION: &[Member] = members! {
    "id": Form::Name, "tenant_id": Form::Name, "wallet_id": Form::Name,
    "token_unique_reference": Form::Name, "tsp_transaction_ref": Form::Name,
    "amount": Form::Number, "currency": Form::Currency, "authorization_status": Form::Text,
    "transaction_type": Form::Text, "merchant_name": Form::Text,
    "merchant_category_code": Form::Text, "merchant_outlet_address": Form::Text,
    "created_at": Form::Time, "updated_at": Form::Time,
};

const FINAL_REVERSED: &[Member] = members! {
    "notification_id": Form::Name, "transaction_id": Form::Name, "tenant_reference_id": Form::Name,
    "network_transaction_ref": Form::Text, "network_message_ref": Form::Text,
    "amount": Form::Number, "currency": Form::Currency, "billing_amount": Form::Number,
    "billing_currency_code": Form::Currency, "billing_exchange_rate": Form::Number,
    "settlement_amount": Form::Number, "settlement_currency_code": Form::Currency,
    "settlement_exchange_rate": Form::Number, "network_merchant_country_code": Form::Country,
    "is_converted_pre_auth": Form::Flag,
};

/// As of a final authorization, but for whether it was a pre-authorization.
const PRE_REVERSED: &[Member] = match FINAL_REVERSED {
    [shared @ .., _converted] => shared,
    [] => &[],
};

const CLEARING_FILE: &[Member] = members! {
    "notification_id": Form::Name, "file_name": Form::Text, "file_ref": Form::Text,
    "file_checksum": Form::Text, "network_file_id": Form::Text, "network_timestamp": Form::Time,
    "number_of_instructions": Form::Count,
};

const SETTLEMENT_FILE: &[Member] = members! {
    "notification_id": Form::Name, "file_name": Form::Text, "file_ref": Form::Text,
    "file_checksum": Form::Text, "network_file_id": Form::Text, "network_timestamp": Form::Time,
    "reconciliation_date": Form::Text, "interbank_settlement_date": Form::Text,
    "settlement_currency_code": Form::Currency, "total_net_recon_amount": Form::Number,
    "total_credit_txn_amount": Form::Number, "total_credit_number_of_txn": Form::Count,
    "total_credit_chargeback_amount": Form::Number,
    "total_credit_number_of_chargeback": Form::Count,
    "total_credit_reversal_amount": Form::Number, "total_credit_number_of_reversal": Form::Count,
    "total_credit_interchange_fee_amount": Form::Number,
    "total_debit_txn_amount": Form::Number, "total_debit_number_of_txn": Form::Count,
    "total_debit_chargeback_amount": Form::Number, "total_debit_number_of_chargeback": Form::Count,
    "total_debit_reversal_amount": Form::Number, "total_debit_number_of_reversal": Form::Count,
    "total_debit_interchange_fee_amount": Form::Number,
    "total_number_of_auth": Form::Count, "total_number_of_auth_reversal": Form::Count,
};

const CHARGED: &[Member] = members! {
    "transaction_id": Form::Name, "tenant_reference_id": Form::Name, "status": Form::Is("charged"),
    "charged_at": Form::Time,
};

const REVERSED: &[Member] = members! {
    "transaction_id": Form::Name, "tenant_reference_id": Form::Name, "status": Form::Is("reversed"),
    "reversed_at": Form::Time, "reversed_amount": Form::Number, "action_type": Form::Text,
};

const CREDITED: &[Member] = members! {
    "transaction_id": Form::Name, "tenant_customer_ref": Form::Name, "tenant_link_ref": Form::Name,
    "status": Form::Is("credited"), "credited_at": Form::Time, "credited_amount": Form::Number,
    "currency": Form::Currency, "billing_credited_amount": Form::Number,
    "billing_currency": Form::Currency, "network_transaction_time": Form::Text,
    "network_merchant_category_code": Form::Text, "network_merchant_id": Form::Text,
    "network_merchant_name": Form::Text, "network_merchant_outlet_address": Form::Text,
};

const CHALLENGE: &[Member] = members! {
    "three_ds_challenge_id": Form::Name, "tenant_customer_ref": Form::Name,
    "customer_id": Form::Name, "tenant_account_ref": Form::Name, "account_id": Form::Name,
    "static_token_id": Form::Name, "merchant_name": Form::Text,
    "transaction_currency": Form::Currency, "transaction_amount": Form::Number,
    "creation_time": Form::Time,
};

const CREATE: &[Member] = members! {
    "tenant_partner_id": Form::Name, "fabric_reference_id": Form::Name,
    "partner_reference_id": Form::Name, "tenant_id": Form::Name, "gateway_success_url": Form::Text,
    "gateway_fail_url": Form::Text, "amount": Form::Number, "currency": Form::Currency,
    "transaction_details": Form::Object,
};
