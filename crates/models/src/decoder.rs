//! The half of an encoder-decoder that writes.

use crate::attention::rows;
use crate::{
    Attention, AttentionConfig, CellKind, ElementDropout, Keys, Memory, Precision, Recurrent,
    RecurrentConfig, Score, State,
};
use burn::config::Config;
use burn::module::{Initializer, Module};
use burn::nn::{Linear, LinearConfig};
use burn::tensor::{Device, Int, Tensor};

/// Configuration of a [`Decoder`].
#[derive(Config, Debug)]
pub struct DecoderConfig {
    /// The cell of every layer.
    pub cell: CellKind,
    /// Size of an embedded token, and of the features that tokens are scored by.
    pub d_embedding: usize,
    /// Size of the hidden state of every layer.
    pub d_hidden: usize,
    /// Size of a step of the memory.
    pub d_memory: usize,
    /// Number of recurrent layers.
    #[config(default = 2)]
    pub num_layers: usize,
    /// How the memory is attended to; without it, all that is known of the source is the first
    /// state.
    pub attention: Option<Score>,
    /// See [`AttentionConfig::d_attention`].
    #[config(default = 256)]
    pub d_attention: usize,
    /// Feed the features of a step to the next step (Luong), which then has to wait for them.
    #[config(default = false)]
    pub input_feeding: bool,
    /// See [`AttentionConfig::coverage`]; with input feeding alone.
    #[config(default = false)]
    pub coverage: bool,
    /// Share of the values dropped between layers while training.
    #[config(default = 0.0)]
    pub layer_dropout: f64,
    /// Share of the features dropped while training.
    #[config(default = 0.0)]
    pub output_dropout: f64,
    /// What recurrent layers compute in while training.
    #[config(default = "Precision::F32")]
    pub precision: Precision,
}

/// Recurrent layers over the tokens so far, with attention over a memory.
///
/// Without input feeding nothing of step `t` but the recurrent states waits for step `t - 1`: all
/// steps of a layer, of an attention and of the output are one launch each when the tokens are
/// known (teacher forcing). With two layers or more the first looks at the memory, and what it saw
/// is input of the others, whose state so knows what has been attended to; the last looks again:
///
/// ```text
/// h¹ = RNN(e)    c¹ = attention(h¹)    h² = RNN([h¹; c¹])    c = attention(h²)
/// y = tanh(W [h²; c; e])
/// ```
///
/// With input feeding the first layer reads `[e_t; y_{t-1}]` and the last layer alone attends, step by
/// step (Luong et al., 2015).
#[derive(Module, Debug)]
pub struct Decoder {
    /// The layers, first to last.
    pub layers: Vec<Recurrent>,
    /// The attention of the first layer, if it has one of its own, and that of the last.
    pub attentions: Vec<Attention>,
    /// From the encoder's last state to the first hidden state of each layer.
    pub hidden: Vec<Linear>,
    /// The same to the first cell state, where layers have one.
    pub cell: Vec<Linear>,
    /// `W`.
    pub output: Linear,
    layer_dropout: ElementDropout,
    output_dropout: ElementDropout,
    #[module(skip)]
    config: DecoderConfig,
}

/// What a decoder looks at.
#[derive(Debug, Clone)]
pub struct Source {
    memory: Memory,
    keys: Vec<Keys>,
}

/// Where a decoder is.
#[derive(Debug, Clone)]
pub struct DecoderState {
    /// Of every layer.
    pub layers: Vec<State>,
    /// Features of the step before, `[batch_size, d_embedding]`, with input feeding.
    pub feed: Option<Tensor<2>>,
    /// Attention so far, `[batch_size, seq_length]`, with coverage.
    pub coverage: Option<Tensor<2>>,
}

/// What a decoder gives.
#[derive(Debug, Clone)]
pub struct Decoded {
    /// What tokens are scored by, `[batch_size, steps, d_embedding]`.
    pub features: Tensor<3>,
    /// Weights of the last attention, `[batch_size, steps, seq_length]`.
    pub weights: Option<Tensor<3>>,
    /// After the last step.
    pub state: DecoderState,
}

impl DecoderConfig {
    /// The first layer attends on its own.
    fn looks_twice(&self) -> bool {
        self.attention.is_some() && !self.input_feeding && self.num_layers > 1
    }

    /// Makes the decoder for an encoder whose last state has `d_last` numbers.
    ///
    /// # Panics
    /// Without layers, with coverage but no input feeding, and as [`AttentionConfig::init`].
    pub fn init(&self, d_last: usize, device: &Device) -> Decoder {
        assert!(self.num_layers > 0, "a decoder needs at least one layer");
        assert!(
            self.input_feeding || !self.coverage,
            "coverage is counted step by step: it needs input feeding"
        );
        let linear = |from: usize, to: usize| {
            LinearConfig::new(from, to)
                .with_initializer(Initializer::XavierUniform { gain: 1.0 })
                .init(device)
        };
        let d_context = self.attention.map_or(0, |_| self.d_memory);
        let layers = (0..self.num_layers).map(|layer| {
            let d_input = match layer {
                0 => self.d_embedding * (1 + usize::from(self.input_feeding)),
                _ if self.looks_twice() => self.d_hidden + d_context,
                _ => self.d_hidden,
            };
            RecurrentConfig::new(self.cell, d_input, self.d_hidden)
                .with_precision(self.precision)
                .init(device)
        });
        let layers = layers.collect();
        let attentions = self
            .attention
            .map_or(0, |_| 1 + usize::from(self.looks_twice()));
        let attention = |score| {
            AttentionConfig::new(score, self.d_hidden, self.d_memory, self.d_attention)
                .with_coverage(self.coverage)
                .init(device)
        };
        let bridges = || (0..self.num_layers).map(|_| linear(d_last, self.d_hidden));
        Decoder {
            layers,
            attentions: (0..attentions)
                .filter_map(|_| self.attention.map(attention))
                .collect(),
            hidden: bridges().collect(),
            cell: match self.cell.is_lstm() {
                true => bridges().collect(),
                false => Vec::new(),
            },
            output: linear(
                self.d_hidden + d_context + self.d_embedding,
                self.d_embedding,
            ),
            layer_dropout: ElementDropout::new(self.layer_dropout),
            output_dropout: ElementDropout::new(self.output_dropout),
            config: self.clone(),
        }
    }
}

impl Source {
    /// The sources of these sequences.
    pub fn select(&self, rows: &Tensor<1, Int>) -> Self {
        Self {
            memory: self.memory.select(rows),
            keys: self.keys.iter().map(|keys| keys.select(rows)).collect(),
        }
    }
}

impl DecoderState {
    /// The states of these sequences.
    pub fn select(&self, rows: &Tensor<1, Int>) -> Self {
        let pick = |tensor: &Tensor<2>| tensor.clone().select(0, rows.clone());
        Self {
            layers: self
                .layers
                .iter()
                .map(|state| State {
                    hidden: pick(&state.hidden),
                    cell: state.cell.as_ref().map(pick),
                })
                .collect(),
            feed: self.feed.as_ref().map(pick),
            coverage: self.coverage.as_ref().map(pick),
        }
    }
}

impl Decoder {
    /// What the decoder was made of.
    pub fn config(&self) -> &DecoderConfig {
        &self.config
    }

    /// Prepares a memory to be looked at.
    pub fn source(&self, memory: Memory) -> Source {
        let keys = self.attentions.iter().map(|one| one.keys(&memory));
        Source {
            keys: keys.collect(),
            memory,
        }
    }

    /// The state before the first step, from the encoder's last one, `[batch_size, d_last]`.
    pub fn start(&self, last: Tensor<2>, source: &Source) -> DecoderState {
        let [batch_size, _] = last.dims();
        let [_, seq_length, _] = source.memory.values.dims();
        let like = (&last.device(), last.dtype());
        let layers = self.hidden.iter().enumerate().map(|(at, hidden)| State {
            hidden: hidden.forward(last.clone()).tanh(),
            cell: self.cell.get(at).map(|cell| cell.forward(last.clone())),
        });
        let zeros = |size: usize| Tensor::zeros([batch_size, size], like);
        let config = &self.config;
        DecoderState {
            layers: layers.collect(),
            feed: config.input_feeding.then(|| zeros(config.d_embedding)),
            coverage: config.coverage.then(|| zeros(seq_length)),
        }
    }
}

impl Decoder {
    /// Reads embedded tokens, `[batch_size, steps, d_embedding]`, of which all are valid: what comes
    /// after a sequence's end changes nothing before it.
    pub fn forward(&self, embedded: Tensor<3>, source: &Source, state: DecoderState) -> Decoded {
        if !self.config.input_feeding {
            return self.advance(embedded.clone(), embedded, source, state);
        }
        let [_, steps, d] = embedded.dims();
        let (mut features, mut weights) = (Vec::with_capacity(steps), Vec::new());
        let mut state = state;
        for token in embedded.split(1, 1) {
            let feed = state.feed.clone().map(|feed| feed.unsqueeze_dim::<3>(1));
            let input = Tensor::cat([token.clone()].into_iter().chain(feed).collect(), 2);
            let one = self.advance(input, token, source, state);
            state = one.state;
            state.feed = Some(one.features.clone().reshape([-1, d as i32]));
            if let (Some(seen), Some(weights)) = (&mut state.coverage, &one.weights) {
                *seen = seen.clone() + weights.clone().squeeze_dim::<2>(1);
            }
            features.push(one.features);
            weights.extend(one.weights);
        }
        Decoded {
            features: Tensor::cat(features, 1),
            weights: (!weights.is_empty()).then(|| Tensor::cat(weights, 1)),
            state,
        }
    }

    /// All steps of `input` through all layers.
    fn advance(
        &self,
        input: Tensor<3>,
        embedded: Tensor<3>,
        source: &Source,
        state: DecoderState,
    ) -> Decoded {
        let attend = |at: usize, hidden: &Tensor<3>| {
            let (attention, keys) = (self.attentions.get(at)?, source.keys.get(at)?);
            let coverage = state.coverage.as_ref();
            Some(attention.forward(hidden.clone(), keys, &source.memory, coverage))
        };
        let mut hidden = input;
        let mut first = None;
        let mut layers = Vec::with_capacity(self.layers.len());
        for (at, (layer, before)) in self.layers.iter().zip(&state.layers).enumerate() {
            if at > 0 {
                hidden = self.layer_dropout.forward(hidden);
            }
            if at == 1 && self.config.looks_twice() {
                first = attend(0, &hidden).map(|(context, _)| context);
            }
            if let Some(context) = &first {
                hidden = rekindle_kernels::join([hidden, context.clone()]);
            }
            let output = layer.forward(hidden, Some(before.clone()), None);
            hidden = output.hidden;
            layers.push(output.last);
        }
        let looked = attend(self.attentions.len().saturating_sub(1), &hidden);
        let (context, weights) = looked.unzip();
        let seen = match context {
            Some(context) => rekindle_kernels::join([hidden, context, embedded]),
            None => rekindle_kernels::join([hidden, embedded]),
        };
        let features = rekindle_kernels::tanh(rows(&self.output, seen));
        Decoded {
            features: self.output_dropout.forward(features),
            weights,
            state: DecoderState { layers, ..state },
        }
    }
}
