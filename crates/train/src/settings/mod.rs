//! Settings: what they are, where they come from, and who may change them.

mod doc;
mod file;
mod names;
mod resolve;
mod train;
mod values;

pub use doc::{Rule, SettingDoc, Settings, check, plain};
pub use file::{TaskFile, When};
pub use names::Names;
pub use resolve::{Resolved, change, of_run, resolve, rows, split};
pub use train::{CELLS, TrainSettings};
pub use values::{apply, coerce, from_table, full_name, kept, to_table, unknown};
