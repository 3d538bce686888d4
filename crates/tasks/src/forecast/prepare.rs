//! What is settled before any network: sizes, parts, encoding, and the ridge regression.

use super::choice::Choice;
use super::config::{ForecastConfig, PredictAs};
use super::panel::{Encoding, Panel, spreads};
use super::ridge;
use super::shape::Shape;
use super::split::{Split, until};
use super::window::Window;
use crate::error::{Result, TaskError};
use rekindle_data::Timeline;
use rekindle_eval::RidgeAutoregression;

/// Windows from which the typical ratio of scale and level is seen.
const RATIOS: usize = 500;

/// How windows become inputs, and which are fitted on.
pub struct Fitted {
    /// How values become inputs.
    pub encoding: Encoding,
    /// The ridge regression among the bases.
    pub ridge: Option<RidgeAutoregression>,
    /// Windows to train on, then those to validate on.
    pub windows: Vec<(u32, u32)>,
    /// Number of those that train.
    pub train: usize,
}

impl Fitted {
    /// Windows to train on.
    pub fn train(&self) -> &[(u32, u32)] {
        &self.windows[..self.train]
    }

    /// Windows to validate on.
    pub fn valid(&self) -> &[(u32, u32)] {
        &self.windows[self.train..]
    }
}

/// All that is settled before any network.
pub struct Prepared {
    /// For the networks: those that are tested, later those fitted once more on all rows.
    pub fitted: Fitted,
    /// The penalty of the ridge regression.
    pub penalty: Option<f64>,
    /// Windows that test.
    pub test: Vec<(u32, u32)>,
    /// What is worth knowing of it.
    pub notes: [String; 2],
}

/// Splits, and chooses on validation how values are encoded.
pub fn prepare(timeline: &Timeline, config: &ForecastConfig, seed: u64) -> Result<Prepared> {
    let shape = Shape::choose(timeline, config)?;
    let split = Split::new(timeline, &shape);
    check_split(&split, &shape)?;
    let sizes = format!(
        "{} steps ahead from {} steps, season {}; {} windows to train on, {} to validate, {} to test",
        shape.horizon,
        shape.lookback,
        shape.season,
        split.train.len(),
        split.valid.len(),
        split.test.len()
    );
    let known = |steps: usize| until(steps, &shape, false);
    let (encoding, ridge, choice) = choose(timeline, config, &shape, &split, known, seed)?;
    let (ridge, penalty) = ridge.unzip();
    Ok(Prepared {
        fitted: Fitted {
            encoding,
            ridge,
            windows: [&split.train[..], &split.valid].concat(),
            train: split.train.len(),
        },
        penalty,
        test: split.test,
        notes: [sizes, choice.line()],
    })
}

/// The same choices, fitted on all rows.
pub fn on_all_rows(timeline: &Timeline, prepared: &Prepared, seed: u64) -> Fitted {
    let encoding = Encoding {
        spreads: spreads(timeline, |_| usize::MAX),
        ..prepared.fitted.encoding.clone()
    };
    let windows = Split::everything(timeline, &encoding.shape);
    let panel = Panel::new(timeline, &encoding);
    let ridge = ridge::fit(&panel, &windows, &[], prepared.penalty, seed).map(|(ridge, _)| ridge);
    drop(panel);
    Fitted {
        encoding,
        ridge,
        train: windows.len(),
        windows,
    }
}

fn check_split(split: &Split, shape: &Shape) -> Result<()> {
    if !split.train.is_empty() && !split.valid.is_empty() && !split.test.is_empty() {
        return Ok(());
    }
    let least = shape.least + (shape.test + shape.valid + 1) * shape.horizon;
    Err(TaskError::usage(
        format!("no series has the {least} steps that training, validation and test need"),
        "give longer series, or forecast fewer steps with --set horizon=N",
    ))
}

/// How values are encoded, the ridge regression with its penalty, and why.
type Chosen = (Encoding, Option<(RidgeAutoregression, f64)>, Choice);

/// How values are encoded, and the ridge regression with its penalty.
fn choose(
    timeline: &Timeline,
    config: &ForecastConfig,
    shape: &Shape,
    split: &Split,
    known: impl Fn(usize) -> usize,
    seed: u64,
) -> Result<Chosen> {
    let until = |series: usize| known(timeline.series[series].values.len());
    let mut encoding = Encoding {
        shape: shape.clone(),
        frequency: timeline.frequency,
        predict_as: PredictAs::Blend,
        calendar: config.calendar,
        covariates: timeline.covariates.clone(),
        spreads: spreads(timeline, until),
        level_weight: 0.0,
        series: timeline.series.iter().map(|one| one.name.clone()).collect(),
    };
    if config.predict_as == PredictAs::LogReturn {
        refuse_logarithms(timeline)?;
    }
    let panel = Panel::new(timeline, &encoding);
    let level_weight = level_weight(&panel, &split.train, seed);
    drop(panel);
    encoding.level_weight = level_weight;
    let panel = Panel::new(timeline, &encoding);
    let blended = ridge::fit(&panel, &split.train, &split.valid, None, seed);
    let mut choice = Choice::make(
        &panel,
        blended.as_ref().map(|(ridge, _)| ridge),
        &split.valid,
    );
    if config.predict_as != PredictAs::Auto {
        choice.predict_as = config.predict_as;
    }
    let predict_as = choice.predict_as;
    drop(panel);
    encoding.predict_as = predict_as;
    let fitted = match predict_as {
        PredictAs::Blend => blended,
        _ => ridge::fit(
            &Panel::new(timeline, &encoding),
            &split.train,
            &split.valid,
            None,
            seed,
        ),
    };
    Ok((encoding, fitted, choice))
}

/// Errors relative to the level count as much in all as those relative to the scale.
fn level_weight(panel: &Panel, windows: &[(u32, u32)], seed: u64) -> f64 {
    let drawn = ridge::draw(windows, RATIOS, seed);
    let ratio = |&(series, end): &(u32, u32)| {
        let window = Window::new(panel, series as usize, end as usize);
        window.scale / window.level
    };
    let mut ratios: Vec<f64> = drawn
        .iter()
        .map(ratio)
        .filter(|ratio| ratio.is_finite())
        .collect();
    ratios.sort_by(f64::total_cmp);
    let median = ratios.get(ratios.len() / 2).copied().unwrap_or(1.0);
    (1.0 / median.max(0.05)).min(20.0)
}

fn refuse_logarithms(timeline: &Timeline) -> Result<()> {
    for (index, one) in timeline.series.iter().enumerate() {
        if let Some(step) = one.values.iter().position(|value| *value <= 0.0) {
            let of = if one.name.is_empty() {
                String::new()
            } else {
                format!(" of {}", one.name)
            };
            return Err(TaskError::usage(
                format!(
                    "the value{of} at {} is {}, and only values above zero have a logarithm",
                    timeline.written(index, step),
                    one.values[step]
                ),
                "choose --set predict_as=auto or difference",
            ));
        }
    }
    Ok(())
}
