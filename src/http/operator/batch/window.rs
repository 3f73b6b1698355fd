//! What was decided and is not answered yet, in order. Pure: whether a record is durable it is told.
//!
//! Answers are written one behind the other into one buffer, which becomes a part of the response as
//! it is. Beside it stand where each ends, and the record that must be durable before it leaves.

use std::collections::VecDeque;

use hyper::body::{Buf, Bytes};

use super::super::super::answer::Problem;
use super::items::Form;
use super::told;
use crate::engine::Lsn;

/// So much is written before another buffer is begun, in bytes.
const PART_BYTES: usize = 32 << 10;
/// While so much waits nothing more is decided, in bytes: two of the log's longest groups.
const WINDOW_BYTES: usize = 4 << 20;
/// So many repeats are looked up at once.
const SEEN_MAX: usize = 128;

/// Answers on their way.
pub struct Window {
    form: Form,
    parts: VecDeque<Part>,
    /// What is being written.
    open: Vec<u8>,
    marks: Vec<Mark>,
    /// Whether anything was told or asked.
    begun: bool,
    /// What all of it has in bytes, that which was taken to be looked up included.
    bytes: usize,
    newest: Lsn,
}

enum Part {
    Told(Told),
    Seen(Vec<Seen>),
}

/// Answers in one buffer.
#[derive(Debug)]
struct Told {
    bytes: Bytes,
    marks: Vec<Mark>,
    /// How many of the answers have left.
    left: usize,
    /// And their bytes.
    gone: usize,
}

/// Where an answer ends, and what it reveals.
#[derive(Clone, Copy, Debug)]
struct Mark {
    end: usize,
    lsn: Lsn,
}

/// An operation whose key was used before, maybe by the record at `lsn`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// As it came.
    pub item: Vec<u8>,
    /// What comes before its answer.
    pub lead: &'static str,
    /// The record.
    pub lsn: Lsn,
    /// Records that only have the same hash.
    pub others: Vec<Lsn>,
}

/// What is to be done with the oldest answers.
#[derive(Debug)]
pub enum Front {
    /// They leave.
    Leaves(Bytes),
    /// They wait for this record.
    Waits(Lsn),
    /// Their records are to be read.
    Seen(Vec<Seen>),
    /// There are none.
    Nothing,
}

impl Window {
    /// An empty one.
    #[must_use]
    pub fn new(form: Form) -> Self {
        let (parts, open, marks) = (VecDeque::new(), Vec::new(), Vec::new());
        Self { form, parts, open, marks, begun: false, bytes: 0, newest: Lsn::ZERO }
    }

    /// Whether so much waits that nothing more may be decided.
    #[must_use]
    pub const fn is_full(&self) -> bool {
        self.bytes >= WINDOW_BYTES
    }

    /// Whether nothing waits.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.bytes == 0
    }

    /// The newest record that an answer reveals.
    #[must_use]
    pub const fn newest(&self) -> Lsn {
        self.newest
    }

    /// An answer that `write` writes and that leaves once `lsn` is durable.
    pub fn tell(&mut self, lsn: Lsn, write: impl FnOnce(&mut Vec<u8>)) {
        let lead = self.lead();
        self.put(lead, lsn, write);
    }

    /// An operation that is answered once the record of its key was read.
    pub fn ask(&mut self, item: &[u8], lsn: Lsn) {
        let lead = self.lead();
        self.seal();
        let seen = Seen { item: item.to_vec(), lead, lsn, others: Vec::new() };
        self.bytes = self.bytes.saturating_add(seen.bytes());
        match self.parts.back_mut() {
            Some(Part::Seen(all)) if all.len() < SEEN_MAX => all.push(seen),
            _ => self.parts.push_back(Part::Seen(vec![seen])),
        }
    }

    /// The last answer of a batch that ends before its end.
    pub fn end_with(&mut self, problem: Problem) {
        self.tell(Lsn::ZERO, |out| told::end(out, problem));
        self.end();
    }

    /// What stands behind the last answer.
    pub fn end(&mut self) {
        if self.form == Form::Array {
            let brackets = if self.begun { "]" } else { "[]" };
            self.open.extend_from_slice(brackets.as_bytes());
            self.mark(brackets.len(), Lsn::ZERO);
        }
    }

    /// What is to be done now that all up to `durable` is.
    pub fn front(&mut self, durable: Lsn) -> Front {
        if self.parts.is_empty() {
            match self.marks.first() {
                None => return Front::Nothing,
                Some(first) if first.lsn > durable => return Front::Waits(first.lsn),
                Some(_) => self.seal(),
            }
        }
        let front = match self.parts.front_mut() {
            None => Front::Nothing,
            Some(Part::Told(told)) => told.front(durable),
            Some(Part::Seen(seen)) => Front::Seen(std::mem::take(seen)),
        };
        if let Front::Leaves(bytes) = &front {
            self.bytes = self.bytes.saturating_sub(bytes.len());
        }
        let over = match self.parts.front() {
            Some(Part::Told(told)) => told.bytes.is_empty(),
            Some(Part::Seen(seen)) => seen.is_empty(),
            None => false,
        };
        if over {
            self.parts.pop_front();
        }
        front
    }

    /// The log failed: what the oldest answers reveal beyond `durable` is not known.
    pub fn fail(&mut self, durable: Lsn) {
        self.seal();
        if let Some(Part::Told(told)) = self.parts.front_mut() {
            let before = told.bytes.len();
            told.fail(durable);
            self.bytes = self.bytes.saturating_sub(before).saturating_add(told.bytes.len());
        }
    }

    /// Writes the answers of operations that were taken as [`Front::Seen`] in their place: `write`
    /// says what each reveals, or which record is to be read in its stead.
    pub fn answer(
        &mut self,
        seen: Vec<Seen>,
        mut write: impl FnMut(&mut Vec<u8>, &mut Seen) -> Result<Lsn, ()>,
    ) {
        // What came behind them stays behind them.
        self.seal();
        let behind = std::mem::take(&mut self.parts);
        for mut it in seen {
            self.bytes = self.bytes.saturating_sub(it.bytes());
            self.reply(&mut it, &mut write);
        }
        self.seal();
        self.parts.extend(behind);
    }

    fn reply(
        &mut self,
        seen: &mut Seen,
        write: &mut impl FnMut(&mut Vec<u8>, &mut Seen) -> Result<Lsn, ()>,
    ) {
        let mut body = Vec::new();
        match write(&mut body, seen) {
            Ok(lsn) => self.put(seen.lead, lsn, |out| out.extend_from_slice(&body)),
            Err(()) => {
                self.seal();
                self.bytes = self.bytes.saturating_add(seen.bytes());
                self.parts.push_back(Part::Seen(vec![seen.clone()]));
            }
        }
    }

    /// What comes before the next answer.
    fn lead(&mut self) -> &'static str {
        let first = !std::mem::replace(&mut self.begun, true);
        match self.form {
            Form::Lines => "",
            Form::Array if first => "[",
            Form::Array => ",\n",
        }
    }

    fn put(&mut self, lead: &str, lsn: Lsn, write: impl FnOnce(&mut Vec<u8>)) {
        if self.open.capacity() == 0 {
            // The last answer in it may go beyond.
            self.open.reserve(PART_BYTES.saturating_add(PART_BYTES / 32));
        }
        let before = self.open.len();
        self.open.extend_from_slice(lead.as_bytes());
        write(&mut self.open);
        if self.form == Form::Lines {
            self.open.push(b'\n');
        }
        self.newest = self.newest.max(lsn);
        self.mark(self.open.len().saturating_sub(before), lsn);
        if self.open.len() >= PART_BYTES {
            self.seal();
        }
    }

    fn mark(&mut self, bytes: usize, lsn: Lsn) {
        self.bytes = self.bytes.saturating_add(bytes);
        self.marks.push(Mark { end: self.open.len(), lsn });
    }

    /// Begins another buffer.
    fn seal(&mut self) {
        if self.marks.is_empty() {
            return;
        }
        let bytes = Bytes::from(std::mem::take(&mut self.open));
        let marks = std::mem::take(&mut self.marks);
        self.parts.push_back(Part::Told(Told { bytes, marks, left: 0, gone: 0 }));
    }
}

impl Seen {
    /// Never nothing, so that it counts.
    fn bytes(&self) -> usize {
        self.item.len().saturating_add(size_of::<Self>())
    }
}

impl Told {
    fn front(&mut self, durable: Lsn) -> Front {
        let rest = self.marks.get(self.left..).unwrap_or_default();
        let leave = rest.iter().take_while(|mark| mark.lsn <= durable).count();
        let Some(last) = leave.checked_sub(1).and_then(|last| rest.get(last)) else {
            return rest.first().map_or(Front::Nothing, |first| Front::Waits(first.lsn));
        };
        let bytes = last.end.saturating_sub(self.gone).min(self.bytes.len());
        self.gone = last.end;
        self.left = self.left.saturating_add(leave);
        Front::Leaves(self.bytes.split_to(bytes))
    }

    /// Puts "nobody knows" in the place of what reveals more than is durable.
    fn fail(&mut self, durable: Lsn) {
        let (mut bytes, mut marks) = (Vec::new(), Vec::new());
        let mut from = self.gone;
        for mark in self.marks.iter().skip(self.left) {
            let answer = self.bytes.split_to(mark.end.saturating_sub(from).min(self.bytes.len()));
            from = mark.end;
            if mark.lsn <= durable {
                bytes.extend_from_slice(answer.chunk());
            } else {
                let begin = answer.iter().position(|byte| *byte == b'{').unwrap_or(0);
                bytes.extend_from_slice(answer.get(..begin).unwrap_or_default());
                told::problem(&mut bytes, Problem::outcome_unknown());
                bytes.extend(answer.last().filter(|byte| **byte == b'\n'));
            }
            marks.push(Mark { end: bytes.len(), lsn: Lsn::ZERO });
        }
        *self = Self { bytes: bytes.into(), marks, left: 0, gone: 0 };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All that leaves when so much is durable.
    fn leaving(window: &mut Window, durable: u64) -> String {
        let mut text = Vec::new();
        while let Front::Leaves(bytes) = window.front(Lsn::new(durable)) {
            text.extend_from_slice(&bytes);
        }
        String::from_utf8(text).unwrap()
    }

    fn told(form: Form, lsns: impl IntoIterator<Item = u64>) -> Window {
        let mut window = Window::new(form);
        for lsn in lsns {
            window
                .tell(Lsn::new(lsn), |out| out.extend_from_slice(format!("{{{lsn}}}").as_bytes()));
        }
        window.end();
        window
    }

    #[test]
    fn an_answer_leaves_when_it_is_durable_and_all_before_it_have_left() {
        let mut window = told(Form::Array, [1, 0, 2, 5, 0]);
        assert_eq!(leaving(&mut window, 0), "");
        assert_eq!(leaving(&mut window, 1), "[{1},\n{0}");
        assert!(matches!(window.front(Lsn::new(1)), Front::Waits(lsn) if lsn == Lsn::new(2)));
        assert_eq!(leaving(&mut window, 4), ",\n{2}");
        assert_eq!(leaving(&mut window, 5), ",\n{5},\n{0}]");
        assert!(window.is_empty() && matches!(window.front(Lsn::new(5)), Front::Nothing));
    }

    #[test]
    fn what_is_not_durable_when_the_log_fails_is_not_known() {
        for (form, lead) in [(Form::Array, ",\n"), (Form::Lines, "")] {
            let mut window = told(form, [1, 2, 0, 3]);
            let before = leaving(&mut window, 1);
            assert!(before.contains("{1}"));
            window.fail(Lsn::new(2));
            let text = leaving(&mut window, 2);
            assert!(text.starts_with(&format!("{lead}{{2}}")) && text.contains("{0}"), "{text}");
            assert_eq!(text.matches("OUTCOME_UNKNOWN").count(), 1);
            assert!(!text.contains("{3}") && window.is_empty());
        }
    }

    #[test]
    fn what_waits_is_bounded_and_leaves_in_parts() {
        let mut window = Window::new(Form::Lines);
        let (mut count, mut waits) = (0_u64, 0);
        while !window.is_full() {
            count += 1;
            let item = [b'x'; 200];
            if count % 7 == 0 {
                window.ask(&item, Lsn::new(1));
                waits += item.len();
            } else {
                window.tell(Lsn::new(count), |out| out.extend_from_slice(&item));
                waits += item.len() + 1;
            }
        }
        assert!(waits <= WINDOW_BYTES + 201, "{waits}");
        let mut left = 0;
        loop {
            match window.front(Lsn::new(count)) {
                Front::Leaves(bytes) => left += bytes.len(),
                Front::Seen(seen) => {
                    assert!(seen.len() <= SEEN_MAX);
                    window.answer(seen, |out, seen| {
                        out.extend_from_slice(&seen.item);
                        Ok(seen.lsn)
                    });
                }
                Front::Waits(lsn) => panic!("{lsn} is durable"),
                Front::Nothing => break,
            }
        }
        assert!(window.is_empty());
        assert_eq!(left, usize::try_from(count).unwrap() * 201);
    }

    #[test]
    fn a_repeat_that_is_read_twice_keeps_its_place() {
        let mut window = Window::new(Form::Array);
        window.ask(b"a", Lsn::new(1));
        window.ask(b"b", Lsn::new(1));
        window.tell(Lsn::new(2), |out| out.extend_from_slice(b"{c}"));
        window.end();
        for round in 0..2 {
            let Front::Seen(seen) = window.front(Lsn::new(9)) else { panic!("they are asked") };
            window.answer(seen, |out, seen| {
                let known = seen.item == b"b" || round > 0;
                out.extend_from_slice(&seen.item);
                if known { Ok(Lsn::new(1)) } else { Err(()) }
            });
        }
        assert_eq!(leaving(&mut window, 9), "[a,\nb,\n{c}]");
    }
}
