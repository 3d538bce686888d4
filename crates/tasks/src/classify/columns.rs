//! Which columns of a table hold the text and the class.

use rekindle_data::{ColumnKind, ColumnProfile, Profile};

/// Names that a column of texts often has.
const TEXTS: &[&str] = &[
    "text",
    "message",
    "body",
    "content",
    "comment",
    "review",
    "sentence",
    "question",
    "description",
    "document",
    "tweet",
    "headline",
    "complaint",
    "query",
];
/// Names of a short text that stands above a longer one.
const TITLES: &[&str] = &["title", "subject", "headline", "summary"];
/// Names that a column of classes often has.
const LABELS: &[&str] = &[
    "label",
    "labels",
    "class",
    "category",
    "target",
    "sentiment",
    "topic",
    "topics",
    "intent",
    "department",
    "tag",
    "tags",
    "type",
    "y",
];
/// Values of a column from which on it is taken for a class only by its name.
const FEW: usize = 50;

/// The columns of the text, to be joined; none where it is not clear.
pub fn texts(profile: &Profile, label: &str) -> Vec<String> {
    let rest = || profile.columns.iter().filter(|column| column.name != label);
    let named = |names: &[&str]| {
        names
            .iter()
            .find_map(|name| rest().find(|column| column.name.eq_ignore_ascii_case(name)))
    };
    let words = |column: &ColumnProfile| match column.kind {
        ColumnKind::Text { mean_words } => mean_words,
        _ => 0.0,
    };
    let longest = rest()
        .filter(|column| words(column) > 0.0)
        .max_by(|a, b| words(a).total_cmp(&words(b)));
    let only = rest().count() == 1;
    let main = named(TEXTS).or(longest).or(rest().next().filter(|_| only));
    let Some(main) = main else {
        return named(TITLES)
            .map(|column| column.name.clone())
            .into_iter()
            .collect();
    };
    let title = named(TITLES).filter(|title| title.name != main.name);
    title
        .into_iter()
        .chain([main])
        .map(|column| column.name.clone())
        .collect()
}

/// The column of the class; none where it is not clear.
pub fn label(profile: &Profile, texts: &[String]) -> Option<String> {
    let rest = || {
        profile
            .columns
            .iter()
            .filter(|column| !texts.contains(&column.name))
    };
    let named = LABELS
        .iter()
        .find_map(|name| rest().find(|column| column.name.eq_ignore_ascii_case(name)));
    let kind = |column: &&ColumnProfile| {
        let few = (2..=FEW).contains(&column.distinct);
        few && matches!(column.kind, ColumnKind::Category | ColumnKind::YesNo)
    };
    let mut classes = rest().filter(kind);
    let first = classes.next();
    let only = first.filter(|_| classes.next().is_none());
    let found = named.or(only);
    found.map(|column| column.name.clone())
}
