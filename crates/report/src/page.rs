//! What a page is made of: plain data, no drawing.

use crate::chart::Chart;

/// One report: everything that ends up in the HTML file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Page {
    /// The page's heading and its browser title.
    pub title: String,
    /// One line under the heading; left out when empty.
    pub subtitle: String,
    /// What was run: task, backend, seed, data, … as name and value.
    pub facts: Vec<(String, String)>,
    /// The three to five numbers a reader should see first.
    pub headline: Vec<Figure>,
    /// Remarks and warnings, shown under the headline.
    pub notes: Vec<Note>,
    /// The body.
    pub sections: Vec<Section>,
    /// Small print at the end; left out when empty.
    pub footer: String,
}

impl Page {
    /// The page as one HTML document without external resources.
    pub fn to_html(&self) -> String {
        crate::html::document(self)
    }
}

/// One of the big numbers at the top.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Figure {
    /// What the number is.
    pub label: String,
    /// The number, formatted.
    pub value: String,
    /// What it is compared with, or its interval.
    pub detail: String,
    /// Whether the number is good news.
    pub verdict: Verdict,
}

/// How a [`Figure`] is to be taken. Shown as a word and a symbol as well as a colour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// Better than what it is compared with.
    Good,
    /// Neither, or nothing to compare with.
    #[default]
    Neutral,
    /// Worse than what it is compared with.
    Bad,
}

/// A remark to the reader.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Note {
    /// How urgent it is.
    pub kind: NoteKind,
    /// The remark.
    pub text: String,
}

/// How urgent a [`Note`] is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum NoteKind {
    /// Good to know.
    #[default]
    Info,
    /// Changes how the numbers must be read.
    Warning,
}

/// A part of the page under its own heading.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Section {
    /// The heading.
    pub title: String,
    /// One or two sentences on how to read what follows; left out when empty.
    pub lead: String,
    /// The content, top to bottom.
    pub blocks: Vec<Block>,
}

/// A piece of a [`Section`].
#[derive(Debug, Clone, PartialEq)]
pub enum Block {
    /// A paragraph; blank lines start a new one.
    Text(String),
    /// A text whose words are shaded.
    Tokens(Vec<Token>),
    /// Preformatted text: a command, a configuration.
    Code(String),
    /// A table.
    Table(Table),
    /// A plot.
    Chart(Chart),
    /// Blocks side by side on a wide screen, stacked on a narrow one.
    Row(Vec<Block>),
}

/// A word of a shaded text.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Token {
    /// The word.
    pub text: String,
    /// How much it is shaded, from 0 to 1.
    pub strength: f64,
}

/// A table of figures; the first column holds the row labels.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Table {
    /// What the table shows.
    pub caption: String,
    /// Column headings. The first one heads the row labels when there is one more heading than
    /// there are cells in a row; otherwise that corner stays empty.
    pub columns: Vec<String>,
    /// The rows, top to bottom.
    pub rows: Vec<TableRow>,
}

/// One row of a [`Table`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TableRow {
    /// The row's heading.
    pub label: String,
    /// The row's cells, in the order of the columns.
    pub cells: Vec<Cell>,
    /// Whether this is the row the report is about, such as the model's own.
    pub emphasis: bool,
}

/// One cell of a [`Table`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Cell {
    /// The number, formatted.
    pub text: String,
    /// Smaller print beneath it, such as an interval.
    pub detail: Option<String>,
    /// Whether this is the best value of its column.
    pub best: bool,
}
