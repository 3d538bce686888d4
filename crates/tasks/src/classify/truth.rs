//! The classes of texts: one each, or several.

use super::classes::Classes;

/// The classes of texts, true or said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Truth {
    /// One class a text.
    One(Vec<u32>),
    /// Several a text, ascending.
    Many(Vec<Vec<u32>>),
}

impl Truth {
    /// Number of texts.
    pub fn len(&self) -> usize {
        match self {
            Self::One(classes) => classes.len(),
            Self::Many(sets) => sets.len(),
        }
    }

    /// The classes of these items.
    pub fn of(&self, items: &[u32]) -> Self {
        let items = items.iter().map(|&item| item as usize);
        match self {
            Self::One(classes) => Self::One(items.map(|item| classes[item]).collect()),
            Self::Many(sets) => Self::Many(items.map(|item| sets[item].clone()).collect()),
        }
    }

    /// The classes of one text.
    pub fn at(&self, item: usize) -> &[u32] {
        match self {
            Self::One(classes) => std::slice::from_ref(&classes[item]),
            Self::Many(sets) => &sets[item],
        }
    }

    /// Whether each text is of a class.
    pub fn is(&self, class: usize) -> Vec<bool> {
        (0..self.len())
            .map(|item| self.at(item).contains(&(class as u32)))
            .collect()
    }

    /// Names of the classes of one text.
    pub fn names(&self, item: usize, classes: &Classes) -> String {
        let names: Vec<&str> = self
            .at(item)
            .iter()
            .map(|&class| classes.name(class as usize))
            .collect();
        match names.is_empty() {
            true => "none".to_string(),
            false => names.join(", "),
        }
    }
}

/// Hits of a class, or of all of them: where it was right, where it was said, where it is true.
#[derive(Debug, Clone, Copy, Default)]
pub struct Hits {
    /// Said and true.
    pub both: usize,
    /// Said.
    pub said: usize,
    /// True.
    pub truth: usize,
}

impl Hits {
    /// Of these items and all classes.
    pub fn of(truth: &Truth, said: &Truth, items: impl Iterator<Item = usize>) -> Self {
        let mut hits = Self::default();
        for item in items {
            let (truth, said) = (truth.at(item), said.at(item));
            hits.both += said.iter().filter(|class| truth.contains(class)).count();
            hits.said += said.len();
            hits.truth += truth.len();
        }
        hits
    }

    /// Of one class.
    pub fn of_class(truth: &Truth, said: &Truth, class: usize) -> Self {
        let (truth, said) = (truth.is(class), said.is(class));
        let count = |flags: &[bool]| flags.iter().filter(|&&is| is).count();
        Self {
            both: truth.iter().zip(&said).filter(|&(a, b)| *a && *b).count(),
            said: count(&said),
            truth: count(&truth),
        }
    }

    /// Share of what was said that is true; 0 where nothing was said.
    pub fn precision(self) -> f64 {
        self.both as f64 / self.said.max(1) as f64
    }

    /// Share of what is true that was said.
    pub fn recall(self) -> f64 {
        self.both as f64 / self.truth.max(1) as f64
    }

    /// Harmonic mean of precision and recall.
    pub fn f1(self) -> f64 {
        2.0 * self.both as f64 / (self.said + self.truth).max(1) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hits_are_counted_over_texts_and_by_class() {
        let truth = Truth::Many(vec![vec![0, 2], vec![1], vec![]]);
        let said = Truth::Many(vec![vec![0], vec![1, 2], vec![]]);
        let all = Hits::of(&truth, &said, 0..3);
        assert_eq!((all.both, all.said, all.truth), (2, 3, 3));
        assert!((all.f1() - 2.0 / 3.0).abs() < 1e-12);
        let third = Hits::of_class(&truth, &said, 2);
        assert_eq!((third.both, third.said, third.truth), (0, 1, 1));
        assert_eq!(third.f1(), 0.0);
    }
}
