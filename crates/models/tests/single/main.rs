//! The checks in single precision: on Flex, and on every other backend whose feature is on.

mod conformance;
mod gates;
mod golden;
mod layers;
mod quantile;
mod scaled_quantile;
mod seq2seq;
#[path = "../support/mod.rs"]
mod support;
mod text;
