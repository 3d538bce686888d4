//! Attention of one sequence over another.

use crate::Lengths;
use burn::config::Config;
use burn::module::{Initializer, Module, Param};
use burn::nn::{Linear, LinearConfig};
use burn::tensor::activation::softmax;
use burn::tensor::{Bool, Device, Tensor};
use serde::{Deserialize, Serialize};

/// How a query `q` and a step `m` of the memory are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Score {
    /// `q · m`; both are of one size (Luong).
    Dot,
    /// `q W m` (Luong).
    General,
    /// `v · tanh(W [q; m])` (Luong).
    Concat,
    /// `v · tanh(W q + U m + b)` (Bahdanau).
    Additive,
}

/// Configuration of an [`Attention`].
#[derive(Config, Debug)]
pub struct AttentionConfig {
    /// How a query and a step are compared.
    pub score: Score,
    /// Size of a query.
    pub d_query: usize,
    /// Size of a step of the memory.
    pub d_memory: usize,
    /// Size of the space in which [`Score::Concat`] and [`Score::Additive`] compare.
    pub d_attention: usize,
    /// Show the score how much every step has been attended to before: `+ w·coverage` inside `tanh`.
    #[config(default = false)]
    pub coverage: bool,
}

/// For every query, a weighted mean of the steps of a memory:
///
/// ```text
/// e_ts = score(q_t, m_s)    a_t = softmax(e_t) over valid steps    c_t = Σ_s a_ts m_s
/// ```
///
/// Dzmitry Bahdanau, Kyunghyun Cho and Yoshua Bengio, "Neural Machine Translation by Jointly Learning
/// to Align and Translate", ICLR 2015; Minh-Thang Luong, Hieu Pham and Christopher Manning, "Effective
/// Approaches to Attention-based Neural Machine Translation", EMNLP 2015; coverage after Zhaopeng Tu
/// et al., "Modeling Coverage for Neural Machine Translation", ACL 2016.
#[derive(Module, Debug)]
pub struct Attention {
    /// `W` on queries.
    pub query: Option<Linear>,
    /// `U`, or the part of `W` on the memory.
    pub memory: Option<Linear>,
    /// `v`.
    pub vector: Option<Linear>,
    /// `w`, `[d_attention]`.
    pub coverage: Option<Param<Tensor<1>>>,
}

/// What is attended to.
#[derive(Debug, Clone)]
pub struct Memory {
    /// `[batch_size, seq_length, d_memory]`, zero at padded steps.
    pub values: Tensor<3>,
    /// True at padded steps, `[batch_size, seq_length]`; none when nothing is padded.
    pub padding: Option<Tensor<2, Bool>>,
}

/// A memory as an [`Attention`] compares it, computed once for all queries.
#[derive(Debug, Clone)]
pub struct Keys(Tensor<3>);

impl AttentionConfig {
    /// Makes the layer.
    ///
    /// # Panics
    /// When a dot product is asked of two sizes, or coverage of a score without `tanh`.
    pub fn init(&self, device: &Device) -> Attention {
        let linear = |from: usize, to: usize, bias: bool| {
            LinearConfig::new(from, to)
                .with_bias(bias)
                .with_initializer(Initializer::XavierUniform { gain: 1.0 })
                .init(device)
        };
        let d = self.d_attention;
        let compared = matches!(self.score, Score::Concat | Score::Additive);
        assert!(
            self.score != Score::Dot || self.d_query == self.d_memory,
            "a dot product needs queries and memory of one size"
        );
        assert!(
            compared || !self.coverage,
            "coverage needs an additive score"
        );
        Attention {
            query: match self.score {
                Score::Dot => None,
                Score::General => Some(linear(self.d_query, self.d_memory, false)),
                Score::Concat => Some(linear(self.d_query, d, false)),
                Score::Additive => Some(linear(self.d_query, d, true)),
            },
            memory: compared.then(|| linear(self.d_memory, d, false)),
            vector: compared.then(|| linear(d, 1, false)),
            coverage: self
                .coverage
                .then(|| Param::from_tensor(Tensor::zeros([d], device))),
        }
    }
}

impl Memory {
    /// A memory of sequences with these lengths; all steps are valid when absent.
    pub fn new(values: Tensor<3>, lengths: Option<&Lengths>) -> Self {
        let [_, seq_length, _] = values.dims();
        let padding = lengths.and_then(|lengths| lengths.padding(seq_length, &values.device()));
        Self { values, padding }
    }

    /// The memories of these sequences.
    pub fn select(&self, rows: &Tensor<1, burn::tensor::Int>) -> Self {
        Self {
            values: self.values.clone().select(0, rows.clone()),
            padding: self
                .padding
                .as_ref()
                .map(|padding| padding.clone().select(0, rows.clone())),
        }
    }
}

impl Keys {
    /// The keys of these sequences.
    pub fn select(&self, rows: &Tensor<1, burn::tensor::Int>) -> Self {
        Self(self.0.clone().select(0, rows.clone()))
    }
}

impl Attention {
    /// The memory as it is compared with every query.
    pub fn keys(&self, memory: &Memory) -> Keys {
        let values = memory.values.clone();
        Keys(match &self.memory {
            Some(layer) => rows(layer, values),
            None => values,
        })
    }
}

impl Attention {
    /// Contexts and weights of all queries.
    ///
    /// # Shapes
    /// - `queries`: `[batch_size, steps, d_query]`
    /// - `coverage`: `[batch_size, seq_length]`, the weights of steps before this one added up; with
    ///   it there is one query
    /// - output: contexts `[batch_size, steps, d_memory]` and weights `[batch_size, steps,
    ///   seq_length]`, which sum to 1 and are 0 at padded steps
    pub fn forward(
        &self,
        queries: Tensor<3>,
        keys: &Keys,
        memory: &Memory,
        coverage: Option<&Tensor<2>>,
    ) -> (Tensor<3>, Tensor<3>) {
        let [batch_size, steps, _] = queries.dims();
        let queries = match &self.query {
            Some(layer) => rows(layer, queries),
            None => queries,
        };
        let scores = match &self.vector {
            None => rekindle_kernels::pairs(queries, keys.0.clone()),
            Some(vector) => self.compare(vector, queries, keys, coverage),
        };
        let [_, _, seq_length] = scores.dims();
        let scores = match &memory.padding {
            Some(padding) => {
                let shape = [batch_size, steps, seq_length];
                scores.mask_fill(padding.clone().unsqueeze_dim::<3>(1).expand(shape), -1e30)
            }
            None => scores,
        };
        let weights = softmax(scores, 2);
        (weights.clone().matmul(memory.values.clone()), weights)
    }

    /// `v · tanh(…)` for every pair of query and step.
    fn compare(
        &self,
        vector: &Linear,
        queries: Tensor<3>,
        keys: &Keys,
        coverage: Option<&Tensor<2>>,
    ) -> Tensor<3> {
        let [batch_size, steps, d] = queries.dims();
        let [_, seq_length, _] = keys.0.dims();
        // Repeated, since Flex adds a broadcast tensor number by number.
        let queries = queries.unsqueeze_dim::<4>(2).repeat_dim(2, seq_length);
        let mut sum = queries + keys.0.clone().unsqueeze_dim::<4>(1).repeat_dim(1, steps);
        if let (Some(weight), Some(coverage)) = (&self.coverage, coverage) {
            let pair = coverage
                .clone()
                .reshape([batch_size * seq_length, 1])
                .matmul(weight.val().reshape([1, d]));
            sum = sum + pair.reshape([batch_size, 1, seq_length, d]);
        }
        let flat = sum.tanh().reshape([batch_size * steps * seq_length, d]);
        vector
            .forward(flat)
            .reshape([batch_size, steps, seq_length])
    }
}

/// A layer on every step, as one product.
pub(crate) fn rows(layer: &Linear, input: Tensor<3>) -> Tensor<3> {
    let [batch_size, steps, d] = input.dims();
    let output = layer.forward(input.reshape([batch_size * steps, d]));
    let [_, d_output] = output.dims();
    output.reshape([batch_size, steps, d_output])
}
