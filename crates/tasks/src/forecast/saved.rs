//! What a run keeps: written, read back, and joined to a file that continues its series.

use super::baselines::Baselines;
use super::config::{ForecastConfig, PredictAs};
use super::forecaster::Forecaster;
use super::model::{Ensemble, ForecastModel};
use super::panel::{Encoding, Panel};
use crate::error::{Result, TaskError};
use crate::files;
use crate::run_dir::RunDir;
use burn::tensor::Device;
use rekindle_data::{Stamp, TimeForm, Timeline, TimelineSpec, join_times, read_times, write_times};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

/// Most origins of each series in a test.
const ORIGINS: usize = 50;

/// What later forecasts need beside the weights; saved as `inference.json`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Inference {
    /// How values become inputs.
    pub encoding: Encoding,
    /// Factor on the distance of quantiles from the median.
    pub width: f64,
    /// How the training file writes times.
    pub form: TimeForm,
    /// Columns of time, target and series; the last is empty for one series.
    pub columns: [String; 3],
}

impl Inference {
    /// What a training file and its encoding say.
    pub fn new(timeline: &Timeline, encoding: Encoding, width: f64) -> Self {
        Self {
            encoding,
            width,
            form: timeline.form.clone(),
            columns: timeline.columns.clone(),
        }
    }

    /// Values of each series that are kept for files that continue it.
    pub fn history(&self) -> usize {
        let shape = &self.encoding.shape;
        2 * shape.lookback + 2 * shape.season + shape.horizon
    }

    fn is_sound(&self) -> bool {
        let encoding = &self.encoding;
        encoding.shape.is_sound()
            && encoding.frequency.is_sound()
            && encoding.predict_as != PredictAs::Auto
            && encoding.spreads.len() == encoding.covariates.len()
            && encoding
                .spreads
                .iter()
                .all(|spread| spread.mean.is_finite() && spread.deviation > 0.0)
            && encoding.level_weight.is_finite()
            && self.width.is_finite()
            && self.width > 0.0
    }
}

/// A model with all it needs.
pub struct Saved {
    /// The settings.
    pub config: ForecastConfig,
    /// `inference.json`.
    pub inference: Inference,
    /// `baselines.json`.
    pub baselines: Baselines,
    /// The networks.
    pub model: Ensemble,
    /// The series it was fitted on; none of a run that was read back, whose `history.csv` has their ends.
    pub trained_on: Option<Arc<Timeline>>,
}

/// A file beside the history of the run.
pub struct Joined {
    /// The series of the file, each after its history.
    pub timeline: Timeline,
    /// Last time of history of the series that continue it.
    pub ends: HashMap<String, Stamp>,
}

impl Saved {
    /// Writes all of the model's files.
    pub fn write(&self, run: &RunDir) -> Result<()> {
        run.write_model(&self.model)?;
        files::write_json(&run.file("inference.json"), &self.inference)?;
        files::write_json(&run.file("baselines.json"), &self.baselines)?;
        let Some(timeline) = &self.trained_on else {
            return Ok(());
        };
        let path = run.file("history.csv");
        let history = write_times(timeline, self.inference.history())
            .map_err(|error| TaskError::run(&path, error.to_string()))?;
        files::write_atomic(&path, &history)
    }

    /// Reads and checks a run.
    pub fn read(directory: &RunDir, config: ForecastConfig, device: &Device) -> Result<Self> {
        let path = directory.file("inference.json");
        let inference: Inference = files::read_json(&path)?;
        if !inference.is_sound() {
            return Err(TaskError::run(
                &path,
                "the file is damaged: its sizes make no sense",
            ));
        }
        let path = directory.file("baselines.json");
        let baselines: Baselines = files::read_json(&path)?;
        let shape = &inference.encoding.shape;
        let ridge_fits = baselines.ridge.as_ref().is_none_or(|ridge| {
            ridge.lookback() == shape.lookback && ridge.horizon() == shape.horizon
        });
        let scales = baselines
            .series
            .values()
            .all(|known| known.scale > 0.0 && known.scale.is_finite());
        if !ridge_fits || !scales {
            return Err(TaskError::run(
                &path,
                "the file is damaged: it does not fit this run",
            ));
        }
        let empty = Timeline {
            frequency: inference.encoding.frequency,
            form: inference.form.clone(),
            columns: inference.columns.clone(),
            covariates: inference.encoding.covariates.clone(),
            series: Vec::new(),
            summary: rekindle_data::TimelineSummary::default(),
        };
        let panel = Panel::new(&empty, &inference.encoding);
        let network = |_| ForecastModel::new(&config, &panel, device);
        let networks = (0..config.networks).map(network).collect();
        let model = directory.read_model(Ensemble { networks })?;
        drop(panel);
        Ok(Self {
            config,
            inference,
            baselines,
            model,
            trained_on: None,
        })
    }

    /// Reads a file by the run's own columns and puts the run's history before it.
    pub fn join(&self, directory: &RunDir, input: &Path) -> Result<Joined> {
        let [time, target, series] = self.inference.columns.clone();
        let covariates = &self.inference.encoding.covariates;
        let names = |future: bool| {
            let some = covariates
                .iter()
                .filter(|covariate| covariate.future == future);
            some.map(|covariate| covariate.name.clone()).collect()
        };
        let spec = TimelineSpec {
            time,
            target,
            series,
            past: names(false),
            future: names(true),
            date_format: self.inference.form.format.clone(),
            gaps: self.config.gaps,
            limit: None,
            covariates: Some(covariates.clone()),
        };
        let mut rows = read_times(input, &spec)?;
        let path = directory.file("history.csv");
        let history = match path.is_file() {
            true => read_times(&path, &spec)?,
            false => {
                return Err(TaskError::run(
                    &path,
                    "this is not a complete run: history.csv is missing",
                ));
            }
        };
        let encoding = &self.inference.encoding;
        let ends = join_times(
            &mut rows,
            history,
            encoding.frequency,
            encoding.shape.lookback,
        );
        let timeline = rows.assemble(self.config.gaps, None, Some(encoding.frequency))?;
        Ok(Joined { timeline, ends })
    }

    /// Forecasts of this run on a device.
    pub fn forecaster<'a>(&'a self, timeline: &Timeline, device: &'a Device) -> Forecaster<'a> {
        let season = self.inference.encoding.shape.season;
        let not_negative = timeline.series.iter().map(|one| {
            self.baselines
                .of(&one.name, &one.values, season)
                .not_negative
        });
        Forecaster {
            model: &self.model,
            ridge: self.baselines.ridge.as_ref(),
            width: self.inference.width,
            not_negative: not_negative.collect(),
            device,
        }
    }
}

impl Joined {
    /// Origins whose next steps the file knows: the end of the training file and every horizon after it, or,
    /// in series that stand alone, every horizon before their end.
    pub fn origins(&self, least: usize, horizon: usize) -> Vec<(u32, u32)> {
        let mut origins = Vec::new();
        for (index, one) in (0..).zip(&self.timeline.series) {
            let steps = one.values.len();
            let from = match self.ends.get(&one.name) {
                Some(&end) => {
                    let before = self.timeline.frequency.steps(one.start, end);
                    before
                        .and_then(|before| usize::try_from(before + 1).ok())
                        .unwrap_or(steps)
                }
                None => {
                    let room = steps.saturating_sub(least.max(1));
                    let count = (room / horizon).min(ORIGINS);
                    if count == 0 && room > 0 {
                        least.max(1)
                    } else {
                        steps - count * horizon
                    }
                }
            };
            let last = (from..steps).step_by(horizon).take(ORIGINS);
            origins.extend(last.map(|end| (index, end as u32)));
        }
        origins
    }
}
