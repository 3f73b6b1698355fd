//! Which sealed files become one: a choice that sees their lengths and nothing else.
//!
//! A file that was just sealed is of level 0. Eight neighbours of a level become one of the next:
//! so of each level there are at most seven, and each byte is copied once for each level. A file of
//! more than half of the longest length is full and stays as it is for ever; files before a full one,
//! to which no more will come, become as few as they can. What is archived is merged with what is
//! archived only.

use std::ops::Range;

/// A sealed file as it is seen here.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    /// How many segments it is of.
    pub(super) segments: u64,
    pub(super) bytes: u64,
    pub(super) archived: bool,
    /// Whether it may be touched at all.
    pub(super) free: bool,
}

/// By what is chosen.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rule {
    /// How many files of a level become one.
    pub(super) files: usize,
    /// The longest file.
    pub(super) bytes_max: u64,
}

impl Rule {
    /// The oldest neighbours that are to become one, if any are.
    pub(super) fn choose(&self, files: &[Candidate]) -> Option<Range<usize>> {
        if self.files < 2 {
            return None;
        }
        let mut start = 0;
        while start < files.len() {
            let run = start..start + self.run(&files[start..]);
            if let Some(chosen) = self.choose_in(files, run.clone()) {
                return Some(chosen);
            }
            start = run.end.max(start + 1);
        }
        None
    }

    /// How many files from the first on may become one, by what and where they are.
    fn run(&self, files: &[Candidate]) -> usize {
        let first = files.first().filter(|first| first.free);
        let fits = |file: &&Candidate| {
            let alike = first.is_some_and(|first| first.archived == file.archived);
            alike && file.free && !self.is_full(file)
        };
        files.iter().take_while(fits).count()
    }

    fn choose_in(&self, files: &[Candidate], run: Range<usize>) -> Option<Range<usize>> {
        let alike = |next: &&Candidate| files[run.start].archived == next.archived && next.free;
        let closed = files.get(run.end).filter(alike).is_some_and(|next| self.is_full(next));
        let (at, count) =
            if closed { (0, run.len()) } else { self.of_a_level(&files[run.clone()])? };
        let chosen = run.start + at..run.start + at + self.fit(&files[run][at..at + count]);
        (chosen.len() > 1).then_some(chosen)
    }

    /// The first neighbours of one level that are enough: where they begin, and how many of them
    /// become one of a higher level. A file counts as of the level of those behind it where that is
    /// higher: it will have no other neighbours.
    fn of_a_level(&self, run: &[Candidate]) -> Option<(usize, usize)> {
        let fan = u64::try_from(self.files).unwrap_or(u64::MAX);
        let mut levels: Vec<u32> = run.iter().map(|file| file.segments.max(1).ilog(fan)).collect();
        let mut behind = 0;
        for level in levels.iter_mut().rev() {
            behind = behind.max(*level);
            *level = behind;
        }
        let mut at = 0;
        for same in levels.chunk_by(|a, b| a == b) {
            if same.len() >= self.files {
                return Some((at, self.files.pow(same.len().ilog(self.files))));
            }
            at += same.len();
        }
        None
    }

    /// How many of these from the first on are not too long together.
    fn fit(&self, files: &[Candidate]) -> usize {
        let lengths = files.iter().scan(0_u64, |sum, file| {
            *sum = sum.saturating_add(file.bytes);
            Some(*sum)
        });
        lengths.take_while(|sum| *sum <= self.bytes_max).count()
    }

    const fn is_full(&self, file: &Candidate) -> bool {
        file.bytes > self.bytes_max / 2
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulated::Choices;

    const FREE: Candidate = Candidate { segments: 1, bytes: 1, archived: false, free: true };

    fn of(segments: u64, bytes: u64) -> Candidate {
        Candidate { segments, bytes, ..FREE }
    }

    fn row(files: &str) -> Vec<Candidate> {
        let file = |c: char| match c {
            'F' => of(1, 600),
            'a' => Candidate { archived: true, ..FREE },
            'x' => Candidate { free: false, ..FREE },
            digit => of(3_u64.pow(digit.to_digit(10).unwrap()), 1),
        };
        files.chars().map(file).collect()
    }

    /// By threes, up to a length of 1000: a digit is a file of that level, F one that is full, a one
    /// that is archived, x one that is not free.
    #[test]
    fn neighbours_of_a_level_become_one_and_the_oldest_first() {
        let rule = Rule { files: 3, bytes_max: 1000 };
        let cases: [(&str, Option<Range<usize>>); 19] = [
            ("", None),
            ("00", None),
            ("000", Some(0..3)),
            ("0000", Some(0..3)),
            ("100", None),
            ("1000", Some(1..4)),
            ("111000", Some(0..3)),
            // What has older neighbours of a higher level waits for more of its own.
            ("2211", None),
            // What has younger ones of a higher level goes with them.
            ("02", None),
            ("0200", None),
            ("01200", Some(0..3)),
            ("20022", Some(0..3)),
            ("000000000", Some(0..9)),
            // Nothing more comes to what lies before a full one.
            ("0F", None),
            ("01F", Some(0..2)),
            ("F0F10F", Some(3..5)),
            // What is archived is merged with the like only, and what is not free with none.
            ("aa00", None),
            ("aaa00", Some(0..3)),
            ("00x00F", Some(3..5)),
        ];
        for (files, chosen) in cases {
            assert_eq!(rule.choose(&row(files)), chosen, "{files}");
        }
        for files in [0, 1] {
            assert_eq!(Rule { files, ..rule }.choose(&row("000000000")), None);
        }
    }

    /// As many segments as are asked for, each sealed into a file of some length, merged as chosen:
    /// the files that are left, and how many bytes were copied.
    fn grow(rule: Rule, segments: u64, mut length: impl FnMut() -> u64) -> (Vec<Candidate>, u64) {
        let (mut files, mut copied) = (Vec::new(), 0);
        for _ in 0..segments {
            files.push(of(1, length()));
            while let Some(chosen) = rule.choose(&files) {
                assert!(chosen.len() > 1);
                let (segments, bytes) = files[chosen.clone()]
                    .iter()
                    .fold((0, 0), |sum, file| (sum.0 + file.segments, sum.1 + file.bytes));
                assert!(bytes <= rule.bytes_max, "{bytes} bytes");
                files.splice(chosen, [of(segments, bytes)]);
                copied += bytes;
            }
        }
        (files, copied)
    }

    fn total(files: &[Candidate]) -> u64 {
        files.iter().map(|file| file.bytes).sum()
    }

    #[test]
    fn files_stay_few_and_each_byte_is_copied_once_for_each_level() {
        for fan in [2, 3, 8] {
            let rule = Rule { files: fan, bytes_max: u64::MAX };
            for segments in [1, 7, 100, 3_000] {
                let (files, copied) = grow(rule, segments, || 10);
                let levels = segments.ilog(u64::try_from(fan).unwrap());
                let most = (fan - 1) * usize::try_from(levels + 1).unwrap();
                assert!(files.len() <= most, "{} files of {segments} segments", files.len());
                assert!(copied <= u64::from(levels) * total(&files));
            }
        }
    }

    /// However the lengths change, whether each is longer than all before or a burst of long ones
    /// comes and goes.
    #[test]
    fn files_stay_few_however_long_they_are() {
        for seed in 0..60 {
            let mut choices = Choices::new(seed);
            let rule =
                Rule { files: [2, 3, 8][usize::try_from(seed % 3).unwrap()], bytes_max: 10_000 };
            let mut long = 1;
            let (files, copied) = grow(rule, 3_000, || {
                if choices.once_in(100) {
                    long = [1, 30, 900, 7_000][usize::try_from(choices.below(4)).unwrap()];
                }
                1 + choices.below(long)
            });
            let full = files.iter().filter(|file| file.bytes > 5_000).count();
            let open = (rule.files - 1) * 12;
            assert!(files.len() <= 2 * full + open, "seed {seed}: {} of {full}", files.len());
            let sum = total(&files);
            assert!(wide_less(full, sum / 5_000), "seed {seed}");
            assert!(copied <= 14 * sum, "seed {seed}: {copied} bytes for {sum}");
        }
    }

    fn wide_less(files: usize, most: u64) -> bool {
        u64::try_from(files).unwrap() <= most
    }

    /// A log of many files of before there was merging becomes few at once, not level by level.
    #[test]
    fn many_files_of_a_level_become_one_of_a_higher_level_at_once() {
        let rule = Rule { files: 8, bytes_max: 1 << 30 };
        assert_eq!(rule.choose(&vec![of(1, 1 << 20); 700]), Some(0..512));
        assert_eq!(rule.choose(&vec![of(1, 10 << 20); 700]), Some(0..102));
        assert_eq!(rule.choose(&vec![of(1, 1 << 20); 63]), Some(0..8));
    }
}
