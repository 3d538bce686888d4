//! A column, cell by cell.

use super::ColumnProfile;
use super::dates::Dates;
use super::kind::{ColumnKind, DateKind};
use super::numbers::{Numbers, number};
use super::spacing::spacing;
use crate::missing::is_missing;
use jiff::civil::DateTime;
use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

/// Values that are counted one by one.
const MOST_COUNTED: usize = 50;
const EXAMPLES: usize = 3;
/// Characters of an example.
const LONGEST: usize = 80;

/// What was seen of a column.
pub(super) struct Column {
    name: String,
    missing: usize,
    /// Cells with a value.
    seen: usize,
    distinct: HashSet<u64>,
    counts: HashMap<String, usize>,
    examples: Vec<String>,
    words: usize,
    bytes: usize,
    /// Cells with more than one word.
    several_words: usize,
    numbers: Numbers,
    dates: Dates,
    /// The first cells that are no number and no date, with their rows.
    not_number: Option<(String, u64)>,
    yes_no: bool,
}

impl Column {
    pub(super) fn new(name: &str) -> Self {
        Self {
            name: name.to_string(),
            missing: 0,
            seen: 0,
            distinct: HashSet::new(),
            counts: HashMap::new(),
            examples: Vec::new(),
            words: 0,
            bytes: 0,
            several_words: 0,
            numbers: Numbers::new(),
            dates: Dates::default(),
            not_number: None,
            yes_no: true,
        }
    }

    pub(super) fn take(&mut self, cell: &str, row: u64) {
        let text = cell.trim();
        if is_missing(text) {
            self.missing += 1;
            return;
        }
        self.seen += 1;
        self.count(text);
        let words = text.split_whitespace().count();
        self.words += words;
        self.several_words += usize::from(words > 1);
        self.bytes += text.len();
        self.yes_no &= is_yes_or_no(text);
        self.dates.take(text);
        match number(text) {
            Some((value, writing)) => self.numbers.take(value, writing),
            None if self.not_number.is_none() => self.not_number = Some((cut(text), row)),
            None => {}
        }
    }

    fn count(&mut self, text: &str) {
        let mut hasher = DefaultHasher::new();
        text.hash(&mut hasher);
        let new = self.distinct.insert(hasher.finish());
        if new && self.examples.len() < EXAMPLES {
            self.examples.push(cut(text));
        }
        match self.counts.get_mut(text) {
            Some(count) => *count += 1,
            None if self.distinct.len() <= MOST_COUNTED => {
                self.counts.insert(text.to_string(), 1);
            }
            None => {}
        }
    }

    pub(super) fn finish(mut self) -> ColumnProfile {
        let dates = std::mem::take(&mut self.dates);
        let (kind, odd) = self.kind(dates);
        let mut counts: Vec<_> = match self.distinct.len() <= MOST_COUNTED {
            true => self.counts.into_iter().collect(),
            false => Vec::new(),
        };
        counts.sort_by(|(one, a), (other, b)| b.cmp(a).then_with(|| one.cmp(other)));
        let counts = counts
            .into_iter()
            .map(|(value, count)| (cut(&value), count));
        let numeric = matches!(kind, ColumnKind::Whole { .. } | ColumnKind::Number { .. });
        ColumnProfile {
            name: self.name,
            kind,
            missing: self.missing,
            distinct: self.distinct.len(),
            counts: counts.collect(),
            examples: self.examples,
            odd,
            first_odd: self.not_number.filter(|_| odd > 0 && numeric),
        }
    }

    /// The kind, and the cells that are not of it.
    fn kind(&self, dates: Dates) -> (ColumnKind, usize) {
        let (seen, distinct) = (self.seen, self.distinct.len());
        let most = seen - seen / 20;
        if seen == 0 {
            return (ColumnKind::Empty, 0);
        }
        if self.yes_no && (distinct == 2 || self.numbers.count == 0) {
            return (ColumnKind::YesNo, 0);
        }
        if let Some(dates) = date_kind(dates.fitting(most)) {
            let (kind, read) = dates;
            return (ColumnKind::Date(kind), seen - read);
        }
        let numbers = &self.numbers;
        if numbers.count >= most {
            let whole = numbers.whole == numbers.count;
            let own = distinct == seen && seen > 2;
            if let Some(kind) = self.counted_time(whole) {
                return (ColumnKind::Date(kind), seen - numbers.count);
            }
            if whole && ((own && numbers.counting) || (named_id(&self.name) && distinct * 2 > seen))
            {
                return (ColumnKind::Id, seen - numbers.count);
            }
            return (numbers.kind(whole), seen - numbers.count);
        }
        (self.kind_of_words(), 0)
    }

    fn kind_of_words(&self) -> ColumnKind {
        let (seen, distinct) = (self.seen, self.distinct.len());
        let mean_words = self.words as f64 / seen as f64;
        let one_word = self.several_words * 20 <= seen;
        let own = distinct * 100 >= seen * 99 && seen > 2;
        let repeats = distinct * 2 <= seen || (distinct < seen && seen < 10);
        match () {
            _ if named_id(&self.name) && one_word => ColumnKind::Id,
            _ if own && one_word && self.bytes / seen <= 64 && self.numbers_within() => {
                ColumnKind::Id
            }
            _ if repeats && (mean_words < 4.0 || distinct <= MOST_COUNTED / 2) => {
                ColumnKind::Category
            }
            _ => ColumnKind::Text { mean_words },
        }
    }

    /// Words that hold digits, as codes do.
    fn numbers_within(&self) -> bool {
        let digits = |text: &String| text.bytes().any(|byte| byte.is_ascii_digit());
        self.examples.iter().any(digits)
    }

    /// Numbers that count time, in a column that is named for it.
    fn counted_time(&self, whole: bool) -> Option<DateKind> {
        let name = self.name.to_lowercase();
        let parts = ["time", "date", "day", "epoch", "created", "updated"];
        if !whole || !parts.iter().any(|part| name.contains(part)) {
            return None;
        }
        let (least, most) = (self.numbers.least, self.numbers.most);
        // The year 1970 begins on Excel's day 25,569; the range is from 1954 to 2064.
        let counts = [
            ("seconds", 1.0, 0.0, 1e8..5e9),
            ("milliseconds", 1e-3, 0.0, 1e11..5e12),
            ("excel-days", 86_400.0, 25_569.0, 2e4..6e4),
        ];
        let (form, unit, start, _) = counts
            .into_iter()
            .find(|(.., range)| range.contains(&least) && range.contains(&most))?;
        let date = |value: f64| {
            let second = jiff::Timestamp::from_second(((value - start) * unit) as i64).ok()?;
            Some(shown(second.to_zoned(jiff::tz::TimeZone::UTC).datetime()))
        };
        Some(DateKind {
            form: form.to_string(),
            or: None,
            step: None,
            regular: false,
            first: date(least)?,
            last: date(most)?,
        })
    }
}

/// The kind of dates that forms give, and how many cells are such dates.
fn date_kind(fitting: Vec<(String, Vec<DateTime>)>) -> Option<(DateKind, usize)> {
    let judged = fitting.into_iter().map(|(form, dates)| {
        let (step, regular) = spacing(&dates);
        (form, dates, step, regular)
    });
    let mut judged: Vec<_> = judged.collect();
    // Of day first and month first, the one is right that gives even steps.
    judged.sort_by_key(|(_, dates, step, regular)| {
        let sorted = dates.is_sorted() || dates.iter().rev().is_sorted();
        std::cmp::Reverse((*regular, step.is_some(), dates.len(), sorted))
    });
    let rank = |at: usize| {
        judged
            .get(at)
            .map(|(_, dates, step, regular)| (*regular, step.is_some(), dates.len()))
    };
    let or = (rank(0) == rank(1))
        .then(|| judged.get(1).map(|other| other.0.clone()))
        .flatten();
    let (form, dates, step, regular) = judged.into_iter().next()?;
    let (first, last) = (*dates.iter().min()?, *dates.iter().max()?);
    let kind = DateKind {
        form,
        or,
        step,
        regular,
        first: shown(first),
        last: shown(last),
    };
    Some((kind, dates.len()))
}

fn shown(date: DateTime) -> String {
    match date.time() == jiff::civil::Time::midnight() {
        true => date.date().to_string(),
        false => date.to_string(),
    }
}

fn named_id(name: &str) -> bool {
    let lower = name.to_lowercase();
    let ends = ["_id", " id", "-id"].iter().any(|end| lower.ends_with(end));
    ["id", "uuid", "guid", "key", "index"].contains(&lower.as_str()) || ends || name.ends_with("Id")
}

fn is_yes_or_no(text: &str) -> bool {
    let words = ["yes", "no", "true", "false", "y", "n", "t", "f", "0", "1"];
    words.iter().any(|word| text.eq_ignore_ascii_case(word))
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_string(),
    }
}
