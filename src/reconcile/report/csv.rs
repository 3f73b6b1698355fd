//! The breaks of a report as CSV (RFC 4180): a head where it is wanted, then a line for each.

use super::told::{Broken, Figure, Told};

const HEAD: &str = "file,break_ref,kind,record,line,transaction_id,tenant_account_ref,network_ref,member,\
                    in_file,in_file_currency,in_ledger,in_ledger_currency,tenant_action_ref,what";

/// The lines, each with the end that the standard wants.
#[must_use]
pub fn csv(told: &Told, with_head: bool) -> String {
    let rows = told.breaks.iter().map(|it| row(&told.file.name, it));
    with_head.then(|| HEAD.to_owned()).into_iter().chain(rows).map(|line| line + "\r\n").collect()
}

fn row(file: &str, it: &Broken) -> String {
    let number = |number: Option<u64>| number.map(|it| it.to_string()).unwrap_or_default();
    let figure = |figure: &Option<Figure>| {
        let Figure { value, currency } = figure.clone().unwrap_or_default();
        [value, currency]
    };
    let names = [&it.transaction_id, &it.tenant_account_ref, &it.network_ref, &it.member];
    let mut cells = vec![file.to_owned(), it.break_ref.clone(), it.kind.clone()];
    cells.extend([number(it.record), number(it.line)]);
    cells.extend(names.map(Clone::clone));
    cells.extend(figure(&it.in_file));
    cells.extend(figure(&it.in_ledger));
    cells.extend([it.tenant_action_ref.clone(), it.what.clone()]);
    let cells: Vec<String> = cells.iter().map(|cell| quoted(cell)).collect();
    cells.join(",")
}

/// In quotes where it must be. What a spreadsheet would take for a formula is made a text: names come
/// from others.
fn quoted(cell: &str) -> String {
    let is_number = cell.bytes().skip(1).all(|it| it.is_ascii_digit() || it == b'.');
    let formula = cell.starts_with(['=', '+', '-', '@', '\t']) && !(is_number && cell.len() > 1);
    let cell = if formula { format!("'{cell}") } else { cell.to_owned() };
    if cell.contains(['"', ',', '\r', '\n']) {
        return format!("\"{}\"", cell.replace('"', "\"\""));
    }
    cell
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_cell_is_quoted_where_it_must_be_and_is_no_formula() {
        for (cell, written) in [
            ("a b", "a b"),
            ("a,\"b\"", "\"a,\"\"b\"\"\""),
            ("-12.50", "-12.50"),
            ("=1+1", "'=1+1"),
            ("@a,b", "\"'@a,b\""),
            ("-", "'-"),
        ] {
            assert_eq!(super::quoted(cell), written);
        }
    }
}
