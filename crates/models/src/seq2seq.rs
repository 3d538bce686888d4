//! An encoder and a decoder over tokens.

use crate::{
    CellKind, Decoded, Decoder, DecoderConfig, DecoderState, ElementDropout, Lengths, Memory,
    Precision, Score, Source, Stack, StackConfig,
};
use burn::config::Config;
use burn::module::{Initializer, Module, Param};
use burn::tensor::{Device, Int, Tensor};
use rekindle_kernels::{CrossEntropy, CrossEntropyTensors};

/// Configuration of a [`Seq2Seq`].
#[derive(Config, Debug)]
pub struct Seq2SeqConfig {
    /// Tokens there are, of both languages together.
    pub vocabulary: usize,
    /// Size of an embedded token.
    pub d_embedding: usize,
    /// Size of the hidden state of every layer; the encoder's two directions share it.
    pub d_hidden: usize,
    /// The cell of every layer.
    #[config(default = "CellKind::Lstm")]
    pub cell: CellKind,
    /// Recurrent layers of the encoder.
    #[config(default = 1)]
    pub encoder_layers: usize,
    /// Read the source in both directions.
    #[config(default = true)]
    pub bidirectional: bool,
    /// Recurrent layers of the decoder.
    #[config(default = 2)]
    pub decoder_layers: usize,
    /// See [`DecoderConfig::attention`].
    pub attention: Option<Score>,
    /// See [`DecoderConfig::input_feeding`].
    #[config(default = false)]
    pub input_feeding: bool,
    /// See [`DecoderConfig::coverage`].
    #[config(default = false)]
    pub coverage: bool,
    /// Use one matrix for the tokens read, the tokens written before and the scores of those to
    /// come (Press and Wolf, "Using the Output Embedding to Improve Language Models", EACL 2017).
    #[config(default = true)]
    pub tied: bool,
    /// Share of the embedded numbers dropped while training.
    #[config(default = 0.0)]
    pub embedding_dropout: f64,
    /// Share of the memory's numbers dropped while training.
    #[config(default = 0.0)]
    pub memory_dropout: f64,
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

/// Reads a sequence of tokens and writes another.
///
/// Ilya Sutskever, Oriol Vinyals and Quoc Le, "Sequence to Sequence Learning with Neural Networks",
/// NIPS 2014; attention as in [`Decoder`].
#[derive(Module, Debug)]
pub struct Seq2Seq {
    /// Vectors of the tokens written, `[vocabulary, d_embedding]`, and of all where they are tied.
    pub embedding: Param<Tensor<2>>,
    /// Vectors of the tokens read, where they are not tied.
    pub source_embedding: Option<Param<Tensor<2>>>,
    /// What features are scored by, where it is not tied.
    pub output_embedding: Option<Param<Tensor<2>>>,
    /// Bias of every token's score, `[vocabulary]`.
    pub bias: Param<Tensor<1>>,
    /// Reads.
    pub encoder: Stack,
    /// Writes.
    pub decoder: Decoder,
    embedding_dropout: ElementDropout,
    memory_dropout: ElementDropout,
}

impl Seq2SeqConfig {
    /// Makes the network; tokens' vectors are of length 1 on average, which suits them as output.
    ///
    /// # Panics
    /// When `d_hidden` cannot be shared by two directions, and as [`DecoderConfig::init`].
    pub fn init(&self, device: &Device) -> Seq2Seq {
        let directions = 1 + usize::from(self.bidirectional);
        assert!(
            self.d_hidden.is_multiple_of(directions),
            "two directions share d_hidden: it must be even"
        );
        let embedding = || {
            let std = (self.d_embedding as f64).powf(-0.5);
            Initializer::Normal { mean: 0.0, std }.init([self.vocabulary, self.d_embedding], device)
        };
        let encoder = StackConfig::new(self.cell, self.d_embedding, self.d_hidden / directions)
            .with_num_layers(self.encoder_layers)
            .with_bidirectional(self.bidirectional)
            .with_dropout(self.layer_dropout)
            .with_precision(self.precision);
        let decoder = DecoderConfig::new(self.cell, self.d_embedding, self.d_hidden, self.d_hidden)
            .with_num_layers(self.decoder_layers)
            .with_attention(self.attention)
            .with_d_attention(self.d_hidden)
            .with_input_feeding(self.input_feeding)
            .with_coverage(self.coverage)
            .with_layer_dropout(self.layer_dropout)
            .with_output_dropout(self.output_dropout)
            .with_precision(self.precision);
        Seq2Seq {
            embedding: embedding(),
            source_embedding: (!self.tied).then(embedding),
            output_embedding: (!self.tied).then(embedding),
            bias: Initializer::Zeros.init([self.vocabulary], device),
            encoder: encoder.init(device),
            decoder: decoder.init(self.d_hidden, device),
            embedding_dropout: ElementDropout::new(self.embedding_dropout),
            memory_dropout: ElementDropout::new(self.memory_dropout),
        }
    }
}

impl Seq2Seq {
    /// Reads source tokens, `[batch_size, seq_length]`: what the decoder looks at, and where it
    /// starts.
    pub fn encode(
        &self,
        tokens: Tensor<2, Int>,
        lengths: Option<Lengths>,
    ) -> (Source, DecoderState) {
        let vectors = self.source_embedding.as_ref().unwrap_or(&self.embedding);
        let embedded = self.embed(vectors, tokens);
        let read = self.encoder.forward(embedded, None, lengths);
        let last = read.last_hidden();
        let values = self.memory_dropout.forward(read.hidden);
        let source = self
            .decoder
            .source(Memory::new(values, read.lengths.as_ref()));
        let state = self.decoder.start(last, &source);
        (source, state)
    }

    /// Reads the tokens written so far, `[batch_size, steps]`.
    pub fn decode(&self, tokens: Tensor<2, Int>, source: &Source, state: DecoderState) -> Decoded {
        let embedded = self.embed(&self.embedding, tokens);
        self.decoder.forward(embedded, source, state)
    }

    /// Scores of all tokens without their bias, `[rows, vocabulary]`, from features
    /// `[batch_size, steps, d_embedding]`, a row a step.
    pub fn scores(&self, features: Tensor<3>) -> Tensor<2> {
        flat(features).matmul(self.output_vectors().transpose())
    }

    /// Mean cross-entropy of the tokens to come, `targets`, a row a step of the features; a target
    /// of `loss.ignore` does not count.
    pub fn loss(&self, features: Tensor<3>, targets: &[usize], loss: &CrossEntropy) -> Tensor<1> {
        let tensors = CrossEntropyTensors {
            features: flat(features),
            weight: self.output_vectors(),
            bias: self.bias.val(),
        };
        rekindle_kernels::cross_entropy(loss, tensors, targets)
    }

    fn output_vectors(&self) -> Tensor<2> {
        self.output_embedding
            .as_ref()
            .unwrap_or(&self.embedding)
            .val()
    }

    fn embed(&self, vectors: &Param<Tensor<2>>, tokens: Tensor<2, Int>) -> Tensor<3> {
        let embedded = rekindle_kernels::look_up(vectors.val(), tokens);
        self.embedding_dropout.forward(embedded)
    }
}

/// A row a step.
fn flat(features: Tensor<3>) -> Tensor<2> {
    let [batch_size, steps, d] = features.dims();
    features.reshape([batch_size * steps, d])
}
