//! A request as bytes made once, in which only digits change: what is asked is then as cheap to ask
//! of each server that is compared, in whatever protocol.

/// In minor units: what each hold asks for, `12.50` where it is written in major ones.
pub const HOLD_MINOR: u64 = 1250;
/// In minor units: what each account may overdraw, more than any bench spends.
pub const OVERDRAFT_MINOR: u64 = 1_000_000_000_000_000;

/// Stands for the number of the request where a template is made.
const NUMBER: &str = "000000000000000000";
/// Stands for the number of the account.
const ACCOUNT: &str = "account-00000000";
const ACCOUNT_DIGITS: usize = 8;

/// What identifies a hold, as long as a network's.
#[derive(Clone, Debug)]
pub struct Texts {
    /// Fresh for each request.
    pub idempotency_key: String,
    /// Fresh for each request.
    pub transaction_id: String,
    /// By turns one of those that there are.
    pub account: String,
    /// Fresh for each request.
    pub of_action_ref: String,
}

/// The bytes of a request.
#[derive(Clone, Debug)]
pub struct Template {
    bytes: Vec<u8>,
    numbers: Vec<usize>,
    account_numbers: Vec<usize>,
    accounts: u64,
}

impl Template {
    /// What `write` makes of the texts of a request, on any of so many accounts by turns.
    #[must_use]
    pub fn new(accounts: u64, write: impl FnOnce(&Texts) -> Vec<u8>) -> Self {
        let fresh = |kind: &str| format!("{kind}-0000-4000-8000-{NUMBER}");
        let bytes = write(&Texts {
            idempotency_key: fresh("key_"),
            transaction_id: fresh("txn_"),
            account: ACCOUNT.to_owned(),
            of_action_ref: fresh("act_"),
        });
        let numbers = places(&bytes, NUMBER);
        let digits = |at| at + ACCOUNT.len() - ACCOUNT_DIGITS;
        let account_numbers = places(&bytes, ACCOUNT).into_iter().map(digits).collect();
        Self { bytes, numbers, account_numbers, accounts }
    }

    /// The bytes of request `number`.
    pub fn request(&mut self, number: u64) -> &[u8] {
        for &at in &self.numbers {
            write_digits(&mut self.bytes[at..at + NUMBER.len()], number);
        }
        for &at in &self.account_numbers {
            write_digits(&mut self.bytes[at..at + ACCOUNT_DIGITS], number % self.accounts);
        }
        &self.bytes
    }
}

/// Where `text` stands in `bytes`, which need not be text.
fn places(bytes: &[u8], text: &str) -> Vec<usize> {
    let mut found = Vec::new();
    let mut from = 0;
    let next = |from: usize| {
        let rest = bytes.get(from..)?;
        rest.windows(text.len()).position(|some| some == text.as_bytes()).map(|at| from + at)
    };
    while let Some(at) = next(from) {
        found.push(at);
        from = at + text.len();
    }
    found
}

fn write_digits(out: &mut [u8], mut number: u64) {
    for digit in out.iter_mut().rev() {
        *digit = b'0' + u8::try_from(number % 10).unwrap_or(0);
        number /= 10;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_digits_change_whatever_stands_between_them() {
        let mut template = Template::new(10, |texts| {
            let key = texts.idempotency_key.as_bytes();
            [b"\0\xa0", key, b"\xff", texts.account.as_bytes(), key].concat()
        });
        let length = template.request(999_999_999_999_999_999).len();
        let key = b"key_-0000-4000-8000-000000000000000123";
        let expected = [b"\0\xa0", &key[..], b"\xff", b"account-00000003", key].concat();
        assert_eq!(template.request(123), expected);
        assert_eq!(expected.len(), length);
    }
}
