//! Records as bytes, as the tables say.

/// A record as it will be written. What of it is wrong was made so by a test.
#[derive(Clone)]
pub(crate) struct Raw {
    pub(crate) links: Vec<u64>,
    pub(crate) payload: Vec<u8>,
}

impl Raw {
    pub(crate) fn new(links: &[u64], kind: u8, at: i64) -> Self {
        let mut raw = Self { links: links.to_vec(), payload: vec![1, kind, 0, 0, 0, 0, 0, 0] };
        raw.i64(at);
        raw
    }

    pub(crate) fn u8(&mut self, value: u8) -> &mut Self {
        self.payload.push(value);
        self
    }

    pub(crate) fn u64(&mut self, value: u64) -> &mut Self {
        self.payload.extend(value.to_le_bytes());
        self
    }

    pub(crate) fn i64(&mut self, value: i64) -> &mut Self {
        self.payload.extend(value.to_le_bytes());
        self
    }

    pub(crate) fn text(&mut self, text: &str) -> &mut Self {
        self.u8(text.len() as u8);
        self.payload.extend(text.as_bytes());
        self
    }

    /// Dollars.
    pub(crate) fn currency(&mut self) -> &mut Self {
        self.payload.extend(b"USD\x02");
        self
    }

    /// The balance, the hold or none, as they are afterwards.
    pub(crate) fn place(&mut self, pocket: [i64; 3], limit: u64, hold: Option<[i64; 3]>) {
        self.currency();
        for sum in pocket {
            self.i64(sum);
        }
        self.u64(limit);
        self.u8(u8::from(hold.is_some()));
        if let Some(sums) = hold {
            self.u8(0);
            for sum in sums {
                self.i64(sum);
            }
        }
    }

    /// The number of eight bytes that begins so many bytes before the end is changed by `by`.
    pub(crate) fn shift(&mut self, before_end: usize, by: i64) {
        let at = self.payload.len() - before_end;
        let bytes = &mut self.payload[at..at + 8];
        let number = i64::from_le_bytes(bytes.try_into().unwrap()).wrapping_add(by);
        bytes.copy_from_slice(&number.to_le_bytes());
    }
}
