//! What looks wrong with pairs, said before they train.

use super::data::Texts;
use rekindle_data::ParallelTexts;

/// Pairs looked at for lines that are shifted.
const LOOKED_AT: usize = 20_000;
/// Lengths of shifted lines agree at least so well, and so much better than those of pairs.
const SHIFTED: (f64, f64) = (0.5, 0.3);
/// Fewer pairs tell nothing.
const FEWEST: usize = 30;

/// Notes on pairs, for people.
pub fn notes(texts: &Texts, known_tests: usize) -> Vec<String> {
    let mut notes = Vec::new();
    let tests = texts.test.len();
    notes.push(match known_tests {
        0 => "no test text stands in training".to_string(),
        known => format!("{known} of {tests} test texts stand in training too"),
    });
    let (train, all) = (&texts.train, texts.train.len());
    let pairs = train.source.iter().zip(&train.target);
    let same = pairs.filter(|(source, target)| source == target).count();
    if 2 * same > all {
        notes.push(format!(
            "{same} of {all} pairs have the same text twice: both sides may be in one language"
        ));
    }
    if let Some(by) = shift(train) {
        let (line, partner) = match by {
            1 => ("line 1", "line 2"),
            _ => ("line 2", "line 1"),
        };
        notes.push(format!(
            "texts seem to be shifted: by their lengths, {line} of the source goes with {partner} of \
             the target"
        ));
    }
    notes
}

/// By how many lines targets seem to come too late, judged by lengths.
fn shift(texts: &ParallelTexts) -> Option<i32> {
    let lengths = |texts: &[String]| -> Vec<f64> {
        let first = texts.iter().take(LOOKED_AT);
        first.map(|text| text.chars().count() as f64).collect()
    };
    let (source, target) = (lengths(&texts.source), lengths(&texts.target));
    if source.len() < FEWEST {
        return None;
    }
    let last = source.len() - 1;
    let paired = correlation(&source, &target);
    let late = correlation(&source[..last], &target[1..]);
    let early = correlation(&source[1..], &target[..last]);
    let is_shifted = |found: f64| found > SHIFTED.0 && found > paired + SHIFTED.1;
    match (is_shifted(late), is_shifted(early)) {
        (true, false) => Some(1),
        (false, true) => Some(-1),
        _ => None,
    }
}

/// Pearson's correlation; 0 where one side does not vary.
fn correlation(one: &[f64], other: &[f64]) -> f64 {
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len().max(1) as f64;
    let (a, b) = (mean(one), mean(other));
    let (mut both, mut of_one, mut of_other) = (0.0, 0.0, 0.0);
    for (x, y) in one.iter().zip(other) {
        both += (x - a) * (y - b);
        of_one += (x - a) * (x - a);
        of_other += (y - b) * (y - b);
    }
    match of_one * of_other > 0.0 {
        true => both / (of_one * of_other).sqrt(),
        false => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(shifted_by: usize) -> ParallelTexts {
        let text = |at: usize| "a".repeat(1 + at * 7919 % 31);
        ParallelTexts {
            source: (0..100).map(text).collect(),
            target: (0..100).map(|at| text(at + shifted_by) + "b").collect(),
        }
    }

    #[test]
    fn shifted_lines_are_seen() {
        assert_eq!(shift(&texts(0)), None);
        assert_eq!(shift(&texts(1)), Some(-1));
        let ParallelTexts { source, target } = texts(1);
        let turned = ParallelTexts {
            source: target,
            target: source,
        };
        assert_eq!(shift(&turned), Some(1));
    }

    #[test]
    fn one_language_and_known_tests_are_said() {
        let mut same = texts(0);
        same.target.clone_from(&same.source);
        let texts = Texts {
            test: same.pick(&[0, 1, 2]),
            train: same,
            ..Texts::default()
        };
        let said = notes(&texts, 2);
        assert_eq!(said[0], "2 of 3 test texts stand in training too");
        assert!(
            said[1].starts_with("100 of 100 pairs have the same text twice"),
            "{said:?}"
        );
    }
}
