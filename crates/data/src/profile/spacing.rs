//! How far apart dates are.

use jiff::civil::{DateTime, Weekday};

const DAY: i64 = 86_400;

/// The step that most neighbours are apart, and whether all are.
pub(super) fn spacing(dates: &[DateTime]) -> (Option<String>, bool) {
    let mut dates = dates.to_vec();
    dates.sort_unstable();
    dates.dedup();
    if dates.len() < 3 {
        return (None, false);
    }
    let months = steps(&dates, |date| {
        i64::from(date.year()) * 12 + i64::from(date.month())
    });
    let seconds = steps(&dates, seconds);
    let days_of_month = dates.iter().all(|date| date.day() == dates[0].day());
    let (step, share) = most_frequent(&seconds);
    let by_month = most_frequent(&months);
    if by_month.0 > 0 && step >= 27 * DAY && (days_of_month || ends_of_months(&dates)) {
        let (step, share) = by_month;
        return judged(in_months(step), share);
    }
    if step == DAY && is_weekdays(&dates) {
        // Holidays are gaps, and Fridays are followed by Mondays.
        let regular = seconds.iter().all(|&step| step == DAY || step == 3 * DAY);
        return (Some("weekdays".to_string()), regular);
    }
    judged(in_seconds(step), share)
}

fn judged(step: String, share: f64) -> (Option<String>, bool) {
    ((share >= 0.8).then_some(step), share == 1.0)
}

fn steps(dates: &[DateTime], number: impl Fn(&DateTime) -> i64) -> Vec<i64> {
    dates
        .windows(2)
        .map(|pair| number(&pair[1]) - number(&pair[0]))
        .collect()
}

fn seconds(date: &DateTime) -> i64 {
    let (year, month) = (i64::from(date.year()), i64::from(date.month()));
    // Days since March of the year 0, in years that begin with March.
    let year = if month <= 2 { year - 1 } else { year };
    let month = (month + 9) % 12;
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (month * 306 + 5) / 10;
    let time = i64::from(date.hour()) * 3600 + i64::from(date.minute()) * 60;
    (days + i64::from(date.day())) * DAY + time + i64::from(date.second())
}

/// The value that comes most often, and its share.
fn most_frequent(values: &[i64]) -> (i64, f64) {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    let runs = sorted.chunk_by(|a, b| a == b);
    let longest = runs.max_by_key(|run| run.len()).unwrap_or(&[0]);
    (
        longest[0],
        longest.len() as f64 / values.len().max(1) as f64,
    )
}

fn ends_of_months(dates: &[DateTime]) -> bool {
    dates
        .iter()
        .all(|date| date.day() >= date.days_in_month() - 2)
}

fn is_weekdays(dates: &[DateTime]) -> bool {
    let weekend = |date: &DateTime| matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday);
    dates.len() >= 6 && !dates.iter().any(weekend)
}

fn in_months(step: i64) -> String {
    match step {
        12 => "1 year".to_string(),
        3 => "1 quarter".to_string(),
        _ => counted(step, "month"),
    }
}

fn in_seconds(step: i64) -> String {
    let units = [
        (7 * DAY, "week"),
        (DAY, "day"),
        (3600, "hour"),
        (60, "minute"),
    ];
    match units.iter().find(|(unit, _)| step > 0 && step % unit == 0) {
        Some((unit, name)) => counted(step / unit, name),
        None => counted(step, "second"),
    }
}

fn counted(count: i64, unit: &str) -> String {
    match count {
        1 => format!("1 {unit}"),
        _ => format!("{count} {unit}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::ToSpan;
    use jiff::civil::date;

    fn every(step: jiff::Span, count: i32) -> Vec<DateTime> {
        let start = date(2018, 1, 1).at(0, 0, 0, 0);
        (0..count).map(|at| start + step * i64::from(at)).collect()
    }

    #[test]
    fn steps_are_named() {
        let cases = [
            (1.day(), "1 day"),
            (1.week(), "1 week"),
            (15.minutes(), "15 minutes"),
            (1.hour(), "1 hour"),
            (1.month(), "1 month"),
            (3.months(), "1 quarter"),
            (1.year(), "1 year"),
            (10.seconds(), "10 seconds"),
        ];
        for (step, wanted) in cases {
            let dates = every(step, 20);
            assert_eq!(spacing(&dates), (Some(wanted.to_string()), true));
            let gap: Vec<_> = dates
                .iter()
                .enumerate()
                .filter(|(at, _)| *at != 7)
                .map(|(_, date)| *date)
                .collect();
            assert_eq!(spacing(&gap), (Some(wanted.to_string()), false));
        }
        let mut weekdays = every(1.day(), 30);
        weekdays.retain(|date| !matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday));
        assert_eq!(spacing(&weekdays), (Some("weekdays".to_string()), true));
        let uneven: Vec<_> = [0, 1, 5, 7, 20].map(|day| every(1.day(), 21)[day]).to_vec();
        assert_eq!(spacing(&uneven), (None, false));
        assert_eq!(spacing(&[]), (None, false));
    }

    #[test]
    fn seconds_are_as_the_calendar_counts() {
        let start = date(1999, 1, 1).at(0, 0, 0, 0);
        for at in 0..1500 {
            let day = start + at.days();
            assert_eq!(seconds(&day) - seconds(&start), at * DAY, "{day}");
        }
    }
}
