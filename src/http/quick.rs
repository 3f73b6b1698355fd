//! An operation's body as clients nearly always write it, read in one pass without a copy.
//!
//! What it reads is exactly what serde reads; whatever it does not know (an escape, a letter beyond
//! ASCII, a line break, an exponent, a member of another name or type, one given twice) it leaves to
//! serde, which takes it or says what is wrong with it.

/// The members of an operation's body, each at most once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Members<'a> {
    /// `operation`, which an operation of a batch has.
    pub operation: Option<&'a str>,
    /// `idempotency_key`.
    pub idempotency_key: Option<&'a str>,
    /// `transaction_id`.
    pub transaction_id: Option<&'a str>,
    /// `tenant_account_ref`.
    pub tenant_account_ref: Option<&'a str>,
    /// `of_action_ref`.
    pub of_action_ref: Option<&'a str>,
    /// `tenant_balance_ref`.
    pub tenant_balance_ref: Option<&'a str>,
    /// `tenant_hold_balance_ref`.
    pub tenant_hold_balance_ref: Option<&'a str>,
    /// The number's text and the currency of `amount`.
    pub amount: Option<(&'a str, &'a str)>,
}

/// Reads a body; `None` where it is for serde to read it.
#[must_use]
pub fn members(body: &[u8]) -> Option<Members<'_>> {
    // Without a branch, so that it is done many bytes at a time.
    let odd = body.iter().fold(false, |odd, b| odd | !matches!(b, b' '..=b'~') | (*b == b'\\'));
    let text = str::from_utf8(body).ok().filter(|_| !odd)?;
    let mut read = Reader { text, at: 0 };
    let mut found = Members::default();
    read.object(|read, name| {
        let place = match name {
            "operation" => &mut found.operation,
            "idempotency_key" => &mut found.idempotency_key,
            "transaction_id" => &mut found.transaction_id,
            "tenant_account_ref" => &mut found.tenant_account_ref,
            "of_action_ref" => &mut found.of_action_ref,
            "tenant_balance_ref" => &mut found.tenant_balance_ref,
            "tenant_hold_balance_ref" => &mut found.tenant_hold_balance_ref,
            "amount" => return once(&mut found.amount, read.amount()?),
            _ => return None,
        };
        once(place, read.string()?)
    })?;
    read.end().then_some(found)
}

fn once<T>(place: &mut Option<T>, value: T) -> Option<()> {
    place.replace(value).is_none().then_some(())
}

/// How far a text is read, in which all is printable and nothing is escaped.
struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while self.peek() == Some(b' ') {
            self.at += 1;
        }
    }

    /// Takes `byte`, and space before it.
    fn take(&mut self, byte: u8) -> Option<()> {
        self.skip_space();
        (self.peek()? == byte).then(|| self.at += 1)
    }

    fn end(mut self) -> bool {
        self.skip_space();
        self.at == self.text.len()
    }

    /// Takes an object with a member at least; `member` takes the value of the one that it is given.
    fn object(&mut self, mut member: impl FnMut(&mut Self, &'a str) -> Option<()>) -> Option<()> {
        self.take(b'{')?;
        loop {
            let name = self.string()?;
            self.take(b':')?;
            member(self, name)?;
            if self.take(b',').is_none() {
                return self.take(b'}');
            }
        }
    }

    fn string(&mut self) -> Option<&'a str> {
        self.take(b'"')?;
        let rest = self.text.get(self.at..)?;
        let length = memchr::memchr(b'"', rest.as_bytes())?;
        self.at += length + 1;
        rest.get(..length)
    }

    /// Takes a number that has neither a sign nor an exponent.
    fn number(&mut self) -> Option<&'a str> {
        self.skip_space();
        let start = self.at;
        let whole = self.digits()?;
        if whole > 1 && self.text.as_bytes().get(start) == Some(&b'0') {
            return None;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        let ended = !matches!(self.peek(), Some(b'e' | b'E'));
        self.text.get(start..self.at).filter(|_| ended)
    }

    /// Takes one digit or more, and says how many.
    fn digits(&mut self) -> Option<usize> {
        let start = self.at;
        while self.peek().is_some_and(|b| b.is_ascii_digit()) {
            self.at += 1;
        }
        Some(self.at - start).filter(|count| *count > 0)
    }

    fn amount(&mut self) -> Option<(&'a str, &'a str)> {
        let (mut value, mut currency) = (None, None);
        self.object(|read, name| match name {
            "value" => once(&mut value, read.number()?),
            "currency" => once(&mut currency, read.string()?),
            _ => None,
        })?;
        value.zip(currency)
    }
}
