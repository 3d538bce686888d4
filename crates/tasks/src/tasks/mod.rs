//! The tasks, a folder each. A task never imports another.

pub mod imdb;
pub mod memory;
pub mod news;
pub mod quora;
pub mod stock_forecast;
pub mod translate;
pub mod weather;
