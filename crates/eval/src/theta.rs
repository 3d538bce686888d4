//! The Theta method: half the trend, and exponential smoothing, on seasonally adjusted values.

/// Smoothing parameters to choose from.
const GRID: usize = 20;

/// The forecast of the Theta method (Assimakopoulos and Nikolopoulos 2000, "The theta model"), in the form
/// of simple exponential smoothing with drift (Hyndman and Billah 2003): the level of the last step plus
/// half the slope of the line through the values. `alpha` is chosen on one-step errors.
///
/// A season that the autocorrelation shows (at the 90 % level, as in the M competitions) is taken out
/// before and put back after: as factors where all values are positive, as differences otherwise.
///
/// The last value for histories of less than three; NaN for an empty one.
///
/// # Panics
/// If `season` is zero.
pub fn theta(history: &[f64], season: usize, horizon: usize) -> Vec<f64> {
    assert!(season > 0, "a season has at least one step");
    let n = history.len();
    if n < 3 {
        return vec![history.last().copied().unwrap_or(f64::NAN); horizon];
    }
    let factors = match season > 1 && n > 2 * season && is_seasonal(history, season) {
        true => Some(seasonal_factors(history, season)),
        false => None,
    };
    let positive = history.iter().all(|&value| value > 0.0);
    let adjusted: Vec<f64> = match &factors {
        None => history.to_vec(),
        Some(factors) => {
            let of = |(t, value): (usize, &f64)| match positive {
                true => value / factors[t % season],
                false => value - factors[t % season],
            };
            history.iter().enumerate().map(of).collect()
        }
    };
    let slope = slope(&adjusted);
    let (alpha, level) = smooth(&adjusted);
    let settled = (1.0 - (1.0 - alpha).powi(n.min(10_000) as i32)) / alpha;
    let forecast = (0..horizon).map(|h| {
        let value = level + 0.5 * slope * (h as f64 + settled);
        match &factors {
            None => value,
            Some(factors) if positive => value * factors[(n + h) % season],
            Some(factors) => value + factors[(n + h) % season],
        }
    });
    forecast.collect()
}

/// Slope of the least-squares line through the values.
fn slope(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let middle = (n - 1.0) / 2.0;
    let mean = values.iter().sum::<f64>() / n;
    let (mut cross, mut squares) = (0.0, 0.0);
    for (t, value) in values.iter().enumerate() {
        let t = t as f64 - middle;
        cross += t * (value - mean);
        squares += t * t;
    }
    cross / squares
}

/// The smoothing parameter with the least squared one-step errors, and the level it ends at.
fn smooth(values: &[f64]) -> (f64, f64) {
    let run = |alpha: f64| {
        let (mut level, mut errors) = (values[0], 0.0);
        for value in &values[1..] {
            let error = value - level;
            errors += error * error;
            level += alpha * error;
        }
        (errors, alpha, level)
    };
    let runs = (1..=GRID).map(|step| run(step as f64 / GRID as f64));
    let best = runs.min_by(|one, other| one.0.total_cmp(&other.0));
    best.map_or((1.0, values[values.len() - 1]), |(_, alpha, level)| {
        (alpha, level)
    })
}

/// Whether the autocorrelation at the season is more than chance.
fn is_seasonal(values: &[f64], season: usize) -> bool {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let product = |lag: usize| -> f64 {
        values[lag..]
            .iter()
            .zip(values)
            .map(|(a, b)| (a - mean) * (b - mean))
            .sum()
    };
    let variance = product(0);
    if variance <= 0.0 {
        return false;
    }
    let squares: f64 = (1..season)
        .map(|lag| (product(lag) / variance).powi(2))
        .sum();
    let limit = 1.645 * ((1.0 + 2.0 * squares) / n).sqrt();
    (product(season) / variance).abs() > limit
}

/// Mean deviation from the centred moving average by place in the season, as factors with mean 1 where all
/// values are positive, else as differences with mean 0.
fn seasonal_factors(values: &[f64], season: usize) -> Vec<f64> {
    let positive = values.iter().all(|&value| value > 0.0);
    let half = season / 2;
    let (mut sums, mut counts) = (vec![0.0; season], vec![0.0; season]);
    for t in half..values.len() - half {
        let trend = if season % 2 == 1 {
            values[t - half..=t + half].iter().sum::<f64>() / season as f64
        } else {
            let ends = 0.5 * (values[t - half] + values[t + half]);
            (values[t - half + 1..t + half].iter().sum::<f64>() + ends) / season as f64
        };
        let ratio = if positive {
            values[t] / trend
        } else {
            values[t] - trend
        };
        sums[t % season] += ratio;
        counts[t % season] += 1.0;
    }
    let neutral = if positive { 1.0 } else { 0.0 };
    let means = sums
        .iter()
        .zip(&counts)
        .map(|(sum, count)| if *count > 0.0 { sum / count } else { neutral });
    let means: Vec<f64> = means.collect();
    let mean = means.iter().sum::<f64>() / season as f64;
    let rest = means
        .into_iter()
        .map(|value| if positive { value / mean } else { value - mean });
    // A factor near zero would blow up what is divided by it.
    rest.map(|value| if positive { value.max(1e-3) } else { value })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_the_trend_is_carried_on() {
        let line: Vec<f64> = (0..50).map(|t| 3.0 + 2.0 * f64::from(t)).collect();
        let forecast = theta(&line, 1, 3);
        // Smoothing with alpha 1 ends at the last value; half the slope is added at each step.
        for (step, value) in forecast.iter().enumerate() {
            assert!(
                (value - (101.0 + (step as f64 + 1.0))).abs() < 1e-6,
                "{value}"
            );
        }
    }

    #[test]
    fn a_season_comes_again() {
        for shift in [100.0, 0.0] {
            let wave: Vec<f64> = (0..48)
                .map(|t| shift + [5.0, -5.0, 9.0, -9.0][t % 4])
                .collect();
            let forecast = theta(&wave, 4, 4);
            for (value, wanted) in forecast.iter().zip([5.0, -5.0, 9.0, -9.0]) {
                assert!((value - shift - wanted).abs() < 1.5, "{forecast:?}");
            }
        }
    }

    #[test]
    fn little_history_gives_the_last_value() {
        assert_eq!(theta(&[1.0, 2.0], 4, 2), [2.0, 2.0]);
        assert!(theta(&[], 1, 1)[0].is_nan());
        assert_eq!(theta(&[4.0; 30], 7, 2), [4.0, 4.0]);
    }
}
