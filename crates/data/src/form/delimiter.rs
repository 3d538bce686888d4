//! What stands between the cells of a table, by its first lines.

/// Bytes that may stand between cells, the likeliest first.
const CANDIDATES: [u8; 4] = [b',', b'\t', b';', b'|'];
/// Records that are looked at.
const MOST: usize = 200;
/// A byte that no text holds: every line is one cell.
pub(crate) const ONE_COLUMN: u8 = 0x1f;

/// How cells are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cells {
    pub(crate) delimiter: u8,
    pub(crate) quoting: bool,
}

/// The first records of a sample; the last is left out if it may be cut.
pub(crate) fn records(sample: &[u8], whole: bool, cells: Cells) -> Vec<csv::ByteRecord> {
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(cells.delimiter)
        .quoting(cells.quoting)
        .has_headers(false)
        .flexible(true)
        .from_reader(sample);
    let mut records: Vec<_> = reader
        .byte_records()
        .map_while(Result::ok)
        .take(MOST)
        .collect();
    if !whole && records.len() > 1 && records.len() < MOST {
        records.pop();
    }
    records
}

/// Finds what is not given.
///
/// The delimiter is the one by which most records have as many cells as the first, of two at
/// least. Where no byte does that, the file has one column.
pub(crate) fn find(
    sample: &[u8],
    whole: bool,
    delimiter: Option<u8>,
    quoting: Option<bool>,
) -> Cells {
    let delimiters = delimiter.map_or(CANDIDATES.to_vec(), |given| vec![given]);
    let mut best: Option<(Fit, Cells)> = None;
    for delimiter in delimiters {
        // Most files with tabs have no quotes, and are full of lone ones.
        let usual = delimiter != b'\t';
        let both = quoting.map_or(vec![usual, !usual], |given| vec![given]);
        for quoting in both {
            let cells = Cells { delimiter, quoting };
            let all = records(sample, whole, cells);
            let Some(fit) = fit(&all) else {
                continue;
            };
            let better = best.as_ref().is_none_or(|(so_far, found)| {
                let turned = found.delimiter == delimiter && found.quoting != quoting;
                match turned {
                    // Quotes are read otherwise than usual only where that explains all records:
                    // some did not fit, or were swallowed by a quote that stands alone.
                    true => {
                        let odd = so_far.alike < 1.0 || so_far.records < fit.records;
                        let explained = quoting || !all.iter().any(has_quoted_cell);
                        fit.alike == 1.0 && odd && explained && fit.width == so_far.width
                    }
                    false => fit.is_better_than(so_far),
                }
            });
            if better {
                best = Some((fit, cells));
            }
        }
    }
    best.map_or_else(
        || Cells {
            delimiter: delimiter.unwrap_or(one_column(sample, whole)),
            quoting: quoting.unwrap_or(delimiter != Some(b'\t')),
        },
        |(_, cells)| cells,
    )
}

/// A comma where no cell has one outside of quotes, as in any table.
fn one_column(sample: &[u8], whole: bool) -> u8 {
    let cells = Cells {
        delimiter: b',',
        quoting: true,
    };
    match records(sample, whole, cells)
        .iter()
        .all(|record| record.len() == 1)
    {
        true => b',',
        false => ONE_COLUMN,
    }
}

/// Whether a cell that was read with its quotes begins and ends with one.
fn has_quoted_cell(record: &csv::ByteRecord) -> bool {
    let quoted = |cell: &[u8]| cell.len() > 1 && cell.starts_with(b"\"") && cell.ends_with(b"\"");
    record.iter().any(quoted)
}

/// How well records fit a delimiter.
#[derive(Debug, Clone, Copy)]
struct Fit {
    /// The share that has as many cells as the first.
    alike: f64,
    /// Cells of the first.
    width: usize,
    records: usize,
}

impl Fit {
    fn is_better_than(&self, other: &Self) -> bool {
        let (one, another) = (self.alike >= 0.9, other.alike >= 0.9);
        match one == another {
            false => one,
            true if self.width == other.width => self.alike > other.alike,
            true if one => self.width > other.width,
            true => self.alike > other.alike,
        }
    }
}

fn fit(records: &[csv::ByteRecord]) -> Option<Fit> {
    let width = records.first()?.len();
    if width < 2 {
        return None;
    }
    let alike = records
        .iter()
        .filter(|record| record.len() == width)
        .count();
    Some(Fit {
        alike: alike as f64 / records.len() as f64,
        width,
        records: records.len(),
    })
}

/// The delimiter's name for people.
pub(crate) fn name(delimiter: u8) -> String {
    match delimiter {
        b',' => "commas".to_string(),
        b';' => "semicolons".to_string(),
        b'\t' => "tabs".to_string(),
        b'|' => "vertical bars".to_string(),
        other => format!("\"{}\"", char::from(other).escape_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn found(text: &str) -> (char, bool) {
        let cells = find(text.as_bytes(), true, None, None);
        (char::from(cells.delimiter), cells.quoting)
    }

    #[test]
    fn delimiters_are_found_by_what_all_records_share() {
        let cases = [
            ("date,close\n2018-01-01,1.5\n", (',', true)),
            ("date;close\n2018-01-01;1,5\n2018-01-02;1,75\n", (';', true)),
            ("id\ttitle\n1\tSo, \"it is\n2\ta, b, c\n", ('\t', false)),
            ("id|title\n1|a, b\n", ('|', true)),
            (
                "review,label\n\"a; b; c\",pos\nplain; text,neg\n",
                (',', true),
            ),
            ("text;label\n\"two\nlines; more\";a\n\"x\";b\n", (';', true)),
            ("text\tlabel\n\"two\nlines\"\ta\nx\tb\n", ('\t', true)),
            ("a,b\n1,2\n3\n4,5,6\n", (',', true)),
            ("text\n\"one, two\"\nthree\n", (',', true)),
            ("text\none, two\nthree\n", ('\u{1f}', true)),
            ("", (',', true)),
        ];
        for (text, wanted) in cases {
            assert_eq!(found(text), wanted, "{text}");
        }
    }

    #[test]
    fn a_lone_quote_turns_quoting_off_where_that_explains_all() {
        assert_eq!(found("id,title\n1,\"open\n2,b\n3,c\n"), (',', false));
        let with_quoted = "id,title\n1,\"open\n2,b\n3,\"c\"\n4,d\"\n";
        assert_eq!(found(with_quoted), (',', true));
    }

    #[test]
    fn what_is_given_wins() {
        let text = b"a;b\n1;2\n";
        let cells = find(text, true, Some(b','), None);
        assert_eq!((cells.delimiter, cells.quoting), (b',', true));
        let cells = find(text, true, None, Some(false));
        assert_eq!((cells.delimiter, cells.quoting), (b';', false));
    }

    proptest! {
        #[test]
        fn any_bytes_have_a_delimiter(bytes in prop::collection::vec(any::<u8>(), 0..200), whole: bool) {
            let _ = find(&bytes, whole, None, None);
        }
    }
}
