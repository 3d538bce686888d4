//! Beam search over a batch of sources.

use super::writer::{Next, Writer};
use super::{Hypothesis, Marks};
use crate::Seq2Seq;

/// How to search.
///
/// A hypothesis `y` of a source `x` is ranked by
///
/// ```text
/// s(y) = log p(y|x) / ((5 + |y|) / 6)^α + β Σ_s log min(Σ_t a_ts, 1)
/// ```
///
/// Yonghui Wu et al., "Google's Neural Machine Translation System", 2016.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BeamConfig {
    /// Hypotheses kept at each step; 1 is greedy search.
    pub beam: usize,
    /// `α`.
    pub length_penalty: f64,
    /// `β`; needs attention.
    pub coverage_penalty: f64,
    /// Never write the same so many tokens twice; 0 allows it.
    pub no_repeat: usize,
    /// Tokens at most, the end included.
    pub max_length: usize,
}

/// A hypothesis in the making.
#[derive(Clone)]
struct Partial {
    tokens: Vec<u32>,
    log_probability: f64,
    attention: Vec<Vec<f32>>,
}

impl Partial {
    fn finish(self, length: usize, source: usize, config: &BeamConfig, cut: bool) -> Hypothesis {
        let mut score = self.log_probability;
        score /= ((5.0 + length as f64) / 6.0).powf(config.length_penalty);
        if config.coverage_penalty > 0.0 && !self.attention.is_empty() {
            let seen = |at: usize| -> f64 {
                let all = self.attention.iter();
                all.map(|row| f64::from(row.get(at).copied().unwrap_or(0.0)))
                    .sum()
            };
            let covered: f64 = (0..source).map(|at| seen(at).clamp(1e-9, 1.0).ln()).sum();
            score += config.coverage_penalty * covered;
        }
        Hypothesis {
            tokens: self.tokens,
            log_probability: self.log_probability,
            score,
            attention: self.attention,
            cut,
        }
    }

    /// Whether `token` would repeat the last tokens.
    fn repeats(&self, token: u32, n: usize) -> bool {
        if n == 0 || self.tokens.len() < n {
            return false;
        }
        let tail = &self.tokens[self.tokens.len() + 1 - n..];
        let mut windows = self.tokens.windows(n);
        windows.any(|window| window[..n - 1] == *tail && window[n - 1] == token)
    }
}

/// One source: what is being written, and what is done.
struct Search {
    source: usize,
    alive: Vec<Partial>,
    done: Vec<Hypothesis>,
}

/// A token that may follow a partial hypothesis.
struct Candidate {
    parent: usize,
    token: u32,
    log_probability: f64,
}

impl Search {
    /// Takes the best of what may come next; gives the parents of what is alive after it.
    fn advance(
        &mut self,
        next: &Next,
        first: usize,
        source: usize,
        marks: Marks,
        config: &BeamConfig,
    ) -> Vec<usize> {
        let wanted = 2 * config.beam;
        let mut best: Vec<Candidate> = Vec::with_capacity(wanted + 1);
        for (parent, partial) in self.alive.iter().enumerate() {
            for (token, &log) in next.row(first + parent).iter().enumerate() {
                let log_probability = partial.log_probability + f64::from(log);
                let worst = best.last().map_or(f64::NEG_INFINITY, |c| c.log_probability);
                if best.len() == wanted && log_probability <= worst {
                    continue;
                }
                let token = token as u32;
                if log == f32::NEG_INFINITY || partial.repeats(token, config.no_repeat) {
                    continue;
                }
                let at = best.partition_point(|c| c.log_probability >= log_probability);
                best.insert(
                    at,
                    Candidate {
                        parent,
                        token,
                        log_probability,
                    },
                );
                best.truncate(wanted);
            }
        }
        let (mut alive, mut parents) = (Vec::new(), Vec::new());
        for (rank, candidate) in best.into_iter().enumerate() {
            let mut partial = self.alive[candidate.parent].clone();
            partial.log_probability = candidate.log_probability;
            let looked = next.attention(first + candidate.parent);
            if !looked.is_empty() {
                partial
                    .attention
                    .push(looked[..source.min(looked.len())].to_vec());
            }
            let length = partial.tokens.len() + 1;
            if candidate.token == marks.end {
                // An end that others of the beam outrank is no result of it.
                if rank < config.beam {
                    self.done
                        .push(partial.finish(length, source, config, false));
                }
                continue;
            }
            if alive.len() == config.beam {
                continue;
            }
            partial.tokens.push(candidate.token);
            if length + 1 > config.max_length {
                self.done.push(partial.finish(length, source, config, true));
                continue;
            }
            alive.push(partial);
            parents.push(first + candidate.parent);
        }
        self.alive = alive;
        if self.done.len() >= config.beam {
            self.alive.clear();
            parents.clear();
        }
        parents
    }
}

/// The best hypotheses of every source, at most `beam` of each, best first.
///
/// Sources share their batches: rows of sources that are done are dropped from it.
pub fn beam_search(
    model: &Seq2Seq,
    sources: &[&[u32]],
    marks: Marks,
    config: &BeamConfig,
) -> Vec<Vec<Hypothesis>> {
    let config = BeamConfig {
        beam: config.beam.max(1),
        max_length: config.max_length.max(1),
        ..*config
    };
    if sources.is_empty() {
        return Vec::new();
    }
    let mut writer = Writer::new(model, sources, marks);
    let start = Partial {
        tokens: Vec::new(),
        log_probability: 0.0,
        attention: Vec::new(),
    };
    let mut searches: Vec<Search> = (0..sources.len())
        .map(|source| Search {
            source,
            alive: vec![start.clone()],
            done: Vec::new(),
        })
        .collect();
    loop {
        let alive = searches.iter().flat_map(|search| &search.alive);
        let last: Vec<u32> = alive
            .map(|partial| partial.tokens.last().copied().unwrap_or(marks.start))
            .collect();
        if last.is_empty() {
            break;
        }
        let next = writer.step(&last);
        let (mut first, mut keep) = (0, Vec::new());
        for search in &mut searches {
            let rows = search.alive.len();
            let length = sources[search.source].len();
            keep.extend(search.advance(&next, first, length, marks, &config));
            first += rows;
        }
        if !keep.is_empty() {
            writer.keep(&keep);
        }
    }
    let finished = searches.into_iter().map(|search| {
        let mut done = search.done;
        done.sort_by(|a, b| b.score.total_cmp(&a.score));
        done.truncate(config.beam);
        done
    });
    finished.collect()
}
