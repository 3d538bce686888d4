//! Which windows train, validate and test: split by time, the same way in every series.

use super::shape::Shape;
use rekindle_data::Timeline;

/// Windows of training beyond this many are thinned out.
const MOST: usize = 2_000_000;

/// Series and end of each window, by part.
#[derive(Debug, Clone, Default)]
pub struct Split {
    /// Windows whose targets end before those of validation begin.
    pub train: Vec<(u32, u32)>,
    /// One a horizon, whose targets follow one another.
    pub valid: Vec<(u32, u32)>,
    /// Likewise, at the end of each series.
    pub test: Vec<(u32, u32)>,
}

impl Split {
    /// Splits every series: the last horizons test, those before validate.
    pub fn new(timeline: &Timeline, shape: &Shape) -> Self {
        let mut split = Self::default();
        let horizon = shape.horizon;
        for (series, one) in (0..).zip(&timeline.series) {
            let steps = one.values.len();
            let origins = |from: usize, count: usize| {
                (0..count).map(move |nth| (series, (from + nth * horizon) as u32))
            };
            let room = |reserved: usize| {
                steps
                    .checked_sub(reserved)
                    .filter(|&rest| rest >= shape.least)
            };
            let (test, valid) = (shape.test * horizon, shape.valid * horizon);
            if let Some(from) = room(test) {
                split.test.extend(origins(from, shape.test));
            }
            if let Some(from) = room(test + valid) {
                split.valid.extend(origins(from, shape.valid));
            }
            if let Some(last) = room(test + valid + horizon) {
                split
                    .train
                    .extend((shape.least..=last).map(|end| (series, end as u32)));
            }
        }
        split.train = thinned(split.train);
        split
    }

    /// All windows whose targets are known.
    pub fn everything(timeline: &Timeline, shape: &Shape) -> Vec<(u32, u32)> {
        let mut all = Vec::new();
        for (series, one) in (0..).zip(&timeline.series) {
            if let Some(last) = one.values.len().checked_sub(shape.horizon) {
                all.extend((shape.least..=last).map(|end| (series, end as u32)));
            }
        }
        thinned(all)
    }
}

fn thinned(windows: Vec<(u32, u32)>) -> Vec<(u32, u32)> {
    let every = windows.len().div_ceil(MOST).max(1);
    windows.into_iter().step_by(every).collect()
}

/// Steps of a series that training may see: all before its validation, or before its test.
pub fn until(steps: usize, shape: &Shape, with_validation: bool) -> usize {
    let reserved = shape.test + if with_validation { 0 } else { shape.valid };
    steps
        .saturating_sub(reserved * shape.horizon)
        .max(shape.least.min(steps))
}

#[cfg(test)]
mod tests {
    use super::super::config::PredictAs;
    use super::super::testing::{encoding, timeline, wave};
    use super::*;

    #[test]
    fn parts_follow_one_another() {
        let timeline = timeline(&[wave(40), wave(12), wave(3)]);
        let shape = encoding(PredictAs::Blend, &timeline).shape;
        let split = Split::new(&timeline, &shape);
        assert_eq!(split.test, [(0, 35), (1, 7)]);
        assert_eq!(split.valid, [(0, 30)]);
        let last = split.train.iter().map(|window| window.1).max();
        assert_eq!(
            last,
            Some(25),
            "targets of training end where validation begins"
        );
        assert!(
            split
                .train
                .iter()
                .all(|window| window.0 == 0 && window.1 >= 4)
        );
        assert_eq!(until(40, &shape, false), 30);
        assert_eq!(until(40, &shape, true), 35);
        assert_eq!(Split::everything(&timeline, &shape).len(), 32 + 4);
    }
}
