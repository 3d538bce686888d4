//! The tasks, a folder each. A task never imports another.

pub mod stock_forecast;
