//! Drawing what is written.

use super::writer::Writer;
use super::{Hypothesis, Marks};
use crate::Seq2Seq;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// How to draw.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SampleConfig {
    /// What log probabilities are divided by: below 1 likely tokens get likelier.
    pub temperature: f64,
    /// Draw from the so many likeliest tokens; 0 is all.
    pub top_k: usize,
    /// Draw from the fewest tokens that have this share of the probability together (Holtzman et
    /// al., "The Curious Case of Neural Text Degeneration", ICLR 2020); 1 is all.
    pub top_p: f64,
    /// Tokens at most, the end included.
    pub max_length: usize,
    /// Seed.
    pub seed: u64,
}

/// One drawn hypothesis a source; its score is its log probability.
pub fn sample(
    model: &Seq2Seq,
    sources: &[&[u32]],
    marks: Marks,
    config: &SampleConfig,
) -> Vec<Hypothesis> {
    if sources.is_empty() {
        return Vec::new();
    }
    let mut rng = ChaCha8Rng::seed_from_u64(config.seed);
    let mut writer = Writer::new(model, sources, marks);
    let empty = Hypothesis {
        tokens: Vec::new(),
        log_probability: 0.0,
        score: 0.0,
        attention: Vec::new(),
        cut: false,
    };
    let mut written = vec![empty; sources.len()];
    let mut alive: Vec<usize> = (0..sources.len()).collect();
    while !alive.is_empty() {
        let last = alive.iter().map(|&at| written[at].tokens.last());
        let last: Vec<u32> = last
            .map(|last| last.copied().unwrap_or(marks.start))
            .collect();
        let next = writer.step(&last);
        let mut keep = Vec::new();
        for (row, &at) in alive.iter().enumerate() {
            let hypothesis = &mut written[at];
            let (token, log) = draw(next.row(row), config, rng.random());
            hypothesis.log_probability += log;
            hypothesis.score = hypothesis.log_probability;
            let looked = next.attention(row);
            if !looked.is_empty() {
                let length = sources[at].len().min(looked.len());
                hypothesis.attention.push(looked[..length].to_vec());
            }
            if token == marks.end {
                continue;
            }
            hypothesis.tokens.push(token);
            hypothesis.cut = hypothesis.tokens.len() >= config.max_length;
            if !hypothesis.cut {
                keep.push(row);
            }
        }
        alive = keep.iter().map(|&row| alive[row]).collect();
        if !keep.is_empty() {
            writer.keep(&keep);
        }
    }
    written
}

/// A token and its log probability, by a number drawn from 0 to 1.
fn draw(logs: &[f32], config: &SampleConfig, uniform: f64) -> (u32, f64) {
    let mut order: Vec<usize> = (0..logs.len()).collect();
    order.sort_by(|&a, &b| logs[b].total_cmp(&logs[a]));
    let top_k = match config.top_k {
        0 => order.len(),
        k => k.min(order.len()),
    };
    let temperature = config.temperature.max(1e-3);
    let top = f64::from(logs[order[0]]);
    let weights: Vec<f64> = order[..top_k]
        .iter()
        .map(|&token| ((f64::from(logs[token]) - top) / temperature).exp())
        .collect();
    let all: f64 = weights.iter().sum();
    let mut kept = 0.0;
    let nucleus = weights.iter().position(|weight| {
        kept += weight;
        kept >= config.top_p * all
    });
    let count = nucleus.map_or(weights.len(), |at| at + 1);
    let total: f64 = weights[..count].iter().sum();
    let mut left = uniform * total;
    let drawn = weights[..count].iter().position(|weight| {
        left -= weight;
        left < 0.0
    });
    let token = order[drawn.unwrap_or(count - 1)];
    (token as u32, f64::from(logs[token]))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG: SampleConfig = SampleConfig {
        temperature: 1.0,
        top_k: 0,
        top_p: 1.0,
        max_length: 9,
        seed: 1,
    };

    fn logs() -> Vec<f32> {
        [0.5_f32, 0.1, 0.3, 0.1].map(f32::ln).to_vec()
    }

    fn shares(config: &SampleConfig) -> Vec<f64> {
        let mut shares = vec![0.0; 4];
        for at in 0..10_000 {
            let (token, log) = draw(&logs(), config, (f64::from(at) + 0.5) / 10_000.0);
            shares[token as usize] += 1e-4;
            assert_eq!(log as f32, logs()[token as usize]);
        }
        shares
    }

    fn close(found: &[f64], wanted: [f64; 4]) {
        let pairs = found.iter().zip(wanted);
        assert!(
            pairs.clone().all(|(a, b)| (a - b).abs() < 1e-3),
            "{found:?}"
        );
    }

    #[test]
    fn shares_are_the_probabilities() {
        close(&shares(&CONFIG), [0.5, 0.1, 0.3, 0.1]);
    }

    #[test]
    fn top_k_and_top_p_leave_the_tail_out() {
        let k = SampleConfig { top_k: 2, ..CONFIG };
        close(&shares(&k), [0.625, 0.0, 0.375, 0.0]);
        let p = SampleConfig {
            top_p: 0.7,
            ..CONFIG
        };
        close(&shares(&p), [0.625, 0.0, 0.375, 0.0]);
        let p = SampleConfig {
            top_p: 0.4,
            ..CONFIG
        };
        close(&shares(&p), [1.0, 0.0, 0.0, 0.0]);
    }

    #[test]
    fn temperature_sharpens_and_flattens() {
        let cold = SampleConfig {
            temperature: 0.01,
            ..CONFIG
        };
        close(&shares(&cold), [1.0, 0.0, 0.0, 0.0]);
        let squared = SampleConfig {
            temperature: 0.5,
            ..CONFIG
        };
        close(
            &shares(&squared),
            [0.25 / 0.36, 0.01 / 0.36, 0.09 / 0.36, 0.01 / 0.36],
        );
    }
}
