//! Whether a table's first row holds names or data.

use crate::missing::is_missing;

/// Rows that are looked at.
const MOST: usize = 50;

/// Whether the first record looks like data: a number or a date above others, or a word that comes
/// again and again below it.
pub(crate) fn looks_headless(records: &[csv::ByteRecord]) -> bool {
    let Some((first, rest)) = records.split_first() else {
        return false;
    };
    let rest: Vec<_> = rest
        .iter()
        .filter(|row| row.len() == first.len())
        .take(MOST)
        .collect();
    if rest.is_empty() || rest.contains(&first) {
        return false;
    }
    let mut names = 0;
    let mut data = 0;
    for (column, cell) in first.iter().enumerate() {
        let cell = cell.trim_ascii();
        let below = rest
            .iter()
            .filter_map(|row| row.get(column))
            .map(<[u8]>::trim_ascii);
        let below: Vec<&[u8]> = below.filter(|cell| !is_nothing(cell)).collect();
        let kind = Kind::of(cell);
        let same = below.iter().filter(|cell| Kind::of(cell) == kind).count();
        match kind {
            // The years of a table with a column a year are names.
            Kind::Number if is_year(cell) && !below.iter().all(|cell| is_year(cell)) => names += 1,
            Kind::Number | Kind::Date if below.is_empty() => {}
            Kind::Number | Kind::Date => match same * 10 >= below.len() * 8 {
                true => data += 1,
                false => names += 1,
            },
            // A name over numbers is a name.
            Kind::Word if !below.is_empty() && same == 0 => names += 1,
            Kind::Word => {
                let again = below.iter().filter(|other| **other == cell).count();
                data += usize::from(!cell.is_empty() && again >= 2 && below.len() >= 4);
            }
            Kind::Empty => {}
        }
    }
    data > names
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Empty,
    Number,
    Date,
    Word,
}

impl Kind {
    fn of(cell: &[u8]) -> Self {
        let Ok(text) = std::str::from_utf8(cell) else {
            return Self::Word;
        };
        let plain = text
            .trim_start_matches(['$', '€', '£'])
            .trim_end_matches('%');
        let digits = text.bytes().filter(u8::is_ascii_digit).count();
        let marks = text.bytes().filter(|byte| b"-/.:".contains(byte)).count();
        let other = text
            .bytes()
            .filter(|byte| !byte.is_ascii_digit() && !b"-/.: TZ+".contains(byte));
        let number = plain.replace([',', '\''], "");
        match () {
            _ if text.is_empty() => Self::Empty,
            _ if number.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c))
                && number.parse::<f64>().is_ok() =>
            {
                Self::Number
            }
            _ if digits >= 4 && marks >= 2 && other.count() == 0 => Self::Date,
            _ => Self::Word,
        }
    }
}

fn is_nothing(cell: &[u8]) -> bool {
    std::str::from_utf8(cell).is_ok_and(is_missing)
}

fn is_year(cell: &[u8]) -> bool {
    let year = std::str::from_utf8(cell)
        .ok()
        .and_then(|cell| cell.parse().ok());
    cell.len() == 4 && year.is_some_and(|year: u32| (1800..2200).contains(&year))
}

#[cfg(test)]
mod tests {
    use super::super::delimiter::{Cells, records};
    use super::*;

    fn headless(text: &str) -> bool {
        let cells = Cells {
            delimiter: b',',
            quoting: true,
        };
        looks_headless(&records(text.as_bytes(), true, cells))
    }

    #[test]
    fn data_in_the_first_row_are_told_from_names() {
        let data = [
            "2018-01-01,1.5\n2018-01-02,1.6\n",
            "1,Some title,b\n2,Another,t\n3,Third,b\n",
            "good film,pos\nbad film,neg\nfine,pos\nso so,neg\nbest,pos\n",
            "28/09/2018 10:00,$1.50\n29/09/2018 10:00,$1.60\n",
        ];
        for text in data {
            assert!(headless(text), "{text}");
        }
        let names = [
            "date,close\n2018-01-01,1.5\n",
            "text,label\ngood,pos\nbad,neg\nfine,pos\nso so,neg\n",
            "country,2019,2020\nFrance,1.5,2.5\nSpain,1.5,2.5\n",
            "text\none\ntwo\n",
            "date,close\n",
            "date,close\ndate,close\n2018-01-01,1\n",
            "",
            "name,note\nx,\ny,\n",
        ];
        for text in names {
            assert!(!headless(text), "{text}");
        }
    }
}
