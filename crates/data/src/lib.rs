//! Sequence data, from files to windows: tables read by header name, missing cells, scalers, windows,
//! splits by time, and downloads.
//!
//! Nothing here knows a tensor. A [`SeriesTable`] is read from CSV (plain, gzip, xz or zstd), its
//! features are a row-major `[rows * features]` slice, and [`Windows`] are views into that slice.
//! Every error says [what](DataError), [where](DataError::place) and [what to do](DataError::help).
//!
//! ```
//! use rekindle_data::{Check, ColumnSpec, MissingPolicy, SeriesSpec, SeriesTable, Windows};
//!
//! let folder = tempfile::tempdir()?;
//! let path = folder.path().join("prices.csv");
//! std::fs::write(&path, "Date,Close\n2018-09-28,3.0\n2018-09-27,2.0\n2018-09-26,1.0\n")?;
//!
//! let close = ColumnSpec {
//!     name: "close".into(),
//!     aliases: vec!["close".into()],
//!     missing: MissingPolicy::Error,
//!     check: Check::Positive,
//!     required: true,
//! };
//! let spec = SeriesSpec {
//!     date_aliases: vec!["date".into()],
//!     series_aliases: None,
//!     columns: vec![close],
//!     max_gap_days: 5,
//!     only: None,
//!     limit: None,
//!     date_format: None,
//! };
//! let (table, summary) = SeriesTable::read(&path, &spec)?;
//! assert!(summary.newest_first);
//!
//! let close = table.column("close").unwrap_or_default();
//! let values: Vec<f32> = close.iter().map(|&close| close as f32).collect();
//! let windows = Windows::new(&values, 1, table.ranges(), 2, 1)?;
//! assert_eq!(windows.get(0).input, [1.0, 2.0]);
//! assert_eq!(windows.get(0).targets, 2..3);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # People's own tables
//!
//! [`CsvTable::open_found`] and [`TextReader`] take a file as it comes: CSV with any delimiter, with
//! comments or `sep=;` above the header, UTF-16, JSON Lines, or a JSON array of objects. Notes say
//! what was assumed. A workbook, an archive or a web page is refused by name, with what to do.
//! [`profile`] says what each column seems to hold.
//!
//! ```
//! use rekindle_data::{TextSpec, TextTable};
//!
//! let folder = tempfile::tempdir()?;
//! let path = folder.path().join("mails.csv");
//! std::fs::write(&path, "id;title;body;team\n7;Hello;It rains;sales\n")?;
//!
//! let spec = TextSpec {
//!     columns: vec!["title".into(), "body".into()],
//!     label: Some(vec!["team".into()]),
//!     ..TextSpec::default()
//! };
//! let (mails, summary) = TextTable::read(&path, &spec)?;
//! assert_eq!(mails.texts, ["Hello\nIt rains"]);
//! assert_eq!(summary.notes, ["cells are separated by semicolons"]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Features
//!
//! All are on by default: 127 other crates are built then, and 48 without (`default-features = false`).
//!
//! | feature | what it brings | crates |
//! |---|---|---|
//! | `download` | `fetch`, `FetchOptions`, `Progress`: downloads that resume | `ureq` |
//! | `compression` | gzip, xz and zstd in [`open`] and whatever reads through it | `flate2`, `liblzma`, `zstd` |
//! | `subwords` | `Subwords`, `Segmented`, `Unit`: vocabularies of pieces of words | `tokenizers` |
//!
//! Without `compression` a compressed file is an error that names the feature.
#![deny(missing_docs)]
#![forbid(unsafe_code)]

#[cfg(feature = "download")]
mod download;
mod error;
#[cfg(feature = "download")]
mod fetch;
mod form;
mod idx;
mod limits;
mod lines;
mod lock;
mod manifest;
mod missing;
mod near;
mod printable;
mod profile;
mod sampling;
mod series;
mod similar;
mod source;
mod table;
mod text;
mod timeline;
mod verify;

pub use error::{DataError, Place, Result};
#[cfg(feature = "download")]
pub use fetch::{FetchOptions, Progress, fetch};
pub use form::TableOptions;
pub use idx::Images;
pub use limits::Limits;
pub use lock::FileLock;
pub use manifest::{Manifest, ManifestFile};
pub use missing::{MissingPolicy, is_missing};
pub use near::{near, near_in};
pub use printable::{printable, printable_line};
pub use profile::{ColumnKind, ColumnProfile, DateKind, Profile, profile, profile_with};
pub use sampling::{
    Duplicates, TextSplit, at_most_per_class, bucketed, class_weights, group_split, oversample,
    random_split, stratified_folds, stratified_split, token_budget, weighted_sample,
};
pub use series::{
    Check, ColumnSpec, Gap, GapSummary, LoadSummary, MissingCount, Part, Scaler, ScalerKind,
    SeriesSpec, SeriesTable, Span, SplitConfig, TimeSplit, Window, Windows,
};
pub use source::{locate, open, sha256_and_size, sha256_file, sha256_of};
pub use table::{CsvOptions, CsvTable};
pub use text::{
    Coverage, Embeddings, Encoding, KerasTokenizer, KerasTokenizerConfig, LONGEST_LINE, PairSpec,
    Pairs, ParallelTexts, Quoting, Side, TextForm, TextReader, TextSpec, TextSummary, TextTable,
    TokenCounter, Vocabulary, clean, clean_text, decode_entities, language_code, language_name,
    pad_sequences, pair_groups, plain_blanks, read_lines, read_texts, tokenize_all, words,
};
#[cfg(feature = "subwords")]
pub use text::{Segmented, Subwords, Unit};
pub use timeline::{
    Covariate, Frequency, GapPolicy, Stamp, TimeForm, TimeRows, TimeUnit, Timeline, TimelineSeries,
    TimelineSpec, TimelineSummary, join_times, read_times, write_times,
};
pub use verify::{FileState, FileStatus, verify};

/// Runs the snippet of the README as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
