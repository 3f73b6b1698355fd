//! Numbers, texts, options and lists as bytes, and back. Reading never trusts a length.

/// Bytes that are not what the format says; names the part that is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the record has a bad {0}")]
pub struct Malformed(pub(in crate::engine) &'static str);

/// What a record of one kind has behind the bytes that all begin with.
pub trait Body {
    /// The kind's number, for ever.
    const KIND: u8;

    /// Whether it can be written at all: each text and list within what its length can say.
    fn fits(&self) -> bool;

    /// Appends it, which fits, to a record.
    fn encode(&self, writer: &mut Writer<'_>);
}

/// Whether texts are short enough for [`Writer::text`].
pub(in crate::engine) fn texts_fit<'a>(texts: impl IntoIterator<Item = &'a str>) -> bool {
    texts.into_iter().all(|text| text.len() <= usize::from(u8::MAX))
}

/// Appends parts of a record to a buffer.
pub struct Writer<'a>(pub(in crate::engine) &'a mut Vec<u8>);

impl Writer<'_> {
    pub(in crate::engine) fn u8(&mut self, value: u8) {
        self.0.push(value);
    }

    pub(in crate::engine) fn u16(&mut self, value: u16) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    pub(in crate::engine) fn u32(&mut self, value: u32) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    pub(in crate::engine) fn u64(&mut self, value: u64) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    pub(in crate::engine) fn i64(&mut self, value: i64) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    pub(in crate::engine) fn i128(&mut self, value: i128) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    pub(in crate::engine) fn raw(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    /// A text of up to 255 bytes, which [`Body::fits`] has seen to.
    pub(in crate::engine) fn text(&mut self, text: &str) {
        self.u8(u8::try_from(text.len()).unwrap_or(u8::MAX));
        self.raw(text.as_bytes());
    }

    /// A text of up to 4 GiB. The log bounds a record to far less.
    pub(in crate::engine) fn long_text(&mut self, text: &str) {
        self.u32(u32::try_from(text.len()).unwrap_or(u32::MAX));
        self.raw(text.as_bytes());
    }

    pub(in crate::engine) fn option<T>(
        &mut self,
        part: Option<T>,
        write: impl FnOnce(&mut Self, T),
    ) {
        self.u8(u8::from(part.is_some()));
        if let Some(part) = part {
            write(self, part);
        }
    }

    /// A list of up to 255 parts, which [`Body::fits`] has seen to.
    pub(in crate::engine) fn list<T>(&mut self, parts: &[T], mut write: impl FnMut(&mut Self, &T)) {
        self.u8(u8::try_from(parts.len()).unwrap_or(u8::MAX));
        parts.iter().for_each(|part| write(self, part));
    }

    /// A list of up to 2^32 parts. The log bounds a record to far less.
    pub(in crate::engine) fn long_list<T>(
        &mut self,
        parts: &[T],
        mut write: impl FnMut(&mut Self, &T),
    ) {
        self.u32(u32::try_from(parts.len()).unwrap_or(u32::MAX));
        parts.iter().for_each(|part| write(self, part));
    }
}

/// Takes parts of a record off the front of a slice.
pub(in crate::engine) struct Reader<'a>(pub(in crate::engine) &'a [u8]);

impl<'a> Reader<'a> {
    pub(in crate::engine) fn take(&mut self, len: usize) -> Result<&'a [u8], Malformed> {
        let (part, rest) = self.0.split_at_checked(len).ok_or(Malformed("length"))?;
        self.0 = rest;
        Ok(part)
    }

    pub(in crate::engine) fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let (part, rest) = self.0.split_first_chunk().ok_or(Malformed("length"))?;
        self.0 = rest;
        Ok(*part)
    }

    pub(in crate::engine) fn u8(&mut self) -> Result<u8, Malformed> {
        self.array().map(u8::from_le_bytes)
    }

    pub(in crate::engine) fn u16(&mut self) -> Result<u16, Malformed> {
        self.array().map(u16::from_le_bytes)
    }

    pub(in crate::engine) fn u32(&mut self) -> Result<u32, Malformed> {
        self.array().map(u32::from_le_bytes)
    }

    pub(in crate::engine) fn u64(&mut self) -> Result<u64, Malformed> {
        self.array().map(u64::from_le_bytes)
    }

    pub(in crate::engine) fn i64(&mut self) -> Result<i64, Malformed> {
        self.array().map(i64::from_le_bytes)
    }

    pub(in crate::engine) fn i128(&mut self) -> Result<i128, Malformed> {
        self.array().map(i128::from_le_bytes)
    }

    pub(in crate::engine) fn flag(&mut self) -> Result<bool, Malformed> {
        match self.u8()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(Malformed("flag")),
        }
    }

    pub(in crate::engine) fn text(&mut self) -> Result<&'a str, Malformed> {
        let len = self.u8()?;
        self.utf8(usize::from(len))
    }

    /// So many texts in a row. They are looked at together: most are so short that the beginning
    /// costs more than the bytes do. A length below 128 is a character itself.
    pub(in crate::engine) fn texts<const N: usize>(&mut self) -> Result<[&'a str; N], Malformed> {
        let bytes = self.0;
        let mut places = [(); N].map(|()| 0..0);
        for place in &mut places {
            let len = usize::from(self.u8()?);
            let begin = bytes.len().saturating_sub(self.0.len());
            self.take(len)?;
            *place = begin..begin.saturating_add(len);
        }
        let end = bytes.len().saturating_sub(self.0.len());
        let whole = bytes.get(..end).and_then(|whole| std::str::from_utf8(whole).ok());
        let mut texts = [""; N];
        for (text, place) in texts.iter_mut().zip(places) {
            let found = whole.and_then(|whole| whole.get(place.clone()));
            let alone = || std::str::from_utf8(bytes.get(place)?).ok();
            *text = found.or_else(alone).ok_or(Malformed("text"))?;
        }
        Ok(texts)
    }

    pub(in crate::engine) fn long_text(&mut self) -> Result<&'a str, Malformed> {
        let len = usize::try_from(self.u32()?).map_err(|_| Malformed("length"))?;
        self.utf8(len)
    }

    fn utf8(&mut self, len: usize) -> Result<&'a str, Malformed> {
        std::str::from_utf8(self.take(len)?).map_err(|_| Malformed("text"))
    }

    pub(in crate::engine) fn option<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, Malformed>,
    ) -> Result<Option<T>, Malformed> {
        match self.u8()? {
            0 => Ok(None),
            1 => read(self).map(Some),
            _ => Err(Malformed("option")),
        }
    }

    pub(in crate::engine) fn list<T, C: Extend<T> + Default>(
        &mut self,
        at_most: u8,
        mut read: impl FnMut(&mut Self) -> Result<T, Malformed>,
    ) -> Result<C, Malformed> {
        let len = self.u8()?;
        if len > at_most {
            return Err(Malformed("list"));
        }
        let mut parts = C::default();
        for _ in 0..len {
            parts.extend([read(self)?]);
        }
        Ok(parts)
    }

    pub(in crate::engine) fn long_list<T>(
        &mut self,
        mut read: impl FnMut(&mut Self) -> Result<T, Malformed>,
    ) -> Result<Vec<T>, Malformed> {
        let len = self.u32()?;
        let mut parts = Vec::new(); // No room is made on the word of a length.
        for _ in 0..len {
            parts.push(read(self)?);
        }
        Ok(parts)
    }

    pub(in crate::engine) fn expect<T: Into<u64>>(
        &mut self,
        value: u64,
        read: impl FnOnce(&mut Self) -> Result<T, Malformed>,
        what: &'static str,
    ) -> Result<(), Malformed> {
        if read(self)?.into() == value { Ok(()) } else { Err(Malformed(what)) }
    }

    pub(in crate::engine) fn end(self) -> Result<(), Malformed> {
        if self.0.is_empty() { Ok(()) } else { Err(Malformed("length")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_read_together_are_those_read_one_by_one() {
        const BYTES: [u8; 6] = [0, 1, 2, 0x80, 0xc3, b'a'];
        let whole = 6_usize.pow(7);
        let mut read = 0;
        for n in 0..whole {
            let bytes = [0, 1, 2, 3, 4, 5, 6].map(|at| BYTES[n / 6_usize.pow(at) % 6]);
            let (mut together, mut alone) = (Reader(&bytes), Reader(&bytes));
            let found = together.texts::<3>().ok();
            let wanted = alone.text().and_then(|a| Ok([a, alone.text()?, alone.text()?])).ok();
            assert_eq!(found, wanted, "{bytes:x?}");
            if found.is_some() {
                assert_eq!(together.0, alone.0);
                read += 1;
            }
        }
        assert!(read > 1_000 && read < whole, "{read}");
    }
}
