//! Series over days: tables, scalers, windows, splits.

mod date;
mod read;
mod scaler;
mod split;
mod table;
mod windows;

pub use scaler::{Scaler, ScalerKind};
pub use split::{Part, Span, SplitConfig, TimeSplit};
pub use table::{
    Check, ColumnSpec, Gap, GapSummary, LoadSummary, MissingCount, SeriesSpec, SeriesTable,
};
pub use windows::{Window, Windows};
