//! Rows that a quote joined.

/// The column of a record whose cell looks like the ends of several rows, which a quote joined.
///
/// One line within the cell that has the shape of a row is enough; so are a first line that goes
/// on like a row, and a last one that begins like the next.
pub(super) fn swallowed(record: &csv::ByteRecord, delimiter: u8) -> Option<usize> {
    if record.len() < 2 || !record.as_slice().contains(&b'\n') {
        return None;
    }
    (0..record.len()).find(|&column| joins_rows(record, column, delimiter))
}

fn joins_rows(record: &csv::ByteRecord, column: usize, delimiter: u8) -> bool {
    let lines: Vec<&[u8]> = record[column].split(|&byte| byte == b'\n').collect();
    let [first, inner @ .., last] = lines.as_slice() else {
        return false;
    };
    if lines.len() < 2 {
        return false;
    }
    let after = record.len() - 1 - column;
    let split = |line: &&[u8]| -> Vec<Vec<u8>> {
        let cells = line.split(|&byte| byte == delimiter);
        cells.map(<[u8]>::to_vec).collect()
    };
    // The cell that was opened may hold delimiters of its own, so both ends are compared.
    let ends_like_a_row = |cells: &[Vec<u8>]| {
        cells.len() > after
            && (0..after)
                .all(|at| alike(&cells[cells.len() - after + at], &record[column + 1 + at]))
    };
    let begins_like_a_row = |cells: &[Vec<u8>]| {
        cells.len() > column && (0..column).all(|at| alike(&cells[at], &record[at]))
    };
    let whole = |line: &&[u8]| {
        let cells = split(line);
        cells.len() >= record.len() && begins_like_a_row(&cells) && ends_like_a_row(&cells)
    };
    inner.iter().any(whole) || (ends_like_a_row(&split(first)) && begins_like_a_row(&split(last)))
}

/// Whether two cells may be of one column: numbers both, or both not and of lengths not far apart.
///
/// A blank after the delimiter is a sign of prose.
fn alike(one: &[u8], other: &[u8]) -> bool {
    let number = |cell: &[u8]| {
        let text = std::str::from_utf8(cell).ok().map(str::trim);
        text.is_some_and(|text| text.parse::<f64>().is_ok())
    };
    if number(one) || number(other) {
        return number(one) && number(other);
    }
    !one.starts_with(b" ") && one.len() <= 3 * other.len() + 8
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn found(cells: &[&str]) -> Option<usize> {
        swallowed(&csv::ByteRecord::from(cells.to_vec()), b',')
    }

    #[test]
    fn rows_within_a_cell_are_seen() {
        assert_eq!(found(&["1", "open,b\n2,closed", "b"]), Some(1));
        assert_eq!(
            found(&["1", "open, he said,b\n2,middle,e\n3,closed", "b"]),
            Some(1)
        );
        assert_eq!(found(&["open,neg\nclosed", "pos"]), Some(0));
        assert_eq!(found(&["9", "x\ny\n8,title,b\nz", "b"]), Some(1));
    }

    #[test]
    fn prose_of_several_lines_is_not() {
        for cells in [
            ["1", "Dear all,\nit rains, as ever\nYours, K", "b"],
            ["1", "one\ntwo", "b"],
            ["1", "So, what?\nWell, nothing, or so", "b"],
            ["1", "a,b\nc", "b"],
            ["1", "plain", "b"],
        ] {
            assert_eq!(found(&cells), None, "{cells:?}");
        }
        assert_eq!(found(&["What is it, and\nwhy, if so?", "0"]), None);
        assert_eq!(found(&["a\nb,c"]), None);
    }

    proptest! {
        #[test]
        fn no_cells_make_it_panic(cells in prop::collection::vec("[a0,\n ]{0,12}", 0..5)) {
            let _ = swallowed(&csv::ByteRecord::from(cells), b',');
        }
    }
}
