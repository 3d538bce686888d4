//! Small series for tests.

use super::config::PredictAs;
use super::panel::Encoding;
use super::shape::Shape;
use rekindle_data::{Frequency, Stamp, TimeForm, Timeline, TimelineSeries, TimelineSummary};

/// Hourly series of these values.
pub fn timeline(all: &[Vec<f64>]) -> Timeline {
    let series = all.iter().enumerate().map(|(at, values)| TimelineSeries {
        name: format!("s{at}"),
        start: Stamp(0),
        values: values.clone(),
        covariates: Vec::new(),
    });
    Timeline {
        frequency: Frequency::Seconds(3_600),
        form: TimeForm::new(None),
        columns: ["time", "y", "series"].map(str::to_string),
        covariates: Vec::new(),
        series: series.collect(),
        summary: TimelineSummary::default(),
    }
}

/// Twelve steps read and five forecast, a period of four.
pub fn encoding(predict_as: PredictAs, timeline: &Timeline) -> Encoding {
    Encoding {
        shape: Shape {
            horizon: 5,
            season: 4,
            periods: vec![4],
            lookback: 12,
            patch: 3,
            least: 4,
            valid: 1,
            test: 1,
        },
        frequency: timeline.frequency,
        predict_as,
        calendar: true,
        covariates: Vec::new(),
        spreads: Vec::new(),
        level_weight: 1.0,
        series: timeline.series.iter().map(|one| one.name.clone()).collect(),
    }
}

/// A wave that never repeats.
pub fn wave(steps: usize) -> Vec<f64> {
    (0..steps)
        .map(|t| 10.0 + (t as f64 * 1.3).sin() * 4.0 + (t % 7) as f64)
        .collect()
}
