//! Series over days: tables, scalers, windows, splits.

mod ahead;
mod assemble;
pub(crate) mod cells;
pub(crate) mod date;
mod findings;
mod kinds;
mod read;
mod scaler;
mod several;
mod spec;
mod split;
mod summary;
mod table;
mod values;
mod windows;

pub use scaler::{Scaler, ScalerKind};
pub use spec::{Check, ColumnSpec, SeriesSpec};
pub use split::{Part, Span, SplitConfig, TimeSplit};
pub use summary::{Gap, GapSummary, LoadSummary, MissingCount};
pub use table::SeriesTable;
pub use windows::{Window, Windows};
