//! Data for sequence models.
#![forbid(unsafe_code)]

mod error;
mod fetch;
mod manifest;
mod missing;
mod series;
mod source;
mod table;

pub use error::{DataError, Place, Result};
pub use fetch::{FetchOptions, Progress, fetch};
pub use manifest::{FileState, FileStatus, Manifest, ManifestFile, verify};
pub use missing::{MissingPolicy, is_missing};
pub use series::{
    Check, ColumnSpec, Gap, GapSummary, LoadSummary, MissingCount, Part, Scaler, ScalerKind,
    SeriesSpec, SeriesTable, Span, SplitConfig, TimeSplit, Window, Windows,
};
pub use source::{locate, open, sha256_file};
pub use table::{CsvOptions, CsvTable};
