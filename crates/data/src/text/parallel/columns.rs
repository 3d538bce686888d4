//! Which columns of a table are meant, and whether its first row names them.

use super::languages::language_code;

/// Names of columns with what is read, and with what is written.
const NAMES: [[&str; 10]; 2] = [
    [
        "source",
        "src",
        "input",
        "text",
        "body",
        "document",
        "article",
        "question",
        "original",
        "sentence1",
    ],
    [
        "target",
        "tgt",
        "output",
        "translation",
        "subject",
        "summary",
        "title",
        "answer",
        "reference",
        "sentence2",
    ],
];

/// What the third column of Tatoeba's pairs begins with: who wrote them.
const ATTRIBUTION: &str = "CC-BY";

/// Characters of a cell that a message shows.
const SHOWN: usize = 30;

/// The columns of a table's pairs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Columns {
    /// The first row names columns.
    pub header: bool,
    /// Cells of a row.
    pub width: usize,
    /// Places of source and target.
    pub at: [usize; 2],
    /// What they are called: by the header, by the settings, or by their number from 1.
    pub names: [String; 2],
}

/// Which columns cannot be told: what is wrong, and what to do.
pub(super) type Unclear = (String, String);

impl Columns {
    /// Finds the columns by a table's first row; `names` of source and target may be empty.
    pub(super) fn find(row: &[String], names: [&str; 2]) -> Result<Self, Unclear> {
        if row.len() < 2 {
            let help = "give a text and its partner a row, with a tab between them, or a comma in a \
                        file that ends in .csv; for two files that go line by line, give their folder";
            return Err(("the table has one column".to_string(), help.to_string()));
        }
        let header = is_header(row, names);
        let asked = |side: usize| match names[side] {
            "" => Ok(None),
            name => column(row, header, name, side).map(Some),
        };
        let (source, target) = (asked(0)?, asked(1)?);
        let at = match (source, target) {
            (Some(source), Some(target)) => Some([source, target]),
            (Some(source), None) => other(row, header, source, 1).map(|at| [source, at]),
            (None, Some(target)) => other(row, header, target, 0).map(|at| [at, target]),
            (None, None) => both(row, header),
        };
        let at =
            at.ok_or_else(|| unclear("it is not clear which two columns are meant", row, header))?;
        if at[0] == at[1] {
            return Err(unclear(
                "source and target are the same column",
                row,
                header,
            ));
        }
        let called = |side: usize| match header {
            true => row[at[side]].clone(),
            false if language_code(names[side]).is_some() => names[side].to_string(),
            false => (at[side] + 1).to_string(),
        };
        Ok(Self {
            header,
            width: row.len(),
            at,
            names: [called(0), called(1)],
        })
    }
}

/// A first row is a header when it has a name asked for, or two names that columns of pairs have.
fn is_header(row: &[String], names: [&str; 2]) -> bool {
    let mut named = names
        .iter()
        .filter(|name| !name.is_empty() && number(name).is_none());
    if named.any(|name| row.iter().any(|cell| same(cell, name))) {
        return true;
    }
    let known = |cell: &&String| {
        let is_name = |name: &&str| cell.eq_ignore_ascii_case(name);
        language_code(cell).is_some() || NAMES.iter().flatten().any(is_name)
    };
    row.iter().filter(known).count() >= 2
}

fn number(name: &str) -> Option<usize> {
    name.parse::<usize>().ok().filter(|&number| number > 0)
}

/// A cell of a header has this name, or is the same language.
fn same(cell: &str, name: &str) -> bool {
    let code = language_code(name);
    cell.to_lowercase() == name.to_lowercase() || (code.is_some() && language_code(cell) == code)
}

/// The column of this name, or of this number from 1. Without a header the first column of two is
/// called by the language of the source, the second by that of the target.
fn column(row: &[String], header: bool, name: &str, side: usize) -> Result<usize, Unclear> {
    if !header && width(row, header) == 2 && language_code(name).is_some() {
        return Ok(side);
    }
    let exact = row.iter().position(|cell| cell.eq_ignore_ascii_case(name));
    let alike = || row.iter().position(|cell| same(cell, name));
    let named = exact.or_else(alike).filter(|_| header);
    let counted = || {
        number(name)
            .map(|number| number - 1)
            .filter(|&at| at < row.len())
    };
    named
        .or_else(counted)
        .ok_or_else(|| unclear(&format!("there is no column named {name}"), row, header))
}

/// The column beside one that is known, for the side that is not.
fn other(row: &[String], header: bool, known: usize, side: usize) -> Option<usize> {
    let width = width(row, header);
    if width == 2 && known < 2 {
        return Some(1 - known);
    }
    let fits = |&at: &usize| at != known && (is_language(&row[at]) || is_named(&row[at], side));
    let mut fitting = (0..row.len()).filter(fits).filter(|_| header);
    fitting.next().filter(|_| fitting.next().is_none())
}

/// Both columns, where only one pair can be meant.
fn both(row: &[String], header: bool) -> Option<[usize; 2]> {
    if width(row, header) == 2 {
        return Some([0, 1]);
    }
    let only = |fits: &dyn Fn(&String) -> bool, count: usize| -> Option<Vec<usize>> {
        let fitting: Vec<usize> = (0..row.len()).filter(|&at| fits(&row[at])).collect();
        (header && fitting.len() == count).then_some(fitting)
    };
    let sides = || {
        let side = |side: usize| only(&|cell| is_named(cell, side), 1);
        Some([side(0)?[0], side(1)?[0]])
    };
    match only(&|cell| is_language(cell), 2) {
        Some(two) => Some([two[0], two[1]]),
        None => sides(),
    }
}

/// Columns with texts: those of Tatoeba have one more.
fn width(row: &[String], header: bool) -> usize {
    match row.len() {
        3 if !header && row[2].starts_with(ATTRIBUTION) => 2,
        width => width,
    }
}

/// Columns called `id` or `no` hold numbers.
fn is_language(cell: &str) -> bool {
    language_code(cell).is_some_and(|code| cell.len() > 2 || !matches!(code, "id" | "no"))
}

pub(super) fn is_named(cell: &str, side: usize) -> bool {
    NAMES[side]
        .iter()
        .any(|name| cell.eq_ignore_ascii_case(name))
}

fn unclear(what: &str, row: &[String], header: bool) -> Unclear {
    let short = |cell: &String| match cell.chars().count() > SHOWN {
        true => cell.chars().take(SHOWN).chain(['…']).collect(),
        false => cell.clone(),
    };
    let cells: Vec<String> = row.iter().map(short).collect();
    let help = match header {
        true => format!(
            "the columns are: {}; write --set source=NAME --set target=NAME",
            cells.join(", ")
        ),
        false => format!(
            "no header was found, and the first row is: {}; write the numbers of two columns, as \
             --set source=1 --set target=2, or add a first row with their names",
            cells.join(" | ")
        ),
    };
    (what.to_string(), help)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(row: &[&str], source: &str, target: &str) -> Result<(bool, [usize; 2]), Unclear> {
        let row: Vec<String> = row.iter().map(|cell| cell.to_string()).collect();
        Columns::find(&row, [source, target]).map(|found| (found.header, found.at))
    }

    #[test]
    fn only_one_pair_can_be_meant() {
        for (row, header, at) in [
            (&["Go.", "Va !"][..], false, [0, 1]),
            (
                &["Go.", "Va !", "CC-BY 2.0 (France) Attribution: …"],
                false,
                [0, 1],
            ),
            (&["English", "French"], true, [0, 1]),
            (&["id", "fr", "en", "note"], true, [1, 2]),
            (&["id", "split", "Title", "Body"], true, [3, 2]),
            (&["src", "tgt"], true, [0, 1]),
        ] {
            assert_eq!(find(row, "", "").expect("found"), (header, at), "{row:?}");
        }
    }

    #[test]
    fn columns_are_named_by_header_language_or_number() {
        let names = ["key", "German", "english", "fr"];
        assert_eq!(find(&names, "fr", "de").expect("found"), (true, [3, 1]));
        assert_eq!(find(&names, "2", "English").expect("found"), (true, [1, 2]));
        assert_eq!(find(&["q", "a"], "a", "q").expect("found"), (true, [1, 0]));
        assert_eq!(find(&["q", "a"], "a", "").expect("found"), (true, [1, 0]));
        assert_eq!(
            find(&["Go.", "Va !"], "en", "fr").expect("found"),
            (false, [0, 1])
        );
        assert_eq!(
            find(&["Go.", "Va !"], "2", "").expect("found"),
            (false, [1, 0])
        );
        assert_eq!(
            find(&["Go.", "Va !"], "2", "1").expect("found"),
            (false, [1, 0])
        );
    }

    #[test]
    fn what_is_unclear_says_what_there_is() {
        for (row, source, target, what, help) in [
            (
                &["en", "de", "fr"][..],
                "",
                "",
                "it is not clear which two columns are meant",
                "the columns are: en, de, fr;",
            ),
            (
                &["en", "fr"],
                "en",
                "de",
                "there is no column named de",
                "the columns are: en, fr;",
            ),
            (
                &["en", "fr"],
                "en",
                "en",
                "source and target are the same column",
                "en, fr",
            ),
            (
                &["Go on.", "Va !", "x"],
                "",
                "",
                "it is not clear which two columns are meant",
                "the first row is: Go on. | Va ! | x;",
            ),
            (
                &["a b", "c"],
                "question",
                "",
                "there is no column named question",
                "a b | c",
            ),
            (
                &["alone"],
                "",
                "",
                "the table has one column",
                "with a tab between them",
            ),
        ] {
            let (said, advice) = find(row, source, target).expect_err("unclear");
            assert_eq!(said, what, "{row:?}");
            assert!(advice.contains(help), "{advice}");
        }
    }
}
