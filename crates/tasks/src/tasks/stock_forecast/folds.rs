//! The parts in time: one split, or a block of test days after another.

use super::config::{DatasetChoice, Head, StockConfig, Strategy, Target};
use super::data::Prices;
use super::prepare::{Prepared, prepare};
use crate::error::{Result, TaskError};
use jiff::civil::Date;
use rekindle_data::TimeSplit;
use rekindle_eval::rolling_origin;

/// Settings that follow from others.
pub fn settle(mut config: StockConfig) -> Result<StockConfig> {
    if config.dataset != DatasetChoice::Panel && !config.symbols.trim().is_empty() {
        return Err(TaskError::usage(
            "symbols can be chosen from the panel alone",
            "add --set dataset=panel",
        ));
    }
    if config.target == Target::Level {
        // The scale head holds the median fixed, which a level cannot be.
        config.head = Head::Free;
    }
    Ok(config)
}

/// A block of test days and what comes before it.
struct TestBlock {
    split: TimeSplit,
    until: Option<Date>,
}

/// There are not enough days for the parts.
pub fn too_few_days() -> TaskError {
    TaskError::usage(
        "the data have too few days for this split",
        "use more rows, or smaller --set lookback, horizon or folds",
    )
}

/// Days ahead the model gives in one go.
fn model_horizon(prices: &Prices, config: &StockConfig) -> usize {
    match config.strategy {
        Strategy::Recursive => 1,
        Strategy::Direct if prices.ahead => config.horizon.max(config.ahead),
        Strategy::Direct => config.horizon,
    }
}

/// Cuts the test part into `folds` blocks; each is tested by a model fitted on all before it.
fn blocks(prices: &Prices, config: &StockConfig) -> Result<Vec<TestBlock>> {
    let mut days = prices.table.dates().to_vec();
    days.sort();
    days.dedup();
    let test_days = match prices.test_from {
        Some(from) => days.len() - days.partition_point(|&day| day < from),
        None => (days.len() as f64 * config.test).round() as usize,
    };
    let horizon = model_horizon(prices, config);
    let length = test_days / config.folds;
    let least = 2 * (config.lookback + horizon) + 10;
    let folds =
        rolling_origin(days.len(), config.folds, length, 0, least).ok_or_else(too_few_days)?;
    let last = config.folds - 1;
    folds
        .into_iter()
        .enumerate()
        .map(|(index, fold)| {
            let valid = (fold.train.end as f64 * config.valid).round().max(1.0) as usize;
            let valid_from = days[fold.train.end - valid];
            let split = TimeSplit::from_dates(
                days.clone(),
                valid_from,
                days[fold.test.start],
                config.lookback,
                horizon,
            )?;
            let until = (index < last).then(|| days[fold.test.end - 1]);
            Ok(TestBlock { split, until })
        })
        .collect()
}

/// All that is fitted before the network of each block.
pub fn prepare_all(prices: &Prices, config: &StockConfig) -> Result<Vec<Prepared>> {
    let horizon = model_horizon(prices, config);
    let blocks = blocks(prices, config)?.into_iter();
    blocks
        .map(|block| prepare(prices, block.split, config, horizon, block.until))
        .collect()
}
