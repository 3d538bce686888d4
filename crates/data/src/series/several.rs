//! Why a file that should have a row a day has several.

use std::collections::{BTreeSet, HashMap};

/// Names that are counted in a message.
const SHOWN: usize = 3;
/// Names of columns that tell series apart.
const SERIES: [&str; 10] = [
    "symbol", "ticker", "<ticker>", "code", "isin", "name", "company", "stock", "location",
    "station",
];

/// Rows of a file, as far as they were kept, with the day of each.
pub(super) struct Sample<'a> {
    pub(super) header: &'a [String],
    pub(super) rows: &'a [(u64, csv::ByteRecord)],
    /// Columns that are read, which tell nothing apart.
    pub(super) taken: Vec<usize>,
    pub(super) date: usize,
}

/// What tells the rows of a day apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Several {
    /// A column of names.
    Names(String, Vec<String>),
    /// A column of times of day.
    Times(String),
}

impl Sample<'_> {
    /// The column that tells the rows of a day apart, if one does.
    pub(super) fn why(&self) -> Option<Several> {
        let text = |row: &csv::ByteRecord, column: usize| {
            let cell = row.get(column).unwrap_or_default().trim_ascii();
            String::from_utf8_lossy(cell).into_owned()
        };
        let free = (0..self.header.len()).filter(|at| !self.taken.contains(at) && *at != self.date);
        let mut best = None;
        for column in free {
            let mut seen: HashMap<(String, String), usize> = HashMap::new();
            let mut names = BTreeSet::new();
            for (_, row) in self.rows {
                let name = text(row, column);
                *seen
                    .entry((text(row, self.date), name.clone()))
                    .or_default() += 1;
                names.insert(name);
            }
            let apart = seen.values().all(|count| *count == 1);
            if !apart || names.len() < 2 {
                continue;
            }
            let header = self.header[column].to_lowercase();
            let clock = |name: &String| name.contains(':') && name.len() <= 18;
            if header.contains("time") || names.iter().all(clock) {
                return Some(Several::Times(self.header[column].clone()));
            }
            let words = names
                .iter()
                .all(|name| name.parse::<f64>().is_err() && !name.is_empty());
            let named = SERIES.contains(&header.as_str());
            if named || (words && best.is_none()) {
                let names = names.into_iter().take(SHOWN + 1).collect();
                best = Some(Several::Names(self.header[column].clone(), names));
            }
        }
        best
    }
}

/// The first columns of these that tells series apart by its name.
pub(super) fn named_column(header: &[String]) -> Option<usize> {
    let names = header.iter().map(|name| name.to_lowercase());
    names
        .into_iter()
        .position(|name| SERIES[..5].contains(&name.as_str()))
}

/// A few names: `AAA, BBB, CCC, …`.
pub(super) fn some(names: &[String]) -> String {
    let shown: Vec<String> = names
        .iter()
        .take(SHOWN)
        .map(|name| super::cells::shown(name))
        .collect();
    let more = if names.len() > SHOWN { ", …" } else { "" };
    format!("{}{more}", shown.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn why(header: &[&str], rows: &[&[&str]]) -> Option<Several> {
        let header: Vec<String> = header.iter().map(|name| (*name).to_string()).collect();
        let rows: Vec<(u64, csv::ByteRecord)> = (2..)
            .zip(rows)
            .map(|(line, cells)| (line, csv::ByteRecord::from(cells.to_vec())))
            .collect();
        let taken = header
            .iter()
            .position(|name| name == "Close")
            .into_iter()
            .collect();
        let sample = Sample {
            header: &header,
            rows: &rows,
            taken,
            date: 0,
        };
        sample.why()
    }

    #[test]
    fn what_tells_rows_of_a_day_apart_is_found() {
        let rows: [&[&str]; 3] = [&["d1", "AA", "1"], &["d1", "BB", "2"], &["d2", "AA", "1"]];
        let names = vec!["AA".to_string(), "BB".to_string()];
        assert_eq!(
            why(&["Date", "Symbol", "Close"], &rows),
            Some(Several::Names("Symbol".into(), names))
        );
        let rows: [&[&str]; 2] = [&["d1", "09:30", "1"], &["d1", "09:35", "2"]];
        assert_eq!(
            why(&["Date", "Clock", "Close"], &rows),
            Some(Several::Times("Clock".into()))
        );
        let rows: [&[&str]; 2] = [&["d1", "x", "1"], &["d1", "x", "2"]];
        assert_eq!(why(&["Date", "Note", "Close"], &rows), None);
    }
}
