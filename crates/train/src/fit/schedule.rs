//! The learning rate as a function of (epoch, step).

use serde::{Deserialize, Serialize};

/// Share of all steps that warm up.
const WARM_UP: f64 = 0.05;
/// Learning rate of the last step, as a share of the peak.
const FLOOR: f64 = 0.05;

/// How the learning rate goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rate {
    /// Linear warm-up, then half a cosine down to a twentieth.
    Cosine,
    /// The same at every step.
    Constant,
}

/// The learning rate of every step.
#[derive(Debug, Clone)]
pub struct Schedule {
    /// Its course over training.
    pub rate: Rate,
    /// The largest learning rate.
    pub peak: f64,
    /// Number of steps in an epoch.
    pub steps: usize,
    /// Number of epochs.
    pub epochs: usize,
}

impl Schedule {
    /// The learning rate of a step (from 0) of an epoch (from 1).
    pub fn at(&self, epoch: usize, step: usize) -> f64 {
        if self.rate == Rate::Constant {
            return self.peak;
        }
        let total = (self.steps * self.epochs).max(1) as f64;
        let done = ((epoch.saturating_sub(1) * self.steps + step) as f64 + 1.0) / total;
        if done < WARM_UP {
            return self.peak * done / WARM_UP;
        }
        let share = ((done - WARM_UP) / (1.0 - WARM_UP)).min(1.0);
        let cosine = 0.5 * (1.0 + (std::f64::consts::PI * share).cos());
        self.peak * (FLOOR + (1.0 - FLOOR) * cosine)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warms_up_to_the_peak_and_ends_at_the_floor() {
        let schedule = Schedule {
            rate: Rate::Cosine,
            peak: 1.0,
            steps: 100,
            epochs: 10,
        };
        let rates: Vec<f64> = (1..=10)
            .flat_map(|e| (0..100).map(move |s| (e, s)))
            .map(|(e, s)| schedule.at(e, s))
            .collect();
        let peak = rates.iter().copied().fold(0.0, f64::max);
        assert!((peak - 1.0).abs() < 1e-6, "{peak}");
        assert!(rates[0] < 0.03 && rates[..49].is_sorted());
        assert!(rates[50..].is_sorted_by(|a, b| a >= b));
        assert!((rates[999] - FLOOR).abs() < 1e-9);
    }
}
