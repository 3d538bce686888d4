//! The crate from outside: files, errors, properties, downloads, and the real data if they are here.
#![expect(
    clippy::single_range_in_vec_init,
    reason = "a table of one series has one range of rows"
)]

mod errors;
#[cfg(feature = "download")]
mod fetching;
mod forms;
mod odd_tables;
mod profiles;
mod properties;
mod real;
mod rows;
mod series;
#[cfg(feature = "download")]
mod server;
mod support;
mod text;
mod timeline;
