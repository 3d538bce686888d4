//! From rows in the order of the file to series in the order of time.

use super::spec::SeriesSpec;
use super::table::SeriesTable;
use crate::missing::MissingPolicy;
use jiff::civil::Date;

/// A row as it was read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    /// Number of its series.
    pub(super) series: u32,
    pub(super) date: Date,
    /// Line in the file.
    pub(super) line: u32,
    /// Where its values are in each column.
    pub(super) at: u32,
}

/// Rows of many series in the order of the file.
#[derive(Debug, Default)]
pub(super) struct Rows {
    names: Vec<String>,
    rows: Vec<Row>,
    /// A column the file lacks is none.
    columns: Vec<Option<Vec<f64>>>,
    /// Day of the last row of each series.
    last: Vec<Option<Date>>,
    ascents: usize,
    descents: usize,
}

/// Two rows of one day that differ.
pub(super) struct Clash {
    pub(super) what: String,
    pub(super) row: u64,
}

/// A table, and what was left out on the way.
pub(super) struct Assembled {
    pub(super) table: SeriesTable,
    /// Rows that repeat another.
    pub(super) duplicates: usize,
    /// Rows before the first value of a column to fill forward.
    pub(super) unfilled: usize,
    /// Cells of each column that were filled.
    pub(super) filled: Vec<usize>,
}

impl Rows {
    pub(super) fn new(present: impl Iterator<Item = bool>) -> Self {
        Self {
            columns: present.map(|there| there.then(Vec::new)).collect(),
            ..Self::default()
        }
    }

    /// Names of the series, in the order of the file.
    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    pub(super) fn add_series(&mut self, name: &str) -> u32 {
        self.names.push(name.to_string());
        self.last.push(None);
        self.names.len() as u32 - 1
    }

    /// Notes whether days rise or fall within the series.
    pub(super) fn see_order(&mut self, row: &Row) {
        let last = self.last[row.series as usize].replace(row.date);
        self.ascents += usize::from(last.is_some_and(|last| last < row.date));
        self.descents += usize::from(last.is_some_and(|last| last > row.date));
    }

    pub(super) fn newest_first(&self) -> bool {
        self.descents > self.ascents
    }

    pub(super) fn push(&mut self, mut row: Row, values: &[f64]) {
        row.at = self.rows.len() as u32;
        self.rows.push(row);
        for (column, value) in self.columns.iter_mut().zip(values) {
            if let Some(column) = column {
                column.push(*value);
            }
        }
    }

    /// Sorts, leaves out repeated rows, fills forward, and keeps the most recent rows.
    pub(super) fn assemble(mut self, spec: &SeriesSpec) -> Result<Assembled, Clash> {
        let mut by_name: Vec<u32> = (0..self.names.len() as u32).collect();
        by_name.sort_by_key(|&id| &self.names[id as usize]);
        let mut rank = vec![0_u32; by_name.len()];
        for (place, &id) in (0..).zip(&by_name) {
            rank[id as usize] = place;
        }
        let mut rows = std::mem::take(&mut self.rows);
        rows.sort_by_key(|row| (rank[row.series as usize], row.date, row.line));
        let duplicates = self.drop_duplicates(&mut rows)?;
        self.reorder(&rows);

        let mut keep = vec![true; rows.len()];
        let mut filled = vec![Vec::new(); spec.columns.len()];
        let columns = self.columns.iter_mut().zip(&spec.columns);
        for ((column, spec), filled) in columns.zip(&mut filled) {
            if let (Some(column), MissingPolicy::ForwardFill) = (column, spec.missing) {
                *filled = fill_forward(column, &rows, &mut keep);
            }
        }
        let kept = |rows: &Vec<usize>| rows.iter().filter(|row| keep[**row]).count();
        let filled = filled.iter().map(kept).collect();
        let unfilled = keep.iter().filter(|keep| !**keep).count();
        if let Some(limit) = spec.limit {
            keep_last(limit, &rows, &mut keep);
        }
        if keep.contains(&false) {
            retain(&mut rows, &keep);
            for column in self.columns.iter_mut().flatten() {
                retain(column, &keep);
            }
        }
        Ok(Assembled {
            table: self.into_table(&rows, spec),
            duplicates,
            unfilled,
            filled,
        })
    }

    /// Drops all but the first of identical rows; two rows of a day that differ are an error.
    fn drop_duplicates(&self, rows: &mut Vec<Row>) -> Result<usize, Clash> {
        let before = rows.len();
        let mut clash = None;
        rows.dedup_by(|next, kept| {
            if (next.series, next.date) != (kept.series, kept.date) {
                return false;
            }
            let same = self.columns.iter().flatten().all(|column| {
                let (one, other) = (column[next.at as usize], column[kept.at as usize]);
                one == other || (one.is_nan() && other.is_nan())
            });
            if !same {
                clash.get_or_insert((*kept, *next));
            }
            true
        });
        let Some((first, second)) = clash else {
            return Ok(before - rows.len());
        };
        let day = match self.names[first.series as usize].as_str() {
            "" => first.date.to_string(),
            name => format!("{name} on {}", first.date),
        };
        let (one, other) = (first.line, second.line);
        Err(Clash {
            what: format!("rows {one} and {other} give different values for {day}"),
            row: u64::from(second.line),
        })
    }

    /// Brings every column into the order of `rows`, one after the other to spare memory.
    fn reorder(&mut self, rows: &[Row]) {
        for column in self.columns.iter_mut().flatten() {
            *column = rows.iter().map(|row| column[row.at as usize]).collect();
        }
    }

    fn into_table(mut self, rows: &[Row], spec: &SeriesSpec) -> SeriesTable {
        let mut series = Vec::new();
        let mut ranges = Vec::new();
        for rows in rows.chunk_by(|one, other| one.series == other.series) {
            series.push(std::mem::take(&mut self.names[rows[0].series as usize]));
            let start = ranges
                .last()
                .map_or(0, |range: &std::ops::Range<usize>| range.end);
            ranges.push(start..start + rows.len());
        }
        let names = spec.columns.iter().map(|column| column.name.clone());
        SeriesTable {
            series,
            ranges,
            dates: rows.iter().map(|row| row.date).collect(),
            lines: rows.iter().map(|row| row.line).collect(),
            names: names.collect(),
            columns: self
                .columns
                .into_iter()
                .map(Option::unwrap_or_default)
                .collect(),
        }
    }
}

/// Fills from the row before in the same series, and gives the rows that were filled; a row with none
/// before is not kept.
fn fill_forward(column: &mut [f64], rows: &[Row], keep: &mut [bool]) -> Vec<usize> {
    let mut filled = Vec::new();
    for at in 0..rows.len() {
        if column[at].is_nan() && at > 0 && rows[at - 1].series == rows[at].series {
            column[at] = column[at - 1];
            filled.push(at);
        }
        keep[at] &= !column[at].is_nan();
    }
    filled
}

/// Keeps the last `limit` of those rows of each series that are still kept.
fn keep_last(limit: usize, rows: &[Row], keep: &mut [bool]) {
    let mut kept = 0;
    for at in (0..rows.len()).rev() {
        if rows
            .get(at + 1)
            .is_some_and(|next| next.series != rows[at].series)
        {
            kept = 0;
        }
        keep[at] &= kept < limit;
        kept += usize::from(keep[at]);
    }
}

fn retain<T>(items: &mut Vec<T>, keep: &[bool]) {
    let mut flags = keep.iter();
    items.retain(|_| flags.next().copied().unwrap_or(true));
}
