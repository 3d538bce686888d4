//! From rows in the order of the file to series on one grid of time.

use super::frequency::Frequency;
use super::read::{TimeRow, TimeRows};
use super::spec::{Covariate, GapPolicy};
use super::stamp::{Stamp, TimeForm};
use super::summary::TimelineSummary;
use crate::error::{DataError, Result};

/// Steps without a row that any series may have, beside as many as it has rows.
const MOST_EMPTY: i64 = 100;

/// Series of one frequency.
#[derive(Debug, Clone)]
pub struct Timeline {
    /// The step.
    pub frequency: Frequency,
    /// How times are written.
    pub form: TimeForm,
    /// Columns of time, target and series; the last is empty for a file of one series.
    pub columns: [String; 3],
    /// The columns beside the target.
    pub covariates: Vec<Covariate>,
    /// The series, in the order of the file.
    pub series: Vec<TimelineSeries>,
    /// What was read.
    pub summary: TimelineSummary,
}

/// One series, a value at every step.
#[derive(Debug, Clone, PartialEq)]
pub struct TimelineSeries {
    /// Its name; empty for a file of one series.
    pub name: String,
    /// Time of the first value.
    pub start: Stamp,
    /// The values, all finite.
    pub values: Vec<f64>,
    /// For each covariate a number or category a step; NaN where there is none. Those known for the
    /// future may go on after the last value.
    pub covariates: Vec<Vec<f64>>,
}

impl Timeline {
    /// The time of a step of a series, in it or beyond it.
    pub fn time(&self, series: usize, step: usize) -> Option<Stamp> {
        let steps = i64::try_from(step).ok()?;
        self.frequency.advance(self.series[series].start, steps)
    }

    /// That time as the file would write it.
    pub fn written(&self, series: usize, step: usize) -> String {
        let time = self.time(series, step);
        time.map(|stamp| self.form.write(stamp)).unwrap_or_default()
    }

    /// Number of values.
    pub fn len(&self) -> usize {
        self.series.iter().map(|one| one.values.len()).sum()
    }

    /// Whether there is no value.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl TimeRows {
    /// Puts the rows on the grid of their frequency, which is found unless given.
    ///
    /// # Errors
    /// With file and row: two rows of one time that differ, a row between two steps, a step without
    /// a value where the policy is to refuse, too many of them, no series of two rows.
    pub fn assemble(
        mut self,
        gaps: GapPolicy,
        limit: Option<usize>,
        frequency: Option<Frequency>,
    ) -> Result<Timeline> {
        let mut summary = TimelineSummary::new(&self);
        let mut all = std::mem::take(&mut self.rows);
        for (rows, name) in all.iter_mut().zip(&self.names) {
            summary.newest_first |= rows
                .windows(2)
                .filter(|pair| pair[0].stamp > pair[1].stamp)
                .count()
                > rows.len() / 2;
            rows.sort_by_key(|row| (row.stamp, row.line));
            self.unite(name, rows, &mut summary)?;
        }
        let stamps: Vec<Vec<Stamp>> = all
            .iter()
            .map(|rows| rows.iter().map(|row| row.stamp).collect())
            .collect();
        let slices = stamps.iter().map(Vec::as_slice);
        let frequency = match frequency {
            Some(frequency) => frequency,
            None => Frequency::find(slices, self.form.is_count()).ok_or_else(|| self.no_step())?,
        };
        let mut series = Vec::with_capacity(all.len());
        for (mut rows, name) in all.into_iter().zip(&self.names) {
            if let Frequency::Weekdays(_) = frequency {
                let before = rows.len();
                rows.retain(|row| frequency.steps(row.stamp, row.stamp).is_some());
                summary.off_days += before - rows.len();
            }
            if let Some(limit) = limit {
                rows.drain(..rows.len().saturating_sub(limit));
            }
            if let Some(one) = self.on_grid(name, &rows, frequency, gaps, &mut summary)? {
                series.push(one);
            }
        }
        if series.is_empty() {
            let what = format!("no row has a value in column {}", self.columns[1]);
            return Err(DataError::content(
                what,
                self.place(0, 1),
                "give a file with values",
            ));
        }
        let timeline = Timeline {
            frequency,
            form: self.form,
            columns: self.columns,
            covariates: self.covariates,
            series,
            summary: TimelineSummary::default(),
        };
        summary.close(&timeline);
        Ok(Timeline {
            summary,
            ..timeline
        })
    }

    /// Keeps one of the rows of a time.
    fn unite(
        &self,
        name: &str,
        rows: &mut Vec<TimeRow>,
        summary: &mut TimelineSummary,
    ) -> Result<()> {
        let mut clash = None;
        rows.dedup_by(|next, kept| {
            if next.stamp != kept.stamp {
                return false;
            }
            let same = next.value == kept.value || (next.value.is_nan() && kept.value.is_nan());
            if kept.line == 0 {
                summary.replaced += usize::from(!same && !kept.value.is_nan());
                if next.value.is_nan() {
                    next.value = kept.value;
                }
                *kept = next.clone();
            } else if same {
                summary.duplicates += 1;
            } else {
                clash.get_or_insert((kept.line, next.line, next.stamp));
            }
            true
        });
        let Some((one, other, stamp)) = clash else {
            return Ok(());
        };
        let of = if name.is_empty() {
            String::new()
        } else {
            format!("{name} at ")
        };
        let time = self.form.write(stamp);
        let what = format!("rows {one} and {other} give different values for {of}{time}");
        let help = match name.is_empty() {
            true => {
                "name the column that tells series apart with --set series=NAME, or keep one of the rows"
            }
            false => {
                "keep one of the two rows; write times with their offset where clocks are put back"
            }
        };
        Err(DataError::content(what, self.place(other, 0), help))
    }

    fn no_step(&self) -> DataError {
        let help = match self.columns[2].is_empty() {
            true => "give a file with more rows".to_string(),
            false => format!(
                "every value of column {} is a series of its own; name another column with --set \
                 series=NAME, or give more rows",
                self.columns[2]
            ),
        };
        DataError::content(
            "no series has two rows, so none has a step",
            self.place(0, 0),
            help,
        )
    }

    /// One series on the grid; none when it has no value.
    fn on_grid(
        &self,
        name: &str,
        rows: &[TimeRow],
        frequency: Frequency,
        gaps: GapPolicy,
        summary: &mut TimelineSummary,
    ) -> Result<Option<TimelineSeries>> {
        let Some(from) = rows.iter().position(|row| !row.value.is_nan()) else {
            return Ok(None);
        };
        let rows = &rows[from..];
        let start = rows[0].stamp;
        let last_value = rows
            .iter()
            .rposition(|row| !row.value.is_nan())
            .unwrap_or(0);
        let mut positions = Vec::with_capacity(rows.len());
        for row in rows {
            let at = frequency
                .steps(start, row.stamp)
                .ok_or_else(|| self.off_grid(name, rows, row, frequency))?;
            positions.push(at);
        }
        self.refuse_sparse(name, rows, &positions, frequency)?;
        let steps = positions[last_value] as usize + 1;
        let until = positions[rows.len() - 1] as usize + 1;
        let mut values = vec![f64::NAN; steps];
        let mut covariates = vec![vec![f64::NAN; until]; self.covariates.len()];
        for (row, &at) in rows.iter().zip(&positions) {
            let at = at as usize;
            if at < steps {
                values[at] = row.value;
            }
            for (column, value) in covariates.iter_mut().zip(&row.covariates) {
                column[at] = *value;
            }
        }
        for pair in positions.windows(2).zip(rows.windows(2)) {
            let ([one, other], [row, _]) = pair else {
                continue;
            };
            if other - one > 1 && *other < steps as i64 {
                summary.gap(name, &self.form, row.stamp, other - one - 1);
            }
        }
        let empty = values.iter().filter(|value| value.is_nan()).count();
        if empty > 0 && gaps == GapPolicy::Refuse {
            let at = values.iter().position(|value| value.is_nan()).unwrap_or(0);
            let before = positions.partition_point(|&position| position < at as i64);
            let line = rows.get(before).map_or(0, |row| row.line);
            let time = frequency
                .advance(start, at as i64)
                .map(|stamp| self.form.write(stamp));
            let what = format!(
                "there is no value at {}{}",
                time.unwrap_or_default(),
                of(name)
            );
            let help = "add the row, or choose --set gaps=interpolate, forward or zero";
            return Err(DataError::content(what, self.place(line, 1), help));
        }
        summary.filled += empty;
        fill(&mut values, gaps);
        for (column, covariate) in covariates.iter_mut().zip(&self.covariates) {
            carry(column, if covariate.future { until } else { steps });
        }
        Ok(Some(TimelineSeries {
            name: name.to_string(),
            start,
            values,
            covariates,
        }))
    }

    fn off_grid(
        &self,
        name: &str,
        rows: &[TimeRow],
        row: &TimeRow,
        frequency: Frequency,
    ) -> DataError {
        let first = self.form.write(rows[0].stamp);
        let what = format!(
            "the times are irregular: most rows{} are {}, and {} is no whole number of steps after {first}",
            of(name),
            frequency.name(),
            self.form.write(row.stamp),
        );
        let help = "give rows at regular times, such as means of each hour or day";
        DataError::content(what, self.place(row.line, 0), help)
    }

    /// A grid with hardly a row on it is no regular series, and filling it could take all memory.
    fn refuse_sparse(
        &self,
        name: &str,
        rows: &[TimeRow],
        positions: &[i64],
        frequency: Frequency,
    ) -> Result<()> {
        let (Some(&last), count) = (positions.last(), rows.len() as i64) else {
            return Ok(());
        };
        if last < 2 * count + MOST_EMPTY {
            return Ok(());
        }
        let widest = (1..positions.len()).max_by_key(|&at| positions[at] - positions[at - 1]);
        let line = widest.map_or(0, |at| rows[at].line);
        let what = format!(
            "the times are irregular: only {count} of {} steps{} have a row, where the step is {}",
            last + 1,
            of(name),
            frequency.name()
        );
        let help = "give rows at regular times, such as means of each hour or day, or take out rows that lie far apart";
        Err(DataError::content(what, self.place(line, 0), help))
    }
}

fn of(name: &str) -> String {
    match name {
        "" => String::new(),
        name => format!(" of {name}"),
    }
}

/// Fills steps without a value; the first and the last have one.
fn fill(values: &mut [f64], gaps: GapPolicy) {
    let mut at = 0;
    while at < values.len() {
        if !values[at].is_nan() {
            at += 1;
            continue;
        }
        let end = values[at..]
            .iter()
            .position(|value| !value.is_nan())
            .map_or(values.len(), |n| at + n);
        let before = if at > 0 { values[at - 1] } else { 0.0 };
        let after = values.get(end).copied().unwrap_or(before);
        let steps = (end - at + 1) as f64;
        for (nth, slot) in values[at..end].iter_mut().enumerate() {
            *slot = match gaps {
                GapPolicy::Zero => 0.0,
                GapPolicy::Forward => before,
                GapPolicy::Interpolate | GapPolicy::Refuse => {
                    before + (after - before) * (nth as f64 + 1.0) / steps
                }
            };
        }
        at = end;
    }
}

/// Carries covariates over steps without one, up to the given step.
fn carry(column: &mut [f64], until: usize) {
    for at in 1..until.min(column.len()) {
        if column[at].is_nan() {
            column[at] = column[at - 1];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_filled_by_policy() {
        let gap = [2.0, f64::NAN, f64::NAN, 8.0];
        for (policy, wanted) in [
            (GapPolicy::Interpolate, [2.0, 4.0, 6.0, 8.0]),
            (GapPolicy::Forward, [2.0, 2.0, 2.0, 8.0]),
            (GapPolicy::Zero, [2.0, 0.0, 0.0, 8.0]),
        ] {
            let mut values = gap;
            fill(&mut values, policy);
            assert_eq!(values, wanted);
        }
    }
}
