//! Small tables of text: columns as wide as what is in them, numbers to the right.

/// A table that is printed at once or some rows at a time, each as wide as those before.
#[derive(Clone, Debug)]
pub struct Table<const N: usize> {
    head: [String; N],
    names: usize,
    widths: [usize; N],
}

impl<const N: usize> Table<N> {
    /// A table with these columns; the first `names` of them are names, the others numbers.
    #[must_use]
    pub fn new(head: [&str; N], names: usize) -> Self {
        let head = head.map(str::to_owned);
        let widths = std::array::from_fn(|n| width(&head[n]));
        Self { head, names, widths }
    }

    /// The lines of a table that has these rows and no more.
    #[must_use]
    pub fn whole(mut self, rows: &[[String; N]]) -> Vec<String> {
        let rows = self.rows(rows);
        std::iter::once(self.head()).chain(rows).collect()
    }

    /// The line above the rows, as wide as those so far.
    #[must_use]
    pub fn head(&self) -> String {
        self.line(&self.head)
    }

    /// The lines of some rows more.
    pub fn rows(&mut self, rows: &[[String; N]]) -> Vec<String> {
        for row in rows {
            for (widest, cell) in self.widths.iter_mut().zip(row) {
                *widest = width(cell).max(*widest);
            }
        }
        rows.iter().map(|row| self.line(row)).collect()
    }

    fn line(&self, row: &[String; N]) -> String {
        let mut line = String::new();
        for (n, (cell, &width)) in row.iter().zip(&self.widths).enumerate() {
            line.push_str("  ");
            line.push_str(&if n < self.names {
                format!("{cell:width$}")
            } else {
                format!("{cell:>width$}")
            });
        }
        line
    }
}

fn width(cell: &str) -> usize {
    cell.chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_go_left_and_numbers_right() {
        let rows = [["a".to_owned(), "1.00".to_owned()], ["bcd".to_owned(), "-10.00".to_owned()]];
        let expected = ["  n         #", "  a      1.00", "  bcd  -10.00"];
        assert_eq!(Table::new(["n", "#"], 1).whole(&rows), expected);
    }

    #[test]
    fn rows_that_come_later_are_as_wide_as_those_before() {
        let mut table = Table::new(["n", "#"], 1);
        let row = |name: &str, number: &str| [name.to_owned(), number.to_owned()];
        assert_eq!(table.rows(&[row("bcd", "-10")]), ["  bcd  -10"]);
        assert_eq!(table.head(), "  n      #");
        assert_eq!(table.rows(&[row("a", "1")]), ["  a      1"]);
    }
}
