//! Sizes that follow from the frequency: horizon, season, lookback.

use super::config::ForecastConfig;
use crate::error::{Result, TaskError};
use rekindle_data::{Frequency, Timeline};
use serde::{Deserialize, Serialize};

const HOUR: i64 = 3_600;
const DAY: i64 = 86_400;
/// From this many series on, the last horizon of each tests enough.
const PANEL: usize = 20;

/// The sizes of windows and of the split.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shape {
    /// Steps ahead.
    pub horizon: usize,
    /// Period of the seasonal naive forecast and of MASE.
    pub season: usize,
    /// Periods that repeat, shortest first, none longer than the lookback.
    pub periods: Vec<usize>,
    /// Steps the network reads, a multiple of `patch`.
    pub lookback: usize,
    /// Steps read at once.
    pub patch: usize,
    /// Values a window of training has at least.
    pub least: usize,
    /// Horizons of each series that validate.
    pub valid: usize,
    /// Horizons of each series that test.
    pub test: usize,
}

impl Shape {
    /// Chooses what the settings leave open.
    pub fn choose(timeline: &Timeline, config: &ForecastConfig) -> Result<Self> {
        let auto = Auto::of(timeline.frequency);
        let given = |value: usize, auto: usize| if value > 0 { value } else { auto };
        let horizon = given(config.horizon, auto.horizon);
        let season = given(config.season, auto.season);
        let longest = timeline
            .series
            .iter()
            .map(|one| one.values.len())
            .max()
            .unwrap_or(0);
        let patch = given(config.patch, auto.patch).min(longest.max(1));
        let few = timeline.series.len() < PANEL;
        let share = |of: f64| match few {
            true => ((of * longest as f64 / horizon as f64).round() as usize).clamp(1, 20),
            false => 1,
        };
        let (mut valid, mut test) = (
            given(config.valid_origins, share(0.15)),
            given(config.test_origins, share(0.2)),
        );
        let fits = |valid: usize, test: usize| (valid + test + 1) * horizon + 2 * patch <= longest;
        while !fits(valid, test) && config.valid_origins == 0 && valid > 1 {
            valid -= 1;
        }
        while !fits(valid, test) && config.test_origins == 0 && test > 1 {
            test -= 1;
        }
        if !fits(valid, test) {
            let least = (valid + test + 1) * horizon + 2 * patch;
            let fewer = (longest.saturating_sub(2 * patch) / (valid + test + 1)).max(1);
            return Err(TaskError::usage(
                format!(
                    "the longest series has {longest} steps; training, validation and test of {horizon} steps \
                     ahead need {least}"
                ),
                format!("give a longer file, or forecast fewer steps with --set horizon={fewer}"),
            ));
        }
        let room = (longest - (valid + test + 1) * horizon) / 2;
        let lookback = given(config.lookback, auto.lookback.min(room))
            .max(1)
            .div_ceil(patch)
            * patch;
        let mut periods = auto.periods;
        if config.season > 1 {
            periods.push(config.season);
        }
        periods.sort_unstable();
        periods.dedup();
        periods.retain(|&period| period > 1 && period <= lookback);
        let least = if season > 1 { 2 * season } else { 3 * patch };
        Ok(Self {
            horizon,
            season,
            periods,
            lookback,
            patch,
            least: least
                .min(lookback)
                .min(longest - (valid + test + 1) * horizon)
                .max(1),
            valid,
            test,
        })
    }

    /// Patches in a window.
    pub fn patches(&self) -> usize {
        self.lookback / self.patch
    }

    /// Patches ahead.
    pub fn patches_ahead(&self) -> usize {
        self.horizon.div_ceil(self.patch)
    }

    /// Whether sizes read back make sense.
    pub fn is_sound(&self) -> bool {
        let sizes = [
            self.horizon,
            self.season,
            self.lookback,
            self.patch,
            self.least,
        ];
        sizes.iter().all(|size| (1..=20_000).contains(size))
            && self.lookback.is_multiple_of(self.patch)
            && self
                .periods
                .iter()
                .all(|&period| period > 1 && period <= self.lookback)
    }
}

struct Auto {
    horizon: usize,
    season: usize,
    periods: Vec<usize>,
    lookback: usize,
    patch: usize,
}

impl Auto {
    fn of(frequency: Frequency) -> Self {
        let sizes = |horizon, season, periods: &[usize], lookback, patch| Self {
            horizon,
            season,
            periods: periods.to_vec(),
            lookback,
            patch,
        };
        match frequency {
            Frequency::Seconds(step) if step < DAY && DAY % step == 0 => Self::of_day(step),
            Frequency::Seconds(step) if step < DAY => sizes(24, 1, &[], 120, 12),
            Frequency::Seconds(DAY) => sizes(14, 1, &[7], 84, 7),
            Frequency::Weekdays(mask) => {
                let days = (mask & 0x7f).count_ones().max(1) as usize;
                sizes(14, 1, &[days], 12 * days, days)
            }
            Frequency::Seconds(step) if step <= 7 * DAY => sizes(13, 1, &[52], 208, 13),
            Frequency::Months { count: 1, .. } => sizes(18, 12, &[12], 60, 6),
            Frequency::Months { count: 3, .. } => sizes(8, 4, &[4], 24, 4),
            Frequency::Months { count, .. } if count < 12 && 12 % count == 0 => {
                let season = (12 / count) as usize;
                sizes(2 * season, season, &[season], 6 * season, season)
            }
            Frequency::Months { .. } => sizes(6, 1, &[], 12, 1),
            Frequency::Seconds(_) => sizes(12, 1, &[], 48, 4),
            Frequency::Steps(_) => sizes(12, 1, &[], 96, 8),
        }
    }

    /// Steps that divide a day.
    fn of_day(step: i64) -> Self {
        let day = (DAY / step) as usize;
        let (an_hour, hours) = ((HOUR / step) as usize, day.max(2));
        let (horizon, patch, lookback) = match step {
            step if step >= HOUR => (2 * day, day, 14 * day),
            _ => {
                let patch = if an_hour * 6 <= 32 {
                    an_hour * 6
                } else {
                    an_hour.clamp(4, 60)
                };
                (
                    an_hour.clamp(4, 60).max(12),
                    patch,
                    (2 * day).min(40 * patch),
                )
            }
        };
        Self {
            horizon,
            season: day,
            periods: vec![hours, 7 * hours],
            lookback,
            patch,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_those_of_the_m4_competition() {
        let of = |frequency| {
            let auto = Auto::of(frequency);
            (auto.horizon, auto.season)
        };
        assert_eq!(of(Frequency::Seconds(3_600)), (48, 24));
        assert_eq!(of(Frequency::Seconds(DAY)), (14, 1));
        assert_eq!(of(Frequency::Weekdays(31)), (14, 1));
        assert_eq!(of(Frequency::Seconds(7 * DAY)), (13, 1));
        let months = |count| Frequency::Months {
            count,
            at_end: false,
        };
        assert_eq!(of(months(1)), (18, 12));
        assert_eq!(of(months(3)), (8, 4));
        assert_eq!(of(months(12)), (6, 1));
    }
}
