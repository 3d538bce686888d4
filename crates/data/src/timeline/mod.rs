//! Series of any regular frequency: read from long tables, on one grid of time each.

mod assemble;
mod columns;
mod frequency;
mod join;
mod read;
mod spec;
mod stamp;
mod summary;
mod write;

pub use assemble::{Timeline, TimelineSeries};
pub use frequency::Frequency;
pub use join::join_times;
pub use read::{TimeRows, read_times};
pub use spec::{Covariate, GapPolicy, TimelineSpec};
pub use stamp::{Stamp, TimeForm, TimeUnit};
pub use summary::TimelineSummary;
pub use write::write_times;
