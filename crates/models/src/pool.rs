//! From the steps of a sequence to one vector.

use crate::{AttentionPool, AttentionPoolConfig, StackOutput};
use burn::config::Config;
use burn::module::Module;
use burn::tensor::{Device, Tensor, TensorData};
use serde::{Deserialize, Serialize};

/// How a sequence becomes one vector.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pool {
    /// What was read last, from either side.
    Last,
    /// The largest value of each feature over all valid steps.
    Max,
    /// The mean over all valid steps.
    Mean,
    /// Both of these, side by side.
    MaxMean,
    /// A mean with learned weights, see [`AttentionPool`].
    Attention,
    /// The last two, side by side.
    MaxAttention,
}

/// Configuration of a [`Pooling`].
#[derive(Config, Debug)]
pub struct PoolingConfig {
    /// How.
    pub pool: Pool,
    /// Size of a step.
    pub d_input: usize,
    /// Size of the space in which attention scores steps.
    #[config(default = 64)]
    pub d_attention: usize,
}

/// From `[batch_size, seq_length, d_input]` to one vector a sequence; padding changes nothing.
#[derive(Module, Debug)]
pub struct Pooling {
    attention: Option<AttentionPool>,
    #[module(skip)]
    pool: Pool,
}

/// What a [`Pooling`] returns.
#[derive(Debug, Clone)]
pub struct Pooled {
    /// The vectors, `[batch_size, d_output]`.
    pub features: Tensor<2>,
    /// Weights of the steps, `[batch_size, seq_length]`, where attention gave them.
    pub attention: Option<Tensor<2>>,
}

impl PoolingConfig {
    /// Makes the layer.
    pub fn init(&self, device: &Device) -> Pooling {
        let attentive = matches!(self.pool, Pool::Attention | Pool::MaxAttention);
        let attention = AttentionPoolConfig::new(self.d_input, self.d_attention);
        Pooling {
            attention: attentive.then(|| attention.init(device)),
            pool: self.pool,
        }
    }

    /// Size of the pooled vector.
    pub fn d_output(&self) -> usize {
        match self.pool {
            Pool::MaxMean | Pool::MaxAttention => 2 * self.d_input,
            _ => self.d_input,
        }
    }
}

impl Pooling {
    /// Pools the output of a stack.
    pub fn forward(&self, output: &StackOutput) -> Pooled {
        let attended = self
            .attention
            .as_ref()
            .map(|layer| layer.forward(output.hidden.clone(), output.lengths.as_ref()));
        let (attended, attention) = attended.unzip();
        let mut parts = match self.pool {
            Pool::Last => vec![output.last_hidden()],
            Pool::Max | Pool::MaxAttention => vec![max(output)],
            Pool::Mean => vec![mean(output)],
            Pool::MaxMean => vec![max(output), mean(output)],
            Pool::Attention => Vec::new(),
        };
        parts.extend(attended);
        Pooled {
            features: Tensor::cat(parts, 1),
            attention,
        }
    }
}

fn max(output: &StackOutput) -> Tensor<2> {
    let hidden = output.hidden.clone();
    let [_, seq_length, _] = hidden.dims();
    let lengths = output.lengths.as_ref();
    let padded = lengths.and_then(|lengths| lengths.padding(seq_length, &hidden.device()));
    let hidden = match padded {
        Some(padded) => {
            let padded = padded.unsqueeze_dim::<3>(2).expand(hidden.dims());
            hidden.mask_fill(padded, -1e30)
        }
        None => hidden,
    };
    hidden.max_dim(1).squeeze_dim(1)
}

/// Padded steps are zero and add nothing; a product does the sum and the division.
fn mean(output: &StackOutput) -> Tensor<2> {
    let [batch_size, seq_length, _] = output.hidden.dims();
    let share = match &output.lengths {
        Some(lengths) => {
            let shares = lengths.as_slice().iter().map(|&length| 1.0 / length as f32);
            let rows = shares.flat_map(|share| std::iter::repeat_n(share, seq_length));
            TensorData::new(rows.collect::<Vec<f32>>(), [batch_size, 1, seq_length])
        }
        None => TensorData::new(
            vec![1.0 / seq_length as f32; batch_size * seq_length],
            [batch_size, 1, seq_length],
        ),
    };
    let device = output.hidden.device();
    Tensor::<3>::from_data(share, &device)
        .matmul(output.hidden.clone())
        .squeeze_dim(1)
}
