//! Honest evaluation of forecasts, classifiers and translations: metrics with their uncertainty,
//! the baselines a model has to beat, tests of whether it does, and the splits that keep the future
//! out of training.
//!
//! The crate takes slices and gives numbers: no files, no models, no clock. Whatever is random
//! takes a seed and gives the same answer for it on every machine.
//!
//! ```
//! use rekindle_eval::*;
//!
//! let history: Vec<f64> = (0..60).map(|t| 100.0 + (t as f64 * 0.7).sin()).collect();
//! let fold = &rolling_origin(history.len(), 2, 10, 1, 30).unwrap()[1];
//! let (train, actual) = (&history[fold.train.clone()], &history[fold.test.clone()]);
//! let naive = persistence(train, actual.len());
//! let model = moving_average(train, 9, actual.len());
//! assert!(skill(rmse(actual, &model), rmse(actual, &naive)) > 0.0);
//!
//! let losses = |f: &[f64]| actual.iter().zip(f).map(|(a, f)| (a - f).abs()).collect::<Vec<_>>();
//! let mean = block_bootstrap_mean(&losses(&model), 3, 999, 0.95, 7);
//! assert!(mean.lower < mean.estimate && mean.estimate < mean.upper);
//! let test = diebold_mariano(&losses(&model), &losses(&naive), 1).unwrap();
//! println!("mean loss {mean:?}, against the naive forecast p = {:.3}", test.p_value);
//! ```
//!
//! # Conventions
//!
//! * Slices that belong together have one length; anything else is a programmer's error and
//!   panics, as documented on each function.
//! * What the data leave undefined (no points, a zero denominator) is [`f64::NAN`] or `None`,
//!   never a made-up number.
//! * A panel of `n` points by `k` levels is one slice of `n * k` values, row by row.

#![deny(missing_docs)]
#![forbid(unsafe_code)]

pub mod backtest;
pub mod baseline;
pub mod bleu;
pub mod calibration;
pub mod chrf;
pub mod confusion;
pub mod corpus;
pub mod direction;
pub mod empirical;
pub mod event;
pub mod interval;
mod linear;
pub mod linear_text;
pub mod mcnemar;
pub mod ngrams;
mod overlap;
pub mod point;
pub mod probability;
pub mod quantile;
pub mod ranking;
pub mod ridge;
pub mod significance;
pub mod theta;
pub mod tokenizer_13a;

pub use backtest::{Fold, rolling_origin};
pub use baseline::{drift, moving_average, persistence, seasonal_naive};
pub use bleu::{BLEU_ORDER, BLEU_SIGNATURE, Bleu, BleuCounts, bleu, bleu_counts};
pub use calibration::{CalibrationPoint, quantile_calibration};
pub use chrf::{CHRF_ORDER, CHRF_SIGNATURE, ChrfCounts, chrf, chrf_counts};
pub use confusion::Confusion;
pub use corpus::{CorpusCounts, PairedBootstrap, corpus_interval, paired_bootstrap};
pub use direction::directional_accuracy;
pub use empirical::EmpiricalQuantiles;
pub use event::{EventBin, brier, event_reliability};
pub use interval::{Interval, Proportion, block_bootstrap, block_bootstrap_mean};
pub use linear::LinearLoss;
pub use linear_text::{LinearText, LinearTextConfig, LinearTextParts};
pub use mcnemar::{McNemar, mcnemar};
pub use ngrams::{NgramConfig, Ngrams, SparseRows, Weighting};
pub use point::{
    mae, mape, mase, naive_scale, naive_scale_squared, r2, rmse, rmsse, skill, smape, theil_u,
};
pub use probability::{Reliability, ReliabilityBin, fit_blend, log_loss, reliability, softmax};
pub use quantile::{
    coverage, crps_from_quantiles, empirical_quantile, mean_crps, mean_pinball, mean_width, pinball,
};
pub use ranking::{best_f1_threshold, f1_at, macro_over_classes, pr_auc, roc_auc};
pub use ridge::{RidgeAutoregression, RidgeBuilder};
pub use significance::{DieboldMariano, binomial_test, diebold_mariano, diebold_mariano_with_lag};
pub use theta::theta;
pub use tokenizer_13a::tokenize_13a;

/// Runs the snippet of the README as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
