//! What the text tasks share: from a labelled file to a classifier with its report.

mod batch;
mod blend;
mod config;
mod corpus;
mod encode;
mod forward;
mod model;
mod page;
mod parts;
mod saved;
mod scores;
mod style;
mod task;
mod train;
mod wide;
mod words;

pub use config::{Padding, Recipe, Split, TextConfig, Tokens, Wide};
pub use corpus::Corpus;
pub use style::telling_apart;
pub use task::{Class, Headless, Source, TextTask};
