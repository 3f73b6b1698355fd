//! The names of breaks: the same break of the same file has the same name whenever it is found.

use std::collections::HashMap;

use sha2::{Digest, Sha256};

use super::Report;
use crate::engine::record::BreakRef;
use crate::reconcile::breaks::Break;

/// The breaks that are listed, with their names. Of breaks that are about the same the second has
/// another name than the first, the same whenever both are found.
pub fn named(report: &Report) -> impl Iterator<Item = (BreakRef, &Break)> {
    let mut seen: HashMap<BreakRef, u64> = HashMap::new();
    report.breaks.iter().map(move |it| {
        let first = name(report.identity(), it, 0);
        let before = seen.entry(first).or_default();
        let of_this = if *before == 0 { first } else { name(report.identity(), it, *before) };
        *before += 1;
        (of_this, it)
    })
}

fn name(file: &str, it: &Break, before: u64) -> BreakRef {
    let named = !it.transaction.is_empty() || !it.reference.is_empty();
    let number = it.record.filter(|_| !named).map_or(0, |(number, _)| number);
    let mut hash = Sha256::new();
    for part in [file, it.kind.name(), &it.transaction, &it.account, &it.reference, &it.member] {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    hash.update(number.to_le_bytes());
    hash.update(before.to_le_bytes());
    let hash = hash.finalize();
    BreakRef::from_bytes(std::array::from_fn(|n| hash.get(n).copied().unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reconcile::kind::Kind;

    #[test]
    fn a_break_has_one_name_and_a_name_one_text() {
        let it = |transaction: &str| Break {
            transaction: transaction.to_owned(),
            ..Break::new(Kind::InFileOnly)
        };
        let report = |breaks| Report { file_ref: "f".to_owned(), breaks, ..Report::default() };
        let names = |report: &Report| named(report).map(|(name, _)| name).collect::<Vec<_>>();
        let both = names(&report(vec![it("a"), it("a"), it("b")]));
        assert_eq!(names(&report(vec![it("a")])), both[..1]);
        assert!(both[0] != both[1] && both[0] != both[2]);
        let text = both[0].to_string();
        assert_eq!(BreakRef::parse(&text), Some(both[0]));
        for bad in [&text[1..], &text[..35], &text.to_uppercase(), "brk_"] {
            assert_eq!(BreakRef::parse(bad), None);
        }
    }
}
