//! The tasks that are kinds of their own, a folder each. A task never imports another.

pub mod memory;
pub mod stock_forecast;
pub mod translate;
pub mod weather;
