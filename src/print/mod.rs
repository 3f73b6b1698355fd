//! What commands print with: tables, a stream of lines, and how far something is.

mod lines;
mod progress;
mod table;

pub use lines::{Ended, Lines};
pub use progress::{Stopwatch, bar};
pub use table::Table;

/// A number with a comma between each three digits.
#[must_use]
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let head = digits.len() % 3;
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && n % 3 == head {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// So many of something: `1 record`, `2 records`.
#[must_use]
pub fn plural(number: u64, one: &str) -> String {
    let s = if number == 1 { "" } else { "s" };
    format!("{} {one}{s}", count(number))
}

#[cfg(test)]
mod tests {
    #[test]
    fn three_digits_stand_together() {
        let cases = [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567")];
        for (number, text) in cases {
            assert_eq!(super::count(number), text);
        }
        assert_eq!(super::plural(1, "file"), "1 file");
        assert_eq!(super::plural(2000, "file"), "2,000 files");
    }
}
