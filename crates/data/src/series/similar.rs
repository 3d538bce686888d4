//! Names like another one, for help with typing errors.

/// The `most` names nearest to `wanted`, nearest first.
pub(super) fn nearest(wanted: &str, mut names: Vec<String>, most: usize) -> Vec<String> {
    names.sort_by_cached_key(|name| (distance(wanted, name), name.clone()));
    names.truncate(most);
    names
}

/// Letters to insert, delete or change, whatever their case.
fn distance(one: &str, other: &str) -> usize {
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
}
