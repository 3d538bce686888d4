//! Tables with a pair a row.

use super::columns::Columns;
use super::languages::{frequent_words, language_code, language_name};
use super::lines::{LONGEST_LINE, ShortLines, place, unread};
use super::pairs::PairSpec;
use super::{ParallelTexts, name};
use crate::error::{DataError, Place, Result};
use crate::lines::Lines;
use crate::source::open;
use std::io::{BufRead, BufReader, Cursor, Read};
use std::path::Path;

/// Endings of files with a pair a row.
const ENDINGS: [&str; 4] = ["tsv", "csv", "tab", "txt"];
/// Pairs whose words tell the languages of columns without names.
const LOOKED_AT: usize = 1_000;
/// Share of frequent words below which texts tell nothing about their language.
const FREQUENT: f64 = 0.05;

/// The pairs of a table.
#[derive(Debug)]
pub(super) struct Table {
    pub texts: ParallelTexts,
    /// Names of source and target.
    pub names: [String; 2],
    pub notes: Vec<String>,
}

/// A file's ending, without that of its compression.
pub(super) fn ending(path: &Path) -> String {
    let name = plain_name(path);
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    ending.to_ascii_lowercase()
}

/// A file's name without the ending of its compression.
pub(super) fn plain_name(path: &Path) -> String {
    let name = name(path);
    let packed = [".gz", ".xz", ".zst"];
    let plain = packed.iter().find_map(|ending| name.strip_suffix(ending));
    plain.unwrap_or(&name).to_string()
}

/// A file of this name is a table.
pub(super) fn is_table(path: &Path) -> bool {
    ENDINGS.contains(&ending(path).as_str())
}

impl Table {
    /// Reads a table: with tabs between cells, where `"` is a character like any other, or with
    /// commas or semicolons, where it quotes a cell.
    pub(super) fn read(path: &Path, spec: &PairSpec) -> Result<Self> {
        let mut reader = BufReader::new(ShortLines::new(Lines::new(open(path)?)));
        let mut first = Vec::new();
        let read = reader.read_until(b'\n', &mut first);
        read.map_err(|error| unread(error, place(path, 0)))?;
        let delimiter = delimiter(&first, &ending(path));
        let mut rows = Rows {
            reader: csv::ReaderBuilder::new()
                .delimiter(delimiter)
                .quoting(delimiter != b'\t')
                .has_headers(false)
                .flexible(true)
                .from_reader(Cursor::new(first).chain(reader)),
            row: 0,
            path,
        };
        let Some(first) = rows.next()? else {
            return Err(DataError::content(
                "the file is empty",
                Place::file(path),
                "give a pair of texts a row",
            ));
        };
        let cells: Vec<String> = first.iter().map(trimmed).collect();
        let columns = Columns::find(&cells, [&spec.source, &spec.target])
            .map_err(|(what, help)| DataError::content(what, rows.place(None), help))?;
        let mut table = Self {
            texts: ParallelTexts::default(),
            names: columns.names.clone(),
            notes: Vec::new(),
        };
        let mut lacking = 0;
        let mut next = (!columns.header).then_some(first);
        loop {
            let record = match next.take() {
                Some(record) => record,
                None => match rows.next()? {
                    Some(record) => record,
                    None => break,
                },
            };
            if record.len() == 1 && trimmed(&record[0]).is_empty() {
                continue;
            }
            if spec.limit.is_some_and(|limit| table.texts.len() >= limit) {
                break;
            }
            let [source, target] = rows.pair(&record, &columns)?;
            match source.is_empty() || target.is_empty() {
                true => lacking += 1,
                false => {
                    table.texts.source.push(source);
                    table.texts.target.push(target);
                }
            }
        }
        if table.texts.is_empty() {
            return Err(DataError::content(
                "the table holds no pair of texts",
                rows.place(None),
                "give rows with a text in both columns",
            ));
        }
        table.say_columns(&columns, path);
        if lacking > 0 {
            let file = name(path);
            table.notes.push(format!(
                "{file}: {lacking} rows lack a text and are left out"
            ));
        }
        Ok(table)
    }

    /// Says which columns are read; those without names are exchanged where their words show that
    /// they hold the languages asked for the other way round.
    fn say_columns(&mut self, columns: &Columns, path: &Path) {
        let mut at = columns.at;
        let languages = [0, 1].map(|side| language_code(&self.names[side]));
        if !columns.header && self.is_turned(languages) {
            std::mem::swap(&mut self.texts.source, &mut self.texts.target);
            at.swap(0, 1);
        }
        let column = |side: usize| match columns.header {
            true => format!("column {}", self.names[side]),
            false if languages[side].is_some() => {
                format!(
                    "column {} as {}",
                    at[side] + 1,
                    language_name(&self.names[side])
                )
            }
            false => format!("column {}", at[side] + 1),
        };
        let header = match columns.header {
            true => "row 1 is the header",
            false => "there is no header",
        };
        let (file, source, target) = (name(path), column(0), column(1));
        self.notes.push(format!(
            "{file}: {header}; {source} is read, {target} is written"
        ));
    }

    /// The frequent words of the languages stand on the other side.
    fn is_turned(&self, languages: [Option<&str>; 2]) -> bool {
        let first = |texts: &[String]| texts.len().min(LOOKED_AT);
        let sides = [&self.texts.source, &self.texts.target].map(|side| &side[..first(side)]);
        let words = |turned: bool| -> f64 {
            let side = |at: usize| sides[if turned { 1 - at } else { at }];
            let shares = [0, 1].map(|at| frequent_words(side(at), languages[at]?));
            shares.iter().flatten().sum()
        };
        words(true) > (2.0 * words(false)).max(FREQUENT)
    }
}

/// What stands between cells, by the first line and the file's ending: sentences have commas, so only
/// a file that is called so has them between cells.
fn delimiter(line: &[u8], ending: &str) -> u8 {
    let mut order = [b',', b';'].into_iter().filter(|_| ending == "csv");
    order.find(|mark| line.contains(mark)).unwrap_or(b'\t')
}

fn trimmed(cell: &[u8]) -> String {
    let text = String::from_utf8_lossy(cell);
    text.trim_start_matches('\u{feff}').trim().to_string()
}

/// The rows of a table, with their line.
struct Rows<'a, R> {
    reader: csv::Reader<R>,
    row: u64,
    path: &'a Path,
}

impl<R: Read> Rows<'_, R> {
    fn next(&mut self) -> Result<Option<csv::ByteRecord>> {
        let mut record = csv::ByteRecord::new();
        match self.reader.read_byte_record(&mut record) {
            Ok(true) => {
                let inside = record
                    .as_slice()
                    .iter()
                    .filter(|&&byte| byte == b'\n')
                    .count();
                // After the line end of the record, so that blank lines before it count.
                self.row = self
                    .reader
                    .position()
                    .line()
                    .saturating_sub(1 + inside as u64)
                    .max(1);
                match record.as_slice().len() > LONGEST_LINE {
                    true => Err(self.quote()),
                    false => Ok(Some(record)),
                }
            }
            Ok(false) => Ok(None),
            Err(error) => {
                self.row += 1;
                let place = self.place(None);
                match error.into_kind() {
                    csv::ErrorKind::Io(error) => Err(unread(error, place)),
                    other => Err(DataError::content(
                        format!("the row cannot be read: {other:?}"),
                        place,
                        "correct the row",
                    )),
                }
            }
        }
    }

    fn quote(&self) -> DataError {
        DataError::content(
            format!("the row has more than {LONGEST_LINE} bytes"),
            self.place(None),
            "look for a quote (\") that opens in this row and never closes",
        )
    }

    /// The two texts of a row, which has as many cells as the first one.
    fn pair(&self, record: &csv::ByteRecord, columns: &Columns) -> Result<[String; 2]> {
        if record.len() != columns.width {
            return Err(DataError::content(
                format!(
                    "the row has {} cell(s), the first row has {}",
                    record.len(),
                    columns.width
                ),
                self.place(None),
                "correct the row; a text with a comma in it must be quoted in a .csv, and no text has a \
                 tab in it in other files",
            ));
        }
        let cell = |side: usize| -> Result<String> {
            let column = &columns.names[side];
            let bytes = record.get(columns.at[side]).unwrap_or_default();
            match std::str::from_utf8(bytes) {
                Ok(_) => Ok(trimmed(bytes)),
                Err(_) => Err(DataError::content(
                    "the cell is not UTF-8 text",
                    self.place(Some(column)),
                    "save it as UTF-8",
                )),
            }
        };
        Ok([cell(0)?, cell(1)?])
    }

    fn place(&self, column: Option<&str>) -> Place {
        Place {
            file: self.path.display().to_string(),
            row: Some(self.row),
            column: column.map(str::to_string),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(file: &str, bytes: &[u8], names: [&str; 2]) -> Result<Table> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join(file);
        std::fs::write(&path, bytes).expect("written");
        let [source, target] = names.map(str::to_string);
        let spec = PairSpec {
            source,
            target,
            limit: None,
        };
        Table::read(&path, &spec)
    }

    fn refused(file: &str, bytes: &[u8]) -> (String, String) {
        let error = read(file, bytes, ["", ""]).expect_err("refused");
        let place = error.place().expect("a place");
        let place = place.rsplit('/').next().unwrap_or_default().to_string();
        (error.to_string(), place)
    }

    #[test]
    fn a_table_without_header_has_tabs() {
        let text = "Go.\tVa !\nHe said \"no\"\tIl a dit \"non\"\n\nRun, run!\tCours !\n";
        let table = read("fra.tsv", text.as_bytes(), ["", ""]).expect("pairs");
        assert_eq!(table.texts.source, ["Go.", "He said \"no\"", "Run, run!"]);
        assert_eq!(table.texts.target[1], "Il a dit \"non\"");
        assert_eq!(table.names, ["1", "2"]);
        let turned = read("fra.tsv", text.as_bytes(), ["2", "1"]).expect("pairs");
        assert_eq!(turned.texts.source, table.texts.target);
        let said = "fra.tsv: there is no header; column 1 is read, column 2 is written";
        assert_eq!(table.notes, [said]);
    }

    #[test]
    fn a_csv_file_has_quotes_and_columns_by_name() {
        let text =
            "\u{feff}id,english,French\n1,\"Well, \"\"go\"\"\",Va\n2,,Rien\n3,Two,\"De\nux\"\n";
        let table = read("pairs.csv", text.as_bytes(), ["fr", "en"]).expect("pairs");
        assert_eq!(table.texts.source, ["Va", "De\nux"]);
        assert_eq!(table.texts.target, ["Well, \"go\"", "Two"]);
        assert_eq!(table.names, ["French", "english"]);
        assert_eq!(
            table.notes[1],
            "pairs.csv: 1 rows lack a text and are left out"
        );
        let text = "source;target\na, b;c\n";
        let table = read("pairs.csv", text.as_bytes(), ["", ""]).expect("pairs");
        assert_eq!(table.texts.source, ["a, b"]);
    }

    #[test]
    fn languages_are_told_by_their_words() {
        let text = "Where is the dog?\tOù est le chien ?\nThe cat and the house.\tLe chat et la \
                    maison.\nI have a car.\tJ'ai une voiture.\n";
        let straight = read("t.tsv", text.as_bytes(), ["en", "fr"]).expect("pairs");
        let turned = read("t.tsv", text.as_bytes(), ["fr", "en"]).expect("pairs");
        assert_eq!(straight.texts.source[2], "I have a car.");
        assert_eq!(turned.texts.source[2], "J'ai une voiture.");
        assert_eq!(turned.names, ["fr", "en"]);
        let said = "t.tsv: there is no header; column 2 as French is read, column 1 as English is \
                    written";
        assert_eq!(turned.notes, [said]);
    }

    #[test]
    fn what_is_wrong_has_a_row_and_a_column() {
        let (what, place) = refused("t.tsv", b"Go.\tVa !\n \nRun!\n");
        assert_eq!(
            (what.as_str(), place.as_str()),
            ("the row has 1 cell(s), the first row has 2", "t.tsv, row 3")
        );
        let (what, place) = refused("t.tsv", b"Go.\tVa !\nRun!\t\xff\n");
        assert_eq!(
            (what.as_str(), place.as_str()),
            ("the cell is not UTF-8 text", "t.tsv, row 2, column 2")
        );
        let (what, _) = refused("t.tsv", b"Go.\tVa !\nRun!\tCours\t!\n");
        assert_eq!(what, "the row has 3 cell(s), the first row has 2");
        assert_eq!(refused("t.tsv", b"").0, "the file is empty");
        assert_eq!(
            refused("t.tsv", b"source\ttarget\n").0,
            "the table holds no pair of texts"
        );
        let long = vec![b'a'; 2 * LONGEST_LINE];
        let (what, place) = refused("t.tsv", &[b"Go.\tVa !\n", &long[..], b"\tx\n"].concat());
        assert_eq!(what, "the line has more than 1048576 bytes");
        assert_eq!(place, "t.tsv, row 2");
    }
}
