//! A classifier of texts: embedding, recurrent layers, pooling, one linear layer.

use crate::dropout::over_steps;
use crate::{
    CellKind, Convention, Lengths, Masks, Pool, Pooling, PoolingConfig, Precision, SpatialDropout,
    Stack, StackConfig,
};
use burn::config::Config;
use burn::module::{Module, Param};
use burn::nn::{Dropout, DropoutConfig, Embedding, EmbeddingConfig, Initializer, Linear};
use burn::nn::{LinearConfig, Relu};
use burn::tensor::{Device, Int, Tensor, TensorData};

/// Configuration of a [`TextClassifier`].
#[derive(Config, Debug)]
pub struct TextClassifierConfig {
    /// Tokens the embedding knows.
    pub vocabulary: usize,
    /// Classes.
    pub classes: usize,
    /// Size of a token's vector.
    pub d_embedding: usize,
    /// Size of the hidden state of each direction.
    pub d_hidden: usize,
    /// The cell.
    #[config(default = "CellKind::Lstm")]
    pub cell: CellKind,
    /// Recurrent layers.
    #[config(default = 1)]
    pub num_layers: usize,
    /// Read both ways.
    #[config(default = true)]
    pub bidirectional: bool,
    /// From steps to one vector.
    #[config(default = "Pool::MaxMean")]
    pub pool: Pool,
    /// Size of a layer with `relu` between pooling and the classes; 0 leaves it out.
    #[config(default = 0)]
    pub d_dense: usize,
    /// Share of embedding features dropped, the same at every step.
    #[config(default = 0.0)]
    pub spatial_dropout: f64,
    /// Share of what every recurrent layer reads that is dropped, the same at every step.
    #[config(default = 0.0)]
    pub input_dropout: f64,
    /// Share of the recurrent state that is dropped, the same at every step.
    #[config(default = 0.0)]
    pub recurrent_dropout: f64,
    /// Share of the pooled features dropped.
    #[config(default = 0.0)]
    pub dropout: f64,
    /// Where weights start, and whether every gate has masks of its own.
    #[config(default = "Convention::Own")]
    pub convention: Convention,
    /// See [`RecurrentConfig::precision`](crate::RecurrentConfig::precision).
    #[config(default = "Precision::F32")]
    pub precision: Precision,
}

/// Logits of a text's classes.
///
/// # Shapes
/// - tokens: `[batch_size, seq_length]`
/// - logits: `[batch_size, classes]`
#[derive(Module, Debug)]
pub struct TextClassifier {
    /// Token vectors, `[vocabulary, d_embedding]`.
    pub embedding: Embedding,
    spatial_dropout: SpatialDropout,
    input_dropout: SpatialDropout,
    stack: Stack,
    pooling: Pooling,
    dense: Option<Linear>,
    dropout: Dropout,
    output: Linear,
}

/// Masks of a classifier's sequence for a batch, scaled already.
#[derive(Debug, Clone, Default)]
pub struct TextMasks {
    /// Of the token vectors' features, `[batch_size, 1, d_embedding]`.
    pub features: Option<Tensor<3>>,
    /// Of the recurrent layers, see [`Stack::forward_masked`].
    pub layers: Vec<Masks>,
}

/// What a [`TextClassifier`] says.
#[derive(Debug, Clone)]
pub struct Classified {
    /// `[batch_size, classes]`.
    pub logits: Tensor<2>,
    /// Weight of every token, `[batch_size, seq_length]`, where the model pools by attention.
    pub attention: Option<Tensor<2>>,
}

impl TextClassifierConfig {
    /// Makes the model. Token vectors start uniform in ±0.05, as Keras's do.
    pub fn init(&self, device: &Device) -> TextClassifier {
        let directions = 1 + usize::from(self.bidirectional);
        let keras = self.convention == Convention::Keras;
        let uniform = Initializer::Uniform {
            min: -0.05,
            max: 0.05,
        };
        let pooling = PoolingConfig::new(self.pool, self.d_hidden * directions);
        let d_pooled = pooling.d_output();
        let d_last = if self.d_dense > 0 {
            self.d_dense
        } else {
            d_pooled
        };
        TextClassifier {
            embedding: EmbeddingConfig::new(self.vocabulary, self.d_embedding)
                .with_initializer(uniform)
                .init(device),
            spatial_dropout: SpatialDropout::new(self.spatial_dropout),
            input_dropout: SpatialDropout::new(if keras { 0.0 } else { self.input_dropout }),
            stack: StackConfig::new(self.cell, self.d_embedding, self.d_hidden)
                .with_num_layers(self.num_layers)
                .with_bidirectional(self.bidirectional)
                .with_dropout(self.dropout)
                .with_recurrent_dropout(self.recurrent_dropout)
                .with_input_dropout(if keras { self.input_dropout } else { 0.0 })
                .with_gate_masks(keras)
                .with_joint_weights(keras)
                .with_precision(self.precision)
                .init(device),
            pooling: pooling.init(device),
            dense: (self.d_dense > 0).then(|| self.linear(d_pooled, self.d_dense, device)),
            dropout: DropoutConfig::new(self.dropout).init(),
            output: self.linear(d_last, self.classes, device),
        }
    }

    fn linear(&self, d_input: usize, d_output: usize, device: &Device) -> Linear {
        let config = LinearConfig::new(d_input, d_output);
        if self.convention == Convention::Own {
            return config.init(device);
        }
        let glorot = Initializer::XavierUniform { gain: 1.0 };
        Linear {
            bias: Some(Initializer::Zeros.init([d_output], device)),
            ..config
                .with_bias(false)
                .with_initializer(glorot)
                .init(device)
        }
    }
}

impl TextClassifier {
    /// Starts from given token vectors, row by row.
    ///
    /// # Panics
    /// When there are not `vocabulary * d_embedding` values.
    pub fn with_vectors(mut self, values: Vec<f32>, device: &Device) -> Self {
        let shape = self.embedding.weight.dims();
        let vectors = Tensor::from_data(TensorData::new(values, shape), device);
        self.embedding.weight = Param::from_tensor(vectors);
        self
    }
}

impl TextClassifier {
    /// Starts from these logits, one a class, whatever the text: those of the classes' frequencies save
    /// the first steps, which would learn nothing else.
    ///
    /// # Panics
    /// When there is not one a class.
    pub fn with_prior(mut self, logits: Vec<f32>, device: &Device) -> Self {
        let [_, classes] = self.output.weight.dims();
        let bias = Tensor::from_data(TensorData::new(logits, [classes]), device);
        self.output.bias = Some(Param::from_tensor(bias));
        self
    }

    /// Classifies a batch; with `frozen` the token vectors get no gradient.
    pub fn forward(
        &self,
        tokens: Tensor<2, Int>,
        lengths: Option<Lengths>,
        frozen: bool,
    ) -> Classified {
        let embedded = self.embedded(tokens, frozen);
        let dropouts = [&self.spatial_dropout, &self.input_dropout];
        let embedded = SpatialDropout::forward_all(dropouts, embedded);
        self.read(embedded, lengths, Vec::new())
    }

    /// The same with masks of the sequence that are given; none of the pooled features is dropped but by
    /// [`dropout`](TextClassifierConfig::dropout).
    pub fn forward_masked(
        &self,
        tokens: Tensor<2, Int>,
        lengths: Option<Lengths>,
        masks: TextMasks,
    ) -> Classified {
        let embedded = self.embedded(tokens, false);
        let embedded = match masks.features {
            Some(mask) => over_steps(embedded, mask),
            None => embedded,
        };
        self.read(embedded, lengths, masks.layers)
    }

    fn embedded(&self, tokens: Tensor<2, Int>, frozen: bool) -> Tensor<3> {
        let embedded = rekindle_kernels::look_up(self.embedding.weight.val(), tokens);
        if frozen { embedded.detach() } else { embedded }
    }

    fn read(&self, embedded: Tensor<3>, lengths: Option<Lengths>, masks: Vec<Masks>) -> Classified {
        let read = self.stack.forward_masked(embedded, None, lengths, masks);
        let pooled = self.pooling.forward(&read);
        let mut features = self.dropout.forward(pooled.features);
        if let Some(dense) = &self.dense {
            features = self
                .dropout
                .forward(Relu::new().forward(dense.forward(features)));
        }
        Classified {
            logits: self.output.forward(features),
            attention: pooled.attention,
        }
    }
}
