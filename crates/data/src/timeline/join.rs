//! A file that continues another.

use super::frequency::Frequency;
use super::read::TimeRows;
use super::stamp::Stamp;
use std::collections::HashMap;

/// Puts the rows of `history` before those of the same series in `file`, where these continue it. A
/// series whose first row is more than `most` steps after the last row of its history stands alone.
///
/// The file's values count where both have a row. Returns the time of the last row of history of each
/// series that was joined.
pub fn join_times(
    file: &mut TimeRows,
    mut history: TimeRows,
    frequency: Frequency,
    most: usize,
) -> HashMap<String, Stamp> {
    let mut places: HashMap<String, usize> = HashMap::new();
    for (at, name) in history.names.iter().enumerate() {
        places.insert(name.clone(), at);
    }
    let mut ends = HashMap::new();
    let mut alone = 0;
    for (name, rows) in file.names.iter().zip(&mut file.rows) {
        let Some(&at) = places.get(name) else {
            alone += 1;
            continue;
        };
        let known = &mut history.rows[at];
        let last = known
            .iter()
            .filter(|row| !row.value.is_nan())
            .map(|row| row.stamp)
            .max();
        let first = rows.iter().map(|row| row.stamp).min();
        let (Some(last), Some(first)) = (last, first) else {
            continue;
        };
        let furthest = i64::try_from(most)
            .ok()
            .and_then(|most| frequency.advance(last, most));
        if furthest.is_none_or(|furthest| first > furthest) {
            alone += 1;
            continue;
        }
        for row in known.iter_mut() {
            row.line = 0;
        }
        let mut joined = std::mem::take(known);
        joined.append(rows);
        *rows = joined;
        ends.insert(name.clone(), last);
    }
    if !ends.is_empty() {
        file.notes.push(format!(
            "{} of {} series continue the training file",
            ends.len(),
            file.names.len()
        ));
    }
    if alone > 0 {
        file.notes.push(format!(
            "{alone} of {} series do not continue the training file: each stands alone",
            file.names.len()
        ));
    }
    ends
}
