//! Small tables of text: columns as wide as what is in them, numbers to the right.

/// A table, ready to print; the first `names` columns are names, the others numbers.
pub(super) fn table<const N: usize>(
    head: [&str; N],
    rows: &[[String; N]],
    names: usize,
) -> Vec<String> {
    let head = head.map(str::to_owned);
    let rows = || std::iter::once(&head).chain(rows);
    let mut widths = [0; N];
    for row in rows() {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.len().max(*width);
        }
    }
    rows().map(|row| line(row, &widths, names)).collect()
}

fn line(row: &[String], widths: &[usize], names: usize) -> String {
    let mut line = String::new();
    for (n, (cell, &width)) in row.iter().zip(widths).enumerate() {
        line.push_str("  ");
        line.push_str(&if n < names {
            format!("{cell:width$}")
        } else {
            format!("{cell:>width$}")
        });
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_go_left_and_numbers_right() {
        let rows = [["a".to_owned(), "1.00".to_owned()], ["bcd".to_owned(), "-10.00".to_owned()]];
        let expected = ["  n         #", "  a      1.00", "  bcd  -10.00"];
        assert_eq!(table(["n", "#"], &rows, 1), expected);
    }
}
