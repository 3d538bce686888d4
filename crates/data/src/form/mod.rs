//! What a file that a person brings really is: its kind, its encoding, and how its table is laid out.
//!
//! What is easy is read, and a note says what was assumed; the rest is refused with what it is and
//! what to do.

mod above;
mod delimiter;
mod encoding;
mod headless;
mod json;
mod kind;
pub(crate) mod layout;
mod levels;
mod marks;
mod object;
mod options;
mod peek;
mod shape;
mod source;
mod wrapped;

pub(crate) use delimiter::{ONE_COLUMN, name as delimiter_name};
pub(crate) use encoding::{looks_like_windows_1252, windows_1252};
pub(crate) use json::{JsonError, JsonRows, Objects};
pub(crate) use kind::Kind;
pub(crate) use layout::Layout;
pub use options::TableOptions;
pub(crate) use peek::Pace;
pub(crate) use shape::Shape;
pub(crate) use source::{Contents, Source};
