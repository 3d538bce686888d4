//! Attention over the steps of a sequence, as one vector.

use crate::Lengths;
use burn::config::Config;
use burn::module::Module;
use burn::nn::{Linear, LinearConfig};
use burn::tensor::activation::softmax;
use burn::tensor::{Device, Tensor};

/// Configuration of an [`AttentionPool`].
#[derive(Config, Debug)]
pub struct AttentionPoolConfig {
    /// Size of a step.
    pub d_input: usize,
    /// Size of the space in which steps are scored.
    pub d_attention: usize,
}

/// A weighted mean of all valid steps, whose weights the layer reads off the steps themselves:
///
/// ```text
/// e_t = v · tanh(h_t·W + b)    a = softmax(e) over valid steps    y = Σ_t a_t h_t
/// ```
///
/// Zichao Yang et al., "Hierarchical Attention Networks for Document Classification", NAACL 2016.
#[derive(Module, Debug)]
pub struct AttentionPool {
    /// `W` and `b`, `[d_input, d_attention]`.
    pub hidden: Linear,
    /// `v`, `[d_attention, 1]`.
    pub score: Linear,
}

impl AttentionPoolConfig {
    /// Makes the layer.
    pub fn init(&self, device: &Device) -> AttentionPool {
        AttentionPool {
            hidden: LinearConfig::new(self.d_input, self.d_attention).init(device),
            score: LinearConfig::new(self.d_attention, 1)
                .with_bias(false)
                .init(device),
        }
    }
}

impl AttentionPool {
    /// The pooled vector, and the weight of every step.
    ///
    /// # Shapes
    /// - `input`: `[batch_size, seq_length, d_input]`, zero at padded steps
    /// - output: `[batch_size, d_input]` and `[batch_size, seq_length]`; weights sum to 1 and are 0
    ///   at padded steps
    pub fn forward(&self, input: Tensor<3>, lengths: Option<&Lengths>) -> (Tensor<2>, Tensor<2>) {
        let [batch_size, seq_length, d_input] = input.dims();
        let steps = input.clone().reshape([batch_size * seq_length, d_input]);
        let scores = self.score.forward(self.hidden.forward(steps).tanh());
        let scores = scores.reshape([batch_size, seq_length]);
        let padded = lengths.and_then(|lengths| lengths.padding(seq_length, &input.device()));
        let scores = match padded {
            Some(padded) => scores.mask_fill(padded, -1e30),
            None => scores,
        };
        let weights = softmax(scores, 1);
        let pooled = weights
            .clone()
            .unsqueeze_dim::<3>(1)
            .matmul(input)
            .reshape([batch_size, d_input]);
        (pooled, weights)
    }
}
