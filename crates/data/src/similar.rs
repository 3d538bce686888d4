//! Names like another one, for help with typing errors.

/// The `most` names nearest to `wanted`, nearest first.
pub(crate) fn nearest(wanted: &str, mut names: Vec<String>, most: usize) -> Vec<String> {
    names.sort_by_cached_key(|name| (distance(wanted, name), name.clone()));
    names.truncate(most);
    names
}

/// The names so near to `wanted` that a typing error is likely, nearest first, at most three.
pub(crate) fn likely<'a>(wanted: &str, names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let wanted = wanted.trim();
    let within = (wanted.chars().count() * 2 / 5).max(1);
    let close = |name: &str| {
        distance(wanted, name) <= within
            || contains_word(name, wanted)
            || contains_word(wanted, name)
    };
    let close = names.filter(|name| close(name)).map(str::to_string);
    nearest(wanted, close.collect(), 3)
}

/// Whether `name` has `word` as one of its words, as `Close Price` has `close`.
fn contains_word(name: &str, word: &str) -> bool {
    let mut words = name.split(|letter: char| !letter.is_alphanumeric());
    word.chars().count() > 1 && words.any(|other| other.to_lowercase() == word.to_lowercase())
}

/// Letters to insert, delete or change, whatever their case.
pub(crate) fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.to_lowercase().chars().collect();
    let mut above: Vec<usize> = (0..=other.len()).collect();
    for (row, letter) in one.to_lowercase().chars().enumerate() {
        let mut diagonal = above[0];
        above[0] = row + 1;
        for (at, &candidate) in other.iter().enumerate() {
            let changed = diagonal + usize::from(letter != candidate);
            diagonal = above[at + 1];
            above[at + 1] = changed.min(diagonal + 1).min(above[at] + 1);
        }
    }
    above[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_edits() {
        let pairs = [
            ("", "", 0),
            ("AAPL", "aapl", 0),
            ("kitten", "sitting", 3),
            ("", "ab", 2),
        ];
        for (one, other, edits) in pairs {
            assert_eq!(distance(one, other), edits, "{one} {other}");
            assert_eq!(distance(other, one), edits, "{other} {one}");
        }
    }

    #[test]
    fn nearest_come_first() {
        let names = ["ZTS", "AAP", "AAPL", "A"].map(str::to_string).to_vec();
        assert_eq!(nearest("APPL", names, 2), ["AAPL", "AAP"]);
    }

    #[test]
    fn likely_names_are_near_or_share_a_word() {
        let names = ["Title", "Close Price", "Day", "Volume"];
        let likely = |wanted| likely(wanted, names.into_iter());
        assert_eq!(likely("titel"), ["Title"]);
        assert_eq!(likely("close"), ["Close Price"]);
        assert_eq!(likely("date"), [""; 0]);
    }
}
